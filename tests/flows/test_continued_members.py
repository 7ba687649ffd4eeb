"""What a build adds to members' histories of the build before is what a whole one finds."""

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from contracts.tables import (
    TABLES,
    CouponGrant,
    Order,
    OrderCoupon,
    Refund,
    RefundCase,
    table_of,
)
from flows.steps import build as build_module
from flows.steps.build import build, derive, rebuild
from flows.steps.home import Home
from flows.steps.opening import open_home
from tests.bench.drawn_orders import SHOP, record_readings, write_home
from tests.warehouse.rows import rows
from warehouse.gone import Snapshot

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
Row = dict[str, Any]


def day(number: int) -> dt.datetime:
    """Noon of a day of November in Shanghai."""
    return dt.datetime(2026, 11, number, 4, tzinfo=dt.UTC)


def order(number: int, member: str, **more: Any) -> Row:
    """Placed on that day of November."""
    placed = {"placed_at": day(number), "created_date": day(number).date()}
    money = {"goods_minor": 100, "goods_units": 1, "is_test": False, "currency": "CNY"}
    return {"order_id": f"{member}-{number}", "member_id": member, **placed, **money, **more}


def case(order_id: str, status: str, **more: Any) -> Row:
    return {"case_id": order_id, "order_id": order_id, "case_status": status, **more}


def read(home: Home, tables: Mapping[type[dy.Schema], list[Row]], *, hour: int = 0) -> None:
    """Merge what was read so many hours after the first reading, later versions than before."""
    at = NOW + dt.timedelta(hours=hour)
    common = {"shop_id": SHOP, "read_at": at, "source_updated_at": at, "content_hash": hour}
    frames = {
        table_of(schema).name: rows(schema, [common | one for one in given])
        for schema, given in tables.items()
    }
    merged = home.lake.merge(frames)
    home.readings.record({name: one.version for name, one in merged.items()})


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Members with orders, of whom one has an open case and one redeemed a coupon and was refunded;
    others were given a coupon, or have a case, before their first order."""
    write_home(tmp_path / "home")
    kept = {name: order(2, "old")[name] for name in ("order_id", "created_date", "currency")}
    given = {"member_id": "gift", "grant_status": "available", "granted_at": day(1)}
    with open_home(tmp_path / "home") as opened:
        read(
            opened,
            {
                Order: [order(2, "old"), order(9, "old"), order(3, "two"), order(8, "guest")],
                OrderCoupon: [{**kept, "coupon_code": "c"}],
                Refund: [{**kept, "refund_id": "r", "refunded_at": day(5)}],
            },
        )
        read(opened, {CouponGrant: [{"grant_id": "g", **given}]})
        read(opened, {RefundCase: [case("new-12", "requested"), case("two-3", "requested")]})
        record_readings(opened, NOW)
        build(opened)
        yield opened


def facts_after(home: Home) -> dict[str, Row]:
    """Of a build a day later, by member; every derived table is as if it were built whole."""
    record_readings(home, NOW + dt.timedelta(days=1))
    build(home)
    shop = home.shop(SHOP)
    for name, whole in derive(home, shop, as_of=home.data_as_of(shop)).items():
        key = TABLES[name].key
        assert_frame_equal(home.scan(name, shop).sort(key).collect(), whole.sort(key))
    return {row["member_id"]: row for row in home.scan("member_facts", shop).collect().to_dicts()}


def test_a_later_order_adds_to_what_was_known(home: Home) -> None:
    read(home, {Order: [order(20, "old", goods_minor=50)]}, hour=1)
    old = facts_after(home)["old"]
    assert (old["orders_count"], old["spent_minor"], old["later_minor"]) == (3, 250, 150)
    assert (old["order_gaps_days"], old["usual_gap_days"]) == ([7, 11], 9.0)
    assert old["first_order_at"] == day(2)


def test_a_first_order_finds_the_coupon_that_was_given_before(home: Home) -> None:
    read(home, {Order: [order(12, "gift")]}, hour=1)
    assert facts_after(home)["gift"]["last_coupon_at"] == day(1)


def test_a_first_order_finds_the_case_that_was_there_before(home: Home) -> None:
    read(home, {Order: [order(12, "new")]}, hour=1)
    assert facts_after(home)["new"]["has_open_case"]


def test_a_case_that_is_decided_is_open_no_more(home: Home) -> None:
    before = home.scan("member_facts", home.shop(SHOP)).filter(pl.col("member_id") == "two")
    assert before.collect()["has_open_case"].to_list() == [True]
    read(home, {RefundCase: [case("two-3", "refunded", refunded_at=day(19))]}, hour=1)
    two = facts_after(home)["two"]
    assert (two["has_open_case"], two["last_refunded_at"]) == (False, day(19))


def test_a_new_order_of_somebody_with_an_open_case_leaves_it_open(home: Home) -> None:
    read(home, {Order: [order(15, "two")]}, hour=1)
    assert facts_after(home)["two"]["has_open_case"]


def test_an_older_order_that_comes_late_makes_another_day_the_first(home: Home) -> None:
    read(home, {Order: [order(1, "old")]}, hour=1)
    assert facts_after(home)["old"]["first_order_at"] == day(1)
    kpis = home.scan("kpis_daily", home.shop(SHOP)).sort("kpi_date").collect()
    new = kpis.filter(pl.col("new_buyers_units") > 0)
    assert new["kpi_date"].dt.day().to_list() == [1, 3, 8]


def test_an_order_that_turns_out_to_be_anothers_is_taken_from_the_first(home: Home) -> None:
    read(home, {Order: [order(9, "old", member_id="two")]}, hour=1)
    found = facts_after(home)
    assert (found["old"]["orders_count"], found["two"]["orders_count"]) == (1, 2)
    assert (found["old"]["last_coupon_at"], found["old"]["last_refunded_at"]) == (day(2), day(5))


SEEN_TWICE = {
    "later": order(20, "old"),
    "older": order(1, "old"),
    "first": order(12, "gift"),
    "anothers": order(9, "old", member_id="two"),
    "no more": order(9, "old", is_test=True),
}


@pytest.mark.parametrize("name", SEEN_TWICE)
def test_an_order_that_a_rebuild_has_seen_already_is_not_added_again(home: Home, name: str) -> None:
    """As where a stream that looks up what is missing brings orders after a build."""
    read(home, {Order: [SEEN_TWICE[name]]}, hour=1)
    record_readings(home, NOW + dt.timedelta(hours=1))
    rebuild(home, changed={"orders"})
    assert facts_after(home)["old"]["first_order_at"] == day(1 if name == "older" else 2)


@pytest.mark.parametrize("name", SEEN_TWICE)
def test_an_order_of_a_build_that_was_interrupted_is_not_added_again(
    home: Home, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """After it wrote the facts, before it noted what they rest on."""
    read(home, {Order: [SEEN_TWICE[name]]}, hour=1)
    record_readings(home, NOW + dt.timedelta(hours=1))
    with monkeypatch.context() as patch:
        patch.setattr(build_module, "note", interrupt)
        with pytest.raises(InterruptedError):
            build(home)
    assert facts_after(home)["old"]["first_order_at"] == day(1 if name == "older" else 2)


def test_an_order_that_only_a_rebuild_saw_is_gone_with_it(home: Home) -> None:
    """It came, was seen, and was deleted: nothing has changed since the last build."""
    orders = home.scan("orders", home.shop(SHOP)).collect()
    read(home, {Order: [order(20, "old")]}, hour=1)
    record_readings(home, NOW + dt.timedelta(hours=1))
    rebuild(home, changed={"orders"})
    at = NOW + dt.timedelta(hours=2)
    snapshot = Snapshot(shop_id=SHOP, read_at=at)
    merged = home.lake.merge({"orders": orders}, snapshots={"orders": snapshot})
    home.readings.record({name: one.version for name, one in merged.items()})
    assert facts_after(home)["old"]["orders_count"] == 2


def interrupt(*_given: object) -> None:
    raise InterruptedError
