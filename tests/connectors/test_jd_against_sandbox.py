"""The connectors of JD against the emulated platform: what is read is what happened."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl
import pytest
from pydantic import SecretStr

from checks import reconcile, rows
from connectors.base.auth import OwnTokens
from connectors.base.gateway import RefusedCallError
from connectors.jd import CONNECTOR
from connectors.jd.client import JdClient, JdSettings
from connectors.jd_ads import CONNECTOR as ADS
from connectors.jd_ads.client import KUAICHE, SUMS, JdAdsClient, JdAdsSettings
from contracts.errors import SourceRejectedError
from contracts.ports import Stores
from contracts.streams import Context, Mapped, Page, Window
from contracts.tables import TABLES
from sandbox import truth
from sandbox.jd import Faults, routes
from sandbox.serving import serving
from sandbox.world.ads import ads_by
from sandbox.world.world import World
from tests.sandbox.jd.seller import OURS as SELLERS
from tests.sandbox.jd.seller import UNLIMITED, jd_world

ZONE = "Asia/Shanghai"
OURS = replace(SELLERS, app_key="12345678")


@dataclass
class Shop:
    """An emulated shop and what can go wrong in it."""

    url: str
    world: World
    faults: Faults
    clients: list[JdClient | JdAdsClient] = field(default_factory=list)

    def given(self, **settings: Any) -> dict[str, Any]:
        ours = {"app_key": OURS.app_key, "app_secret": OURS.app_secret}
        sandbox = {"base_url": self.url, "is_sandbox": True, "calls_per_second": 1_000}
        return {**ours, "access_token": OURS.access_token, **sandbox, **settings}

    def opened(self, stores: Stores = Stores(), **settings: Any) -> JdClient:
        chosen = JdSettings.model_validate(self.given(**settings))
        clock = lambda: self.world.clock.timestamp()  # noqa: E731
        client = JdClient(chosen, stores, wall_clock=clock)
        self.clients.append(client)
        return client


@contextmanager
def running() -> Iterator[Shop]:
    world, faults = jd_world(), Faults()
    with serving(routes(world, OURS, rates=UNLIMITED, faults=faults)) as url:
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


def fetched(client: JdClient, name: str, *, days: float) -> list[Page]:
    stream = CONNECTOR.stream(name)
    assert stream is not None
    end = client.now() + dt.timedelta(seconds=1)
    window = Window(end - dt.timedelta(days=days), end)
    spans = [window] if stream.is_snapshot else window.spans(stream.max_window)
    return [page for span in spans for page in stream.fetch(client, span)]


def context(client: JdClient) -> Context:
    return Context("jd", "CNY", ZONE, client.now())


def pulled(client: JdClient, name: str, *, days: float = 20) -> Mapped:
    stream = CONNECTOR.stream(name)
    assert stream is not None
    return stream.to_canonical(fetched(client, name, days=days), context(client))


@pytest.mark.parametrize("stream", [one.name for one in CONNECTOR.streams])
def test_every_stream_gives_valid_rows(read_only: Shop, stream: str) -> None:
    found = pulled(read_only.opened(), stream)
    assert found.rejects.is_empty(), found.rejects.to_dicts()
    assert found.unknown_fields == ()
    for table, frame in found.frames.items():
        assert frame.height > 0, table
        assert TABLES[table].schema.is_valid(frame), table


def test_orders_units_and_gmv_per_day_are_what_happened(read_only: Shop) -> None:
    client = read_only.opened()
    found = pulled(client, "orders", days=30)
    parted = rows.split(found, context(client))
    assert parted.bad.is_empty()
    orders, lines = (parted.good[name].lazy() for name in ("orders", "order_lines"))
    last = client.now().astimezone(dt.timezone(dt.timedelta(hours=8))).date()
    first = last - dt.timedelta(days=28)
    days = reconcile.together(orders, lines, parted.bad, ZONE).filter(pl.col("order_date") >= first)
    names = {"date": "order_date", "orders": "orders_count", "units": "sold_units"}
    told = [{names.get(key, key): one for key, one in day.items()} for day in truth.days(
        read_only.world, first, last
    )]  # fmt: skip
    happened = pl.DataFrame(told).select(
        pl.col("order_date").str.to_date(), "orders_count", "sold_units", "gmv_minor"
    )
    assert days.height > 20
    assert reconcile.against(days, happened).is_empty()


def test_what_went_back_is_said_by_cases_in_two_units(read_only: Shop) -> None:
    cases = pulled(read_only.opened(), "refunds", days=100).frames["refund_cases"]
    kinds = cases.with_columns(kind=pl.col("case_id").str.extract("^([a-z]+):"))
    paid_back = kinds.filter(pl.col("case_status") == "refunded")
    assert set(paid_back["kind"]) == {"afs", "cancel"}
    orders = read_only.world.orders.select(
        order_id=(300_000_000_000 + pl.col("order_id")).cast(pl.String),
        back=pl.col("refunded_minor"),
    )
    sums = paid_back.group_by("order_id").agg(pl.col("asked_minor").sum())
    both = sums.join(orders, on="order_id")
    assert both.height == sums.height
    assert both.filter(pl.col("asked_minor") > pl.col("back")).is_empty()


def test_small_windows_give_the_rows_of_a_large_one(read_only: Shop) -> None:
    stream = CONNECTOR.stream("orders")
    assert stream is not None
    client = read_only.opened()
    end = client.now() + dt.timedelta(seconds=1)
    window = Window(end - dt.timedelta(days=2), end)
    many = [
        page for span in window.spans(dt.timedelta(hours=3)) for page in stream.fetch(client, span)
    ]
    one = stream.to_canonical(list(stream.fetch(client, window)), context(client))
    for table, frame in stream.to_canonical(many, context(client)).frames.items():
        other = one.frames[table]
        keys = frame.columns
        assert frame.sort(keys).unique().equals(other.sort(keys).unique()) or (
            set(frame.rows()) == set(other.rows())
        ), table


def test_no_page_of_orders_holds_a_name(read_only: Shop) -> None:
    for page in fetched(read_only.opened(), "orders", days=3):
        assert b"consigneeInfo" not in page.body
        assert b'"pin"' not in page.body


def ending(shop: Shop, hours: float) -> dict[str, Any]:
    """Settings of a token as the platform has it, which ends so long from now."""
    ends = shop.world.clock + dt.timedelta(seconds=OURS.expires_in)
    shop.world.clock = ends - dt.timedelta(hours=hours)
    return {"refresh_token": SecretStr(OURS.refresh_token), "token_ends_at": ends}


def test_a_token_is_renewed_in_its_last_day_and_lasts_on(shop: Shop) -> None:
    stores = Stores(tokens=OwnTokens())
    settings = ending(shop, 25)
    early = shop.opened(stores, **settings)
    early.now()
    shop.world.clock += dt.timedelta(hours=2)
    shop.opened(stores, **settings).now()
    shop.world.clock += dt.timedelta(hours=30)
    shop.opened(stores, **settings).now()


def test_a_token_that_was_not_renewed_in_time_needs_a_person(shop: Shop) -> None:
    settings = ending(shop, -1)
    with pytest.raises(SourceRejectedError):
        shop.opened(Stores(tokens=OwnTokens()), **settings).now()


def test_the_shop_says_who_it_is(read_only: Shop) -> None:
    assert read_only.opened().check().name == OURS.name


def test_a_busy_platform_is_read_all_the_same(shop: Shop) -> None:
    client = shop.opened()
    shop.faults.busy, shop.faults.throttled, shop.faults.hollow = 1, 1, 1
    assert pulled(client, "orders", days=2).frames["orders"].height > 0


def test_an_answer_that_says_below_that_it_failed_is_no_empty_list(shop: Shop) -> None:
    client = shop.opened()
    client.now()
    shop.faults.refused = 1
    with pytest.raises(RefusedCallError):
        client.read("jingdong.pop.PopCommentJsfService.getVenderCommentsForJos", {"page": 1})


@pytest.mark.parametrize("call", [KUAICHE, SUMS])
def test_days_of_ads_are_what_campaigns_spent(read_only: Shop, call: str) -> None:
    (stream,) = ADS.streams
    stated = {**read_only.given(), "kuaiche_call": call}
    client = JdAdsClient(JdAdsSettings.model_validate(stated))
    read_only.clients.append(client)
    now = client.now()
    pages = list(stream.fetch(client, Window(now - dt.timedelta(days=20), now)))
    found = stream.to_canonical(pages, Context("jd", "CNY", ZONE, now))
    assert found.rejects.is_empty()
    assert found.unknown_fields == ()
    live = found.frames["ads_daily"].filter(pl.col("deleted_at").is_null())
    first, last = live["ad_date"].min(), live["ad_date"].max()
    for channel in ("kuaiche", "haitou"):
        spent = ads_by(read_only.world, channel, ("date",), pl.col("date").is_between(first, last))
        ours = live.filter(ad_channel=channel)["spend_minor"].sum()
        assert ours == spent["spend_minor"].sum() > 0
