"""Build: the derived tables from the lake, as of the newest reading."""

import datetime as dt

import dataframely as dy
import polars as pl

from contracts.tables import (
    CompetitorOffer,
    Cost,
    Inbound,
    KpisDaily,
    Listing,
    Order,
    OrderLine,
    Price,
    PriceFact,
    Refund,
    SalesDaily,
    StockFact,
    StockLevel,
    StockoutDay,
    SupplyTerms,
    TrafficDaily,
    Velocity,
)
from flows.steps.home import Home, Progress, SchemaT, Shop, silent
from flows.steps.turns import turn
from transforms.kpis import kpis_daily
from transforms.pricing import price_facts
from transforms.sales import local_day, sales_daily
from transforms.stock import stock_facts, stockout_days, velocity
from warehouse.publish import publish

VELOCITY_DAYS = 56  # eight weeks: enough of every weekday, recent enough for a season

_SCHEMAS = {
    "sales_daily": SalesDaily,
    "velocity": Velocity,
    "kpis_daily": KpisDaily,
    "price_facts": PriceFact,
    "stock_facts": StockFact,
}


def build(home: Home, *, shop_id: str | None = None, progress: Progress = silent) -> dict[str, int]:
    """Compute the derived tables of a shop or of all; rows per table.

    KPIs are published to the database for BI tools.

    Raises:
        BusyError: another process is building the same shop; nothing of it was built here.
    """
    shops = home.select(shop_id)
    built: dict[str, int] = dict.fromkeys(_SCHEMAS, 0)
    for done, shop in enumerate(shops):
        progress("build", done, len(shops))
        with turn(home, f"build {shop.id}"):
            for name, rows in _build(home, shop).items():
                built[name] += rows
    progress("build", len(shops), len(shops))
    return built


def _build(home: Home, shop: Shop) -> dict[str, int]:
    frames = derive(home, shop, as_of=home.data_as_of(shop))
    versions = {}
    for name, frame in frames.items():
        others = home.lake.scan(name).filter(pl.col("shop_id") != shop.id).collect()
        versions[name] = home.lake.replace(name, pl.concat([others, frame])).version
    home.readings.record(versions)
    published = home.lake.scan("kpis_daily", version=versions["kpis_daily"]).collect()
    publish(home.database, "kpis_daily", frame=published)
    return {name: frame.height for name, frame in frames.items()}


def derive(home: Home, shop: Shop, *, as_of: dt.datetime) -> dict[str, pl.DataFrame]:
    """Every derived table of a shop, as it was known at `as_of`."""
    zone = shop.settings.time_zone

    def known(schema: type[SchemaT]) -> dy.LazyFrame[SchemaT]:
        return home.read(schema, shop, as_of=as_of)

    today = as_of.astimezone(shop.zone).date()
    yesterday = today - dt.timedelta(days=1)  # the last whole day
    sales = SalesDaily.validate(sales_daily(known(OrderLine), known(Order), zone).collect())
    out = stockout_days(
        known(StockoutDay),
        known(StockLevel),
        as_of=as_of,
        window_days=VELOCITY_DAYS + 1,
        time_zone=zone,
    )
    speeds = Velocity.validate(
        velocity(sales.lazy(), out, as_of_date=yesterday, window_days=VELOCITY_DAYS).collect()
    )
    kpis = kpis_daily(
        known(Order),
        known(OrderLine),
        refunds=known(Refund),
        traffic=known(TrafficDaily),
        quarantined_days=_quarantined_days(home, shop).lazy(),
        time_zone=zone,
    )
    prices = price_facts(
        known(Listing),
        known(Price),
        costs=known(Cost),
        offers=known(CompetitorOffer),
        stock_levels=known(StockLevel),
        velocity=speeds.lazy(),
        lines=known(OrderLine),
        as_of=as_of,
        time_zone=zone,
    )
    stock = stock_facts(
        known(StockLevel),
        speeds.lazy(),
        supply_terms=known(SupplyTerms),
        inbound=known(Inbound),
        as_of=as_of,
        time_zone=zone,
    )
    return {
        "sales_daily": sales,
        "velocity": speeds,
        "kpis_daily": KpisDaily.validate(kpis.collect()),
        "price_facts": PriceFact.validate(prices.collect()),
        "stock_facts": StockFact.validate(stock.collect()),
    }


def _quarantined_days(home: Home, shop: Shop) -> pl.DataFrame:
    """Shop-local days of the orders in quarantine whose instant can be read."""
    held = home.quarantine.open(shop_id=shop.id, table_name="orders")
    placed = pl.List(pl.Struct({"placed_at": pl.String}))
    return (
        held.select(
            "shop_id",
            pl.col("payload").str.json_decode(pl.Struct({"orders": placed})).struct.field("orders"),
        )
        .explode("orders")
        .select(
            "shop_id",
            pl.col("orders")
            .struct.field("placed_at")
            .str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False),
        )
        .drop_nulls()
        .select("shop_id", kpi_date=local_day("placed_at", shop.settings.time_zone))
    )
