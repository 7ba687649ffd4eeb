"""What builds keep: elasticities and velocities, as long as what they are made of stands."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from contracts.tables import TABLES, Listing, StockoutDay, table_of
from flows.steps import build as build_module
from flows.steps import derived, fitted
from flows.steps.build import build, derive, rebuild
from flows.steps.home import Home
from flows.steps.opening import open_home
from tests.bench.drawn_orders import SHOP, readings, record_readings, write_home

FIRST, DAYS = dt.date(2026, 1, 5), 28 * 7 + 2
LAST = FIRST + dt.timedelta(days=DAYS - 1)
"""A Tuesday: its week has begun, and 28 are whole."""


MAKERS = {"elasticities": (fitted, "elasticities"), "velocity": (derived, "velocity")}


class MadeError(Exception):
    """What might be kept was made."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    write_home(tmp_path / "home")
    with open_home(tmp_path / "home") as opened:
        orders_until(opened, LAST, days=DAYS)
        build(opened)
        assert opened.scan("elasticities", opened.shop(SHOP)).collect().height > 4
        yield opened


def orders_until(home: Home, last: dt.date, *, days: int) -> None:
    """Orders of some days, at prices that move from week to week."""
    first = last - dt.timedelta(days=days - 1)
    price = 1 + pl.col("created_date").dt.week() % 3 / 10
    for frames in readings(lines=20 * days, skus=8, members=50, first=first, days=days):
        charged = (pl.col("total_minor") * price).round().cast(pl.Int64)
        lines = frames["order_lines"].with_columns(total_minor=charged)
        merge(home, {**frames, "order_lines": lines})
    record_readings(home, dt.datetime.combine(last, dt.time(), dt.UTC) + dt.timedelta(days=1))


def merge(home: Home, frames: dict[str, pl.DataFrame]) -> None:
    merged = home.lake.merge(frames)
    home.readings.record({name: one.version for name, one in merged.items()})


def is_made(home: Home, monkeypatch: pytest.MonkeyPatch, name: str) -> bool:
    """Whether a build makes a table that might be kept; either way it ends as in a whole one."""

    def unmade(*_rows: object, **_more: object) -> pl.LazyFrame:
        empty = TABLES[name].schema.create_empty().lazy()
        return empty.map_batches(fail, schema=empty.collect_schema())

    with monkeypatch.context() as patch:
        patch.setattr(*MAKERS[name], unmade)
        try:
            build(home)
        except MadeError:
            made = True
        else:
            made = False
    build(home)
    shop = home.shop(SHOP)
    whole = derive(home, shop, as_of=home.data_as_of(shop))[name]
    assert_frame_equal(home.scan(name, shop).sort("sku_id").collect(), whole.sort("sku_id"))
    return made


def fail(*_given: object, **_more: object) -> pl.DataFrame:
    raise MadeError


def sold_again(home: Home, *, since: dt.datetime, until: dt.datetime) -> None:
    """A piece more on every line of some orders, read a second later."""
    orders = home.scan("orders", home.shop(SHOP)).filter(
        pl.col("placed_at").is_between(since, until)
    )
    frames = {
        name: home.scan(name, home.shop(SHOP))
        .join(orders, on="order_id", how="semi")
        .with_columns(
            read_at=pl.col("read_at") + dt.timedelta(seconds=1),
            content_hash=pl.col("content_hash") + 1,
        )
        .collect()
        for name in ("orders", "order_lines", "order_coupons", "refunds")
    }
    more = pl.col("quantity_units") + 1
    frames["order_lines"] = frames["order_lines"].with_columns(quantity_units=more)
    merge(home, frames)


def midnight(home: Home, day: dt.date) -> dt.datetime:
    """The instant at which a shop-local day begins."""
    local = dt.datetime.combine(day, dt.time(), home.shop(SHOP).zone)
    return local.astimezone(dt.UTC)


def put_category(home: Home, category: str) -> None:
    row = {"shop_id": SHOP, "listing_id": "1", "sku_id": "1", "category": category}
    now = home.data_as_of(home.shop(SHOP))
    frame = Listing.sample(overrides=[{**row, "read_at": now, "deleted_at": None}])
    later = pl.lit(now) + pl.duration(seconds=pl.lit(len(category)))
    merged = home.lake.merge({table_of(Listing).name: frame.with_columns(source_updated_at=later)})
    home.readings.record({name: one.version for name, one in merged.items()})


def put_out_of_stock(home: Home, day: dt.date) -> None:
    read = {"read_at": home.data_as_of(home.shop(SHOP)), "source_updated_at": None}
    row = {"shop_id": SHOP, "sku_id": "1", "stockout_date": day, "deleted_at": None, **read}
    merge(home, {"stockout_days": StockoutDay.sample(overrides=[row])})


def test_a_day_more_of_an_open_week_teaches_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders_until(home, LAST + dt.timedelta(days=1), days=1)
    assert not is_made(home, monkeypatch, "elasticities")


def test_the_end_of_a_week_teaches(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    orders_until(home, LAST + dt.timedelta(days=6), days=6)
    assert is_made(home, monkeypatch, "elasticities")


def test_another_sale_in_a_week_long_ago_teaches(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day, teaches in ((LAST, False), (FIRST + dt.timedelta(weeks=9), True)):
        since = midnight(home, day)
        sold_again(home, since=since, until=since + dt.timedelta(hours=23))
        assert is_made(home, monkeypatch, "elasticities") is teaches


def test_another_category_teaches(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    put_category(home, "mugs")
    assert is_made(home, monkeypatch, "elasticities")
    assert not is_made(home, monkeypatch, "elasticities")
    put_category(home, "plates")
    assert is_made(home, monkeypatch, "elasticities")


def test_sales_of_a_day_that_is_not_over_forecast_nothing_new(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = midnight(home, LAST + dt.timedelta(days=1))
    sold_again(home, since=today, until=today + dt.timedelta(days=1))
    assert not is_made(home, monkeypatch, "velocity")
    sold_again(home, since=today - dt.timedelta(hours=1), until=today)
    assert is_made(home, monkeypatch, "velocity")


def test_a_new_day_and_a_day_out_of_stock_forecast_anew(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_out_of_stock(home, LAST - dt.timedelta(days=3))
    assert is_made(home, monkeypatch, "velocity")
    assert not is_made(home, monkeypatch, "velocity")
    orders_until(home, LAST + dt.timedelta(days=1), days=1)
    assert is_made(home, monkeypatch, "velocity")


@pytest.mark.parametrize("name", MAKERS)
def test_what_a_rebuild_does_not_make_is_left_to_the_next_build(
    home: Home, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    record_readings(home, midnight(home, LAST + dt.timedelta(days=8)))
    assert not {*MAKERS} & {*rebuild(home, changed={"coupons"})}
    assert is_made(home, monkeypatch, name)


@pytest.mark.parametrize("seam", ["record", "note"])
def test_what_was_written_and_not_recorded_is_kept(
    home: Home, monkeypatch: pytest.MonkeyPatch, seam: str
) -> None:
    """As after a crash between the two: notes speak of the newest rows, recorded or not."""
    since = midnight(home, LAST - dt.timedelta(days=2))
    sold_again(home, since=since, until=since + dt.timedelta(hours=23))
    crashes = {"record": (type(home.readings), "record"), "note": (build_module, "note")}
    with monkeypatch.context() as patch:
        patch.setattr(*crashes[seam], fail)
        with pytest.raises(MadeError):
            build(home)
    build(home)
    shop = home.shop(SHOP)
    for name, whole in derive(home, shop, as_of=home.data_as_of(shop)).items():
        key = TABLES[name].key
        assert_frame_equal(home.scan(name, shop).sort(key).collect(), whole.sort(key))
