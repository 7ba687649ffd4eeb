"""Names of what Shopkeeper works with, each in English and Chinese: states, policies, tables,
streams, checks, and why a document is held in quarantine.
"""

from collections.abc import Mapping
from typing import Final

from contracts.codes import ActionState, QuarantineReason, RatingKind
from contracts.languages import Bilingual, Language

STATES: Final[Mapping[str, Bilingual]] = {
    ActionState.SHADOW: Bilingual("shadow", "仅记录"),
    ActionState.PROPOSED: Bilingual("proposed", "待审批"),
    ActionState.APPROVED: Bilingual("approved", "已批准"),
    ActionState.SENDING: Bilingual("sending", "发送中"),
    ActionState.SENT: Bilingual("sent", "已发送"),
    ActionState.CONFIRMED: Bilingual("confirmed", "已生效"),
    ActionState.REFUSED: Bilingual("refused", "护栏拒绝"),
    ActionState.REJECTED: Bilingual("rejected", "已驳回"),
    ActionState.EXPIRED: Bilingual("expired", "已过期"),
    ActionState.SUPERSEDED: Bilingual("superseded", "已被取代"),
    ActionState.FAILED: Bilingual("failed", "失败"),
    ActionState.UNKNOWN: Bilingual("unknown", "结果未知"),
    ActionState.REVERTED: Bilingual("reverted", "已撤销"),
}

RATINGS: Final[Mapping[str, Bilingual]] = {
    RatingKind.GOODS: Bilingual("Goods as described", "描述相符"),
    RatingKind.LOGISTICS: Bilingual("Logistics", "物流服务"),
    RatingKind.SERVICE: Bilingual("Service", "服务态度"),
}

PATHS: Final[Mapping[str, Bilingual]] = {
    "home_item": Bilingual("home", "首页直达"),
    "home_list": Bilingual("home, list", "首页列表"),
    "search": Bilingual("search", "搜索"),
    "banner": Bilingual("banner", "横幅"),
}

POLICIES: Final[Mapping[str, Bilingual]] = {
    "repricing": Bilingual("repricing", "调价"),
    "restock": Bilingual("restock", "补货"),
    "member_coupon": Bilingual("member coupon", "会员优惠券"),
    "review_follow_up": Bilingual("review follow up", "评价跟进"),
    "price_watch": Bilingual("price watch", "价格监控"),
    "fulfilment_watch": Bilingual("fulfilment watch", "履约监控"),
    "delay_notice": Bilingual("delay notice", "延误通知"),
}

TABLES: Final[Mapping[str, Bilingual]] = {
    "ads_daily": Bilingual("ads daily", "广告日报"),
    "listings": Bilingual("listings", "商品"),
    "prices": Bilingual("prices", "价格"),
    "costs": Bilingual("costs", "成本"),
    "competitor_offers": Bilingual("competitor offers", "竞品报价"),
    "sales_daily": Bilingual("sales daily", "销售日报"),
    "velocity": Bilingual("velocity", "销售速度"),
    "kpis_daily": Bilingual("KPIs daily", "指标日报"),
    "elasticities": Bilingual("elasticities", "价格弹性"),
    "rival_offers": Bilingual("rival offers", "可比竞品"),
    "price_facts": Bilingual("price facts", "定价依据"),
    "open_orders": Bilingual("open orders", "未完成订单"),
    "stock_facts": Bilingual("stock facts", "补货依据"),
    "parcel_facts": Bilingual("parcel facts", "包裹依据"),
    "open_parcels": Bilingual("open parcels", "在途包裹"),
    "order_follow_ups": Bilingual("order follow ups", "订单跟进"),
    "review_facts": Bilingual("review facts", "评价依据"),
    "member_facts": Bilingual("member facts", "会员依据"),
    "contacts": Bilingual("contacts", "联系方式"),
    "consents": Bilingual("consents", "营销许可"),
    "deliveries": Bilingual("deliveries", "消息送达"),
    "coupon_grants": Bilingual("coupon grants", "发券记录"),
    "campaigns": Bilingual("campaigns", "广告计划"),
    "shipments": Bilingual("shipments", "发货"),
    "parcels": Bilingual("parcels", "包裹"),
    "parcel_events": Bilingual("parcel events", "物流轨迹"),
    "members": Bilingual("members", "会员"),
    "occasions": Bilingual("occasions", "会员纪念日"),
    "member_tiers": Bilingual("member tiers", "会员等级"),
    "coupons": Bilingual("coupons", "优惠券"),
    "reviews": Bilingual("reviews", "评价"),
    "refund_cases": Bilingual("refund cases", "售后单"),
    "orders": Bilingual("orders", "订单"),
    "order_lines": Bilingual("order lines", "订单行"),
    "order_coupons": Bilingual("order coupons", "订单优惠"),
    "refunds": Bilingual("refunds", "退款"),
    "stock_levels": Bilingual("stock levels", "库存"),
    "supply_terms": Bilingual("supply terms", "供应条款"),
    "inbound": Bilingual("inbound", "在途采购"),
    "bundle_parts": Bilingual("bundle parts", "组合商品"),
    "stockout_days": Bilingual("stockout days", "缺货日"),
    "daily_totals": Bilingual("daily totals", "平台日汇总"),
    "traffic_daily": Bilingual("traffic daily", "流量日报"),
    "traffic_hourly": Bilingual("traffic hourly", "分时流量"),
    "listing_traffic_daily": Bilingual("listing traffic daily", "商品流量日报"),
    "slot_traffic_daily": Bilingual("slot traffic daily", "展位流量日报"),
    "active_users": Bilingual("active users", "活跃访客"),
    "funnel_daily": Bilingual("funnel daily", "漏斗日报"),
    "visit_events": Bilingual("visit events", "访问记录"),
    "carts": Bilingual("carts", "购物车"),
    "tickets": Bilingual("tickets", "客服工单"),
    "settlements": Bilingual("settlements", "结算明细"),
    "shop_ratings": Bilingual("shop ratings", "店铺评分"),
    "targets": Bilingual("targets", "目标"),
    "benchmarks": Bilingual("benchmarks", "行业基准"),
}

STREAMS: Final[Mapping[str, Bilingual]] = {
    "ads": Bilingual("ads", "广告"),
    "bundles": Bilingual("bundles", "组合商品"),
    "campaigns": Bilingual("campaigns", "广告计划"),
    "costs": Bilingual("costs", "成本"),
    "coupon_codes": Bilingual("coupon codes", "优惠码"),
    "coupons": Bilingual("coupons", "优惠券"),
    "crm_reviews": Bilingual("CRM reviews", "CRM 评价"),
    "customers": Bilingual("customers", "顾客"),
    "daily_totals": Bilingual("daily totals", "平台日汇总"),
    "deliveries": Bilingual("deliveries", "消息送达"),
    "discounts": Bilingual("discounts", "折扣"),
    "exported_cases": Bilingual("exported cases", "导出的售后单"),
    "exported_carts": Bilingual("exported carts", "导出的购物车"),
    "exported_members": Bilingual("exported members", "导出的会员"),
    "exported_orders": Bilingual("exported orders", "导出的订单"),
    "exported_reviews": Bilingual("exported reviews", "导出的评价"),
    "exported_settlements": Bilingual("exported settlements", "导出的结算明细"),
    "exported_stock": Bilingual("exported stock", "导出的库存"),
    "exported_tickets": Bilingual("exported tickets", "导出的客服工单"),
    "goals": Bilingual("targets and benchmarks", "目标与基准"),
    "inventory": Bilingual("inventory", "库存"),
    "items": Bilingual("items", "宝贝"),
    "listings": Bilingual("listings", "商品"),
    "lost_refunds": Bilingual("lost refunds", "补查退款"),
    "members": Bilingual("members", "会员"),
    "offers": Bilingual("offers", "竞品报价"),
    "orders": Bilingual("orders", "订单"),
    "products": Bilingual("products", "商品"),
    "profiles": Bilingual("profiles", "会员档案"),
    "promotions": Bilingual("promotions", "促销"),
    "purchasing": Bilingual("purchasing", "采购"),
    "refunds": Bilingual("refunds", "退款"),
    "returns": Bilingual("returns", "退货"),
    "reviews": Bilingual("reviews", "评价"),
    "rival_offers": Bilingual("rival offers", "竞品报价"),
    "settlements": Bilingual("settlements", "结算明细"),
    "shipment_events": Bilingual("shipment events", "物流轨迹"),
    "shop_ratings": Bilingual("shop ratings", "店铺评分"),
    "stock": Bilingual("stock", "库存"),
    "stockouts": Bilingual("stockouts", "缺货"),
    "store_totals": Bilingual("store totals", "站点日汇总"),
    "store_traffic": Bilingual("store traffic", "站点流量"),
    "traffic": Bilingual("traffic", "流量"),
    "visits": Bilingual("visits", "访问记录"),
}

CHECKS: Final[Mapping[str, Bilingual]] = {
    "suite": Bilingual("suite", "规则检查"),
    "freshness": Bilingual("freshness", "新鲜度"),
    "volume": Bilingual("volume", "数据量"),
    "quarantine": Bilingual("quarantine", "隔离比例"),
    "readings": Bilingual("readings", "读取批次"),
    "unknown_fields": Bilingual("unknown fields", "未知字段"),
    "mapping": Bilingual("mapping", "映射版本"),
    "unit_jumps": Bilingual("unit jumps", "单位突变"),
    "currencies": Bilingual("currencies", "币种变化"),
    "gone_columns": Bilingual("gone columns", "字段消失"),
    "snapshot": Bilingual("snapshot size", "全量条数"),
    "future_instants": Bilingual("future instants", "未来时间"),
    "zone": Bilingual("zone", "时区"),
    "day_lag": Bilingual("day lag", "日报滞后"),
    "instants": Bilingual("instants", "时间范围"),
    "totals": Bilingual("daily totals", "平台日汇总对账"),
    "order_sums": Bilingual("order sums", "订单金额对账"),
    "order_times": Bilingual("order times", "订单时间顺序"),
    "cost_jumps": Bilingual("cost jumps", "成本突变"),
    "goods": Bilingual("goods", "商品金额对账"),
    "shared_codes": Bilingual("shared codes", "重复编码"),
    "named_skus": Bilingual("named SKUs", "设置中的 SKU"),
    "gone_addresses": Bilingual("gone addresses", "失效邮箱"),
    "sender_refused": Bilingual("sender refused", "发件被拒"),
    "told_again": Bilingual("told again", "前后一致"),
    "repeated_facts": Bilingual("repeated facts", "重复数据"),
    "export_size": Bilingual("export size", "导出条数"),
    "payments": Bilingual("payments", "付款状态"),
    "payouts": Bilingual("payouts", "结算对账"),
    "stock_moves": Bilingual("stock moves", "库存变动"),
    "case_amounts": Bilingual("case amounts", "售后金额"),
}

QUARANTINE: Final[Mapping[str, Bilingual]] = {
    QuarantineReason.UNREADABLE_MONEY: Bilingual("unreadable money", "金额无法识别"),
    QuarantineReason.UNREADABLE_TIME: Bilingual("unreadable time", "时间无法识别"),
    QuarantineReason.UNREADABLE_NUMBER: Bilingual("unreadable number", "数字无法识别"),
    QuarantineReason.UNKNOWN_CODE: Bilingual("unknown code", "未知代码"),
    QuarantineReason.MISSING_VALUE: Bilingual("missing value", "缺少必填值"),
    QuarantineReason.OUT_OF_BOUNDS: Bilingual("out of bounds", "超出范围"),
    QuarantineReason.PENNY_PRICE: Bilingual("penny price", "一分钱价格"),
    QuarantineReason.FOREIGN_CURRENCY: Bilingual("foreign currency", "币种不符"),
    QuarantineReason.FUTURE_INSTANT: Bilingual("future instant", "时间在未来"),
    QuarantineReason.DUPLICATE_KEY: Bilingual("duplicate key", "主键重复"),
    QuarantineReason.ENDLESS_BUNDLE: Bilingual("endless bundle", "组合商品循环引用"),
    QuarantineReason.UNREADABLE_ROW: Bilingual("unreadable row", "行无法解析"),
    QuarantineReason.UNKNOWN_SHAPE: Bilingual("unknown shape", "结构未知"),
}

ERRORS: Final[Mapping[str, Bilingual]] = {
    "ShopkeeperError": Bilingual("it fails", "出错"),
    "ConfigurationError": Bilingual("a setting is wrong", "设置有误"),
    "TransientSourceError": Bilingual("the platform cannot be reached now", "平台暂时无法访问"),
    "NotAppliedError": Bilingual("the platform did not take it", "平台未受理"),
    "SourceRejectedError": Bilingual("the platform refuses", "平台拒绝"),
    "SourceContractError": Bilingual("the platform's answer is not understood", "平台返回无法识别"),
    "DataQualityError": Bilingual("the data is not fit to use", "数据不可用"),
    "GuardrailError": Bilingual("the guard refuses", "护栏拒绝"),
    "BusyError": Bilingual("another run is at it", "另一运行正在进行"),
}
"""What stopped something, by the class of its error."""

RUNGS: Final[Mapping[str, Bilingual]] = {
    "reading": Bilingual("reading", "读取批次"),
    "stream": Bilingual("stream", "数据流"),
    "source": Bilingual("source", "数据源"),
    "shop": Bilingual("shop", "店铺"),
}
"""How much is stopped."""

DONE: Final[Mapping[str, Bilingual]] = {
    "grant_coupon": Bilingual("coupon", "优惠券"),
    "send_message": Bilingual("message", "消息"),
    "request_review": Bilingual("request", "邀评"),
    "reply_review": Bilingual("reply", "回复"),
    "record_event": Bilingual("event", "事件"),
    "set_profile": Bilingual("properties", "会员属性"),
}
"""What a write that is done or not leaves behind."""

KINDS: Final[Mapping[str, Bilingual]] = {
    "set_price": Bilingual("prices", "改价"),
    "set_stock": Bilingual("stock", "改库存"),
    "create_coupon": Bilingual("codes", "优惠码"),
    "grant_coupon": Bilingual("coupons", "发券"),
    "send_message": Bilingual("messages", "发消息"),
    "request_review": Bilingual("requests for a review", "邀评"),
    "reply_review": Bilingual("replies to reviews", "回复评价"),
    "record_event": Bilingual("events", "记录事件"),
    "set_profile": Bilingual("properties of members", "更新会员属性"),
    "none": Bilingual("notices", "提醒"),
}
"""What is written, by its kind."""


def named(table: Mapping[str, Bilingual], code: str) -> Bilingual:
    """A code's name; its own words where an older release wrote one that is no more."""
    plain = code.replace("_", " ")
    return table.get(code, Bilingual(plain, plain))


def typed(policy: str, language: Language) -> str:
    """A policy as commands and forms take it, after its Chinese name."""
    return f"{named(POLICIES, policy).zh} {policy}" if language == "zh" else policy
