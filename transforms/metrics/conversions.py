"""How many of those who came went on: to a cart, to an order, along a path."""

from typing import Final

import polars as pl

from contracts.languages import Bilingual
from contracts.metrics import Gap, Metric, Unit
from transforms.metrics.ratios import no_base, ratio


def _above(part: str, whole: str) -> dict[Gap, pl.Expr]:
    return {**no_base(whole), Gap.ABOVE_ONE: pl.col(part) > pl.col(whole)}


METRICS: Final = (
    Metric(
        name="listing_visitors",
        title=Bilingual("Visitors of products", "商品访客数"),
        definition=Bilingual(
            "Visitors per day and product, added up; who sees two counts with both",
            "每日各商品访客数之和；看多个商品重复计算",
        ),
        unit=Unit.COUNT,
        fact="listing_traffic",
        value=pl.col("visitors_units").sum(),
    ),
    Metric(
        name="ordering_buyers",
        title=Bilingual("Ordering visitors of products", "商品下单人数"),
        definition=Bilingual(
            "Buyers per day and product that has visits, unpaid orders included",
            "有访客数据的商品每日下单人数，含未付款",
        ),
        unit=Unit.COUNT,
        fact="listing_traffic",
        value=pl.col("ordering").sum(),
    ),
    Metric(
        name="paying_buyers",
        title=Bilingual("Paying visitors of products", "商品支付人数"),
        definition=Bilingual("Those of them who paid", "其中已付款的人数"),
        unit=Unit.COUNT,
        fact="listing_traffic",
        value=pl.col("paying").sum(),
    ),
    Metric(
        name="deposit_buyers",
        title=Bilingual("Deposits without balance", "已付定金未付尾款人数"),
        definition=Bilingual(
            "Those of them who paid a deposit so far", "其中仅付定金、尾款未付的人数"
        ),
        unit=Unit.COUNT,
        fact="listing_traffic",
        value=pl.col("deposits").sum(),
        is_better="neither",
    ),
    Metric(
        name="order_conversion",
        title=Bilingual("Conversion to an order", "下单转化率"),
        definition=Bilingual(
            "Ordering visitors of products among their visitors", "商品下单人数 ÷ 商品访客数"
        ),
        unit=Unit.RATE,
        inputs=("ordering_buyers", "listing_visitors"),
        value=ratio("ordering_buyers", "listing_visitors"),
        gaps=_above("ordering_buyers", "listing_visitors"),
    ),
    Metric(
        name="paid_conversion",
        title=Bilingual("Conversion to a payment", "支付转化率"),
        definition=Bilingual(
            "Paying visitors of products among their visitors; none while deposits wait for their"
            " balance",
            "商品支付人数 ÷ 商品访客数；预售尾款未付期间无值",
        ),
        unit=Unit.RATE,
        inputs=("paying_buyers", "listing_visitors", "deposit_buyers"),
        value=ratio("paying_buyers", "listing_visitors"),
        gaps={
            Gap.PRESALE: pl.col("deposit_buyers") > 0,
            **_above("paying_buyers", "listing_visitors"),
        },
    ),
    Metric(
        name="cart_add_rate",
        title=Bilingual("Conversion to a cart", "加购率"),
        definition=Bilingual(
            "Visitors of products who put them in the cart, where that is reported",
            "商品加购人数 ÷ 商品访客数（仅有加购数据的）",
        ),
        unit=Unit.RATE,
        fact="listing_traffic",
        value=pl.col("carted_units").sum() / pl.col("carting_units").sum(),
        fact_gaps={Gap.ABOVE_ONE: pl.col("carted_units").sum() > pl.col("carting_units").sum()},
    ),
    Metric(
        name="carts",
        title=Bilingual("Carts", "加购数"),
        definition=Bilingual("Carts begun on the day", "当日新建的购物车"),
        unit=Unit.COUNT,
        fact="carts",
        value=pl.len(),
    ),
    Metric(
        name="cart_abandonment",
        title=Bilingual("Carts abandoned", "弃购率"),
        definition=Bilingual(
            "Carts of the day that were not ordered within 24 hours",
            "当日加购后 24 小时内未下单的比例",
        ),
        unit=Unit.RATE,
        fact="carts",
        value=1 - pl.col("is_ordered").mean(),
        fact_gaps={Gap.CENSORED: ~pl.col("is_known").all()},
        is_better="lower",
    ),
    Metric(
        name="path_visits",
        title=Bilingual("Visits on a path", "路径访问数"),
        definition=Bilingual(
            "Visits that began a path to an order; one may go several",
            "进入路径第一步的访问数；同一访问可走多条路径",
        ),
        unit=Unit.COUNT,
        fact="paths",
        value=pl.col("entered").sum(),
    ),
    Metric(
        name="path_reached",
        title=Bilingual("Visits that reached a step", "到达步骤的访问数"),
        definition=Bilingual(
            "Visits that reached a step by way of those before it within 24 hours; the last unless"
            " told by step",
            "24 小时内依次到达某一步的访问数；未按步骤查看时为最后一步",
        ),
        unit=Unit.COUNT,
        fact="paths",
        value=pl.col("sessions").sum(),
    ),
    Metric(
        name="path_conversion",
        title=Bilingual("Conversion of a path", "路径转化率"),
        definition=Bilingual(
            "Visits that reached a step among those that began the path",
            "到达步骤的访问数 ÷ 路径访问数",
        ),
        unit=Unit.RATE,
        inputs=("path_reached", "path_visits"),
        value=ratio("path_reached", "path_visits"),
        gaps=_above("path_reached", "path_visits"),
    ),
)
