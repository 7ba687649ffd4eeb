"""Visits of a shop."""

from contracts.columns import day, identifier, units
from contracts.tables.base import Slice, TableKind, table


@table("traffic_daily", TableKind.SLICE, slice_by=("traffic_date",))
class TrafficDaily(Slice):
    """Visits per shop-local day and source. Grain: (shop_id, traffic_date, traffic_source)."""

    traffic_date = day("Shop-local day", key=True)
    traffic_source = identifier("Where visitors came from", key=True)
    visitors_units = units("Visitors")
    views_units = units("Pages seen")
