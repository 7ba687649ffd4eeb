"""How ad reports are read: by days in China, the last ones again with every pull.

Each page says by its part what it is: channel, grain, kind of report, first and last day, unit.
"""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Final

from connectors.base.ad_days import Part
from connectors.base.days import days_to_read, spans
from connectors.base.gateway import CHINA
from connectors.base.paging import by_number
from connectors.taobao_ads import wire
from connectors.taobao_ads.client import TaobaoAdsClient
from contracts.errors import SourceContractError
from contracts.streams import Page, Window

# Reports of a longer span are refused; a month may have thirty days.
_LONGEST_DAYS: Final = 30
_ROWS: Final = 500
_ADGROUPS: Final = 200
_RPT: Final = "taobao.simba.rpt."
_ONEBP: Final = "taobao.onebp.dkx.report.report.campaign.daylist"


def ads(client: TaobaoAdsClient, window: Window) -> Iterator[Page]:
    """Reports of the days of a window, see `days_to_read`."""
    now, settings = client.recent_now(), client.settings
    first, last = days_to_read(window, now, CHINA, settings.trailing_days)
    if settings.has_zhitongche:
        kept = now.astimezone(CHINA).date() - dt.timedelta(days=settings.zhitongche_days)
        for start, end in spans(max(first, kept), last, _LONGEST_DAYS):
            yield from _zhitongche(client, start, end)
    if settings.has_wanxiangtai:
        for start, end in spans(first, last, _LONGEST_DAYS):
            yield from _wanxiangtai(client, start, end)


def _zhitongche(client: TaobaoAdsClient, first: dt.date, last: dt.date) -> Iterator[Page]:
    """Campaigns, then reports by campaign, by adgroup and by keyword of each adgroup.

    A report's base tells of spending, its effect of orders.
    """

    def part(grain: str, kind: str) -> str:
        unit = client.settings.zhitongche_unit
        return Part("zhitongche", grain, kind, first, last, unit).text

    answer = client.read("taobao.simba.campaigns.get", client.named())
    yield Page(answer.data, part("campaign", "names"))
    for campaign in wire.CAMPAIGNS.readable(answer.data):
        own = {
            "campaign_id": str(campaign.campaign_id),
            "start_time": first.isoformat(),
            "end_time": last.isoformat(),
            "source": "SUMMARY",
            "search_type": "ALL",
        }
        for grain, call in (("campaign", "campaign"), ("sku", "campadgroup")):
            for kind in ("base", "effect"):
                yield from _report(client, call, kind, own, part(grain, kind))
        for page in _adgroups(client, campaign.campaign_id):
            yield Page(page, part("sku", "names"))
            for adgroup in wire.ADGROUPS.readable(page):
                one = {**own, "adgroup_id": str(adgroup.adgroup_id)}
                for kind in ("base", "effect"):
                    yield from _report(client, "adgroupkeyword", kind, one, part("keyword", kind))


def _report(
    client: TaobaoAdsClient, call: str, kind: str, asked: dict[str, str], part: str
) -> Iterator[Page]:
    """Pages of a report up to the one that is not full."""

    def ask(number: int) -> tuple[Page, bool]:
        page = {**asked, "page_no": str(number), "page_size": str(_ROWS)}
        body = client.report(f"{_RPT}{call}{kind}.get", page, f"rpt_{call}_{kind}_list")
        return Page(body, part), len(wire.BASE.raw(body)) == _ROWS

    return by_number(ask)


def _adgroups(client: TaobaoAdsClient, campaign_id: int) -> Iterator[bytes]:
    campaign = {"campaign_id": str(campaign_id), "page_size": str(_ADGROUPS), **client.named()}

    def ask(number: int) -> tuple[bytes, bool]:
        asked = {**campaign, "page_no": str(number)}
        data = client.read("taobao.simba.adgroupsbycampaignid.get", asked).data
        return data, len(wire.ADGROUPS.raw(data)) == _ADGROUPS

    return by_number(ask)


def _wanxiangtai(client: TaobaoAdsClient, first: dt.date, last: dt.date) -> Iterator[Page]:
    """Rows by campaign and product of each day; the answer is whole, it has no pages.

    Raises:
        SourceContractError: it says that there are more rows than came.
    """
    query = {
        "start_time": first.isoformat(),
        "end_time": last.isoformat(),
        "effect": client.settings.effect_days,
        "effect_type": "click",
    }
    asked = {
        "report_query": json.dumps(query),
        "api_service_context": json.dumps({"biz_code": client.settings.biz_code}),
    }
    answer = client.read(_ONEBP, asked)
    if not wire.succeeded(answer.data):
        raise SourceContractError("the report of wanxiangtai says that it did not succeed")
    unit = client.settings.wanxiangtai_unit
    yield Page(answer.data, Part("wanxiangtai", "sku", "whole", first, last, unit).text)
