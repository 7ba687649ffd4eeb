"""Reports of 直通车: each a list as JSON text, in fen, whole days; recent days still grow."""

import hashlib
import json
from collections.abc import Callable
from datetime import date
from typing import Final

import polars as pl

from sandbox.kit.arguments import Arguments, day, whole
from sandbox.kit.fields import Document, Fields, Row, as_is, documents, fixed, quotient, written
from sandbox.kit.values import BEIJING
from sandbox.taobao import ids
from sandbox.taobao.errors import ERRORS
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import TIME, page_of, wrapped, yuan
from sandbox.world.ads import ads_by

PRODUCT: Final = "zhitongche"
MAX_DAYS: Final = 31
MAX_PAGE: Final = 500
ADGROUP_PAGE: Final = 200
Grain = tuple[str, ...]
CUSTOMER: Final[Grain] = ()
CAMPAIGN: Final[Grain] = ("campaign_id",)
ADGROUP: Final[Grain] = ("campaign_id", "product_id")
KEYWORD: Final[Grain] = ("campaign_id", "product_id", "keyword_id", "keyword")


def _adgroup_id(row: Row) -> int:
    return ids.adgroup_id(row["campaign_id"], row["product_id"])


_RATES: Final[Fields] = {
    "ctr": quotient("clicks", "impressions", times=100),
    "cpc": quotient("spend_minor", "clicks"),
    "cpm": quotient("spend_minor", "impressions", times=1000),
}
BASE: Final[Fields] = {
    **written(str, "impressions", click="clicks", aclick="clicks", cost="spend_minor"),
    **_RATES,
}
EFFECT: Final[Fields] = {
    **written(str, directpay="direct_minor", indirectpay="indirect_minor"),
    **written(str, directpaycount="direct_orders", indirectpaycount="indirect_orders"),
    **written(str, favitemcount="item_likes", favshopcount="shop_likes"),
    **written(str, carttotal="carts", directcarttotal="carts"),
    **fixed(indirectcarttotal="0"),
}
REALTIME: Final[Fields] = {
    **written(date.isoformat, thedate="date"),
    **written(str, impression="impressions", click="clicks", cost="spend_minor"),
    **_RATES,
    **written(str, directtransaction="direct_minor", indirecttransaction="indirect_minor"),
    **written(str, transactiontotal="revenue_minor", transactionshippingtotal="orders"),
    **written(str, directtransactionshipping="direct_orders"),
    **written(str, indirecttransactionshipping="indirect_orders"),
    **written(str, favitemtotal="item_likes", favshoptotal="shop_likes"),
    "favtotal": lambda row: str(row["item_likes"] + row["shop_likes"]),
    **written(str, directcarttotal="carts", carttotal="carts"),
    **fixed(indirectcarttotal="0"),
    "coverage": quotient("orders", "clicks", times=100),
    "roi": quotient("revenue_minor", "spend_minor"),
}
REALTIME_CAMPAIGN: Final[Fields] = {
    **REALTIME,
    **written(str, campaignid="campaign_id"),
    **fixed(source="1", search_type="0"),
}
_KEYS: Final[dict[str, Fields]] = {
    "date": {**written(date.isoformat, "date"), **as_is("nick", "source")},
    "campaign_id": {**as_is("searchtype"), **written(str, campaignid="campaign_id")},
    "product_id": {"adgroupid": lambda row: str(_adgroup_id(row))},
    "keyword_id": written(str, keywordid="keyword_id"),
    "keyword": as_is(keywordstr="keyword"),
}
"""What a report says of each part of its grain."""
CAMPAIGN_ROW: Final[Fields] = {
    **as_is("nick", "campaign_id", title="campaign_name"),
    **written("{} 00:00:00".format, create_time="date"),
    **written(TIME.written, modified_time="now"),
    **fixed(settle_status="online", online_status="online", campaign_type=0),
}
ADGROUP_ROW: Final[Fields] = {
    **as_is("nick", "campaign_id", "title"),
    "adgroup_id": _adgroup_id,
    **written(ids.num_iid, num_iid="product_id"),
    **written(yuan, item_price="price_minor"),
    **fixed(online_status="online"),
}


def sign(shop: Shop, _: Arguments) -> Document:
    """The token that reports ask for beside the session."""
    return {"subway_token": _token(shop)}


def report(
    name: str, grain: Grain, kind: Fields, *, one_adgroup: bool = False
) -> Callable[[Shop, Arguments], Document]:
    """The call that answers the report `name` at a grain, by day."""
    keys = ("date", *grain)
    fields = {field: read for key in keys for field, read in _KEYS[key].items()} | {**kind}

    def answer(shop: Shop, args: Arguments) -> Document:
        if args.needed("subway_token", str) != _token(shop):
            raise ERRORS("invalid-parameter:subway_token")
        for required in ("source", *(("search_type",) if grain else ())):
            args.needed(required, str)
        first, last = args.needed("start_time", day), args.needed("end_time", day)
        chosen = _chosen(args, grain, one_adgroup=one_adgroup)
        if (last - first).days >= MAX_DAYS:
            return {name: _failure("date.must.lt.one.month")}
        if not first <= last < shop.now.astimezone(BEIJING).date():
            return {name: _failure("date.must.be.before.today")}
        page, days = page_of(args, MAX_PAGE), pl.col("date").is_between(first, last)
        frame = shop.named(ads_by(shop.world, PRODUCT, keys, days, *chosen))
        shown = page.rows(frame.with_columns(_labels(args)) if _has_source(args) else frame.clear())
        rows = documents(fields, shown.to_dicts())
        # An empty report is an empty object, not an empty list.
        return {name: json.dumps(rows or {}, ensure_ascii=False)}

    return answer


def campaigns(shop: Shop, _: Arguments) -> Document:
    """The campaigns."""
    spans = _own(shop).group_by("campaign_id", "campaign_name").agg(pl.col("date").min())
    found = shop.named(spans.sort("campaign_id")).with_columns(now=pl.lit(shop.now))
    return wrapped("campaigns", "campaign", documents(CAMPAIGN_ROW, found.to_dicts()))


def adgroups(shop: Shop, args: Arguments) -> Document:
    """The products of a campaign: an adgroup is one of them in it."""
    for required in ("page_size", "page_no"):
        args.needed(required, str)
    page = page_of(args, ADGROUP_PAGE)
    own = _own(shop).filter(pl.col("campaign_id") == args.get("campaign_id", whole))
    found = own.select("campaign_id", "product_id").unique().sort("product_id")
    named = shop.named(shop.titled(page.rows(found), "price_minor"))
    rows = documents(ADGROUP_ROW, named.to_dicts())
    head = {"page_no": page.number, "page_size": page.size, "total_item": found.height}
    return {"adgroups": {**head, **wrapped("adgroup_list", "a_d_group", rows)}}


def realtime(name: str, grain: Grain, fields: Fields) -> Callable[[Shop, Arguments], Document]:
    """The call that answers one day in typed rows, every value a text."""
    keys = ("date", *grain)

    def answer(shop: Shop, args: Arguments) -> Document:
        is_day = pl.col("date") == args.needed("the_date", day)
        rows = documents(fields, ads_by(shop.world, PRODUCT, keys, is_day).to_dicts())
        return wrapped(name, "rt_rpt_result_entity_d_t_o", rows)

    return answer


def _token(shop: Shop) -> str:
    """One a day."""
    today: date = shop.now.astimezone(BEIJING).date()
    digest = hashlib.sha256(f"{shop.credentials.app_secret} {today}".encode()).hexdigest()
    return f"1102001000-{digest[:32]}"


def _failure(reason: str) -> str:
    """What is wrong with a report's days is said inside of the text."""
    return json.dumps(ERRORS("missing-parameter", reason=reason).entry)


def _chosen(args: Arguments, grain: Grain, *, one_adgroup: bool) -> list[pl.Expr]:
    found = []
    if grain:
        found.append(pl.col("campaign_id") == args.needed("campaign_id", whole))
    if one_adgroup:
        campaign, product = divmod(args.needed("adgroup_id", whole), ids.ADGROUP)
        found += [pl.col("campaign_id") == campaign, pl.col("product_id") == product]
    return found


def _has_source(args: Arguments) -> bool:
    """All was shown on the platform itself (1) and found by search."""
    sources, types = args.names("source"), args.names("search_type")
    is_search = not types or bool({"SEARCH", "ALL", "SUMMARY"} & set(types))
    return is_search and bool({"1", "SUMMARY"} & set(sources))


def _labels(args: Arguments) -> list[pl.Expr]:
    """How a report calls where its rows were shown."""
    is_sum = args.names("source") == ["SUMMARY"]
    is_all = args.text("search_type") in ("ALL", "SUMMARY")
    return [
        pl.lit("SUMMARY" if is_sum else "1").alias("source"),
        pl.lit("SUMMARY" if is_all else "SEARCH").alias("searchtype"),
    ]


def _own(shop: Shop) -> pl.DataFrame:
    return shop.world.ads.filter(pl.col("product") == PRODUCT)
