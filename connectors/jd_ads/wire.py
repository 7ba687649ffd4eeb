"""JOS's answers about ads, as far as they are read.

Figures are text or numbers, of which one that is 0 may be left out. A day is written with or
without its dashes.
"""

from typing import Any

import msgspec

from connectors.base.ad_days import Part, ReportPages
from connectors.base.rows import Rows
from connectors.base.wire import Figure, Text, lenient

_ZERO = Figure("0")


class Figures(msgspec.Struct, gc=False, rename="pascal"):
    """What a campaign cost and brought on a day, in the older report."""

    campaign_id: Text | None = None
    campaign_name: Text | None = None
    cost: Figure | None = _ZERO
    impressions: Figure | None = _ZERO
    clicks: Figure | None = _ZERO
    total_order_cnt: Figure | None = _ZERO
    total_order_sum: Figure | None = _ZERO


class Sum(msgspec.Struct, gc=False, rename="camel"):
    """A day of a campaign in the older report; its number stands in it, or among its figures."""

    id: Text | None = None
    date: Text | None = None
    figure_data: Figures | None = None


class Row(msgspec.Struct, gc=False, rename="camel"):
    """A day of a campaign."""

    campaign_id: Text | None = None
    campaign_name: Text | None = None
    date: Text | None = None
    click_date: Text | None = None
    cost: Figure | None = _ZERO
    impressions: Figure | None = _ZERO
    clicks: Figure | None = _ZERO
    total_order_cnt: Figure | None = _ZERO
    total_order_sum: Figure | None = _ZERO


SUMS = Rows(
    "querycampdailysum_result.value",
    Sum,
    ignored="""
    AdType CPC CPM CTR CampaignStatus CampaignVisitorCnt ChannelROI CouponCnt DepartmentCnt
    DepartmentGmv DepthPassengerCnt DirectCartCnt DirectOrderCnt DirectOrderSum GoodsAttentionCnt
    IndirectCartCnt IndirectOrderCnt IndirectOrderSum MobileType NewCustomersCnt OrderCVS OrderDate
    OrderROI PlatformCnt PlatformGmv PreorderCnt ShopAttentionCnt TotalCartCnt TotalCartCntNCX
    TotalOrderROI VisitPageCnt VisitTimeRange date dimension isOrderOrClick isTodayOr15Days
    orderStatusCategory pin putType
    """.split(),  # noqa: SIM905  a list to be read
    decoder=lenient,
)
ROWS = Rows(
    "data.data.datas",
    Row,
    ignored="""
    CPA CPC CPM CTR activityId campaignType directCartCnt directOrderCnt directOrderSum
    effectCartCnt effectOrderCnt effectOrderSum indirectCartCnt indirectOrderCnt indirectOrderSum
    mobileType pin putType status timeRange timeRangePriceCoef totalCartCnt totalOrderCVS
    totalOrderCvs totalOrderROI totalOrderRoi
    """.split(),  # noqa: SIM905  a list to be read
    decoder=lenient,
)


def rows_of(part: Part) -> Rows[Any]:
    """The list that a page holds."""
    return SUMS if part.kind == "sums" else ROWS


PAGES = ReportPages(rows_of)
