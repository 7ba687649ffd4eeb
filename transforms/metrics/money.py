"""What is left of sales: costs, receipts and margins."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from contracts.languages import Bilingual
from contracts.metrics import Gap, Metric, Unit
from transforms.metrics.ratios import no_base, ratio

_LEAST_COSTED: Final = 0.9
_COSTED: Final[Mapping[Gap, pl.Expr]] = {
    Gap.COST_MISSING: pl.col("cost_coverage").fill_null(0.0) < _LEAST_COSTED
}
_IS_COSTED: Final = pl.col("cost_minor").is_not_null()
METRICS: Final = (
    Metric(
        name="costed_gmv",
        title=Bilingual("GMV of goods with a cost", "有成本商品成交额"),
        definition=Bilingual("GMV of the goods whose cost is known", "成本已知的商品的成交额"),
        unit=Unit.MONEY,
        fact="lines",
        value=pl.col("total_minor").filter(_IS_COSTED).sum(),
    ),
    Metric(
        name="cost_coverage",
        title=Bilingual("Costs known", "成本覆盖率"),
        definition=Bilingual(
            "Part of the GMV of the goods whose cost is known", "有成本商品成交额 ÷ 商品成交额"
        ),
        unit=Unit.RATE,
        inputs=("costed_gmv", "goods_gmv"),
        value=ratio("costed_gmv", "goods_gmv"),
        gaps=no_base("goods_gmv"),
    ),
    Metric(
        name="cost_of_goods",
        title=Bilingual("Cost of goods", "商品成本"),
        definition=Bilingual(
            "Costs of the pieces ordered whose cost is known, as it was on the day",
            "成本已知的下单件数按当日成本计算的成本",
        ),
        unit=Unit.MONEY,
        fact="lines",
        value=pl.col("cost_minor").sum(),
        gaps=_COSTED,
        is_better="neither",
    ),
    Metric(
        name="received",
        title=Bilingual("Net receipt", "净收入"),
        definition=Bilingual(
            "What is left of goods with a cost after fees, tax, shipping and returns, as the"
            " settings state them",
            "有成本商品扣除佣金、税、运费和预计退货后的收入，按设置估算",
        ),
        unit=Unit.MONEY,
        fact="lines",
        value=pl.col("received_minor").filter(_IS_COSTED).sum(),
        gaps=_COSTED,
        is_estimated=True,
    ),
    Metric(
        name="gross_margin",
        title=Bilingual("Gross margin", "毛利"),
        definition=Bilingual(
            "GMV less cost, of goods whose cost is known; withheld where that is less than 90 % of"
            " GMV",
            "成本已知商品的成交额 − 成本；覆盖率低于 90% 时不显示",
        ),
        unit=Unit.MONEY,
        inputs=("costed_gmv", "cost_of_goods"),
        value=pl.col("costed_gmv") - pl.col("cost_of_goods"),
        gaps=_COSTED,
    ),
    Metric(
        name="contribution",
        title=Bilingual("Contribution", "贡献毛利"),
        definition=Bilingual(
            "Net receipt less cost, of goods whose cost is known, before ads; withheld where that"
            " is less than 90 % of GMV",
            "成本已知商品的净收入 − 成本，未扣广告费；覆盖率低于 90% 时不显示",
        ),
        unit=Unit.MONEY,
        inputs=("received", "cost_of_goods"),
        value=pl.col("received") - pl.col("cost_of_goods"),
        gaps=_COSTED,
        is_estimated=True,
    ),
    Metric(
        name="contribution_rate",
        title=Bilingual("Contribution rate", "贡献毛利率"),
        definition=Bilingual(
            "Contribution among the GMV of goods with a cost", "贡献毛利 ÷ 有成本商品成交额"
        ),
        unit=Unit.RATE,
        inputs=("contribution", "costed_gmv"),
        value=ratio("contribution", "costed_gmv"),
        gaps={**_COSTED, Gap.NO_BASE: pl.col("costed_gmv") == 0},
        is_estimated=True,
    ),
    Metric(
        name="contribution_per_order",
        title=Bilingual("Contribution per order", "单均贡献毛利"),
        definition=Bilingual("Contribution per order", "贡献毛利 ÷ 订单数"),
        unit=Unit.MONEY,
        inputs=("contribution", "orders"),
        value=ratio("contribution", "orders"),
        gaps={**no_base("orders"), Gap.COST_MISSING: pl.col("contribution").is_null()},
        is_estimated=True,
    ),
    Metric(
        name="contribution_after_ads",
        title=Bilingual("Contribution after ads", "扣广告后贡献毛利"),
        definition=Bilingual("Contribution less ad spend", "贡献毛利 − 广告花费"),
        unit=Unit.MONEY,
        inputs=("contribution", "ad_spend"),
        value=pl.col("contribution") - pl.col("ad_spend"),
        gaps={
            Gap.COST_MISSING: pl.col("contribution").is_null(),
            Gap.NO_DATA: pl.col("ad_spend").is_null(),
        },
        is_estimated=True,
    ),
)
