"""What a platform itself says that a day came to."""

from contracts.columns import currency, day, minor, units
from contracts.tables.base import Slice, TableKind, table


@table("daily_totals", TableKind.SLICE, slice_by=("total_date",))
class DailyTotal(Slice):
    """A platform's own totals of a shop-local day. Grain: (shop_id, total_date).

    Held against what we hold of the day; nothing is computed from it.
    """

    total_date = day("Shop-local day", key=True)
    currency = currency()
    orders_count = units("Orders that it counts; null: not stated", nullable=True)
    gmv_minor = minor("What it says they came to")
