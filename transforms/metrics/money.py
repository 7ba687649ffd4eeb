"""What is left of sales: costs, receipts and margins."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from contracts.languages import Bilingual
from contracts.metrics import Gap, Metric, Unit
from transforms.metrics.ratios import no_base, ratio

_LEAST_COSTED: Final = 0.9
_COSTED: Final[Mapping[Gap, pl.Expr]] = {
    Gap.COST_MISSING: pl.col("costed_gmv") < _LEAST_COSTED * pl.col("goods_gmv")
}
"""By products, since a day without a sale has no rate of coverage and lacks no cost either."""
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
            "Costs of the pieces ordered whose cost is known, as it was on the day; withheld where"
            " these are less than 90 % of GMV",
            "成本已知的下单件数按当日成本计算的成本；覆盖率低于 90% 时不显示",
        ),
        unit=Unit.MONEY,
        fact="lines",
        value=pl.col("cost_minor").sum(),
        gaps=_COSTED,
        is_better="neither",
    ),
    Metric(
        name="expected_received",
        title=Bilingual("Net receipt by the settings", "按设置估算的净收入"),
        definition=Bilingual(
            "What is left of goods with a cost after fees, tax, shipping and returns, as the"
            " settings state them; withheld where these goods are less than 90 % of GMV",
            "有成本商品扣除佣金、税、运费和预计退货后的收入，按设置估算；覆盖率低于 90% 时不显示",
        ),
        unit=Unit.MONEY,
        fact="lines",
        value=pl.col("received_minor").filter(_IS_COSTED).sum(),
        gaps=_COSTED,
        is_estimated=True,
    ),
    Metric(
        name="settled_correction",
        title=Bilingual("Settled beyond the estimate", "结算与估算之差"),
        definition=Bilingual(
            "Of settled orders, what is left of the payout of goods with a cost less what the"
            " settings let expect; goods that came back count at cost",
            "已结算订单中有成本商品的实际净收入 − 按设置估算的净收入；退回商品按成本计",
        ),
        unit=Unit.MONEY,
        fact="settled",
        value=(pl.col("settled_minor") - pl.col("received_minor")).filter(_IS_COSTED).sum(),
    ),
    Metric(
        name="received",
        title=Bilingual("Net receipt", "净收入"),
        definition=Bilingual(
            "What is left of goods with a cost after fees, tax, shipping and returns: of settled"
            " orders as they were settled, of others as the settings state it; withheld where these"
            " goods are less than 90 % of GMV",
            "有成本商品扣除佣金、税、运费和退货后的收入：已结算订单按结算，其余按设置估算；"
            "覆盖率低于 90% 时不显示",
        ),
        unit=Unit.MONEY,
        inputs=("expected_received", "settled_correction"),
        value=pl.col("expected_received") + pl.col("settled_correction"),
        gaps=_COSTED,
        is_estimated=True,
    ),
    Metric(
        name="settled_gmv",
        title=Bilingual("GMV that is settled", "已结算成交额"),
        definition=Bilingual(
            "GMV of the goods of orders whose sale was paid out", "货款已结算的订单的商品成交额"
        ),
        unit=Unit.MONEY,
        fact="settled",
        value=pl.col("total_minor").sum(),
    ),
    Metric(
        name="settled_share",
        title=Bilingual("Settled", "已结算占比"),
        definition=Bilingual(
            "GMV of settled orders among the GMV of the goods; the rest of contribution is"
            " estimated",
            "已结算成交额 ÷ 商品成交额；其余贡献毛利为估算",
        ),
        unit=Unit.RATE,
        inputs=("settled_gmv", "goods_gmv"),
        value=ratio("settled_gmv", "goods_gmv"),
        gaps=no_base("goods_gmv"),
    ),
    Metric(
        name="settled_received",
        title=Bilingual("Paid out", "结算到账"),
        definition=Bilingual(
            "What was paid out for the goods of settled orders, after what the platform kept,"
            " without tax",
            "已结算订单商品的实际到账金额（扣除平台费用，不含税）",
        ),
        unit=Unit.MONEY,
        fact="settled",
        value=pl.col("payout_minor").sum(),
    ),
    Metric(
        name="settled_fees",
        title=Bilingual("Fees that were kept", "结算扣费"),
        definition=Bilingual(
            "Commission, fees and shipping that the platform kept of settled orders",
            "平台在已结算订单中扣除的佣金、服务费和运费",
        ),
        unit=Unit.MONEY,
        fact="settled",
        value=pl.col("charges_minor").sum(),
        is_better="lower",
    ),
    Metric(
        name="payout_gap",
        title=Bilingual("Payout gap", "结算差额"),
        definition=Bilingual(
            "What was to be expected of the payout of settled orders, by the settings' fees and"
            " known refunds, less what was paid out; above zero: too little came",
            "已结算订单按设置费率和已知退款应到账的金额 − 实际到账金额；大于零表示少付",
        ),
        unit=Unit.MONEY,
        fact="settled",
        value=pl.col("gap_minor").sum(),
        # A zero would say that nothing is short.
        gaps=no_base("settled_gmv"),
        is_better="lower",
    ),
    Metric(
        name="contribution_settled",
        title=Bilingual("Contribution that is settled", "已结算贡献毛利"),
        definition=Bilingual(
            "What is left of settled orders, less the cost of their goods, of goods whose cost is"
            " known; before ads; withheld where these are less than 90 % of what is settled",
            "已结算订单中有成本商品的实际净收入 − 成本，未扣广告费；覆盖率低于 90% 时不显示",
        ),
        unit=Unit.MONEY,
        fact="settled",
        value=(pl.col("settled_minor") - pl.col("cost_minor")).filter(_IS_COSTED).sum(),
        gaps=no_base("settled_gmv"),
        fact_gaps={
            Gap.COST_MISSING: pl.col("total_minor").filter(_IS_COSTED).sum()
            < _LEAST_COSTED * pl.col("total_minor").sum()
        },
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
        gaps=no_base("orders"),
        is_estimated=True,
    ),
    Metric(
        name="contribution_after_ads",
        title=Bilingual("Contribution after ads", "扣广告后贡献毛利"),
        definition=Bilingual("Contribution less ad spend", "贡献毛利 − 广告花费"),
        unit=Unit.MONEY,
        inputs=("contribution", "ad_spend"),
        value=pl.col("contribution") - pl.col("ad_spend"),
        is_estimated=True,
    ),
)
