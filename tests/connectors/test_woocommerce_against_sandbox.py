"""The connector against the emulated shop, over real HTTP: what is read is what happened."""

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import polars as pl
import pytest

from connectors.woocommerce import CONNECTOR
from contracts.errors import SourceRejectedError
from contracts.streams import Context, Mapped, Window
from contracts.tables import TABLES
from tests.connectors.woocommerce.shop import Shop, client_of, shop_of, signed, url_of
from tests.sandbox.woocommerce_shop import KEY, USER

STREAMS = [stream.name for stream in CONNECTOR.streams if stream.lookup is None]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with shop_of() as found:
        yield found


@pytest.fixture
def own_shop() -> Iterator[Shop]:
    """A shop of the test's own, to be changed."""
    with shop_of() as found:
        yield found


@pytest.fixture(scope="module")
def read(shop: Shop) -> dict[str, Mapped]:
    """All that a reading of each stream gives."""
    return {stream: shop.pulled(stream) for stream in STREAMS}


@pytest.mark.parametrize("stream", STREAMS)
def test_every_stream_gives_valid_rows_of_its_tables(read: dict[str, Mapped], stream: str) -> None:
    mapped = read[stream]
    for table, frame in mapped.frames.items():
        assert frame.height > 0, table
        assert TABLES[table].schema.is_valid(frame), table
    assert mapped.rejects.is_empty()
    assert mapped.unknown_fields == ()


def test_lists_hold_all_there_is_in_the_world(shop: Shop, read: dict[str, Mapped]) -> None:
    heights = {
        table: frame.height for mapped in read.values() for table, frame in mapped.frames.items()
    }
    world = shop.world
    assert heights["orders"] == world.orders.height
    assert heights["refunds"] == world.refunds.height
    assert heights["listings"] == heights["stock_levels"] == world.products.height
    assert heights["members"] == world.customers.height
    assert heights["coupons"] == world.discounts.height
    assert heights["reviews"] == world.reviews.height


def test_refunds_and_stock_are_those_of_the_world(shop: Shop, read: dict[str, Mapped]) -> None:
    refunds = read["orders"].frames["refunds"]
    paid_back = dict(refunds.select("refund_id", "refunded_minor").iter_rows())
    rows = shop.world.refunds.select(pl.col("refund_id").cast(pl.String), "amount_minor").rows()
    assert paid_back == dict(rows)
    levels = read["products"].frames["stock_levels"]
    available = dict(levels.select("sku_id", "available_units").iter_rows())
    rows = shop.world.products.select(pl.col("product_id").cast(pl.String), "on_hand_units").rows()
    assert available == dict(rows)


@pytest.fixture(scope="module")
def merchant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a merchant's world, one of whose shops this is."""
    command = [sys.executable, "-m", "sandbox", "serve", "--port", "0", "--today", "2026-11-22"]
    command += ["--days", "7", "--households", "120", "--token", "demo-token"]
    command += ["--channels", "shopify,woocommerce", "--mail-ports", "0,0,0"]
    command += ["--mail-folder", str(tmp_path_factory.mktemp("mail"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


def test_orders_units_and_gmv_per_day_are_what_happened(merchant: str) -> None:
    given = {"consumer_key": "demo", "consumer_secret": "demo-token", "access": "signed_key"}
    stream = CONNECTOR.stream("orders")
    assert stream is not None
    with client_of(merchant, **given) as client:
        now = client.now()
        window = Window(now - dt.timedelta(days=31), now + dt.timedelta(seconds=1))
        pages = list(stream.fetch(client, window))
    context = Context("woo", "EUR", "Europe/Berlin", now)
    lines = stream.to_canonical(pages, context).frames["order_lines"]
    day = pl.col("placed_at").dt.convert_time_zone("Europe/Berlin").dt.date()
    days = lines.group_by(day=day).agg(
        pl.col("order_id").n_unique(), pl.col("quantity_units").sum(), pl.col("total_minor").sum()
    )
    truth = httpx.get(f"{merchant}/truth/days", params={"channel": "woocommerce"}).json()
    happened = {
        dt.date.fromisoformat(day["date"]): (day["orders"], day["units"], day["gmv_minor"])
        for day in truth
        if day["orders"]
    }
    assert len(happened) >= 7
    assert {day: tuple(figures) for day, *figures in days.rows()} == happened


def test_pieces_that_were_paid_back_are_no_longer_current(
    shop: Shop, read: dict[str, Mapped]
) -> None:
    lines = read["orders"].frames["order_lines"]
    rows = shop.world.refunds.filter(~pl.col("is_full")).select(pl.col("line_id").cast(pl.String))
    back = lines.join(rows, left_on="line_id", right_on="line_id")
    assert back.height > 0
    assert back["current_units"].to_list() == [0] * back.height
    others = lines.filter(~pl.col("order_id").is_in(back["order_id"].implode()))
    assert (others["current_units"] > 0).any()


def test_faults_in_passing_lose_no_order(own_shop: Shop) -> None:
    before = set(own_shop.pulled("orders").frames["orders"]["order_id"])
    own_shop.woo.faults.statuses[:] = [429, 503, 500]
    own_shop.woo.faults.html_pages = 1
    own_shop.woo.faults.duplicate_pages = 1
    assert set(own_shop.pulled("orders").frames["orders"]["order_id"]) == before


def test_a_page_of_products_that_comes_twice_loses_none(own_shop: Shop) -> None:
    own_shop.woo.faults.duplicate_pages = 3
    listed = own_shop.pulled("products").frames["listings"]
    assert listed.height == own_shop.world.products.height


def test_orders_that_move_on_while_they_are_read_are_all_read(own_shop: Shop) -> None:
    now = own_shop.client.now()
    stream = CONNECTOR.stream("orders")
    assert stream is not None
    window = Window(now - dt.timedelta(days=31), now)
    expected = set(own_shop.world.orders.filter(pl.col("updated_at") < now)["order_id"])
    oldest = own_shop.world.orders.sort("updated_at")["order_id"].to_list()[:30]
    seen: set[int] = set()
    for page in stream.fetch(own_shop.client, window):
        if page.part == "orders":
            seen |= {order["id"] for order in json.loads(page.body)}
            for key in oldest[:3]:
                own_shop.world.set_order(key, updated_at=own_shop.world.clock)
            del oldest[:3]
    assert seen >= expected


def test_more_changes_in_a_second_than_a_page_holds_are_all_read(own_shop: Shop) -> None:
    second = own_shop.client.now() - dt.timedelta(days=2)
    keys = own_shop.world.orders["order_id"].to_list()[:250]
    for key in keys:
        own_shop.world.set_order(key, updated_at=second)
    read = own_shop.pulled("orders", days=3).frames["orders"]["order_id"]
    assert {str(key) for key in keys} <= set(read)


def test_a_refund_that_left_its_order_unchanged_is_read(own_shop: Shop) -> None:
    row = own_shop.world.refunds.sort("created_at").row(-1, named=True)
    long_ago = own_shop.client.now() - dt.timedelta(days=20)
    own_shop.world.set_order(row["order_id"], updated_at=long_ago)
    days = (own_shop.client.now() - row["created_at"]).days + 1
    refunds = own_shop.pulled("orders", days=days).frames["refunds"]
    assert str(row["refund_id"]) in refunds["refund_id"].to_list()


def test_a_key_needs_a_signature_over_plain_http_and_a_password_does_not(shop: Shop) -> None:
    plain = {"access": "key", "consumer_key": KEY.key, "consumer_secret": KEY.secret}
    with client_of(url_of(shop.woo), **plain) as client, pytest.raises(SourceRejectedError):
        client.now()
    user = {"access": "application_password", "user": USER[0], "application_password": USER[1]}
    with client_of(url_of(shop.woo), **user) as client:
        assert client.now() == shop.client.now()
        assert client.check().plan.startswith("WooCommerce ")


@pytest.mark.parametrize("key", [("ck_wrong", KEY.secret), (KEY.key, "cs_wrong")])
def test_a_wrong_key_is_refused(shop: Shop, key: tuple[str, str]) -> None:
    with client_of(url_of(shop.woo), **signed(*key)) as client, pytest.raises(SourceRejectedError):
        client.now()


def test_the_shop_tells_the_doctor_its_currency_and_zone(shop: Shop) -> None:
    check = shop.client.check()
    assert (check.currency, check.time_zone) == ("EUR", "Europe/Berlin")


def test_calls_are_estimated_near_what_they_are(shop: Shop) -> None:
    stream, now = CONNECTOR.stream("orders"), shop.client.now()
    assert stream is not None
    assert stream.estimate is not None
    window = Window(now - dt.timedelta(days=31), now)
    asked: list[object] = []
    ask = shop.client.ask

    def counted(*given: Any) -> Any:
        asked.append(given)
        return ask(*given)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shop.client, "ask", counted)
        told = stream.estimate(shop.client, window)
        list(stream.fetch(shop.client, window))
    assert told / 1.3 < len(asked) < told * 1.3, (told, len(asked))
