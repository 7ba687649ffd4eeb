"""Pictures of the report, each declared on one screen; frames in, SVG out."""

from collections.abc import Mapping
from typing import Any, Final

import altair as alt
import polars as pl

from contracts.explanation import PRODUCT_CLASSES, ProductClass
from contracts.languages import Bilingual, Language
from contracts.money import exponent
from reports import charts, formats
from reports.charts import BAD, GOOD, INK, MAIN, SECOND, SOFT
from reports.names import PATHS

_THIS_YEAR, _LAST_YEAR = Bilingual("mean of 7 days", "七日均值"), Bilingual("a year before", "上年")
_RETURNING, _NEW = Bilingual("Returning", "老客"), Bilingual("New", "新客")
_COVER = Bilingual("days until it is sold out", "可售天数")
_SPEND, _ROAS = Bilingual("ad spend", "广告花费"), Bilingual("ROAS", "投产比")
_EARNS, _LOSES, _UNKNOWN = (
    Bilingual("earns", "盈利"),
    Bilingual("loses", "亏损"),
    Bilingual("margin not known", "毛利未知"),
)
_VISITORS, _CONVERSION = Bilingual("visitors", "访客数"), Bilingual("conversion", "转化率")
_CLASS_COLOURS: Final = {
    ProductClass.STAR: SECOND,
    ProductClass.CONVERSION: GOOD,
    ProductClass.PROFIT: "#9a6fc9",
    ProductClass.TRAFFIC: MAIN,
    ProductClass.CORE: INK,
}
_MONTHS = Bilingual("months since the first order", "距首单月数")
_PAGES: Final[Mapping[str, Bilingual]] = {
    "home": Bilingual("home", "首页"),
    "list": Bilingual("list", "列表"),
    "search": Bilingual("search", "搜索"),
    "banner": Bilingual("banner", "横幅"),
    "campaign": Bilingual("campaign", "活动页"),
    "item": Bilingual("item", "商品"),
    "order": Bilingual("order", "下单"),
}
_STEP = Bilingual("{}: {}", "{}：{}")
_BAR: Final = 26
"""Height of a bar with a name beside it."""


def gmv(trend: pl.DataFrame, language: Language) -> str:
    """GMV per day as bars, its mean of seven days and that of the year before as lines, campaign
    days shaded. `trend` as `flows.steps.days.trend_of` gives it."""
    scale = 10 ** exponent(str(trend["currency"][-1]))
    now, last = (one.in_(language) for one in (_THIS_YEAR, _LAST_YEAR))
    days = trend.select(
        pl.col("day").cast(pl.String),
        "campaign",
        gmv=pl.col("gmv_minor") / scale,
        **{
            now: pl.col("gmv_minor").rolling_mean(7, min_samples=1) / scale,
            last: pl.col("last_year_minor").rolling_mean(7, min_samples=4) / scale,
        },
    )
    means = days.unpivot([now, last], index="day", variable_name="which", value_name="mean")
    means = means.drop_nulls("mean")
    whose = means["which"].unique(maintain_order=True).to_list()
    colours = alt.Scale(domain=whose, range=[MAIN, SECOND])
    x = charts.days("day", language)
    bars = charts.chart("days").mark_bar(color=MAIN, opacity=SOFT)
    lines = (
        charts.chart("means")
        .mark_line(strokeWidth=2.2)
        .encode(
            x=x, y=charts.amounts("mean:Q", language), color=alt.Color("which:N", scale=colours)
        )
    )
    drawn = bars.encode(x=x, y=charts.amounts("gmv:Q", language)) + lines
    marked = days.filter(pl.col("campaign").is_not_null())
    begins = marked.group_by("campaign").agg(pl.col("day").min())
    return charts.svg(
        _shaded(language) + drawn, language, days=days, means=means, marked=marked, begins=begins
    )


def _shaded(language: Language) -> Any:
    """The days of campaigns, each campaign named where it begins."""
    x = charts.days("day", language)
    days = charts.chart("marked").mark_rule(color=SECOND, opacity=0.35, strokeWidth=4)
    named = charts.chart("begins").mark_text(align="left", dx=4, baseline="top")
    return days.encode(x=x) + named.encode(x=x, y=alt.value(0), text="campaign:N")


def waterfall(bars: pl.DataFrame, currency: str, language: Language) -> str:
    """What moved GMV: from the span before, by each effect, to this one. `bars` has `name`,
    `start_minor`, `end_minor`, `text` and `is_total`, in their order."""
    scale = 10 ** exponent(currency)
    rows = bars.select(
        "name",
        "text",
        start=pl.col("start_minor") / scale,
        end=pl.col("end_minor") / scale,
        top=pl.max_horizontal("start_minor", "end_minor") / scale,
        kind=pl.when("is_total")
        .then(pl.lit("total"))
        .when(pl.col("end_minor") >= pl.col("start_minor"))
        .then(pl.lit("up"))
        .otherwise(pl.lit("down")),
    )
    ends = pl.concat([rows["end"], rows.filter(pl.col("kind") != "total")["start"]])
    least, most = float(ends.min() or 0), float(ends.max() or 0)  # type: ignore[arg-type]
    # Totals dwarf what moved them: the bars are cut below, and each says its amount.
    floor = max(0.0, least - (most - least)) if least >= 0 else least
    rows = rows.with_columns(
        start=pl.when(pl.col("kind") == "total").then(floor).otherwise("start")
    )
    kinds = alt.Scale(domain=["total", "up", "down"], range=[MAIN, GOOD, BAD])
    base = charts.chart("rows").encode(
        x=alt.X("name:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, ticks=False))
    )
    y = alt.Y("end:Q", axis=None, scale=alt.Scale(domain=[floor, most * 1.02], clamp=True))
    drawn = base.mark_bar(size=54).encode(
        y=y, y2="start:Q", color=alt.Color("kind:N", scale=kinds, legend=None)
    )
    said = base.mark_text(dy=-8).encode(y=alt.Y("top:Q", axis=None), text="text:N")
    return charts.svg(drawn + said, language, rows=rows)


def buyers(days: pl.DataFrame, language: Language) -> str:
    """Buyers per day, new ones on top of returning ones."""
    returning, new = (one.in_(language) for one in (_RETURNING, _NEW))
    rows = days.select(
        pl.col("day").cast(pl.String),
        (pl.col("buyers") - pl.col("new_buyers")).alias(returning),
        pl.col("new_buyers").alias(new),
    ).unpivot(index="day", variable_name="kind", value_name="buyers")
    colours = alt.Scale(domain=[returning, new], range=[MAIN, SECOND])
    bars = (
        charts.chart("rows")
        .mark_bar(opacity=0.8)
        .encode(
            x=charts.days("day", language),
            y=charts.amounts("buyers:Q", language),
            color=alt.Color("kind:N", scale=colours),
            order=alt.Order("kind:N", sort="descending"),
        )
    )
    return charts.svg(bars, language, rows=rows)


def stock_risk(risks: pl.DataFrame, language: Language) -> str:
    """How long what sells out too early lasts, as bars, against how long an order takes, as marks.
    `risks` has name, cover_days, lead_time_days and text, in their order."""
    base = charts.chart("rows").encode(y=charts.names("name:N"))
    longest = risks.select(pl.max_horizontal("lead_time_days", "cover_days").max()).item()
    room = alt.Scale(domain=[0, longest * 1.35])  # for what is said beside the marks
    days = charts.numbers("cover_days:Q", _COVER.in_(language), language, scale=room)
    bars = base.mark_bar(color=BAD, opacity=0.7).encode(x=days)
    needed = base.mark_tick(color=MAIN, thickness=3).encode(x="lead_time_days:Q")
    said = base.mark_text(align="left", dx=6).encode(x="lead_time_days:Q", text="text:N")
    return charts.svg(bars + needed + said, language, height=_BAR * risks.height + 50, rows=risks)


def cohorts(rates: pl.DataFrame, language: Language) -> str:
    """Who came back: months of the first order by months since, darker where more did. `rates` as
    `transforms.metrics.cohorts` gives them, those with a rate after the first month."""
    rows = rates.select(
        "months_since",
        "retention_rate",
        cohort=pl.col("cohort").dt.strftime("%Y-%m"),
        text=(pl.col("retention_rate") * 100).round().cast(pl.Int64).cast(pl.String) + "%",
    )
    base = charts.chart("rows").encode(
        x=alt.X(
            "months_since:O",
            title=_MONTHS.in_(language),
            axis=alt.Axis(labelAngle=0, ticks=False, domain=False),
        ),
        y=alt.Y("cohort:O", title=None, axis=alt.Axis(ticks=False, domain=False)),
    )
    shade = alt.Scale(domainMin=0, range=[0.06, 0.9])
    cells = base.mark_rect(color=MAIN).encode(
        opacity=alt.Opacity("retention_rate:Q", scale=shade, legend=None)
    )
    said = base.mark_text(fontSize=11).encode(text="text:N")
    months = rows["cohort"].n_unique()
    return charts.svg(cells + said, language, height=_BAR * months + 60, rows=rows)


def ads(spent: pl.DataFrame, currency: str, language: Language) -> str:
    """What the ads of each SKU cost, as bars with their ROAS, in the colour of what they earn.
    `spent` has name, ad_spend, roas and is_losing, the dearest first."""
    kinds = {None: _UNKNOWN, False: _EARNS, True: _LOSES}
    rows = spent.select(
        "name",
        spend=pl.col("ad_spend") / 10 ** exponent(currency),
        text=pl.format("{} {}", pl.lit(_ROAS.in_(language)), pl.col("roas").round(2)),
        kind=pl.Series([kinds[one].in_(language) for one in spent["is_losing"]]),
    )
    present = rows["kind"].unique(maintain_order=True).to_list()
    colour = {_EARNS.in_(language): GOOD, _LOSES.in_(language): BAD, _UNKNOWN.in_(language): INK}
    colours = alt.Scale(domain=present, range=[colour[one] for one in present])
    room = alt.Scale(domain=[0, rows.select(pl.col("spend").max()).item() * 1.3])
    base = charts.chart("rows").encode(
        y=charts.names("name:N"),
        x=charts.numbers("spend:Q", _SPEND.in_(language), language, scale=room),
    )
    bars = base.mark_bar(opacity=0.8).encode(color=alt.Color("kind:N", scale=colours))
    said = base.mark_text(align="left", dx=6).encode(text="text:N")
    return charts.svg(bars + said, language, height=_BAR * rows.height + 70, rows=rows)


def classes(products: pl.DataFrame, language: Language) -> str:
    """Products by their visitors and conversion, in the colour of the trade's classes. `products`
    has product_class, visitors_units and conversion_rate."""
    present = [one for one in ProductClass if one in products["product_class"].to_list()]
    names = {str(one): PRODUCT_CLASSES[one].in_(language) for one in present}
    rows = products.select(
        "conversion_rate",
        visitors=pl.col("visitors_units"),
        kind=pl.col("product_class").replace_strict(names, return_dtype=pl.String),
    )
    colours = alt.Scale(domain=list(names.values()), range=[_CLASS_COLOURS[one] for one in present])
    log = alt.Scale(type="log", nice=False, padding=12)
    dots = (
        charts.chart("rows")
        .mark_circle(size=70, opacity=0.75)
        .encode(
            x=charts.numbers("visitors:Q", _VISITORS.in_(language), language, scale=log),
            y=alt.Y(
                "conversion_rate:Q",
                title=_CONVERSION.in_(language),
                axis=alt.Axis(format="~%", tickCount=4, domain=False, ticks=False),
            ),
            color=alt.Color("kind:N", scale=colours),
        )
    )
    return charts.svg(dots, language, rows=rows)


def funnel(steps: pl.DataFrame, language: Language) -> str:
    """How many visits reached each step of each path, and which part of those that began it.
    `steps` has path, step, page_kind and sessions_units, in their order."""
    began = pl.col("sessions_units").first().over("path")
    share = (pl.col("sessions_units") / began * 100).round(1).cast(pl.String)
    known = steps.filter(pl.col("sessions_units").is_not_null())
    rows = known.select(
        "path",
        pl.col("sessions_units").alias("visits"),
        name=pl.Series(
            _STEP.in_(language).format(
                PATHS[row["path"]].in_(language), _PAGES[row["page_kind"]].in_(language)
            )
            for row in known.to_dicts()
        ),
        text=pl.Series(formats.count(round(one)) for one in known["sessions_units"])
        + " · "
        + share
        + "%",
    )
    most = float(rows["visits"].max() or 1)  # type: ignore[arg-type]
    base = charts.chart("rows").encode(
        y=charts.names("name:N"),
        x=alt.X("visits:Q", axis=None, scale=alt.Scale(domain=[0, most * 1.5])),
    )
    bars = base.mark_bar(opacity=0.8).encode(
        color=alt.Color("path:N", legend=None, scale=alt.Scale(range=[MAIN, SECOND, GOOD, BAD]))
    )
    said = base.mark_text(align="left", dx=6).encode(text="text:N")
    return charts.svg(bars + said, language, height=_BAR * rows.height + 20, rows=rows)
