"""Ads against the emulated platform, over real HTTP: what is read is what was spent."""

import datetime as dt
from collections.abc import Iterator

import polars as pl
import pytest

from connectors.taobao_ads import CONNECTOR
from connectors.taobao_ads.client import TaobaoAdsClient, TaobaoAdsSettings
from contracts.streams import Context, Mapped, Window
from contracts.tables import AdsDaily
from sandbox import truth
from sandbox.serving import serving
from sandbox.taobao import routes
from sandbox.world.demand import advance
from sandbox.world.world import World
from tests.sandbox.taobao_seller import OURS, UNLIMITED, taobao_world

STREAM = CONNECTOR.streams[0]
SUMS = ("spend_minor", "impressions_units", "clicks_units", "orders_count", "revenue_minor")


@pytest.fixture
def world() -> World:
    return taobao_world()


@pytest.fixture
def client(world: World) -> Iterator[TaobaoAdsClient]:
    with serving(routes(world, OURS, rates=UNLIMITED)) as url:
        found = TaobaoAdsClient(
            TaobaoAdsSettings.model_validate(
                {
                    "base_url": url,
                    "is_sandbox": True,
                    "app_key": OURS.app_key,
                    "app_secret": OURS.app_secret,
                    "session": OURS.session,
                    "calls_per_second": 1_000,
                }
            )
        )
        yield found
        found.close()


def pulled(client: TaobaoAdsClient, *, hours: float = 1) -> Mapped:
    now = client.now()
    pages = list(STREAM.fetch(client, Window(now - dt.timedelta(hours=hours), now)))
    return STREAM.to_canonical(pages, Context("tm", "CNY", "Asia/Shanghai", now))


def test_each_level_of_each_channel_is_what_was_shown(
    client: TaobaoAdsClient, world: World
) -> None:
    found = pulled(client)
    frame = found.frames["ads_daily"]
    assert found.rejects.is_empty()
    assert AdsDaily.is_valid(frame)
    first, last = frame["ad_date"].min(), frame["ad_date"].max()
    assert isinstance(first, dt.date) and isinstance(last, dt.date)  # noqa: PT018  for the types
    assert (last - first).days == 14
    days = pl.DataFrame(truth.ad_days(world, first, last))
    told = {
        (product, date): figures
        for product, date, *figures in days.group_by("product", pl.col("date").str.to_date())
        .agg(pl.col("spend_minor", "impressions", "clicks", "orders", "revenue_minor").sum())
        .iter_rows()
    }
    levels = frame.group_by("ad_channel", "ad_level", "ad_date").agg(pl.col(SUMS).sum())
    assert levels.height == 15 * 5
    for channel, _, date, *figures in levels.iter_rows():
        assert figures == told[channel, date]


def test_a_day_read_again_later_has_more_orders_and_the_same_spending(
    client: TaobaoAdsClient, world: World
) -> None:
    def day(mapped: Mapped, date: dt.date) -> tuple[int, int]:
        frame = mapped.frames["ads_daily"].filter(
            pl.col("ad_date") == date, pl.col("ad_level") == "campaign"
        )
        spent, orders = frame["spend_minor"].to_list(), frame["orders_count"].to_list()
        return sum(spent), sum(orders)

    before = pulled(client)
    yesterday = before.frames["ads_daily"]["ad_date"].max()
    assert isinstance(yesterday, dt.date)
    advance(world, 24 * 7)
    after = pulled(client)
    (spent, orders), (spent_later, orders_later) = day(before, yesterday), day(after, yesterday)
    assert spent_later == spent
    assert orders_later > orders


def test_a_token_of_the_search_ads_that_ended_overnight_is_renewed(
    client: TaobaoAdsClient, world: World
) -> None:
    pulled(client)
    advance(world, 24)
    assert pulled(client).frames["ads_daily"].height > 0
