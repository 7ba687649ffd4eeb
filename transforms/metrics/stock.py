"""What lies in stock, what it is worth, how long it lasts and what of it does not move."""

from typing import Final

import polars as pl

from contracts.languages import Bilingual
from contracts.metrics import Gap, Metric, Unit
from transforms.metrics.balances import DEAD_DAYS
from transforms.metrics.ratios import ratio

_LEAST_COSTED: Final = 0.9
_NOW: Final = {Gap.LAST_DAY_ONLY: pl.col("stock_units").is_null()}
_COSTED: Final = {
    **_NOW,
    Gap.COST_MISSING: (pl.col("stock_units") > 0)
    & (pl.col("stock_cost_coverage").fill_null(0.0) < _LEAST_COSTED),
}
_IS_COSTED: Final = pl.col("piece_cost").is_not_null()
_IS_FORECAST: Final = pl.col("daily_minor").is_not_null()
_SELLS: Final = ~pl.col("is_discontinued") & (pl.col("daily_units") > 0)
METRICS: Final = (
    Metric(
        name="stock_units",
        title=Bilingual("Pieces in stock", "库存件数"),
        definition=Bilingual(
            "Pieces that lie in all warehouses at the end of the span; known of the last whole day"
            " alone",
            "期末各仓现存件数；仅最近一个完整日有数据",
        ),
        unit=Unit.COUNT,
        fact="stock",
        value=pl.col("held_units").sum(),
        gaps=_NOW,
        is_better="neither",
    ),
    Metric(
        name="costed_stock_units",
        title=Bilingual("Pieces in stock with a cost", "有成本库存件数"),
        definition=Bilingual(
            "Pieces in stock whose cost is known at the end of the span", "期末成本已知的库存件数"
        ),
        unit=Unit.COUNT,
        fact="stock",
        value=pl.col("held_units").filter(_IS_COSTED).sum(),
        gaps=_NOW,
        is_better="neither",
    ),
    Metric(
        name="stock_cost_coverage",
        title=Bilingual("Stock with a cost", "库存成本覆盖率"),
        definition=Bilingual(
            "Part of the pieces in stock whose cost is known", "成本已知的库存件数 ÷ 库存件数"
        ),
        unit=Unit.RATE,
        inputs=("costed_stock_units", "stock_units"),
        value=ratio("costed_stock_units", "stock_units"),
        gaps={**_NOW, Gap.NO_BASE: pl.col("stock_units") == 0},
    ),
    Metric(
        name="stock_value",
        title=Bilingual("Value of stock", "库存金额"),
        definition=Bilingual(
            "Pieces in stock at the cost of the day, of those whose cost is known; withheld where"
            " these are less than 90 % of the pieces",
            "成本已知的库存件数按当日成本计算的金额；覆盖率低于 90% 时不显示",
        ),
        unit=Unit.MONEY,
        fact="stock",
        value=pl.col("value_minor").sum(),
        gaps=_COSTED,
        is_better="neither",
    ),
    Metric(
        name="cover_days",
        title=Bilingual("Days of cover", "库存可售天数"),
        definition=Bilingual(
            "Value of stock per cost of the pieces that are expected to sell a day, of the SKUs"
            " whose sales can be forecast; of what was never sold none are expected",
            "库存金额 ÷ 预计日销成本，仅含可预测销量的 SKU；从未售出的按零销量计",
        ),
        unit=Unit.DAYS,
        fact="stock",
        value=pl.col("value_minor").filter(_IS_FORECAST).sum() / pl.col("daily_minor").sum(),
        gaps=_COSTED,
        fact_gaps={Gap.NO_BASE: pl.col("daily_minor").sum() == 0},
        is_better="neither",
    ),
    Metric(
        name="dead_stock_value",
        title=Bilingual("Value of dead stock", "呆滞库存金额"),
        definition=Bilingual(
            f"Value of the stock of SKUs that were listed {DEAD_DAYS} days ago or earlier and of"
            f" which nothing was sold in these {DEAD_DAYS} days, in bundles neither",
            f"上架已满 {DEAD_DAYS} 天且最近 {DEAD_DAYS} 天无销量（含套装）的 SKU 的库存金额",
        ),
        unit=Unit.MONEY,
        fact="stock",
        value=pl.col("value_minor").filter("is_dead").sum(),
        gaps=_COSTED,
        fact_gaps={Gap.CENSORED: pl.col("is_dead").is_null().any()},
        is_better="lower",
    ),
    Metric(
        name="dead_stock_rate",
        title=Bilingual("Dead stock", "呆滞库存占比"),
        definition=Bilingual(
            "Value of dead stock among the value of stock", "呆滞库存金额 ÷ 库存金额"
        ),
        unit=Unit.RATE,
        inputs=("dead_stock_value", "stock_value"),
        value=ratio("dead_stock_value", "stock_value"),
        gaps={
            **_COSTED,
            Gap.CENSORED: pl.col("dead_stock_value").is_null(),
            Gap.NO_BASE: pl.col("stock_value") == 0,
        },
        is_better="lower",
    ),
    Metric(
        name="sold_out_rate",
        title=Bilingual("SKUs sold out", "缺货 SKU 占比"),
        definition=Bilingual(
            "SKUs without a piece that can be sold, among those on sale that are expected to sell",
            "无可售库存的 SKU ÷ 预计有销量的在售 SKU",
        ),
        unit=Unit.RATE,
        fact="stock",
        value=(pl.col("available_units") <= 0).filter(_SELLS).mean(),
        gaps=_NOW,
        fact_gaps={Gap.NO_BASE: ~_SELLS.any()},
        is_better="lower",
    ),
    Metric(
        name="sell_through",
        title=Bilingual("Sell-through", "售罄率"),
        definition=Bilingual(
            "Pieces ordered in the span among these and what is left in stock at its end",
            "期内销量 ÷（期内销量 + 期末库存件数）",
        ),
        unit=Unit.RATE,
        inputs=("units", "stock_units"),
        value=pl.col("units") / (pl.col("units") + pl.col("stock_units")),
        gaps={**_NOW, Gap.NO_BASE: pl.col("units") + pl.col("stock_units") == 0},
    ),
)
