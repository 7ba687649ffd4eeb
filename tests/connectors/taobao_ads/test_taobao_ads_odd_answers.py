"""One odd row of a report holds what its campaign came to on that day, and nothing else."""

import json
from typing import Any

import httpx
import pytest

from checks.rows import split
from connectors.base.isolation import map_documents
from connectors.taobao_ads import CONNECTOR, fetch
from connectors.taobao_ads.mapping import ads
from contracts.streams import Page, Window
from tests.connectors.taobao_ads.recorded import (
    CONTEXT,
    adgroups,
    base,
    campaigns,
    effect,
    opened,
    row,
    rows,
    wanxiangtai,
)
from tests.connectors.taobao_ads.test_taobao_ads_fetch import DAY, NOW, Ads

ODD: tuple[Any, ...] = (None, [1], {"is": 1}, True, "many", "1,0")


def spent(*pages: Page) -> dict[str, int]:
    """Spending by campaign, of what may enter the lake."""
    [stream] = CONNECTOR.streams
    parted = split(map_documents(stream, lambda: pages, CONTEXT), CONTEXT)
    days = parted.good["ads_daily"]
    live = days.filter(days["deleted_at"].is_null() & (days["ad_level"] == "campaign"))
    return dict(live.select("campaign_id", "spend_minor").iter_rows())


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["cost", "impressions", "click"])
def test_an_odd_figure_of_the_search_ads_holds_its_campaigns_day(name: str, odd: Any) -> None:
    told = base(campaignid="32") | {name: odd}
    late = rows("campaign", "effect", effect(campaignid="32"))
    assert spent(rows("campaign", "base", base(), told), late) == {"31": 12_345}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["charge", "ad_pv", "alipay_inshop_amt"])
def test_an_odd_figure_of_the_other_ads_holds_its_campaigns_day(name: str, odd: Any) -> None:
    other = row(campaign_id=42) | {name: odd}
    assert spent(wanxiangtai(row(), other)) == {"41": 10_050}


@pytest.mark.parametrize("odd", ["row", 7, None, {"date": ["2026-11-14"]}, {"campaignid": {}}])
def test_a_row_that_is_none_costs_itself(odd: Any) -> None:
    body = json.dumps([base(), odd]).encode()
    assert spent(Page(body, rows("campaign", "base").part)) == {"31": 12_345}


def test_numbers_stand_for_text_and_text_for_numbers() -> None:
    told = base() | {"campaignid": 31, "cost": 12345, "impressions": 1000}
    other = row(campaign_id="41", ad_pv="500", charge=100.5)
    assert spent(rows("campaign", "base", told), wanxiangtai(other)) == {"31": 12_345, "41": 10_050}


@pytest.mark.parametrize(
    "nothing",
    [
        campaigns(),
        Page(b'{"campaigns":null}', campaigns().part),
        Page(b'{"campaigns":{"campaign":null}}', campaigns().part),
        Page(b'{"adgroups":{"adgroup_list":null}}', adgroups().part),
        Page(b'{"result":{"success":true}}', wanxiangtai().part),
        Page(b"null", rows("campaign", "base").part),
    ],
)
def test_a_list_that_is_absent_or_null_is_empty(nothing: Page) -> None:
    frame = ads([nothing], CONTEXT).frames["ads_daily"]
    assert frame.filter(frame["deleted_at"].is_null()).is_empty()


def test_new_fields_are_told_by_name_and_nothing_else() -> None:
    found = ads([rows("campaign", "base", base(mood="7")), wanxiangtai(row(charm=1))], CONTEXT)
    assert found.unknown_fields == ("charm", "mood")


def test_an_odd_campaign_does_not_end_the_reading_of_the_others() -> None:
    class Odd(Ads):
        def answer(self, asked: dict[str, str]) -> dict[str, Any]:
            if asked["method"].endswith("campaigns.get"):
                return {"campaigns": {"campaign": [{"campaign_id": None}, {"campaign_id": 31}]}}
            return super().answer(asked)

    platform = Odd()
    client = opened(httpx.MockTransport(platform), has_wanxiangtai=False)
    list(fetch.ads(client, Window(NOW - 2 * DAY, NOW)))
    asked = {one["campaign_id"] for one in platform.asked if "campaign_id" in one}
    assert asked == {"31"}
