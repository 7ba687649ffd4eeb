"""Reports of 万相台: typed rows inside a result of its own, money in yuan text."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import polars as pl

from sandbox.kit.arguments import Arguments, mapped
from sandbox.kit.fields import Document, Fields, as_is, documents, quotient, written
from sandbox.kit.values import BEIJING
from sandbox.taobao import ids
from sandbox.taobao.errors import ERRORS, invalid
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import wrapped, yuan
from sandbox.world.ads import ads_by

PRODUCT: Final = "wanxiangtai"
Grain = tuple[str, ...]
ACCOUNT: Final[Grain] = ()
CAMPAIGN: Final[Grain] = ("campaign_id", "product_id")
KINDS: Final = {"daylist": {}, "offline": {"by_day": False}, "realtime": {"is_today": True}}
"""How `report` answers each kind."""


ROW: Final[Fields] = {
    **as_is(ad_pv="impressions", click="clicks", car_num="carts", alipay_inshop_num="orders"),
    **written(yuan, charge="spend_minor", alipay_inshop_amt="revenue_minor"),
    "ecpm": lambda row: yuan(row["spend_minor"] * 1000 // max(1, row["impressions"])),
    "ecpc": lambda row: yuan(row["spend_minor"] // max(1, row["clicks"])),
    "ctr": quotient("clicks", "impressions", places=4),
    "cvr": quotient("orders", "clicks", places=4),
    "roi": quotient("revenue_minor", "spend_minor", places=4),
    # The wide measure credits what a member bought without clicking, too.
    **as_is(car_num_kuan="wide_carts", alipay_inshop_num_kuan="wide_orders"),
    **written(yuan, alipay_inshop_amt_kuan="wide_revenue_minor"),
    "cvr_kuan": quotient("wide_orders", "clicks", places=4),
    "roi_kuan": quotient("wide_revenue_minor", "spend_minor", places=4),
}
BY_DAY: Final = written(date.isoformat, log_date="date")
OF_CAMPAIGN: Final[Fields] = {
    **as_is("campaign_id"),
    **written(ids.num_iid, item_id="product_id"),
}


def report(
    grain: Grain, *, by_day: bool = True, is_today: bool = False
) -> Callable[[Shop, Arguments], Document]:
    """The call that answers a report; of campaigns, a row for each of their products."""
    keys = (*(("date",) if by_day else ()), *grain)
    fields = {**ROW, **(BY_DAY if by_day else {}), **(OF_CAMPAIGN if grain else {})}

    def answer(shop: Shop, args: Arguments) -> Document:
        if grain or is_today:
            args.needed("api_service_context", str)
        query = args.needed("report_query", mapped)
        wanted = [int(one) for one in query.get("campaign_id_list") or ()]
        chosen = pl.col("campaign_id").is_in(wanted) if wanted else pl.lit(value=True)
        days = _days(shop, query, is_today=is_today)
        summed = ads_by(shop.world, PRODUCT, keys or ("product",), days, chosen).with_columns(
            (pl.col(name) + pl.col(name) // 5).name.prefix("wide_")
            for name in ("carts", "orders", "revenue_minor")
        )
        rows = documents(fields, summed.to_dicts())
        listed = wrapped("report_result_top_d_t_o_list", "report_result_top_dto", rows)
        return {"result": {"success": True, "total_count": len(rows), **listed}}

    return answer


def _days(shop: Shop, query: dict[str, Any], *, is_today: bool) -> pl.Expr:
    if is_today:
        return pl.col("date") == shop.now.astimezone(BEIJING).date()
    days = [_day("log_date_list", one) for one in query.get("log_date_list") or ()]
    if days:
        return pl.col("date").is_in(days)
    first, last = (_day(name, query.get(name)) for name in ("start_time", "end_time"))
    if last < first:
        raise invalid("report_query", "end_time must not lie before start_time")
    return pl.col("date").is_between(first, last)


def _day(name: str, text: object) -> date:
    if not text:
        raise ERRORS("missing", name=f"report_query.{name}")
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError as error:
        raise invalid(f"report_query.{name}", "yyyy-MM-dd") from error
