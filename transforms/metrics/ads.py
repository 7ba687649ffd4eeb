"""What advertising cost and brought."""

from typing import Final

import polars as pl

from contracts.languages import Bilingual
from contracts.metrics import Gap, Metric, Unit
from transforms.metrics.ratios import no_base, ratio

METRICS: Final = (
    Metric(
        name="ad_spend",
        title=Bilingual("Ad spend", "广告花费"),
        definition=Bilingual("What ads cost", "广告消耗金额"),
        unit=Unit.MONEY,
        fact="ads",
        value=pl.col("spend_minor").sum(),
        is_better="neither",
    ),
    Metric(
        name="impressions",
        title=Bilingual("Impressions", "展现量"),
        definition=Bilingual("Times that ads were shown", "广告展现次数"),
        unit=Unit.COUNT,
        fact="ads",
        value=pl.col("impressions_units").sum(),
    ),
    Metric(
        name="clicks",
        title=Bilingual("Clicks", "点击量"),
        definition=Bilingual("Clicks on ads", "广告点击次数"),
        unit=Unit.COUNT,
        fact="ads",
        value=pl.col("clicks_units").sum(),
    ),
    Metric(
        name="ad_orders",
        title=Bilingual("Orders by ads", "广告成交笔数"),
        definition=Bilingual(
            "Orders that the platform puts down to ads; the last days are not complete",
            "平台归因于广告的订单；最近几日尚不完整",
        ),
        unit=Unit.COUNT,
        fact="ads",
        value=pl.col("orders_count").sum(),
    ),
    Metric(
        name="ad_revenue",
        title=Bilingual("Revenue by ads", "广告成交额"),
        definition=Bilingual("What those orders came to", "平台归因于广告的成交金额"),
        unit=Unit.MONEY,
        fact="ads",
        value=pl.col("revenue_minor").sum(),
    ),
    Metric(
        name="ctr",
        title=Bilingual("Click rate", "点击率"),
        definition=Bilingual("Clicks among impressions", "点击量 ÷ 展现量"),
        unit=Unit.RATE,
        inputs=("clicks", "impressions"),
        value=ratio("clicks", "impressions"),
        gaps={**no_base("impressions"), Gap.ABOVE_ONE: pl.col("clicks") > pl.col("impressions")},
    ),
    Metric(
        name="cpc",
        title=Bilingual("Cost per click", "平均点击花费"),
        definition=Bilingual("Ad spend per click", "广告花费 ÷ 点击量"),
        unit=Unit.MONEY,
        inputs=("ad_spend", "clicks"),
        value=ratio("ad_spend", "clicks"),
        gaps=no_base("clicks"),
        is_better="lower",
    ),
    Metric(
        name="roas",
        title=Bilingual("ROAS", "广告投产比"),
        definition=Bilingual("Revenue by ads per ad spend", "广告成交额 ÷ 广告花费"),
        unit=Unit.TIMES,
        inputs=("ad_revenue", "ad_spend"),
        value=ratio("ad_revenue", "ad_spend"),
        gaps=no_base("ad_spend"),
    ),
    Metric(
        name="break_even_roas",
        title=Bilingual("Break-even ROAS", "盈亏平衡投产比"),
        definition=Bilingual(
            "ROAS at which ads earn what they cost: 1 / contribution rate; none where nothing is"
            " left of a sale",
            "1 ÷ 贡献毛利率；贡献毛利率不为正时无值",
        ),
        unit=Unit.TIMES,
        inputs=("contribution_rate",),
        value=1 / pl.col("contribution_rate"),
        gaps={Gap.NO_BASE: pl.col("contribution_rate") <= 0},
        is_better="lower",
        is_estimated=True,
    ),
    Metric(
        name="ad_roi",
        title=Bilingual("ROI of ads", "广告投资回报率"),
        definition=Bilingual(
            "(revenue by ads times contribution rate, less ad spend) / ad spend",
            "（广告成交额 × 贡献毛利率 − 广告花费）÷ 广告花费",
        ),
        unit=Unit.RATE,
        inputs=("ad_revenue", "contribution_rate", "ad_spend"),
        value=(pl.col("ad_revenue") * pl.col("contribution_rate") - pl.col("ad_spend"))
        / pl.col("ad_spend"),
        gaps=no_base("ad_spend"),
        is_estimated=True,
    ),
    Metric(
        name="cac",
        title=Bilingual("Cost per new buyer", "获客成本"),
        definition=Bilingual(
            "Ad spend per new buyer, by first order", "广告花费 ÷ 新客数（按首单）"
        ),
        unit=Unit.MONEY,
        inputs=("ad_spend", "new_buyers"),
        value=ratio("ad_spend", "new_buyers"),
        gaps={Gap.NO_DATA: pl.col("ad_spend").is_null(), Gap.NO_BASE: pl.col("new_buyers") == 0},
        is_better="lower",
    ),
)
