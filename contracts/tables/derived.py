"""What is computed from the canonical tables."""

import dataframely as dy

from contracts.codes import DemandClass
from contracts.columns import (
    MAX_UNITS,
    code,
    currency,
    day,
    flag,
    identifier,
    instant,
    minor,
    number,
    rate,
    units,
)
from contracts.tables.base import TableKind, table


def _daily(description: str) -> dy.Float64:
    return number(description, "pieces per day", nullable=True, high=MAX_UNITS)


@table("sales_daily", TableKind.DERIVED, partition="sales_date")
class SalesDaily(dy.Schema):
    """Sales per SKU and shop-local day of ordering. Grain: (shop_id, sku_id, sales_date).

    Lines without a SKU are summed under the listing's id, and without one too under "(unlinked)",
    so that days add up to the shop's.
    """

    shop_id = identifier("Our id of the shop", key=True)
    sku_id = identifier("The seller's code, else the listing's id", key=True)
    sales_date = day("Shop-local day of ordering", key=True)
    currency = currency()
    sold_units = units("Pieces of all lines, gifts included: they leave the stock")
    gift_units = units("Pieces given away")
    orders_units = units("Orders that hold it")
    gmv_minor = minor("Line totals after discounts, before refunds")
    list_minor = minor("Unit prices times pieces of sale lines, before discounts")


@table("velocity", TableKind.DERIVED)
class Velocity(dy.Schema):
    """How fast a SKU sells when it can be bought. Grain: (shop_id, sku_id)."""

    shop_id = identifier("Our id of the shop", key=True)
    sku_id = identifier("The seller's code", key=True)
    as_of_date = day("Last shop-local day of the window")
    window_days = units("Days looked back")
    stockout_days = units("Days of the window on which it was out of stock, left out")
    sold_units = units("Pieces sold on the other days")
    demand_class = code("How regularly and in which sizes it sells", DemandClass)
    daily_units = _daily("Forecast per day on which it can be bought; null: seldom in stock")
    daily_sd_units = _daily("Root mean square of the one-day forecast error; null: as above")
    last_sold_date = day("Last shop-local day with a sale", nullable=True)


@table("kpis_daily", TableKind.DERIVED)
class KpisDaily(dy.Schema):
    """How a shop did on a day. Grain: (shop_id, kpi_date). Definitions: docs/decisions.md."""

    shop_id = identifier("Our id of the shop", key=True)
    kpi_date = day("Shop-local day", key=True)
    currency = currency()
    gmv_minor = minor("Goods of the orders placed, after discounts, before refunds")
    orders_units = units("Orders placed and paid")
    units_units = units("Pieces, gifts included")
    buyers_units = units("Different members who ordered; a guest's order is one buyer")
    new_buyers_units = units("Buyers whose first order in the data is on this day; guests")
    returning_buyers_units = units("The other buyers")
    aov_minor = minor("GMV per order, half to even", nullable=True)
    repurchase_rate = rate("Returning buyers among buyers", nullable=True)
    refunded_minor = minor("Paid back on this day")
    cancelled_units = units("Orders of this day that were cancelled")
    visitors_units = units("Visitors, where a traffic export covers the day", nullable=True)
    conversion_rate = rate("Buyers among visitors; null where buyers exceed them", nullable=True)
    is_complete = flag("No document of this day is in quarantine")


@table("price_facts", TableKind.DERIVED)
class PriceFact(dy.Schema):
    """All that a price decision reads. Grain: (shop_id, listing_id)."""

    shop_id = identifier("Our id of the shop", key=True)
    listing_id = identifier("The platform's variant", key=True)
    product_id = identifier("The platform's product, which a write names")
    sku_id = identifier("The seller's code")
    currency = currency()
    price_minor = minor("Price in force")
    list_price_minor = minor("Struck-through price", nullable=True)
    price_observed_at = instant("Since when the platform shows it")
    median_28d_minor = minor("Median unit price of the lines sold in 28 days", nullable=True)
    unit_cost_minor = minor("Cost valid on the day; null: missing", nullable=True)
    cost_currency = dy.String(nullable=True, description="Currency of the cost")
    rival_minor = minor("Lowest usable competitor's price with shipping", nullable=True)
    rivals_units = units("Usable competitors")
    rival_observed_at = instant("When that offer was seen", nullable=True)
    available_units = units("Pieces that can be sold", nullable=True, signed=True)
    daily_units = _daily("Pieces sold per day, over all listings of the SKU; null: unknown")
    cover_days = number("Days until it sells out; null: unknown or never", "days", nullable=True)


@table("stock_facts", TableKind.DERIVED)
class StockFact(dy.Schema):
    """All that a restock decision reads. Grain: (shop_id, sku_id)."""

    shop_id = identifier("Our id of the shop", key=True)
    sku_id = identifier("The seller's code", key=True)
    on_hand_units = units("Pieces that lie in all warehouses", signed=True)
    available_units = units("Pieces that can be sold", signed=True)
    inbound_units = units("Pieces on the way")
    next_inbound_date = day("Next arrival, not before today; null: none is dated", nullable=True)
    daily_units = _daily("Forecast per day on which it can be bought; null: unknown")
    daily_sd_units = _daily("Root mean square of the one-day forecast error; null: unknown")
    sold_units = units("Pieces sold in the window")
    lead_time_days = number("Mean lead time; null: unknown", "days", nullable=True, high=730)
    lead_time_sd_days = number("Its standard deviation", "days", nullable=True, high=730)
    minimum_order_units = units("Fewest pieces per order", nullable=True)
    case_pack_units = units("Pieces per case", nullable=True)
    observed_at = instant("Age of the oldest stock level that was used")
