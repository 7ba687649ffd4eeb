"""Who came, and how many of them bought."""

from typing import Final

import polars as pl

from contracts.languages import Bilingual
from contracts.metrics import Gap, Metric, Unit
from transforms.metrics.ratios import no_base, ratio

METRICS: Final = (
    Metric(
        name="visitors",
        title=Bilingual("Visitors", "访客数"),
        definition=Bilingual(
            "Visitors per day and source, as the platform counts them, added up",
            "平台统计的每日各来源访客数之和",
        ),
        unit=Unit.COUNT,
        fact="traffic",
        value=pl.col("visitors_units").sum(),
    ),
    Metric(
        name="views",
        title=Bilingual("Page views", "浏览量"),
        definition=Bilingual("Pages seen", "页面浏览次数"),
        unit=Unit.COUNT,
        fact="traffic",
        value=pl.col("views_units").sum(),
    ),
    Metric(
        name="depth",
        title=Bilingual("Pages per visitor", "人均浏览页数"),
        definition=Bilingual("Page views per visitor", "浏览量 ÷ 访客数"),
        unit=Unit.PIECES,
        inputs=("views", "visitors"),
        value=ratio("views", "visitors"),
        gaps=no_base("visitors"),
    ),
    Metric(
        name="conversion",
        title=Bilingual("Conversion", "转化率"),
        definition=Bilingual(
            "Buyers among visitors, both counted anew each day", "日买家数之和 ÷ 访客数"
        ),
        unit=Unit.RATE,
        inputs=("buyer_days", "visitors"),
        value=ratio("buyer_days", "visitors"),
        gaps={
            **no_base("visitors"),
            Gap.ABOVE_ONE: pl.col("buyer_days") > pl.col("visitors"),
        },
    ),
)
