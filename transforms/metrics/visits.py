"""Distinct visitors, visits by the hour, and places of the shop."""

from typing import Final

import polars as pl

from contracts.languages import Bilingual
from contracts.metrics import Gap, Metric, Unit
from contracts.visit_codes import ActiveWindow
from transforms.metrics.ratios import no_base, ratio


def _active(name: str, window: ActiveWindow, title: Bilingual, span: Bilingual) -> Metric:
    return Metric(
        name=name,
        title=title,
        definition=Bilingual(
            f"Distinct visitors of {span.en}; of several days their mean, as they do not add up",
            f"{span.zh}的去重访客数；多日取日均，不可相加",
        ),
        unit=Unit.COUNT,
        fact=f"active_{window}",
        value=pl.col("active_units").mean(),
        adds_up=False,
    )


METRICS: Final = (
    _active(
        "dau",
        ActiveWindow.DAY,
        Bilingual("Daily active visitors", "日活跃访客数 (DAU)"),
        Bilingual("a day", "当日"),
    ),
    _active(
        "wau",
        ActiveWindow.WEEK,
        Bilingual("Weekly active visitors", "周活跃访客数 (WAU)"),
        Bilingual("the 7 days up to a day", "截至当日近 7 天"),
    ),
    _active(
        "mau",
        ActiveWindow.MONTH,
        Bilingual("Monthly active visitors", "月活跃访客数 (MAU)"),
        Bilingual("the 30 days up to a day (28 where the platform counts so)", "截至当日近 30 天"),
    ),
    Metric(
        name="hourly_visitors",
        title=Bilingual("Visitors by hour", "分时访客数"),
        definition=Bilingual(
            "Visitors per hour and source; who comes in two hours counts in both",
            "每小时各来源的访客数；跨小时重复计算",
        ),
        unit=Unit.COUNT,
        fact="hours",
        value=pl.col("visitors_units").sum(),
    ),
    Metric(
        name="slot_impressions",
        title=Bilingual("Impressions of places", "展位展现量"),
        definition=Bilingual(
            "Times that banners and other places of the shop were shown",
            "店铺轮播图等展位的展现次数",
        ),
        unit=Unit.COUNT,
        fact="slots",
        value=pl.col("impressions_units").sum(),
    ),
    Metric(
        name="slot_clicks",
        title=Bilingual("Clicks on places", "展位点击量"),
        definition=Bilingual("Clicks on them", "店铺展位的点击次数"),
        unit=Unit.COUNT,
        fact="slots",
        value=pl.col("clicks_units").sum(),
    ),
    Metric(
        name="slot_click_rate",
        title=Bilingual("Click rate of places", "展位点击率"),
        definition=Bilingual("Clicks among impressions of places", "展位点击量 ÷ 展位展现量"),
        unit=Unit.RATE,
        inputs=("slot_clicks", "slot_impressions"),
        value=ratio("slot_clicks", "slot_impressions"),
        gaps={
            **no_base("slot_impressions"),
            Gap.ABOVE_ONE: pl.col("slot_clicks") > pl.col("slot_impressions"),
        },
    ),
)
