"""Pictures of the report, drawn by Altair as SVG text that needs neither script nor network."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl
import vl_convert

from contracts.languages import Bilingual, Language
from contracts.money import exponent

# Readable on white and on near-black alike, so that one picture serves both.
INK = "#7d8794"
MAIN = "#4f83cc"
SOFT = 0.45
SECOND = "#d19a4b"
_WIDTH, _HEIGHT = 460, 210
_DAY = Bilingual("%b %-d", "%-m月%-d日")
_NUMBER = Bilingual(
    "format(datum.value, '~s')",
    "abs(datum.value) >= 10000 ? format(datum.value / 10000, ',~f') + '万'"
    " : format(datum.value, ',~f')",
)
"""Thousands as each language counts them: 12k, 1.2万."""
_RETURNING, _NEW = Bilingual("Returning", "老客"), Bilingual("New", "新客")
_FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans CJK SC', sans-serif"
_CONFIG = {
    "background": "transparent",
    "aria": False,
    "autosize": {"type": "fit", "contains": "padding"},
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": INK,
        "domainColor": INK,
        "tickColor": INK,
        "gridColor": INK,
        "gridOpacity": 0.18,
        "labelFontSize": 13,
        "domainOpacity": 0.4,
        "tickOpacity": 0.4,
    },
    "legend": {"labelColor": INK, "labelFontSize": 13, "orient": "top", "title": None},
}


def gmv(days: pl.DataFrame, language: Language) -> str:
    """GMV per day as bars, its mean of seven days as a line."""
    scale = 10 ** exponent(str(days["currency"][-1]))
    rows = days.select(
        day=pl.col("day").cast(pl.String),
        gmv=pl.col("gmv") / scale,
        mean=pl.col("gmv").rolling_mean(7, min_samples=1) / scale,
    )
    base = _base(rows, language)
    bars = base.mark_bar(color=MAIN, opacity=SOFT).encode(y=_y("gmv:Q", language))
    line = base.mark_line(color=MAIN, strokeWidth=2.2).encode(y=_y("mean:Q", language))
    return _svg(bars + line)


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
        _base(rows, language)
        .mark_bar(opacity=0.8)
        .encode(
            y=_y("buyers:Q", language),
            color=alt.Color("kind:N", scale=colours),
            order=alt.Order("kind:N", sort="descending"),
        )
    )
    return _svg(bars)


def spark(trend: Sequence[float | None]) -> str:
    """A line without axes, the last day marked."""
    rows = pl.DataFrame({"day": range(len(trend)), "value": trend}, strict=False)
    x = alt.X("day:Q", axis=None, scale=alt.Scale(nice=False, padding=4))
    y = alt.Y("value:Q", axis=None, scale=alt.Scale(zero=False, padding=4))
    line = alt.Chart(_data(rows)).mark_line(color=MAIN, strokeWidth=1.4).encode(x=x, y=y)
    dot = (
        alt.Chart(_data(rows.tail(1))).mark_circle(color=MAIN, size=34, opacity=1).encode(x=x, y=y)
    )
    return _svg(line + dot, width=220, height=44)


def _data(rows: pl.DataFrame) -> alt.InlineData:
    return alt.InlineData(values=rows.to_dicts())


def _base(rows: pl.DataFrame, language: Language) -> alt.Chart:
    day = _DAY.in_(language)
    axis = alt.Axis(format=day, grid=False, tickCount=5, labelFlush=True)
    return alt.Chart(_data(rows)).encode(
        x=alt.X("utcyearmonthdate(day):T", axis=axis, title=None, scale=alt.Scale(type="utc"))
    )


def _y(field: str, language: Language) -> alt.Y:
    label = _NUMBER.in_(language)
    axis = alt.Axis(tickCount=4, labelExpr=label, domain=False, ticks=False)
    return alt.Y(field, axis=axis, title=None)


def _svg(chart: Any, *, width: int = _WIDTH, height: int = _HEIGHT) -> str:
    spec = chart.properties(width=width, height=height).to_dict()
    svg: str = vl_convert.vegalite_to_svg(spec, config=_CONFIG, allowed_base_urls=[])
    return svg
