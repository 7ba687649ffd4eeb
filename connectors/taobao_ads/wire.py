"""TOP's answers about ads, as far as they are read."""

from typing import Any

import msgspec

from connectors.base.ad_days import Part, ReportPages
from connectors.base.rows import Rows
from connectors.base.wire import Figure, Text, decoded, lenient
from contracts.errors import SourceContractError

_ZERO = Figure("0")
_CAMPAIGN = frozenset(
    """
    adgroup_type campaign_id campaign_type category_ids create_time item_price modified_time nick
    offline_type online_status reason settle_reason settle_status title
    """.split()  # noqa: SIM905 a list to be read
)
_REPORTED = frozenset(
    """
    aclick avgpos carttotal coverage cpc cpm ctr cvr directcarttotal favitemcount favshopcount
    favtotal indirectcarttotal nick roi searchtype search_type source

    alipay_inshop_amt_kuan alipay_inshop_num_kuan car_num car_num_kuan cvr_kuan
    dir_alipay_inshop_amt dir_alipay_inshop_amt_kuan dir_alipay_inshop_num
    dir_alipay_inshop_num_kuan dir_car_num dir_car_num_kuan ecpc ecpm hour_id
    indir_alipay_inshop_amt indir_alipay_inshop_amt_kuan indir_alipay_inshop_num
    indir_alipay_inshop_num_kuan indir_car_num indir_car_num_kuan inshop_item_col_car_num_cost
    inshop_item_col_car_num_cost_kuan inshop_item_col_num inshop_item_col_num_kuan
    no_lalipay_inshop_amt_proprtion no_lalipay_inshop_amt_proprtion_kuan prepay_inshop_amt
    prepay_inshop_amt_kuan prepay_inshop_num prepay_inshop_num_kuan roi_kuan sample_alipay_amt
    sample_alipay_amt_kuan sample_alipay_num sample_alipay_num_kuan
    """.split()  # noqa: SIM905 a list to be read
)
"""Fields that the platform documents and sends, and that are not read."""


class _Shape(msgspec.Struct, gc=False):
    pass


class Campaign(_Shape):
    """A campaign of the search ads."""

    campaign_id: int
    title: Text | None = None


class Adgroup(_Shape):
    """A product that is advertised in a campaign."""

    adgroup_id: int
    num_iid: int | None = None


class Base(_Shape, kw_only=True):
    """What a campaign, adgroup or keyword cost on a day."""

    date: Text | None = None
    campaignid: Text | None = None
    impressions: Figure | None = None
    click: Figure | None = None
    cost: Figure | None = None
    adgroupid: Text | None = None
    keywordid: Text | None = None
    keywordstr: Text | None = None


class Effect(_Shape, kw_only=True):
    """What a campaign, adgroup or keyword brought on a day; a figure of zero may be left out."""

    date: Text | None = None
    campaignid: Text | None = None
    directpay: Figure | None = _ZERO
    indirectpay: Figure | None = _ZERO
    directpaycount: Figure | None = _ZERO
    indirectpaycount: Figure | None = _ZERO
    adgroupid: Text | None = None
    keywordid: Text | None = None
    keywordstr: Text | None = None


class Row(_Shape):
    """What a campaign cost and brought on a day, by product."""

    log_date: Text | None = None
    campaign_id: Text | None = None
    charge: Figure | None = None
    ad_pv: Figure | None = _ZERO
    click: Figure | None = _ZERO
    alipay_inshop_num: Figure | None = _ZERO
    alipay_inshop_amt: Figure | None = _ZERO
    item_id: Text | None = None


class _Outcome(_Shape):
    success: bool
    total_count: int | None = None


class _Report(_Shape):
    result: _Outcome


def succeeded(body: bytes) -> bool:
    """Whether a report of wanxiangtai says that it is one.

    Raises:
        SourceContractError: it says that there are more rows than came.
    """
    result = decoded(_OUTCOME.decode, body).result
    came = len(ROWS.raw(body))
    if result.success and result.total_count is not None and result.total_count != came:
        raise SourceContractError(f"of {result.total_count} rows of a report {came} came")
    return result.success


_OUTCOME = lenient(_Report)
CAMPAIGNS = Rows("campaigns.campaign", Campaign, ignored=_CAMPAIGN, decoder=lenient)
ADGROUPS = Rows("adgroups.adgroup_list.a_d_group", Adgroup, ignored=_CAMPAIGN, decoder=lenient)
BASE = Rows("", Base, ignored=_REPORTED, decoder=lenient)
EFFECT = Rows("", Effect, ignored=_REPORTED, decoder=lenient)
ROWS = Rows(
    "result.report_result_top_d_t_o_list.report_result_top_dto",
    Row,
    ignored=_REPORTED,
    decoder=lenient,
)


def list_of(part: Part) -> Rows[Any]:
    """The list that a page holds."""
    if part.kind == "names":
        return CAMPAIGNS if part.grain == "campaign" else ADGROUPS
    if part.channel == "wanxiangtai":
        return ROWS
    return BASE if part.kind == "base" else EFFECT


PAGES = ReportPages(list_of)
