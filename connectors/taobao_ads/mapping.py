"""Ad reports as days of advertising. Pure: the same pages and context give the same rows."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import polars as pl

from connectors.base.frames import ColumnType, columns
from connectors.base.mapping import Mapper, Parsed, money, whole
from connectors.taobao_ads import wire
from connectors.taobao_ads.wire import Part
from contracts.codes import AdLevel, QuarantineReason
from contracts.streams import Context, Mapped, Page
from contracts.tables import AdsDaily

Paths = Mapping[str, tuple[str, ColumnType]]

CURRENCY: Final = "CNY"
_TEXT, _COUNT = pl.String, pl.Int64
_NONE: Final = "-"
_KEY: Final = ("day", "channel", "level", "campaign", "keyword_id", "listing")
_MONEY, _COUNTS = ("spend", "revenue"), ("impressions", "clicks", "orders")
_LEVELS: Final = {"campaign": AdLevel.CAMPAIGN, "sku": AdLevel.SKU, "keyword": AdLevel.KEYWORD}
# What a channel's reports are broken down by.
_READ: Final = {
    "zhitongche": (AdLevel.CAMPAIGN, AdLevel.SKU, AdLevel.KEYWORD),
    "wanxiangtai": (AdLevel.CAMPAIGN, AdLevel.SKU),
}
_IDS: Paths = {
    "day": ("date", _TEXT),
    "campaign": ("campaignid", _TEXT),
    "adgroup": ("adgroupid", _TEXT),
    "keyword_id": ("keywordid", _TEXT),
    "keyword": ("keywordstr", _TEXT),
}
_BASE: Paths = {
    **_IDS,
    "spend": ("cost", _TEXT),
    "impressions": ("impressions", _TEXT),
    "clicks": ("click", _TEXT),
}
_EFFECT: Paths = {
    **_IDS,
    "direct": ("directpay", _TEXT),
    "indirect": ("indirectpay", _TEXT),
    "direct_orders": ("directpaycount", _TEXT),
    "indirect_orders": ("indirectpaycount", _TEXT),
}
_ROW: Paths = {
    "day": ("log_date", _TEXT),
    "campaign": ("campaign_id", _TEXT),
    "listing": ("item_id", _TEXT),
    "spend": ("charge", _TEXT),
    "revenue": ("alipay_inshop_amt", _TEXT),
    "impressions": ("ad_pv", _TEXT),
    "clicks": ("click", _TEXT),
    "orders": ("alipay_inshop_num", _TEXT),
}
# A figure, of a page's rows and all the same summed up: its value and the text it was read from.
_FIGURES: Final[Mapping[str, ColumnType]] = {
    **dict.fromkeys(_KEY, _TEXT),
    "kind": _TEXT,
    "origin": _TEXT,
    "keyword": _TEXT,
    **dict.fromkeys((*_MONEY, *_COUNTS), _COUNT),
    **{f"{name}_text": _TEXT for name in (*_MONEY, *_COUNTS)},
}


def ads(pages: Iterable[Page], context: Context) -> Mapped:
    """Days by campaign, product and, of search ads, keyword. Each level holds the whole day.

    What a campaign of wanxiangtai came to is the sum of its products: no report says it. Days that
    were asked for and hold nothing replace what was read of them before.
    """
    found = [pl.DataFrame(schema=_FIGURES)]
    names: dict[str, str | None] = {}
    listings: dict[str, str] = {}
    asked: set[tuple[dt.date, str, AdLevel]] = set()
    unknown: set[str] = set()
    for page in pages:
        part = Part.parsed(page.part)
        unknown |= wire.list_of(part).unknown(page.body)
        if part.kind != "names":
            found.append(_figures(page.body, part))
        elif part.grain == "campaign":
            campaigns = wire.CAMPAIGNS.rows(page.body)
            names.update({str(one.campaign_id): one.title for one in campaigns})
        else:
            adgroups = [one for one in wire.ADGROUPS.rows(page.body) if one.num_iid is not None]
            listings.update({str(one.adgroup_id): str(one.num_iid) for one in adgroups})
        asked |= {
            (day, part.channel, level) for day in _days(part) for level in _READ[part.channel]
        }
    raw = _summed(pl.concat(found), listings).with_columns(
        name=pl.col("campaign").replace_strict(names, default=None, return_dtype=_TEXT)
    )
    mapper = Mapper(context)
    _add(mapper, raw)
    mapper.add_empty(AdsDaily, _empty(asked, raw), pl.lit(None, pl.Datetime("us", "UTC")))
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def _figures(body: bytes, part: Part) -> pl.DataFrame:
    """A report's rows with their figures as numbers; null where one cannot be read."""
    if part.channel == "wanxiangtai":
        raw = columns(wire.ROWS.rows(body), _ROW)
        by_product = raw.filter(pl.col("listing").is_not_null())
        return pl.concat(
            [
                _read(by_product, part, level=AdLevel.SKU),
                _read(raw, part, level=AdLevel.CAMPAIGN),
            ]
        )
    level = _LEVELS[part.grain]
    if part.kind == "base":
        return _read(columns(wire.BASE.rows(body), _BASE), part, level=level)
    raw = columns(wire.EFFECT.rows(body), _EFFECT)
    pairs = (("revenue", "direct", "indirect"), ("orders", "direct_orders", "indirect_orders"))
    return _read(raw, part, level=level, sums={name: two for name, *two in pairs})


def _read(
    raw: pl.DataFrame,
    part: Part,
    *,
    level: AdLevel,
    sums: Mapping[str, Sequence[str]] | None = None,
) -> pl.DataFrame:
    """The figures of a page; one that its report does not have counts nothing."""
    values: dict[str, pl.Expr] = {}
    for name in (*_MONEY, *_COUNTS):
        parts = (sums or {}).get(name) or ([name] if name in raw.columns else [])
        read = [_number(one, part.unit if name in _MONEY else None) for one in parts]
        values[name] = sum(read, pl.lit(0, _COUNT))
        texts = [pl.col(one).cast(_TEXT) for one in parts]
        values[f"{name}_text"] = pl.concat_str(texts, separator=" ") if texts else pl.lit("0")
    origin = pl.col("listing" if "listing" in raw.columns else "adgroup")
    given = {
        "channel": pl.lit(part.channel),
        "level": pl.lit(str(level)),
        "listing": pl.lit(None) if level == AdLevel.CAMPAIGN else origin,
        "kind": pl.lit(part.kind),
        "origin": origin,
    }
    return raw.select(
        values.get(name, given.get(name, pl.col(name) if name in raw.columns else pl.lit(None)))
        .cast(dtype)
        .alias(name)
        for name, dtype in _FIGURES.items()
    )


def _number(name: str, unit: str | None) -> pl.Expr:
    """A figure: a count without unit, an amount in fen with one."""
    if unit == "yuan":
        return money(name, CURRENCY).value
    return whole(name).value


def _summed(found: pl.DataFrame, listings: Mapping[str, str]) -> pl.DataFrame:
    """One row per key: base and effect of a report, and adgroups of one product, added up.

    A page that came twice counts once.
    """
    is_adgroup = (pl.col("channel") == "zhitongche") & (pl.col("level") != str(AdLevel.CAMPAIGN))
    product = pl.col("listing").replace_strict(listings, default=None, return_dtype=_TEXT)
    # An adgroup that was deleted is in no list: its money is told all the same.
    named = product.fill_null(pl.format("adgroup {}", "listing"))

    def total(name: str) -> pl.Expr:
        return pl.when(pl.col(name).null_count() == 0).then(pl.col(name).sum()).alias(name)

    figures = (*_MONEY, *_COUNTS)
    strange = [
        pl.coalesce(
            pl.col(f"{name}_text").filter(pl.col(name).is_null()).first(), pl.lit("0")
        ).alias(f"{name}_text")
        for name in figures
    ]
    return (
        found.unique(maintain_order=True)
        .with_columns(
            listing=pl.when(is_adgroup).then(named).otherwise("listing").fill_null(_NONE),
            keyword_id=pl.col("keyword_id").fill_null(_NONE),
        )
        .group_by(_KEY, maintain_order=True)
        .agg(pl.col("keyword").drop_nulls().first(), *map(total, figures), *strange)
    )


def _add(mapper: Mapper, raw: pl.DataFrame) -> None:
    def figure(name: str, reason: QuarantineReason) -> Parsed:
        return Parsed(pl.col(name), pl.col(f"{name}_text"), reason)

    amount, number = QuarantineReason.UNREADABLE_MONEY, QuarantineReason.UNREADABLE_NUMBER
    mapper.add(
        AdsDaily,
        raw,
        ad_date=Parsed(
            pl.col("day").str.to_date("%Y-%m-%d", strict=False),
            pl.col("day"),
            QuarantineReason.UNREADABLE_TIME,
        ),
        ad_channel=pl.col("channel"),
        ad_level=pl.col("level"),
        campaign_id=pl.col("campaign"),
        keyword_id=pl.col("keyword_id"),
        listing_id=pl.col("listing"),
        campaign_name=pl.col("name"),
        keyword=pl.col("keyword"),
        currency=pl.lit(CURRENCY),
        spend_minor=figure("spend", amount),
        impressions_units=figure("impressions", number),
        clicks_units=figure("clicks", number),
        orders_count=figure("orders", number),
        revenue_minor=figure("revenue", amount),
    )


def _empty(asked: set[tuple[dt.date, str, AdLevel]], raw: pl.DataFrame) -> pl.DataFrame:
    """Slices that were asked for and have no row."""
    names = ("ad_date", "ad_channel", "ad_level")
    slices = pl.DataFrame(
        [(day, channel, str(level)) for day, channel, level in sorted(asked)],
        schema=dict(zip(names, (pl.Date, _TEXT, _TEXT), strict=True)),
        orient="row",
    )
    held = raw.select(
        pl.col("day").str.to_date("%Y-%m-%d", strict=False), "channel", "level"
    ).rename(dict(zip(("day", "channel", "level"), names, strict=True)))
    return slices.join(held, on=names, how="anti", maintain_order="left")


def _days(part: Part) -> list[dt.date]:
    count = (part.last - part.first).days + 1
    return [part.first + dt.timedelta(days=number) for number in range(count)]
