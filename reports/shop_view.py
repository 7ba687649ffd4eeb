"""What the page shows of one shop: its figures, why they moved, and pictures of what has data."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from markupsafe import Markup

from contracts.languages import Bilingual, Language
from contracts.metrics import GAPS, Gap
from reports import formats, pictures
from reports.daily import DailyReport, ReportedShop
from reports.figures import ReportChange, ReportFigure, figures
from reports.goals import ratings, targets
from reports.spans import Against, Span, SpanKind
from reports.sparks import spark
from reports.why import BASES, bars, explain_gmv, explain_unusual

HEADLINES: Final = (
    "gmv", "contribution", "visitors", "conversion", "ad_spend", "roas", "refunded",
)  # fmt: skip
"""Metrics of the first screen."""
_SPARK_DAYS: Final = 28
_SHOWN_ADS: Final = 10
_FEW: Final = 10
"""Of fewer members a rate says nothing."""
_TREND_DAYS: Final = 90
_ON: Final = {
    Against.BEFORE: Bilingual("{} on {}", "较{1} {0}"),
    Against.YEAR: Bilingual("{} on last year", "较上年 {}"),
    Against.AFTER: Bilingual("{} afterwards", "之后 {}"),
}
_SHORT_BASES: Final = {
    SpanKind.DAY: Bilingual("last week", "上周"),
    SpanKind.WEEK: Bilingual("the week before", "前一周"),
    SpanKind.CAMPAIGN: Bilingual("before", "活动前"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture with what it shows; `drawn` None: there are no data for it."""

    title: str
    drawn: Markup | None


def shop_view(report: DailyReport, shop: ReportedShop) -> Mapping[str, Any]:
    """One shop's part of the page; `has_days` False: there is no whole day to tell of."""
    language = report.language
    spans, days = report.of(shop, report.spans), report.of(shop, report.days)
    rows = {Against(row["against"]): row for row in spans.iter_rows(named=True)}
    shown = list(figures(spans, days.tail(_SPARK_DAYS), report.metrics, language, since=shop.since))
    view = {"shop": shop, "span": span_text(shop.span, language), "has_days": bool(shown)}
    if not shown:
        return view
    now, before = rows[Against.NOW], rows.get(Against.BEFORE)
    change = now["gmv"] - before["gmv"] if before else None
    movers = report.of(shop, report.movers)
    drawn = list(_pictures(report, shop, rows))
    stock = next((one for one in report.stock if one.shop_id == shop.shop_id), None)
    return view | {
        "is_empty": not now["orders"],
        "is_complete": now["is_complete"],
        "moved": explain_gmv(movers, change, shop.currency, of=shop.span.kind, language=language),
        "unusual": explain_unusual(report.of(shop, report.unusual), report.metrics, language),
        "headlines": [_tile(one, shop, language) for one in shown if one.metric.name in HEADLINES],
        "against": [_column(one, shop, language) for one in rows if one is not Against.NOW],
        "figures": [(one, Markup(spark(one.trend))) for one in shown],  # noqa: S704
        "stock": stock,
        "stock_of_now": GAPS[Gap.LAST_DAY_ONLY],
        "campaign": next(report.of(shop, report.campaign).iter_rows(named=True), None),
        "money": lambda minor: formats.money(minor, shop.currency),
        "targets": list(targets(report.of(shop, report.targets), report.catalogue, language)),
        "ratings": [
            (one, Markup(spark(one.trend)))  # noqa: S704
            for one in ratings(report.of(shop, report.ratings), language)
        ],
        "pictures": [one for one in drawn if one.drawn is not None],
        "undrawn": [
            one.title for one in drawn
            if one.drawn is None and (stock or one.title != _RISKS.in_(language))
        ],
    }  # fmt: skip


def span_text(span: Span, language: Language) -> str:
    """The days in words; one day with its weekday."""
    if span.first == span.last:
        return formats.day(span.first, language)
    return " – ".join(formats.short_day(one, language) for one in (span.first, span.last))


def _tile(
    figure: ReportFigure, shop: ReportedShop, language: Language
) -> tuple[ReportFigure, list[tuple[ReportChange, str]]]:
    """A figure with each change in words."""
    base = _SHORT_BASES[shop.span.kind].in_(language)
    return figure, [
        (one, _ON[one.against].in_(language).format(one.text, base))
        for one in figure.changes
        if one.is_known
    ]


_COLUMNS: Final = {
    Against.YEAR: Bilingual("A year before", "上年同期"),
    Against.AFTER: Bilingual("Afterwards", "之后"),
}


def _column(against: Against, shop: ReportedShop, language: Language) -> str:
    """The heading over what a span is compared with."""
    named = _COLUMNS.get(against, BASES[shop.span.kind])
    return named.in_(language)


def _pictures(
    report: DailyReport, shop: ReportedShop, rows: Mapping[Against, Mapping[str, Any]]
) -> Iterator[Picture]:
    """Every picture of a shop; what it is drawn from is asked only where it has rows."""
    language = report.language
    days, trend = report.of(shop, report.days), report.of(shop, report.trend)
    risks, movers = report.of(shop, report.risks), report.of(shop, report.movers)
    cohorts = report.of(shop, report.cohorts).filter(
        (pl.col("members") >= _FEW)
        & (pl.col("months_since") > 0)
        & pl.col("retention_rate").is_not_null()
    )
    ads = report.of(shop, report.ads).head(_SHOWN_ADS).with_columns(name=_name("sku"))
    classes = report.of(shop, report.classes)
    funnel = report.of(shop, report.funnel).filter(pl.col("sessions_units").is_not_null())
    each: list[tuple[Bilingual, pl.DataFrame, Callable[[], str]]] = [
        (_TREND, trend, lambda: pictures.gmv(trend, language)),
        (_WATERFALL, movers, lambda: pictures.waterfall(
            bars(
                movers,
                before_minor=round(rows[Against.BEFORE]["gmv"]),
                now_minor=round(rows[Against.NOW]["gmv"]),
                currency=shop.currency,
                language=language,
            ),
            shop.currency, language,
        )),
        (_BUYERS, days, lambda: pictures.buyers(days.tail(_TREND_DAYS), language)),
        (_FUNNEL, funnel, lambda: pictures.funnel(funnel, language)),
        (_CLASSES, classes, lambda: pictures.classes(classes, language)),
        (_COHORTS, cohorts, lambda: pictures.cohorts(cohorts, language)),
        (_ADS, ads, lambda: pictures.ads(ads, shop.currency, language)),
        (_RISKS, risks, lambda: pictures.stock_risk(_named(risks, shop), language)),
    ]  # fmt: skip
    for title, frame, draw in each:
        # Vega escapes what it writes into a picture.
        drawn = Markup(draw()) if frame.height else None  # noqa: S704
        yield Picture(title=title.in_(language), drawn=drawn)


_TREND: Final = Bilingual(
    "GMV per day and mean of 7 days, with the year before and campaigns where known",
    "每日成交额与七日均值（有数据时含上年同期与活动日）",
)
_WATERFALL: Final = Bilingual("What moved GMV (bars are cut below)", "成交额变动拆分（柱底有截断）")
_BUYERS: Final = Bilingual("Buyers per day", "每日买家")
_RISKS: Final = Bilingual(
    "Sold out before goods can come: days of stock, and the days that an order takes",
    "补货到达前将售罄：可售天数与补货天数",
)
_FUNNEL: Final = Bilingual(
    "Visits by path and step, and their part of those that began it, four weeks",
    "各路径各步骤访问数（近四周）及占比",
)
_CLASSES: Final = Bilingual(
    "Products by visitors and conversion, in the trade's classes, four weeks",
    "商品分类：访客数与转化率（近四周）",
)
_COHORTS: Final = Bilingual(
    "Members who ordered again, by the month of their first order, of ten or more",
    "各月首单会员的复购率（首单会员不少于 10 人）",
)
_ADS: Final = Bilingual("Ad spend and ROAS by SKU, four weeks", "各 SKU 广告花费与投产比（近四周）")
_NAME: Final = 14
"""Letters of a title that there is room for; Chinese ones are as wide as two."""


def _name(sku: str) -> pl.Expr:
    """A title of bounded width with its SKU, which alone is one of a kind."""
    title = pl.col("title")
    letters, wide = title.str.len_chars(), title.str.count_matches(r"[^\x00-\u{2fff}]")
    room = _NAME * letters // (letters + wide)
    short = pl.when(letters > room).then(title.str.slice(0, room) + "…")
    return pl.concat_str(short.otherwise(title), pl.lit(" "), sku).str.strip_chars()


def _named(risks: pl.DataFrame, shop: ReportedShop) -> pl.DataFrame:
    """Risks as they are drawn: what is at stake as text."""
    worth = [formats.figure(one, shop.currency) for one in risks["missing_minor"]]
    return risks.select(
        "cover_days",
        "lead_time_days",
        name=_name("sku_id"),
        text=pl.Series(worth, dtype=pl.String),
    )
