"""Who came, and how many of them bought."""

from typing import Final

import polars as pl

from contracts.languages import Bilingual
from contracts.metrics import Gap, Metric, Unit
from transforms.metrics.ratios import no_base, ratio


def _of_those_told(measure: str) -> pl.Expr:
    """A measure per visitor, of the rows that have it."""
    visitors = pl.col("visitors_units").filter(pl.col(measure).is_not_null())
    return pl.col(measure).sum() / visitors.sum()


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
        name="dwell",
        title=Bilingual("Stay", "平均停留时长"),
        definition=Bilingual(
            "Seconds that a visitor stayed, of those of whom it is reported",
            "停留时长 ÷ 访客数（仅有停留数据的访客）",
        ),
        unit=Unit.SECONDS,
        fact="traffic",
        value=_of_those_told("dwell_seconds"),
    ),
    Metric(
        name="bounce_rate",
        title=Bilingual("Bounces", "跳失率"),
        definition=Bilingual(
            "Visitors who saw one page, among those of whom it is reported",
            "只浏览一页的访客 ÷ 访客数（仅有跳失数据的访客）",
        ),
        unit=Unit.RATE,
        fact="traffic",
        value=_of_those_told("bounced_units"),
        is_better="lower",
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
