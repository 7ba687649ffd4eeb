"""How much there is, what is coming and how long it takes."""

from contracts.columns import day, identifier, instant, number, text, units
from contracts.tables.base import Observation, Slice, TableKind, Versioned, table


@table("stock_levels", TableKind.OBSERVATION)
class StockLevel(Observation):
    """Stock as seen. Grain: (shop_id, sku_id, warehouse_id, observed_at)."""

    sku_id = identifier("The seller's code", key=True)
    warehouse_id = identifier("Where it lies", key=True)
    observed_at = instant("Since when the platform shows it", key=True)
    on_hand_units = units("Pieces that lie there", signed=True)
    available_units = units("Pieces that can be sold; below zero: oversold", signed=True)
    committed_units = units("Pieces sold and not yet shipped")


@table("supply_terms", TableKind.VERSIONED, document=("sku_id",))
class SupplyTerms(Versioned):
    """How a SKU is bought. Grain: (shop_id, sku_id)."""

    sku_id = identifier("The seller's code", key=True)
    supplier = text("Who delivers it")
    lead_time_days = number("Mean days from order to receipt", "days", high=730)
    lead_time_sd_days = number("Standard deviation of it", "days", high=730)
    minimum_order_units = units("Fewest pieces per order")
    case_pack_units = units("Pieces per case; orders are multiples of it")


@table("inbound", TableKind.SLICE)
class Inbound(Slice):
    """Pieces on order. Grain: (shop_id, sku_id, expected_date). Slice: the whole shop."""

    sku_id = identifier("The seller's code", key=True)
    expected_date = day("Shop-local day of arrival", key=True)
    inbound_units = units("Pieces on the way")


@table("bundle_parts", TableKind.SLICE, together=("sku_id",))
class BundlePart(Slice):
    """What a bundle is made of. Grain: (shop_id, sku_id, part_sku_id). Slice: the whole shop.

    A bundle lies on no shelf: it is put together of its parts when it is sold. A part may be a
    bundle too.
    """

    sku_id = identifier("The seller's code of the bundle", key=True)
    part_sku_id = identifier("The seller's code of the part", key=True)
    part_units = units("Pieces of the part in one bundle", least=1, most=1_000)


@table("stockout_days", TableKind.SLICE, slice_by=("stockout_date",))
class StockoutDay(Slice):
    """A day on which a SKU could not be sold. Grain: (shop_id, sku_id, stockout_date)."""

    sku_id = identifier("The seller's code", key=True)
    stockout_date = day("Shop-local day", key=True)
