"""Reports of 万相台: typed rows inside a result of its own, money in yuan text."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import polars as pl

from sandbox.taobao import ids
from sandbox.taobao.arguments import Arguments
from sandbox.taobao.errors import invalid, missing
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import BEIJING, Answer, wrapped, yuan
from sandbox.world.ads import ads_seen

PRODUCT: Final = "wanxiangtai"
_SUMS: Final = ("impressions", "clicks", "spend_minor", "orders", "revenue_minor")
Grain = tuple[str, ...]
ACCOUNT: Final[Grain] = ()
CAMPAIGN: Final[Grain] = ("campaign_id", "product_id")


def report(
    grain: Grain, *, by_day: bool = True, is_today: bool = False
) -> Callable[[Shop, Arguments], Answer]:
    """The call that answers a report; of campaigns, a row for each of their products."""

    def answer(shop: Shop, args: Arguments) -> Answer:
        if grain or is_today:
            args.needed("api_service_context")
        query = args.structure("report_query")
        if query is None:
            raise missing("report_query")
        if not isinstance(query, dict):
            raise invalid("report_query", "an object")
        frame = ads_seen(shop.world, shop.now).filter(
            pl.col("product") == PRODUCT, _days(shop, query, is_today=is_today)
        )
        if wanted := query.get("campaign_id_list"):
            frame = frame.filter(pl.col("campaign_id").is_in([int(one) for one in wanted]))
        keys = (*(("date",) if by_day else ()), *grain)
        if not keys:
            keys = ("product",)
        summed = frame.group_by(keys).agg(pl.col(_SUMS).sum()).sort(keys)
        rows = [_row(row) for row in summed.to_dicts()]
        listed = wrapped("report_result_top_d_t_o_list", "report_result_top_dto", rows)
        return {"result": {"success": True, "total_count": len(rows), **listed}}

    return answer


def _days(shop: Shop, query: dict[str, Any], *, is_today: bool) -> pl.Expr:
    if is_today:
        return pl.col("date") == shop.now.astimezone(BEIJING).date()
    days = [_day("log_date_list", one) for one in query.get("log_date_list") or ()]
    if days:
        return pl.col("date").is_in(days)
    first = _day("start_time", query.get("start_time"))
    last = _day("end_time", query.get("end_time"))
    if last < first:
        raise invalid("report_query", "end_time must not lie before start_time")
    return pl.col("date").is_between(first, last)


def _day(name: str, text: object) -> date:
    if not text:
        raise missing(f"report_query.{name}")
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError as error:
        raise invalid(f"report_query.{name}", "yyyy-MM-dd") from error


def _row(row: dict[str, Any]) -> Answer:
    shown, clicks, cost = row["impressions"], row["clicks"], row["spend_minor"]
    orders, money = row["orders"], row["revenue_minor"]
    carts = clicks // 8
    found: Answer = {
        "ad_pv": shown,
        "click": clicks,
        "charge": yuan(cost),
        "ctr": _ratio(clicks, shown),
        "ecpm": yuan(cost * 1000 // max(1, shown)),
        "ecpc": yuan(cost // max(1, clicks)),
        "car_num": carts,
        "alipay_inshop_num": orders,
        "alipay_inshop_amt": yuan(money),
        "cvr": _ratio(orders, clicks),
        "roi": _ratio(money, cost),
        # The wide measure credits what a member bought without clicking, too.
        "car_num_kuan": carts + carts // 5,
        "alipay_inshop_num_kuan": orders + orders // 5,
        "alipay_inshop_amt_kuan": yuan(money + money // 5),
        "cvr_kuan": _ratio(orders + orders // 5, clicks),
        "roi_kuan": _ratio(money + money // 5, cost),
    }
    if "date" in row:
        found["log_date"] = row["date"].isoformat()
    if "campaign_id" in row:
        found["campaign_id"] = row["campaign_id"]
        found["item_id"] = ids.num_iid(row["product_id"])
    return found


def _ratio(part: int, whole: int) -> str:
    return f"{part / whole:.4f}" if whole else "0.0000"
