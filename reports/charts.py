"""How pictures of the report look: one style, as SVG text that needs neither script nor net."""

from collections.abc import Mapping
from typing import Any, Final

import altair as alt
import polars as pl
import vl_convert

from contracts.languages import Bilingual, Language

# Readable on white and on near-black alike, so that one picture serves both.
INK: Final = "#7d8794"
MAIN: Final = "#4f83cc"
SECOND: Final = "#d19a4b"
GOOD: Final = "#3f9c72"
BAD: Final = "#d0604c"
SOFT: Final = 0.45
TEXT: Final = "currentColor"
"""Of words within a picture: the page's own ink."""
WIDTH: Final = 460
_DAY = Bilingual("%b %-d", "%-m月%-d日")
_NUMBER = Bilingual(
    "format(datum.value, '~s')",
    "abs(datum.value) >= 10000 ? format(datum.value / 10000, ',~f') + '万'"
    " : format(datum.value, ',~f')",
)
"""Thousands as each language counts them: 12k, 1.2万."""
_FONTS: Final[Mapping[Language, str]] = {"en": "sans-serif", "zh": "Noto Sans CJK SC, sans-serif"}
"""By which words are measured; the page's own font writes them. To measure a word by a Chinese font
takes ten times as long."""
_SIZE = 13
_CONFIG = {
    "background": "transparent",
    "aria": False,
    "autosize": {"type": "fit", "contains": "padding"},
    "view": {"stroke": None},
    "text": {"color": TEXT, "fontSize": _SIZE},
    "axis": {
        "labelColor": INK,
        "titleColor": INK,
        "titleFontWeight": "normal",
        "titleFontSize": _SIZE,
        "domainColor": INK,
        "tickColor": INK,
        "gridColor": INK,
        "gridOpacity": 0.18,
        "labelFontSize": _SIZE,
        "labelLimit": 170,
        "domainOpacity": 0.4,
        "tickOpacity": 0.4,
    },
    "legend": {
        "labelColor": INK,
        "labelFontSize": _SIZE,
        "orient": "top",
        "title": None,
        "columns": 3,
    },
}


def chart(name: str) -> alt.Chart:
    """A layer over rows that `svg` is given by this name.

    Altair copies and checks all that a chart holds, again at each step: rows held by it cost more
    than drawing them.
    """
    return alt.Chart(alt.NamedData(name=name))


def days(field: str, language: Language) -> alt.X:
    """An axis of days, which are text such as 2026-11-22."""
    axis = alt.Axis(format=_DAY.in_(language), grid=False, tickCount=5, labelFlush=True)
    scale = alt.Scale(type="utc")
    return alt.X(f"utcyearmonthdate({field}):T", axis=axis, title=None, scale=scale)


def amounts(field: str, language: Language, **more: Any) -> alt.Y:
    """An axis of numbers."""
    axis = alt.Axis(tickCount=4, labelExpr=_NUMBER.in_(language), domain=False, ticks=False)
    return alt.Y(field, axis=axis, title=None, **more)


def numbers(field: str, title: str, language: Language, **more: Any) -> alt.X:
    """The same along the bottom, with its title."""
    axis = alt.Axis(
        tickCount=5, labelExpr=_NUMBER.in_(language), ticks=False,
        labelOverlap="greedy", labelSeparation=8,
    )  # fmt: skip
    return alt.X(field, axis=axis, title=title, **more)


def names(field: str) -> alt.Y:
    """A bar per name, in the order of the rows."""
    axis = alt.Axis(domain=False, ticks=False, labelLimit=200)
    return alt.Y(field, sort=None, axis=axis, title=None)


def svg(declared: Any, language: Language, *, height: int = 220, **rows: pl.DataFrame) -> str:
    """The picture of the rows that its layers name."""
    spec = declared.properties(width=WIDTH, height=height).to_dict()
    spec["datasets"] = {name: frame.to_dicts() for name, frame in rows.items()}
    config = {**_CONFIG, "font": _FONTS[language]}
    drawn: str = vl_convert.vegalite_to_svg(spec, config=config, allowed_base_urls=[])
    return drawn
