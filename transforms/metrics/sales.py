"""What was sold, and to whom."""

from typing import Final

import polars as pl

from contracts.codes import LineKind
from contracts.languages import Bilingual
from contracts.metrics import Dimension, Metric, Unit
from transforms.metrics.ratios import no_base, ratio

METRICS: Final = (
    Metric(
        name="gmv",
        title=Bilingual("GMV", "成交额"),
        definition=Bilingual(
            "Goods of the orders of the day whose money was received: after discounts, without tax"
            " and shipping, before refunds",
            "当日下单且已收款订单的商品金额：折后、不含税和运费、未扣退款",
        ),
        unit=Unit.MONEY,
        fact="orders",
        value=pl.col("goods_minor").sum(),
    ),
    Metric(
        name="orders",
        title=Bilingual("Orders", "订单数"),
        definition=Bilingual("Orders placed on the day and paid", "当日下单且已付款的订单"),
        unit=Unit.COUNT,
        fact="orders",
        value=pl.len(),
    ),
    Metric(
        name="buyers",
        title=Bilingual("Buyers", "买家数"),
        definition=Bilingual(
            "Different members who ordered; a guest's order is one buyer",
            "下单会员去重数；一个游客订单计为一位买家",
        ),
        unit=Unit.COUNT,
        fact="orders",
        value=pl.col("buyer_id").n_unique(),
        adds_up=False,
    ),
    Metric(
        name="buyer_days",
        title=Bilingual("Buyers, day by day", "日买家数之和"),
        definition=Bilingual(
            "Buyers of each day, added up, as visitors are: who ordered on two days counts twice",
            "每日买家数之和，与访客数口径一致；两天都下单计两次",
        ),
        unit=Unit.COUNT,
        fact="orders",
        value=pl.struct("buyer_id", "date").n_unique(),
    ),
    Metric(
        name="new_buyers",
        title=Bilingual("New buyers", "新客数"),
        definition=Bilingual(
            "Buyers whose first order in the data lies in the span; guests are new each time",
            "数据中首单在该时段内的买家；游客每次计为新客",
        ),
        unit=Unit.COUNT,
        fact="orders",
        value=pl.col("buyer_id").filter(pl.col(Dimension.BUYER) != "returning").n_unique(),
        adds_up=False,
    ),
    Metric(
        name="returning_orders",
        title=Bilingual("Orders of returning buyers", "老客订单数"),
        definition=Bilingual(
            "Orders of members who had ordered on an earlier day", "此前已下过单的会员的订单数"
        ),
        unit=Unit.COUNT,
        fact="orders",
        value=(pl.col(Dimension.BUYER) == "returning").sum(),
    ),
    Metric(
        name="returning_buyers",
        title=Bilingual("Returning buyers", "复购买家数"),
        definition=Bilingual(
            "Members who ordered, and had ordered on an earlier day",
            "此前已下过单、当期再次下单的会员",
        ),
        unit=Unit.COUNT,
        fact="orders",
        value=pl.col("buyer_id").filter(pl.col(Dimension.BUYER) == "returning").n_unique(),
        adds_up=False,
    ),
    Metric(
        name="returning_gmv",
        title=Bilingual("GMV of returning buyers", "复购金额"),
        definition=Bilingual(
            "GMV of members who had ordered on an earlier day", "此前已下过单的会员带来的成交额"
        ),
        unit=Unit.MONEY,
        fact="orders",
        value=pl.col("goods_minor").filter(pl.col(Dimension.BUYER) == "returning").sum(),
    ),
    Metric(
        name="cancelled_orders",
        title=Bilingual("Cancelled orders", "取消订单数"),
        definition=Bilingual(
            "Orders of the day that were paid and cancelled later; what was never paid is no order",
            "当日下单且已付款、后来取消的订单；从未付款的不计",
        ),
        unit=Unit.COUNT,
        fact="orders",
        value=pl.col("cancelled_at").is_not_null().sum(),
        is_better="lower",
    ),
    Metric(
        name="units",
        title=Bilingual("Units", "销量"),
        definition=Bilingual("Pieces ordered, gifts included", "下单件数，含赠品"),
        unit=Unit.COUNT,
        fact="lines",
        value=pl.col("quantity_units").sum(),
    ),
    Metric(
        name="goods_gmv",
        title=Bilingual("GMV of the goods", "商品成交额"),
        definition=Bilingual(
            "Line totals of goods; equal to GMV, and can be broken down by SKU",
            "商品行实付金额；合计等于成交额，可按 SKU 查看",
        ),
        unit=Unit.MONEY,
        fact="lines",
        value=pl.col("total_minor").sum(),
    ),
    Metric(
        name="list_value",
        title=Bilingual("Value at list prices", "吊牌金额"),
        definition=Bilingual(
            "Unit prices times pieces of the lines that are sales, before discounts",
            "售卖商品行的原价乘件数，未扣优惠",
        ),
        unit=Unit.MONEY,
        fact="lines",
        value=(pl.col("unit_price_minor") * pl.col("quantity_units"))
        .filter(pl.col("line_kind") == LineKind.SALE)
        .sum(),
        is_better="neither",
    ),
    Metric(
        name="aov",
        title=Bilingual("Average order", "客单价"),
        definition=Bilingual("GMV per order", "成交额 ÷ 订单数"),
        unit=Unit.MONEY,
        inputs=("gmv", "orders"),
        value=ratio("gmv", "orders"),
        gaps=no_base("orders"),
    ),
    Metric(
        name="items_per_order",
        title=Bilingual("Pieces per order", "单均件数"),
        definition=Bilingual("Pieces per order, gifts included", "销量 ÷ 订单数，含赠品"),
        unit=Unit.PIECES,
        inputs=("units", "orders"),
        value=ratio("units", "orders"),
        gaps=no_base("orders"),
    ),
    Metric(
        name="discount_rate",
        title=Bilingual("Discount", "折扣率"),
        definition=Bilingual(
            "Part of the value at list prices that discounts took off", "优惠占吊牌金额的比例"
        ),
        unit=Unit.RATE,
        inputs=("goods_gmv", "list_value"),
        value=1 - ratio("goods_gmv", "list_value"),
        gaps=no_base("list_value"),
        is_better="lower",
    ),
    Metric(
        name="repurchase_rate",
        title=Bilingual("Repurchase rate", "复购率"),
        definition=Bilingual("Returning buyers among buyers", "复购买家数 ÷ 买家数"),
        unit=Unit.RATE,
        inputs=("returning_buyers", "buyers"),
        value=ratio("returning_buyers", "buyers"),
        gaps=no_base("buyers"),
    ),
    Metric(
        name="repurchase_share",
        title=Bilingual("Repurchase share of GMV", "复购金额占比"),
        definition=Bilingual("GMV of returning buyers among GMV", "复购金额 ÷ 成交额"),
        unit=Unit.RATE,
        inputs=("returning_gmv", "gmv"),
        value=ratio("returning_gmv", "gmv"),
        gaps=no_base("gmv"),
    ),
)
