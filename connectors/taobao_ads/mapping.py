"""Ad reports as days of advertising. Pure: the same pages and context give the same rows."""

from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from connectors.base.ad_days import Part, Report, add_days, days_of
from connectors.base.frames import frame
from connectors.base.mapping import Mapper
from connectors.taobao_ads import wire
from contracts.codes import AdLevel
from contracts.streams import Context, Mapped, Page

CURRENCY: Final = "CNY"
_LEVELS: Final = {"campaign": AdLevel.CAMPAIGN, "sku": AdLevel.SKU, "keyword": AdLevel.KEYWORD}
# What a channel's reports are broken down by.
_READ: Final = {
    "zhitongche": (AdLevel.CAMPAIGN, AdLevel.SKU, AdLevel.KEYWORD),
    "wanxiangtai": (AdLevel.CAMPAIGN, AdLevel.SKU),
}
_SEARCH: Final = {
    "day": "date",
    "campaign": "campaignid",
    "origin": "adgroupid",
    "keyword_id": "keywordid",
    "keyword": "keywordstr",
}
_BASE = Report(
    **_SEARCH,
    figures={"spend": ("cost",), "impressions": ("impressions",), "clicks": ("click",)},
)
_EFFECT = Report(
    **_SEARCH,
    figures={
        "revenue": ("directpay", "indirectpay"),
        "orders": ("directpaycount", "indirectpaycount"),
    },
)
_ROWS = Report(
    day="log_date",
    campaign="campaign_id",
    origin="item_id",
    figures={
        "spend": ("charge",),
        "revenue": ("alipay_inshop_amt",),
        "impressions": ("ad_pv",),
        "clicks": ("click",),
        "orders": ("alipay_inshop_num",),
    },
)


def ads(pages: Iterable[Page], context: Context) -> Mapped:
    """Days by campaign, product and, of search ads, keyword. Each level holds the whole day.

    What a campaign of wanxiangtai came to is the sum of its products: no report says it. Days that
    were asked for and hold nothing replace what was read of them before.
    """
    found: list[pl.DataFrame] = []
    names: dict[str, str | None] = {}
    listings: dict[str, str] = {}
    asked: list[tuple[Part, tuple[AdLevel, ...]]] = []
    unknown: set[str] = set()
    for page in pages:
        part = Part.parsed(page.part)
        asked.append((part, _READ[part.channel]))
        unknown |= wire.list_of(part).unknown(page.body)
        if part.kind != "names":
            found += _days(page.body, part)
        elif part.grain == "campaign":
            campaigns = wire.CAMPAIGNS.rows(page.body)
            names.update({str(one.campaign_id): one.title for one in campaigns})
        else:
            adgroups = [one for one in wire.ADGROUPS.rows(page.body) if one.num_iid is not None]
            listings.update({str(one.adgroup_id): str(one.num_iid) for one in adgroups})
    name = pl.col("campaign").replace_strict(names, default=None, return_dtype=pl.String)
    days = days_of(found).with_columns(name=name, listing=_listing(listings))
    mapper = Mapper(context)
    add_days(mapper, days, asked, CURRENCY)
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def _days(body: bytes, part: Part) -> list[pl.DataFrame]:
    """What a report says of each level that it is read for."""
    rows = wire.list_of(part)
    raw = frame(rows.rows(body), rows.row)
    if part.channel == "wanxiangtai":
        by_product = raw.filter(pl.col("item_id").is_not_null())
        return [
            _ROWS.read(by_product, part, AdLevel.SKU, CURRENCY),
            _ROWS.read(raw, part, AdLevel.CAMPAIGN, CURRENCY),
        ]
    report = _BASE if part.kind == "base" else _EFFECT
    return [report.read(raw, part, _LEVELS[part.grain], CURRENCY)]


def _listing(listings: Mapping[str, str]) -> pl.Expr:
    """The product of an adgroup; of one that was deleted, and is in no list, its own number."""
    is_adgroup = (pl.col("channel") == "zhitongche") & (pl.col("level") != str(AdLevel.CAMPAIGN))
    product = pl.col("listing").replace_strict(listings, default=None, return_dtype=pl.String)
    named = product.fill_null(pl.format("adgroup {}", "listing"))
    return pl.when(is_adgroup).then(named).otherwise("listing")
