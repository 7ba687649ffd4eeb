"""The connector against the emulated platform, over real HTTP: what is read is what happened."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import polars as pl
import pytest

from checks import reconcile, rows
from connectors.base.auth import OwnTokens
from connectors.taobao import CONNECTOR, outbound
from connectors.taobao.client import TaobaoClient, TaobaoSettings
from contracts.actions import Change, Live, Unread
from contracts.codes import OutcomeState
from contracts.payloads import Reply, encode
from contracts.ports import Stores
from contracts.streams import Context, Mapped, Page, Window
from contracts.tables import TABLES
from sandbox import truth
from sandbox.serving import serving
from sandbox.taobao import Faults, Rates, routes
from sandbox.world.demand import advance
from sandbox.world.world import World
from tests.sandbox.taobao_seller import OURS, UNLIMITED, taobao_world

ACCEPTED, REJECTED, UNKNOWN = OutcomeState.ACCEPTED, OutcomeState.REJECTED, OutcomeState.UNKNOWN
ZONE = "Asia/Shanghai"


@dataclass
class Shop:
    """An emulated shop and what can go wrong in it."""

    url: str
    world: World
    faults: Faults
    clients: list[TaobaoClient] = field(default_factory=list)

    def opened(
        self,
        stores: Stores = Stores(),
        *,
        transport: httpx.BaseTransport | None = None,
        **settings: Any,
    ) -> TaobaoClient:
        token = {} if "refresh_token" in settings else {"session": OURS.session}
        ours = {"app_key": OURS.app_key, "app_secret": OURS.app_secret, **token}
        sandbox = {"base_url": self.url, "is_sandbox": True, "calls_per_second": 1_000}
        chosen = TaobaoSettings.model_validate({**ours, **sandbox, "kind": "tmall", **settings})
        client = TaobaoClient(chosen, stores, transport=transport)
        self.clients.append(client)
        return client


@contextmanager
def running(*, is_tmall: bool = True, rates: Rates = UNLIMITED) -> Iterator[Shop]:
    world, faults = taobao_world(), Faults()
    credentials = replace(OURS, is_tmall=is_tmall)
    with serving(routes(world, credentials, rates=rates, faults=faults)) as url:
        shop = Shop(url, world, faults)
        try:
            yield shop
        finally:
            for client in shop.clients:
                client.close()


@pytest.fixture(scope="module")
def read_only() -> Iterator[Shop]:
    with running() as found:
        yield found


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running() as found:
        yield found


def fetched(client: TaobaoClient, name: str, *, days: float = 20) -> list[Page]:
    stream = CONNECTOR.stream(name)
    assert stream is not None
    end = client.now() + dt.timedelta(seconds=1)
    window = Window(end - dt.timedelta(days=days), end)
    spans = [window] if stream.is_snapshot else window.spans(stream.max_window)
    return [page for span in spans for page in stream.fetch(client, span)]


def mapped(client: TaobaoClient, name: str, pages: list[Page]) -> Mapped:
    stream = CONNECTOR.stream(name)
    assert stream is not None
    return stream.to_canonical(pages, Context("tm", "CNY", ZONE, client.now()))


def pulled(client: TaobaoClient, name: str, *, days: float = 20) -> Mapped:
    return mapped(client, name, fetched(client, name, days=days))


def shown(live: Mapping[str, Live | Unread], target_id: str) -> int:
    found = live[target_id]
    assert isinstance(found, Live)
    return found.value


@pytest.mark.parametrize("stream", [one.name for one in CONNECTOR.streams])
def test_every_stream_gives_valid_rows(read_only: Shop, stream: str) -> None:
    found = pulled(read_only.opened(), stream)
    assert found.rejects.is_empty(), found.rejects.to_dicts()
    assert found.unknown_fields == ()
    for table, frame in found.frames.items():
        assert frame.height > 0 or table == "coupons", table
        assert TABLES[table].schema.is_valid(frame), table


def test_orders_units_and_gmv_per_day_are_what_happened(read_only: Shop) -> None:
    client = read_only.opened()
    frames = pulled(client, "orders", days=30).frames
    nothing = rows.split(mapped(client, "orders", []), Context("tm", "CNY", ZONE, client.now())).bad
    last = client.now().astimezone(dt.timezone(dt.timedelta(hours=8))).date()
    first = last - dt.timedelta(days=28)
    days = reconcile.together(
        frames["orders"].lazy(), frames["order_lines"].lazy(), nothing, ZONE
    ).filter(pl.col("order_date") >= first)
    happened = pl.DataFrame(
        [
            {
                "order_date": dt.date.fromisoformat(day["date"]),
                "orders_count": day["orders"],
                "sold_units": day["units"],
                "gmv_minor": day["gmv_minor"],
            }
            for day in truth.days(read_only.world, first, last)
        ]
    )
    assert days.height > 20
    assert reconcile.against(days, happened).is_empty()


def test_goods_agree_with_their_lines_and_money_paid_back_with_its_cases(read_only: Shop) -> None:
    client = read_only.opened()
    found = pulled(client, "orders")
    assert rows.split(found, Context("tm", "CNY", ZONE, client.now())).bad.is_empty()
    cases = pulled(client, "refunds", days=100).frames["refund_cases"]
    paid_back = (
        cases.filter(pl.col("case_status") == "refunded")
        .group_by("order_id")
        .agg(pl.col("asked_minor").sum())
    )
    orders = found.frames["orders"].filter(pl.col("refunded_minor") > 0)
    both = orders.join(paid_back, on="order_id", how="left")
    assert both.height > 5
    assert both["refunded_minor"].to_list() == both["asked_minor"].to_list()


def test_small_spans_give_the_rows_of_large_ones(read_only: Shop) -> None:
    one = pulled(read_only.opened(), "orders", days=1)
    many = pulled(read_only.opened(window_minutes=30), "orders", days=1)
    for table, frame in one.frames.items():
        other = many.frames[table]
        assert frame.sort(frame.columns).equals(other.sort(frame.columns)), table


def test_members_are_the_buyers_of_the_orders(read_only: Shop) -> None:
    client = read_only.opened()
    members = set(pulled(client, "members").frames["members"]["member_id"])
    buyers = set(pulled(client, "orders", days=5).frames["orders"]["member_id"].drop_nulls())
    assert buyers <= members
    assert len(buyers) > 10


def test_reviews_are_those_that_were_written(read_only: Shop) -> None:
    found = pulled(read_only.opened(), "reviews", days=31).frames["reviews"]
    written = truth.reviews(read_only.world)
    assert 0 < found.height < len(written)
    assert found["reply"].drop_nulls().len() > 0
    assert {"good", "bad"} <= set(found["review_result"])


def test_no_page_holds_a_name_but_masked_ones(read_only: Shop) -> None:
    client = read_only.opened()
    for name in ("orders", "refunds", "reviews"):
        for page in fetched(client, name, days=3):
            assert b"nick" not in page.body
            assert b"receiver" not in page.body


def listings(client: TaobaoClient, count: int) -> list[dict[str, Any]]:
    """Newest changed listings that cost something."""
    frames = pulled(client, "items", days=3).frames
    both = frames["listings"].join(frames["prices"], on="listing_id")
    return both.filter(pl.col("price_minor") > 500).head(count).to_dicts()


def change(target: str, after: int, **values: Any) -> Change:
    given = {"parent_id": None, "before": None, "currency": None, **values}
    return Change(action_id=f"a-{target}", target_id=target, after=after, **given)


@pytest.mark.parametrize("is_tmall", [True, False])
def test_a_price_that_was_set_is_the_price_answered(is_tmall: bool) -> None:
    with running(is_tmall=is_tmall) as shop:
        client = shop.opened(kind="tmall" if is_tmall else "taobao")
        first, second = listings(client, 2)
        changes = [
            change(
                one["listing_id"],
                one["price_minor"] + 123,
                parent_id=one["product_id"],
                currency="CNY",
            )
            for one in (first, second)
        ]
        gone = change("1", 100, parent_id=first["product_id"], currency="CNY")
        told = outbound.set_prices(client, [*changes, gone])
        assert {one.action_id: one.state for one in told} == {
            changes[0].action_id: ACCEPTED,
            changes[1].action_id: ACCEPTED,
            "a-1": REJECTED,
        }
        live = outbound.live_prices(client, [*changes, gone])
        assert {name: shown(live, name) for name in live} == {
            one.target_id: one.after for one in changes
        }
        skus = [one["sku_id"] for one in (first, second)]
        assert sorted(truth.prices(shop.world, skus).values()) == sorted(
            one.after for one in changes
        )


def test_the_call_of_the_other_kind_of_shop_is_refused(shop: Shop) -> None:
    client = shop.opened(kind="taobao")
    (one,) = listings(client, 1)
    told = outbound.set_prices(
        client, [change(one["listing_id"], 999, parent_id=one["product_id"], currency="CNY")]
    )
    assert [outcome.state for outcome in told] == [REJECTED]


def test_stock_that_was_set_is_what_is_answered(shop: Shop) -> None:
    client = shop.opened()
    level = pulled(client, "items").frames["stock_levels"].row(0, named=True)
    wanted = change(level["sku_id"], level["available_units"] + 7, parent_id=level["warehouse_id"])
    assert [one.state for one in outbound.set_stock(client, [wanted, wanted])] == [ACCEPTED] * 2
    live = outbound.live_stock(client, [wanted])
    assert shown(live, level["sku_id"]) == level["available_units"] + 7


def test_a_write_that_was_applied_and_answered_as_busy_is_found_by_reading_back(shop: Shop) -> None:
    client = shop.opened()
    (one,) = listings(client, 1)
    wanted = change(one["listing_id"], 1_234, parent_id=one["product_id"], currency="CNY")
    shop.faults.lost = 1
    assert [outcome.state for outcome in outbound.set_prices(client, [wanted])] == [UNKNOWN]
    assert shown(outbound.live_prices(client, [wanted]), wanted.target_id) == 1_234


def test_a_coupon_is_granted_to_members_of_the_shop_and_to_nobody_else(shop: Shop) -> None:
    client = shop.opened()
    answer = client.write(
        "taobao.promotion.coupon.add",
        {"denominations": "5", "condition": "50", "end_time": "2026-12-20 00:00:00"},
    )
    assert b"coupon_id" in answer.data
    coupon = pulled(client, "coupons").frames["coupons"].row(0, named=True)
    assert (coupon["discount_minor"], coupon["title"]) == (500, "满50减5")
    member = pulled(client, "members").frames["members"]["member_id"][0]
    grants = [
        change(name, 1, parent_id=coupon["coupon_id"], recipient=name)
        for name in (member, "AAnobody")
    ]
    told = outbound.grant_coupons(client, grants)
    assert [one.state for one in told] == [ACCEPTED, REJECTED]
    wrong = replace(grants[0], parent_id="999")
    assert [one.state for one in outbound.grant_coupons(client, [wrong])] == [REJECTED]


def test_a_reply_is_shown_under_its_review_once(shop: Shop) -> None:
    client = shop.opened()
    reviews = pulled(client, "reviews", days=10).frames["reviews"]
    bare = reviews.filter(pl.col("reply").is_null()).row(0, named=True)
    answered = reviews.filter(pl.col("reply").is_not_null()).row(0, named=True)
    payload = encode(Reply(text="感谢反馈，我们会改进。"))
    wanted = change(bare["review_id"], 1, payload=payload)
    other = change(answered["review_id"], 1, payload=payload)
    assert shown(outbound.REPLIES.live(client, [wanted]), bare["review_id"]) == 0
    told = outbound.send_replies(client, [wanted, other])
    assert [one.state for one in told] == [ACCEPTED, REJECTED]
    assert shown(outbound.REPLIES.live(client, [wanted]), bare["review_id"]) == 1


def test_a_session_that_ends_between_two_pages_is_renewed_and_nothing_is_lost(shop: Shop) -> None:
    expected = pulled(shop.opened(), "orders", days=1).frames["orders"].height
    tokens = OwnTokens()
    client = shop.opened(Stores(tokens=tokens), refresh_token=OURS.refresh_token)
    stream = CONNECTOR.stream("orders")
    assert stream is not None
    end = client.now() + dt.timedelta(seconds=1)
    pages = []
    for page in stream.fetch(client, Window(end - dt.timedelta(days=1), end)):
        pages.append(page)
        shop.faults.expired = 1
    assert len(pages) > 1
    assert mapped(client, "orders", pages).frames["orders"].height == expected


def test_a_platform_that_is_busy_banned_and_broken_in_turn_is_read_all_the_same(shop: Shop) -> None:
    client = shop.opened()
    shop.faults.busy, shop.faults.throttled = 1, 1
    assert pulled(client, "refunds").frames["refund_cases"].height > 0


class Counting(httpx.BaseTransport):
    """Passes requests on and counts those that were refused by a limit."""

    def __init__(self) -> None:
        self.inner = httpx.HTTPTransport()
        self.refusals = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self.inner.handle_request(request)
        body = response.read()
        response.close()
        self.refusals += b"App Call Limited" in body
        headers = {"date": response.headers["date"]}
        return httpx.Response(response.status_code, headers=headers, content=body)

    def close(self) -> None:
        self.inner.close()


@pytest.mark.parametrize(("ours", "is_refused"), [(40, False), (400, True)])
def test_no_call_is_refused_when_the_limits_of_the_console_are_set(
    ours: int, is_refused: bool
) -> None:
    with running(rates=Rates(per_second=40, api_per_second=40, per_day=10**6)) as shop:
        counting = Counting()
        client = shop.opened(calls_per_second=ours, transport=counting)
        for _ in range(60):
            client.now()
        assert (counting.refusals > 0) is is_refused


def test_what_changes_while_pages_are_read_is_not_lost(shop: Shop) -> None:
    client = shop.opened()
    stream = CONNECTOR.stream("orders")
    assert stream is not None
    start, end = client.now() - dt.timedelta(days=1), client.now()
    reading = stream.fetch(client, Window(start, end))
    pages = [next(reading)]
    advance(shop.world, 3)
    pages += reading
    pages += list(stream.fetch(client, Window(end - stream.look_back, client.now())))
    held = set(mapped(client, "orders", pages).frames["orders"]["order_id"])
    now = client.now()
    again = set(
        mapped(
            client, "orders", list(stream.fetch(client, Window(now - dt.timedelta(days=1), now)))
        ).frames["orders"]["order_id"]
    )
    assert again <= held
