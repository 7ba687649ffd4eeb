"""What is computed from the canonical tables."""

import dataframely as dy

from contracts.codes import DemandClass, ElasticitySource, ForecastMethod, Fulfilment
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
from contracts.money import CURRENCY_PATTERN
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
    orders_count = units("Orders that hold it")
    gmv_minor = minor("Line totals after discounts, before refunds")
    list_minor = minor("Unit prices times pieces of sale lines, before discounts")


@table("velocity", TableKind.DERIVED, version=2)
class Velocity(dy.Schema):
    """How fast a SKU sells when it can be bought, in bundles too. Grain: (shop_id, sku_id)."""

    shop_id = identifier("Our id of the shop", key=True)
    sku_id = identifier("The seller's code", key=True)
    as_of_date = day("Last shop-local day of the window")
    window_days = units("Days looked back")
    stockout_days = units("Days of the window on which it was out of stock, left out")
    event_days = units("Days of the window left out for a campaign or for having followed one")
    outlier_days = units("Days left out because they sold what is not usual for it")
    demand_until_date = day(
        "Last day that the forecast rests on; null: there is none", nullable=True
    )
    sold_units = units("Pieces sold on the days that it rests on")
    demand_class = code("How regularly and in which sizes it sells", DemandClass)
    forecast_method = code("How it is forecast; null: it is not", ForecastMethod, nullable=True)
    year_rate = number(
        "The coming four weeks of last year as a multiple of the window's; 1: not known",
        "multiple",
        high=10,
    )
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
    orders_count = units("Orders placed and paid")
    sold_units = units("Pieces, gifts included")
    buyers_units = units("Different members who ordered; a guest's order is one buyer")
    new_buyers_units = units("Buyers whose first order in the data is on this day; guests")
    returning_buyers_units = units("The other buyers")
    aov_minor = minor("GMV per order, half to even", nullable=True)
    repurchase_rate = rate("Returning buyers among buyers", nullable=True)
    refunded_minor = minor("Paid back on this day")
    cancelled_units = units("Orders of this day that were paid and cancelled later")
    visitors_units = units("Visitors, where a traffic export covers the day", nullable=True)
    conversion_rate = rate("Buyers among visitors; null where buyers exceed them", nullable=True)
    is_complete = flag("No document of this day is in quarantine")


def _elasticity(description: str) -> dy.Float64:
    return number(description, "percent per percent", nullable=True, low=-20, high=20)


@table("elasticities", TableKind.DERIVED)
class Elasticity(dy.Schema):
    """How the demand of a SKU answers to its price. Grain: (shop_id, sku_id)."""

    shop_id = identifier("Our id of the shop", key=True)
    sku_id = identifier("The seller's code, else the listing's id", key=True)
    observations_units = units("Weeks with a sale")
    slope = dy.Float64(nullable=True, description="As its own weeks alone say; null: they do not")
    slope_se = dy.Float64(nullable=True, min=0, description="Standard error of it")
    elasticity = _elasticity("The same drawn to the mean of its category, or that mean")
    elasticity_sd = _elasticity("How uncertain it is")
    elasticity_source = code("What it was learnt from", ElasticitySource)


@table("rival_offers", TableKind.DERIVED)
class RivalOffer(dy.Schema):
    """A competitor's newest offer, if it can be bought. Grain: (shop_id, sku_id, competitor_id)."""

    shop_id = identifier("Our id of the shop", key=True)
    sku_id = identifier("The seller's code of our article", key=True)
    competitor_id = identifier("Who offers it", key=True)
    currency = currency()
    delivered_minor = minor("Its price with the shipping that the customer pays")
    fulfilment = code("Who ships it", Fulfilment)
    ratings_units = units("Ratings of the seller", nullable=True)
    is_featured = flag("Whether the platform shows it first; null: not reported", nullable=True)
    observed_at = instant("When it was seen")


@table("price_facts", TableKind.DERIVED, version=3)
class PriceFact(dy.Schema):
    """All that a price decision reads. Grain: (shop_id, listing_id)."""

    shop_id = identifier("Our id of the shop", key=True)
    listing_id = identifier("The platform's variant", key=True)
    product_id = identifier("The platform's product, which a write names")
    sku_id = identifier("The seller's code")
    category = identifier("The shop's category, its first 200 signs", nullable=True)
    brand = identifier("Brand or vendor, its first 200 signs", nullable=True)
    age_days = number("Days since it was listed", "days", nullable=True)
    currency = currency()
    price_minor = minor("Price in force")
    list_price_minor = minor("Struck-through price", nullable=True)
    price_observed_at = instant("Since when the platform shows it")
    median_28d_minor = minor("Median unit price of the lines sold in 28 days", nullable=True)
    anchor_minor = minor(
        "What bounds are measured from, which no write of ours moves: the price that a person"
        " confirmed, else the list price, else the price first seen",
        nullable=True,
    )
    low_anchor_minor = minor(
        "What the guard's lower bound is measured from: the same, but the price first seen where a"
        " list price is above it",
        nullable=True,
    )
    discount_rate = rate("Usual discount at the merchant's cost, and what codes take off now")
    unit_cost_minor = minor("Cost in use on the day, in the price's currency", nullable=True)
    cost_currency = dy.String(nullable=True, description="Currency in which the cost is stated")
    cost_rate_date = day(
        "Day of the newest rate for it, which is used or near the one used; null: none had to",
        nullable=True,
    )
    cost_fx_rate = number(
        "What one minor unit of that currency was taken for; null: none had to be converted",
        "minor units of currency",
        nullable=True,
    )
    unconfirmed_cost_minor = minor(
        "A newer cost, not used until a person confirms it: it jumps", nullable=True
    )
    elasticity = _elasticity("Demand's answer to the price; null: nothing to learn it from")
    elasticity_sd = _elasticity("How uncertain that is")
    elasticity_source = code("What it was learnt from", ElasticitySource, nullable=True)
    charged_shipping_minor = minor("Shipping that our customer usually pays")
    channel_low_minor = minor(
        "Lowest price that the shops beside allow; known when it is decided", nullable=True
    )
    channel_high_minor = minor("Highest one", nullable=True)
    clearance_floor_minor = minor(
        "Lowest price that the merchant's clearance allows; known when it is decided; null: it does"
        " not clear",
        nullable=True,
    )
    rival_observed_at = instant("Age of the oldest competitor's offer in use", nullable=True)
    available_units = units("Pieces that can be sold", nullable=True, signed=True)
    daily_units = _daily(
        "Pieces sold per day, over all listings of the SKU but in no bundle; null: unknown"
    )
    cover_days = number("Days until it sells out; null: unknown or never", "days", nullable=True)
    has_demand = flag("Whether any is sold; null: demand unknown", nullable=True)


@table("open_orders", TableKind.DERIVED)
class OpenOrder(dy.Schema):
    """An approved order of goods that has not come as a whole. Grain: (shop_id, action_id).

    Once the merchant's purchase orders or the stock show it, it is no longer here.
    """

    shop_id = identifier("Our id of the shop", key=True)
    action_id = identifier("The action that orders it", key=True, names="action")
    sku_id = identifier("The seller's code")
    ordered_date = day("Shop-local day on which it was decided")
    expected_date = day("Shop-local day of arrival by the lead time")
    ordered_units = units("Pieces ordered")
    open_units = units("Pieces still to come")


@table("stock_facts", TableKind.DERIVED, version=3)
class StockFact(dy.Schema):
    """All that a restock decision reads. Grain: (shop_id, sku_id)."""

    shop_id = identifier("Our id of the shop", key=True)
    sku_id = identifier("The seller's code", key=True)
    on_hand_units = units(
        "Pieces that lie in all warehouses; null: no source reports it", nullable=True, signed=True
    )
    available_units = units("Pieces that can be sold; null: as above", nullable=True, signed=True)
    bare_warehouse_id = identifier(
        "Warehouse that once held it and has none, while another has; null: none", nullable=True
    )
    full_warehouse_id = identifier("The one that holds most then; else null", nullable=True)
    full_warehouse_units = units("What that one holds", nullable=True)
    is_discontinued = flag("All its listings are gone, archived or drafts")
    is_shared = flag("Several live listings have the code, so whose stock it is is not known")
    is_bundle = flag("It is put together of parts, whose stock allows so many", nullable=True)
    inbound_units = units(
        "Pieces on the way, those a few days overdue and orders approved here included"
    )
    next_inbound_date = day("Next arrival, not before today; null: none is dated", nullable=True)
    overdue_units = units("Pieces overdue for so long that they are not counted on")
    overdue_since_date = day("When the first of those was due", nullable=True)
    daily_units = _daily("Forecast per day on which it can be bought; null: unknown")
    daily_sd_units = _daily("Root mean square of the one-day forecast error; null: unknown")
    demand_class = code("How regularly and in which sizes it sells", DemandClass)
    forecast_method = code("How it is forecast; null: it is not", ForecastMethod, nullable=True)
    demand_until_date = day(
        "Last day that the forecast rests on; null: there is none", nullable=True
    )
    last_sold_date = day("Last shop-local day with a sale", nullable=True)
    sold_units = units("Pieces sold on the days that it rests on")
    stockout_days = units("Days of the window on which it was out of stock")
    event_days = units("Days of the window left out for a campaign")
    outlier_days = units("Days left out because they sold what is not usual for it")
    category = identifier("The shop's category, its first 200 signs", nullable=True)
    currency = dy.String(
        nullable=True,
        regex=CURRENCY_PATTERN,
        description="Currency of both amounts; null: no price",
    )
    price_minor = minor("Price in force; null: none is known", nullable=True)
    discount_rate = rate("Usual discount at the merchant's cost", nullable=True)
    unit_cost_minor = minor("Cost in use on the day, in that currency", nullable=True)
    supplier = identifier("Who delivers it, in 200 characters; null: unknown", nullable=True)
    lead_time_days = number("Mean lead time; null: unknown", "days", nullable=True, high=730)
    lead_time_sd_days = number("Its standard deviation", "days", nullable=True, high=730)
    minimum_order_units = units("Fewest pieces per order", nullable=True)
    case_pack_units = units("Pieces per case", nullable=True)
    observed_at = instant("Age of the oldest stock level that was used", nullable=True)
