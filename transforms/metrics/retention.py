"""Who comes back: members who ordered again a number of days after their first order.

Classic retention requires an order exactly on that day, rolling retention for one on it or later. A
cohort of which not all have had that many days is censored: it has no value, not a low one.
"""

from typing import Final

import polars as pl

from contracts.languages import Bilingual
from contracts.metrics import Gap, Metric, Unit
from transforms.metrics.facts import RETENTION_DAYS


def _retention(days: int) -> tuple[Metric, Metric]:
    censored = {Gap.CENSORED: (pl.col("known_days") < days).any()}
    nobody = {Gap.NO_BASE: pl.col("newcomers") == 0}
    return (
        Metric(
            name=f"retention_d{days}",
            title=Bilingual(f"Retention D{days}", f"{days} 日留存率"),
            definition=Bilingual(
                f"Members who ordered again exactly {days} days after their first order, among"
                " those who first ordered in the span",
                f"期内首单会员中，首单后第 {days} 天再次下单的比例",
            ),
            unit=Unit.RATE,
            fact="newcomers",
            value=pl.col(f"on_day_{days}").mean(),
            gaps=nobody,
            fact_gaps=censored,
        ),
        Metric(
            name=f"rolling_retention_d{days}",
            title=Bilingual(f"Rolling retention D{days}", f"{days} 日及以后留存率"),
            definition=Bilingual(
                f"Members who ordered again {days} days after their first order or later, so far,"
                " among those who first ordered in the span",
                f"期内首单会员中，首单后第 {days} 天及以后（截至目前）再次下单的比例",
            ),
            unit=Unit.RATE,
            fact="newcomers",
            value=(pl.col("last_day") >= days).mean(),
            gaps=nobody,
            fact_gaps=censored,
        ),
    )


METRICS: Final = (
    Metric(
        name="newcomers",
        title=Bilingual("First orders of members", "首单会员数"),
        definition=Bilingual(
            "Members whose first order in the data lies in the span", "数据中首单在该时段内的会员"
        ),
        unit=Unit.COUNT,
        fact="newcomers",
        value=pl.len(),
        adds_up=False,
    ),
    Metric(
        name="expected_gmv",
        title=Bilingual("Expected of a member in a year", "会员预期年消费"),
        definition=Bilingual(
            "Mean over members of the orders to expect of each within 365 days (MBG/NBD) times what"
            " an order of theirs is worth (gamma-gamma)",
            "会员未来 365 天预期订单数（MBG/NBD）× 预期单均金额（gamma-gamma）的平均值",
        ),
        unit=Unit.MONEY,
        fact="members",
        value=pl.col("expected_minor").mean(),
        gaps={Gap.LAST_DAY_ONLY: pl.col("known_members").is_null()},
        is_estimated=True,
        adds_up=False,
    ),
    Metric(
        name="known_members",
        title=Bilingual("Members with an order", "已购会员数"),
        definition=Bilingual(
            "Members with an order so far; known of the last whole day alone",
            "至今有订单的会员；仅最近一个完整日有数据",
        ),
        unit=Unit.COUNT,
        fact="members",
        value=pl.len(),
        gaps={Gap.LAST_DAY_ONLY: pl.col("known_members").is_null()},
        adds_up=False,
    ),
    Metric(
        name="clv",
        title=Bilingual("Lifetime value of a member", "会员生命周期价值"),
        definition=Bilingual(
            "What to expect of a member in a year times the contribution rate of the span",
            "会员预期年消费 × 期内贡献毛利率",
        ),
        unit=Unit.MONEY,
        inputs=("expected_gmv", "contribution_rate"),
        value=pl.col("expected_gmv") * pl.col("contribution_rate"),
        gaps={
            Gap.LAST_DAY_ONLY: pl.col("known_members").is_null(),
        },
        is_estimated=True,
    ),
    *(metric for days in RETENTION_DAYS for metric in _retention(days)),
)
