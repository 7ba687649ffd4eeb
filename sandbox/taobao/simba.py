"""Reports of 直通车: each a list as JSON text, in fen, whole days; recent days still grow."""

import hashlib
import json
from collections.abc import Callable
from datetime import date
from typing import Any, Final

import polars as pl

from sandbox.taobao import ids
from sandbox.taobao.arguments import Arguments
from sandbox.taobao.errors import refused
from sandbox.taobao.paging import Page
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import BEIJING, Answer, wrapped, written, yuan
from sandbox.world.ads import ads_seen

PRODUCT: Final = "zhitongche"
MAX_DAYS: Final = 31
MAX_PAGE: Final = 500
ADGROUP_PAGE: Final = 200
Grain = tuple[str, ...]
CUSTOMER: Final[Grain] = ()
CAMPAIGN: Final[Grain] = ("campaign_id",)
ADGROUP: Final[Grain] = ("campaign_id", "product_id")
KEYWORD: Final[Grain] = ("campaign_id", "product_id", "keyword_id", "keyword")
_SUMS: Final = ("impressions", "clicks", "spend_minor", "orders", "revenue_minor")


def sign(shop: Shop, _: Arguments) -> Answer:
    """The token that reports ask for beside the session."""
    return {"subway_token": _token(shop)}


def report(
    name: str, grain: Grain, *, is_effect: bool, one_adgroup: bool = False
) -> Callable[[Shop, Arguments], Answer]:
    """The call that answers the report `name` at a grain, by day."""

    def answer(shop: Shop, args: Arguments) -> Answer:
        if args.needed("subway_token") != _token(shop):
            raise refused("invalid-parameter:subway_token", "access session expired or invalid")
        args.needed("source")
        if grain:
            args.needed("search_type")
        first, last = args.day("start_time"), args.day("end_time")
        chosen = _chosen(args, grain, one_adgroup=one_adgroup)
        if (last - first).days >= MAX_DAYS:
            return {name: _failure("date.must.lt.one.month")}
        if last < first or last >= shop.now.astimezone(BEIJING).date():
            return {name: _failure("date.must.be.before.today")}
        page = Page.of(args, most=MAX_PAGE)
        days = pl.col("date").is_between(first, last)
        frame = _summed(_seen(shop).filter(days, *chosen), ("date", *grain))
        kind = _effect if is_effect else _base
        shown = page.rows(frame) if _has_source(args) else frame.clear()
        rows = [{**_keys(shop, row, args, grain), **kind(row)} for row in shown.to_dicts()]
        # An empty report is an empty object, not an empty list.
        return {name: json.dumps(rows or {}, ensure_ascii=False)}

    return answer


def campaigns(shop: Shop, _: Arguments) -> Answer:
    """The campaigns."""
    frame = shop.world.ads.filter(pl.col("product") == PRODUCT)
    spans = frame.group_by("campaign_id", "campaign_name").agg(pl.col("date").min())
    rows = [
        {
            "nick": shop.credentials.nick,
            "campaign_id": row["campaign_id"],
            "title": row["campaign_name"],
            "settle_status": "online",
            "online_status": "online",
            "create_time": f"{row['date']} 00:00:00",
            "modified_time": written(shop.now),
            "campaign_type": 0,
        }
        for row in spans.sort("campaign_id").to_dicts()
    ]
    return wrapped("campaigns", "campaign", rows)


def adgroups(shop: Shop, args: Arguments) -> Answer:
    """The products of a campaign: an adgroup is one of them in it."""
    args.needed("page_size")
    args.needed("page_no")
    page = Page.of(args, most=ADGROUP_PAGE)
    frame = shop.world.ads.filter(
        (pl.col("product") == PRODUCT) & (pl.col("campaign_id") == args.number("campaign_id"))
    )
    found = frame.select("campaign_id", "product_id").unique().sort("product_id")
    goods = shop.world.products.select("product_id", "title", "price_minor")
    named = page.rows(found).join(goods, on="product_id", how="left", maintain_order="left")
    rows = [
        {
            "nick": shop.credentials.nick,
            "campaign_id": row["campaign_id"],
            "adgroup_id": ids.adgroup_id(row["campaign_id"], row["product_id"]),
            "num_iid": ids.num_iid(row["product_id"]),
            "title": row["title"],
            "item_price": yuan(row["price_minor"]),
            "online_status": "online",
        }
        for row in named.to_dicts()
    ]
    inside = wrapped("adgroup_list", "a_d_group", rows)
    head = {"page_no": page.number, "page_size": page.size, "total_item": found.height}
    return {"adgroups": {**head, **inside}}


def realtime(name: str, grain: Grain) -> Callable[[Shop, Arguments], Answer]:
    """The call that answers one day in typed rows, every value a text."""

    def answer(shop: Shop, args: Arguments) -> Answer:
        day = args.day("the_date")
        frame = _summed(_seen(shop).filter(pl.col("date") == day), ("date", *grain))
        rows = [_typed(row) for row in frame.to_dicts()]
        return wrapped(name, "rt_rpt_result_entity_d_t_o", rows)

    return answer


def _token(shop: Shop) -> str:
    """One a day."""
    day: date = shop.now.astimezone(BEIJING).date()
    digest = hashlib.sha256(f"{shop.credentials.app_secret} {day}".encode()).hexdigest()
    return f"1102001000-{digest[:32]}"


def _failure(reason: str) -> str:
    """What is wrong with a report's days is said inside of the text."""
    return json.dumps(refused("missing-parameter", reason).entry())


def _chosen(args: Arguments, grain: Grain, *, one_adgroup: bool) -> list[pl.Expr]:
    found = [pl.lit(value=True)]
    if grain:
        found.append(pl.col("campaign_id") == args.needed_number("campaign_id"))
    if one_adgroup:
        campaign, product = divmod(args.needed_number("adgroup_id"), ids.ADGROUP)
        found += [pl.col("campaign_id") == campaign, pl.col("product_id") == product]
    return found


def _has_source(args: Arguments) -> bool:
    """All was shown on the platform itself (1) and found by search."""
    sources, types = args.names("source"), args.names("search_type")
    is_search = not types or bool({"SEARCH", "ALL", "SUMMARY"} & set(types))
    return is_search and bool({"1", "SUMMARY"} & set(sources))


def _seen(shop: Shop) -> pl.DataFrame:
    return ads_seen(shop.world, shop.now).filter(pl.col("product") == PRODUCT)


def _summed(frame: pl.DataFrame, keys: Grain) -> pl.DataFrame:
    return frame.group_by(keys).agg(pl.col(_SUMS).sum()).sort(keys)


def _keys(shop: Shop, row: dict[str, Any], args: Arguments, grain: Grain) -> Answer:
    is_sum = args.names("source") == ["SUMMARY"]
    found = {
        "date": row["date"].isoformat(),
        "nick": shop.credentials.nick,
        "source": "SUMMARY" if is_sum else "1",
    }
    if grain:
        asked = args.text("search_type")
        found["searchtype"] = "SUMMARY" if asked in ("ALL", "SUMMARY") else "SEARCH"
        found["campaignid"] = str(row["campaign_id"])
    if "product_id" in grain:
        found["adgroupid"] = str(ids.adgroup_id(row["campaign_id"], row["product_id"]))
    if "keyword_id" in grain:
        found |= {"keywordid": str(row["keyword_id"]), "keywordstr": row["keyword"]}
    return found


def _base(row: dict[str, Any]) -> Answer:
    shown, clicks, cost = row["impressions"], row["clicks"], row["spend_minor"]
    return {
        "impressions": str(shown),
        "click": str(clicks),
        "cost": str(cost),
        "aclick": str(clicks),
        "ctr": _ratio(clicks * 100, shown),
        "cpc": _ratio(cost, clicks),
        "cpm": _ratio(cost * 1000, shown),
    }


def _effect(row: dict[str, Any]) -> Answer:
    direct, money = row["orders"] - row["orders"] // 4, row["revenue_minor"]
    own = money * direct // max(1, row["orders"])
    carts = row["clicks"] // 8
    return {
        "directpay": str(own),
        "indirectpay": str(money - own),
        "directpaycount": str(direct),
        "indirectpaycount": str(row["orders"] - direct),
        "favitemcount": str(row["clicks"] // 20),
        "favshopcount": str(row["clicks"] // 50),
        "carttotal": str(carts),
        "directcarttotal": str(carts),
        "indirectcarttotal": "0",
    }


def _typed(row: dict[str, Any]) -> Answer:
    base, effect = _base(row), _effect(row)
    found = {
        "thedate": row["date"].isoformat(),
        "impression": base["impressions"],
        "click": base["click"],
        "cost": base["cost"],
        "ctr": base["ctr"],
        "cpc": base["cpc"],
        "cpm": base["cpm"],
        "directtransaction": effect["directpay"],
        "indirecttransaction": effect["indirectpay"],
        "transactiontotal": str(row["revenue_minor"]),
        "directtransactionshipping": effect["directpaycount"],
        "indirecttransactionshipping": effect["indirectpaycount"],
        "transactionshippingtotal": str(row["orders"]),
        "favitemtotal": effect["favitemcount"],
        "favshoptotal": effect["favshopcount"],
        "favtotal": str(int(effect["favitemcount"]) + int(effect["favshopcount"])),
        "directcarttotal": effect["directcarttotal"],
        "indirectcarttotal": effect["indirectcarttotal"],
        "carttotal": effect["carttotal"],
        "coverage": _ratio(row["orders"] * 100, row["clicks"]),
        "roi": _ratio(row["revenue_minor"], row["spend_minor"]),
    }
    if "campaign_id" in row:
        found |= {"campaignid": str(row["campaign_id"]), "source": "1", "search_type": "0"}
    return found


def _ratio(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "0.00"
