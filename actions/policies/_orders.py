"""What an order is worth, which service it is for, and how large it is."""

import polars as pl

from actions.policies._safety_stock import Service, with_shortage
from contracts.economics import FACTS, Economics, margin_minor

_YEAR_DAYS = 365.0
_LEVELS = (0.5, 0.999)


def with_margin(frame: pl.LazyFrame, economics: Economics) -> pl.LazyFrame:
    """Add `unit_margin_minor` and whether it is an estimate (`is_margin_estimated`).

    Where cost or price are unknown it is estimated from the shop's other goods, since a best seller
    without a cost is not worth nothing: by the median share of the price, without a price by the
    median per piece.
    """
    price, margin = pl.col("price_minor"), pl.col("unit_margin_minor")
    known = margin_minor(price, pl.col("unit_cost_minor"), economics, FACTS).cast(pl.Float64)
    by_price = (margin / price).median().over("shop_id") * price
    estimate = pl.coalesce(by_price, margin.median().over("shop_id"))
    return frame.with_columns(unit_margin_minor=known).with_columns(
        is_margin_estimated=margin.is_null(), unit_margin_minor=pl.coalesce(margin, estimate)
    )


def with_cycle(
    frame: pl.LazyFrame, *, order_days: float, order_cost_minor: int | None, holding_rate: float
) -> pl.LazyFrame:
    """Add `cycle_units`, what an order brings, and `quantity_rule`, how that is known.

    The economic order quantity, sqrt(2 K D / h), where an order costs something and the unit cost
    is known; else `order_days` of demand.
    """
    daily, cost = pl.col("daily_units"), pl.col("unit_cost_minor")
    by_days = daily * order_days
    if order_cost_minor is None:
        return frame.with_columns(cycle_units=by_days, quantity_rule=pl.lit("order_days"))
    economic = economic_order_units(order_cost_minor, daily * _YEAR_DAYS, cost * holding_rate)
    return frame.with_columns(
        cycle_units=pl.coalesce(economic, by_days),
        quantity_rule=pl.when(cost.is_null()).then(pl.lit("order_days")).otherwise(pl.lit("eoq")),
    )


def economic_order_units(order_cost: float, demand: pl.Expr, holding_cost: pl.Expr) -> pl.Expr:
    """Harris 1913: what an order costs, pieces of a year, and what a piece costs to hold a year."""
    return (2 * order_cost * demand / holding_cost).sqrt()


def with_service(
    frame: pl.LazyFrame, service: Service, *, level: float, holding_rate: float
) -> pl.LazyFrame:
    """Add `service` and `service_level`, per SKU.

    A cost ratio is the newsvendor's critical fractile p / (p + h), of the margin that a piece short
    loses and what a piece too many costs to hold until the next order, between 50 and 99.9 %; where
    margin or cost are not known, the cycle level stands.
    """
    if service is not Service.COST_RATIO:
        return frame.with_columns(
            service=pl.lit(str(service)), service_level=pl.lit(level, dtype=pl.Float64)
        )
    margin, daily = pl.col("unit_margin_minor"), pl.col("daily_units")
    cycle_days = pl.when(daily > 0).then(pl.col("cycle_units") / daily)
    holding = pl.col("unit_cost_minor") * holding_rate * cycle_days / _YEAR_DAYS
    fractile = critical_fractile(margin, holding).clip(*_LEVELS)
    known = ~pl.col("is_margin_estimated") & (margin > 0) & fractile.is_finite()
    kinds = pl.lit(str(Service.COST_RATIO)), pl.lit(str(Service.CYCLE))
    return frame.with_columns(
        service=pl.when(known).then(kinds[0]).otherwise(kinds[1]),
        service_level=pl.when(known).then(fractile).otherwise(level),
    )


def critical_fractile(short: pl.Expr, over: pl.Expr) -> pl.Expr:
    """The newsvendor's level, from what a piece short and a piece too many cost."""
    return short / (short + over)


def with_loss(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Add what is short before the next arrival, how likely, and the margin that it costs.

    Reads arrival_days and next_inbound_date: an arrival with a date is as good as certain, an order
    placed now takes a while that varies.
    """
    days = pl.col("arrival_days")
    lead = (pl.col("daily_units") * pl.col("lead_time_sd_days")).pow(2)
    varies = days * pl.col("daily_sd_units").pow(2)
    varies += pl.when(pl.col("next_inbound_date").is_null()).then(lead).otherwise(0.0)
    return (
        frame.with_columns(
            until_arrival_units=pl.col("daily_units") * days, until_arrival_sd_units=varies.sqrt()
        )
        .pipe(
            with_shortage,
            stock="available_units",
            mean="until_arrival_units",
            sd="until_arrival_sd_units",
        )
        .with_columns(lost_margin_minor=pl.col("short_units") * pl.col("unit_margin_minor"))
    )


def quantities() -> dict[str, pl.Expr]:
    """Order quantity in whole cases, the least one, and where the least breaks the cover cap."""
    position = pl.col("position_units")
    case = pl.max_horizontal(pl.col("case_pack_units").fill_null(1), 1)
    least = pl.max_horizontal(pl.col("minimum_order_units").fill_null(0), 1)
    wanted = pl.min_horizontal("order_up_to_units", "most_units") - position
    is_wanted = wanted >= pl.max_horizontal(pl.col("daily_units"), 1e-9)
    least = (least / case).ceil() * case
    up = (pl.max_horizontal(wanted, least) / case).ceil() * case
    most = ((pl.col("most_units") - position) / case).floor() * case
    order = pl.min_horizontal(up, most)
    is_too_large = is_wanted & (order < least)
    units = pl.when(is_wanted & ~is_too_large).then(order).otherwise(0.0)
    return {
        "order_units": units.cast(pl.Int64),
        "least_order_units": least.cast(pl.Int64),
        "least_cover_days": (position + least) / pl.col("daily_units"),
        "is_too_large": is_too_large,
    }
