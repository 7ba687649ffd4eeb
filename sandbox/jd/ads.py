"""Reports of 京东快车 and 海投 by day: money in yuan text; recent days still grow."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

import polars as pl

from sandbox.jd.errors import ERRORS
from sandbox.jd.shop import Shop, yuan
from sandbox.kit.arguments import Arguments, day, whole
from sandbox.kit.fields import Document, Fields, as_is, document, fixed, quotient, written
from sandbox.kit.lists import Page, equal
from sandbox.world.ads import ads_by

MAX_PAGE: Final = 100
BY_CAMPAIGN: Final = ("date", "campaign_id", "campaign_name")
# What alone is emulated: days, clicks on all devices, orders credited to them for 15 days.
CREDITED: Final = {
    "isDaily": "true", "platform": "all", "clickOrOrderDay": "15", "clickOrOrderCaliber": "0",
    "orderStatusCategory": "",
}  # fmt: skip
CREDITED_DAILY: Final = {
    "isDaily": "true", "platform": "all", "isTodayOr15Days": "true", "isOrderOrClick": "false",
}  # fmt: skip


MEASURES: Final[Fields] = {
    **as_is("impressions", "clicks", totalOrderCnt="orders", totalCartCnt="carts"),
    **as_is(directOrderCnt="direct_orders", indirectOrderCnt="indirect_orders"),
    **written(yuan, cost="spend_minor", totalOrderSum="revenue_minor"),
    **written(yuan, directOrderSum="direct_minor", indirectOrderSum="indirect_minor"),
    "CTR": quotient("clicks", "impressions", times=100),
    "CPM": quotient("spend_minor", "impressions", times=10),
    "CPC": lambda row: yuan(row["spend_minor"] // max(1, row["clicks"])),
    "totalOrderRoi": quotient("revenue_minor", "spend_minor"),
    "totalOrderCvs": quotient("orders", "clicks", times=100),
}
ACCOUNT: Final[Fields] = {**MEASURES, **written(date.isoformat, "date"), **fixed(mobileType="all")}
CAMPAIGN: Final[Fields] = {
    **as_is(campaignId="campaign_id", campaignName="campaign_name"),
    **written(date.isoformat, clickDate="date"),
    **MEASURES,
}
_SPELLED: Final = {"totalOrderRoi": "TotalOrderROI", "totalOrderCvs": "OrderCVS"}
DAILY: Final[Fields] = {
    **as_is(id="campaign_id"),
    **written(lambda at: at.strftime("%Y%m%d"), "date"),
    # The measures by the names of the platform's client, with a capital, each as text.
    "figureData": lambda row: {
        _SPELLED.get(name, name[0].upper() + name[1:]): str(one)
        for name, one in document(CAMPAIGN, row).items()
        if name != "clickDate"
    },
}


def account(shop: Shop, args: Arguments) -> Document:
    """What the account spent on 快车 and brought, by day."""
    found = _found(shop, args, "kuaiche", ("date",), CREDITED)
    page = Page.of(args, "pageIndex", "pageSize", most=MAX_PAGE)
    return {"value": {"datas": page.documents(ACCOUNT, found)}}


def campaign_days(shop: Shop, args: Arguments) -> Document:
    """As `account`, by campaign."""
    found = _found(shop, args, "kuaiche", BY_CAMPAIGN, CREDITED_DAILY)
    page = Page.of(args, "pageIndex", "pageSize", most=MAX_PAGE)
    return {"value": page.documents(DAILY, found), "total": found.height, "page": page.number}


def campaigns(product: str) -> Callable[[Shop, Arguments], Document]:
    """The call that answers campaigns of an ad product by day."""

    def answer(shop: Shop, args: Arguments) -> Document:
        found = _found(shop, args, product, BY_CAMPAIGN, CREDITED)
        page = Page.of(args, "page", "pageSize", most=MAX_PAGE)
        counts = {"pageNum": page.number, "pageSize": page.size, "items": found.height}
        return {"data": {"datas": page.documents(CAMPAIGN, found), "paginator": counts}}

    return answer


def _found(
    shop: Shop, args: Arguments, product: str, keys: tuple[str, ...], emulated: Mapping[str, str]
) -> pl.DataFrame:
    """Sums over a span of days."""
    for name, value in emulated.items():
        if (args.needed(name, str) if value else args.text(name)) != value:
            raise ERRORS("not_emulated", what=f"another {name} than {value or 'none'}")
    first, last = (
        args.needed(name, lambda text: day(text[:10])) for name in ("startDay", "endDay")
    )
    if last < first:
        raise ERRORS("invalid", name="endDay", reason="must not lie before the first")
    own = equal("campaign_id", args.get("campaignId", whole))
    return ads_by(shop.world, product, keys, pl.col("date").is_between(first, last), own)
