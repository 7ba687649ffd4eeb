"""TOP's answers about ads, as far as they are read."""

import datetime as dt
from dataclasses import dataclass
from typing import Self

import msgspec

from connectors.base.wire import decoded


@dataclass(frozen=True, slots=True)
class Part:
    """What a page is: a report's channel, grain and kind, the days asked for, and its unit.

    A day without rows is in no answer, so the page itself has to say that it was asked for.
    """

    channel: str
    grain: str
    kind: str
    first: dt.date
    last: dt.date
    unit: str

    @property
    def text(self) -> str:
        """As a page's part."""
        days = self.first.isoformat(), self.last.isoformat()
        return " ".join([self.channel, self.grain, self.kind, *days, self.unit])

    @classmethod
    def parsed(cls, text: str) -> Self:
        """The part of a page."""
        channel, grain, kind, first, last, unit = text.split(" ")
        days = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
        return cls(channel, grain, kind, *days, unit)


class _Shape(msgspec.Struct, gc=False):
    pass


class Campaign(_Shape):
    """A campaign of the search ads."""

    campaign_id: int
    title: str | None = None


class Adgroup(_Shape):
    """A product that is advertised in a campaign."""

    adgroup_id: int
    campaign_id: int
    num_iid: int


class Base(_Shape, kw_only=True):
    """What a campaign, adgroup or keyword cost on a day."""

    date: str
    campaign_id: str = msgspec.field(name="campaignid")
    impressions: str
    click: str
    cost: str
    adgroup_id: str | None = msgspec.field(name="adgroupid", default=None)
    keyword_id: str | None = msgspec.field(name="keywordid", default=None)
    keyword: str | None = msgspec.field(name="keywordstr", default=None)


class Effect(_Shape, kw_only=True):
    """What a campaign, adgroup or keyword brought on a day; a figure of zero may be left out."""

    date: str
    campaign_id: str = msgspec.field(name="campaignid")
    directpay: str = "0"
    indirectpay: str = "0"
    directpaycount: str = "0"
    indirectpaycount: str = "0"
    adgroup_id: str | None = msgspec.field(name="adgroupid", default=None)
    keyword_id: str | None = msgspec.field(name="keywordid", default=None)
    keyword: str | None = msgspec.field(name="keywordstr", default=None)


class Row(_Shape):
    """What a campaign cost and brought on a day, by product."""

    log_date: str
    campaign_id: int
    charge: str
    ad_pv: int = 0
    click: int = 0
    alipay_inshop_num: int = 0
    alipay_inshop_amt: str = "0"
    item_id: int | None = None


class _Rows(_Shape):
    report_result_top_dto: list[Row] = []


class Result(_Shape):
    """A report of wanxiangtai."""

    success: bool
    total_count: int | None = None
    report_result_top_d_t_o_list: _Rows | None = None

    @property
    def rows(self) -> list[Row]:
        """Its rows."""
        listed = self.report_result_top_d_t_o_list
        return listed.report_result_top_dto if listed else []


class _Report(_Shape):
    result: Result


class _Campaigns(_Shape):
    campaign: list[Campaign] = []


class _CampaignsPage(_Shape):
    campaigns: _Campaigns | None = None


class _AdgroupList(_Shape):
    a_d_group: list[Adgroup] = []


class _AdgroupsInside(_Shape):
    adgroup_list: _AdgroupList | None = None


class _AdgroupsPage(_Shape):
    adgroups: _AdgroupsInside | None = None


# Numbers are documented as text here and there, and the other way round.
_CAMPAIGNS = msgspec.json.Decoder(_CampaignsPage, strict=False)
_ADGROUPS = msgspec.json.Decoder(_AdgroupsPage, strict=False)
_REPORT = msgspec.json.Decoder(_Report, strict=False)
_BASE = msgspec.json.Decoder(list[Base])
_EFFECT = msgspec.json.Decoder(list[Effect])


def campaigns(body: bytes) -> list[Campaign]:
    """Campaigns of an answer."""
    page = decoded(_CAMPAIGNS.decode, body)
    return page.campaigns.campaign if page.campaigns else []


def adgroups(body: bytes) -> list[Adgroup]:
    """Adgroups of an answer."""
    inside = decoded(_ADGROUPS.decode, body).adgroups
    return inside.adgroup_list.a_d_group if inside and inside.adgroup_list else []


def base(body: bytes) -> list[Base]:
    """Rows of a report's base."""
    return decoded(_BASE.decode, body)


def effect(body: bytes) -> list[Effect]:
    """Rows of a report's effect."""
    return decoded(_EFFECT.decode, body)


def result(body: bytes) -> Result:
    """A report of wanxiangtai."""
    return decoded(_REPORT.decode, body).result
