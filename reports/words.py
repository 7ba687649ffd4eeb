"""Words for people, each in English and Chinese: what names of guards and of contents stand for."""

from collections.abc import Mapping
from typing import Final

from contracts.languages import Bilingual

GUARDS: Final[Mapping[str, Bilingual]] = {
    "kill_switch": Bilingual("writes are stopped", "已停止写入"),
    "cap": Bilingual("the most writes of a day", "超出每日动作上限"),
    "breaker": Bilingual("too much at once", "批量过大，熔断"),
    "check_failed": Bilingual("a check of the data failed", "数据检查未通过"),
    "stale_input": Bilingual("data too old", "数据过旧"),
    "no_limits": Bilingual("no limits are defined", "未设限额"),
    "expired": Bilingual("its time has passed", "已过有效期"),
    "payload": Bilingual("incomplete content", "内容不完整"),
    "contact_data": Bilingual("contact data in the text", "内容含联系方式"),
    "value": Bilingual("not a value of its kind", "数值不符合类型"),
    "price_unknown": Bilingual("price in force unknown", "现价未知"),
    "currency_changed": Bilingual("another currency", "币种已变"),
    "price_moved": Bilingual("the price has moved", "价格已变动"),
    "fx_missing": Bilingual("no exchange rate", "缺少汇率"),
    "fx_stale": Bilingual("exchange rate too old", "汇率过旧"),
    "cost_missing": Bilingual("cost unknown", "成本未知"),
    "penny_price": Bilingual("no real price", "价格无效"),
    "units": Bilingual("suspicion of a wrong unit", "疑似单位错误"),
    "fees_exceed_price": Bilingual("fees take all of the price", "费用超过售价"),
    "floor": Bilingual("below the floor", "低于底价"),
    "price_unproven": Bilingual(
        "perhaps misread: below cost, unusual", "现价可疑：低于成本且偏离常价"
    ),
    "anchor_missing": Bilingual("nothing to measure by", "缺少基准价"),
    "price_war": Bilingual("a price war", "价格战，停止跟进"),
    "ceiling": Bilingual("above the ceiling", "高于上限"),
    "bottom": Bilingual("below the lower bound", "低于下限"),
    "no_change": Bilingual("nothing would change", "无变化"),
    "max_step": Bilingual("too large a step", "单次变动过大"),
    "max_day": Bilingual("too much in a day", "单日变动过大"),
    "max_week": Bilingual("too much in a week", "一周变动过大"),
    "max_quarter": Bilingual("too much in 90 days", "90 天变动过大"),
    "cooldown": Bilingual("changed too recently", "距上次变动过近"),
    "reversals": Bilingual("to and fro", "反复涨跌"),
    "loop": Bilingual("the same way too often", "同向变动过多"),
    "price_lock": Bilingual("prices are locked", "价格锁定期"),
    "channel_gap": Bilingual("too far from other shops", "与其他店铺价差过大"),
    "channel_order": Bilingual("order of the shops", "违反店铺价格顺序"),
    "sells_out": Bilingual("sells out anyway", "到货前即售罄"),
    "order_unknown": Bilingual("order unknown", "订单未知"),
    "order_cancelled": Bilingual("order cancelled", "订单已取消"),
    "order_refunded": Bilingual("order paid back", "订单已退款"),
    "order_disputed": Bilingual("open case", "售后处理中"),
    "order_undelivered": Bilingual("not delivered", "尚未送达"),
    "order_reviewed": Bilingual("has a review", "已有评价"),
    "incomplete": Bilingual("recipient or purpose missing", "缺少收件人或目的"),
    "no_recipient": Bilingual("cannot be reached", "无法联系"),
    "consent": Bilingual("no consent", "未获同意"),
    "message_cap": Bilingual("written to often enough", "触达次数已满"),
    "coupon_cap": Bilingual("has had enough coupons", "优惠券次数已满"),
    "once": Bilingual("done once already", "已执行过一次"),
    "quiet_hours": Bilingual("quiet hours", "免打扰时段"),
    "coupon_value": Bilingual("no value of a coupon", "优惠券面额无效"),
    "unbounded": Bilingual("without a limit", "未设使用次数"),
    "exposure_unknown": Bilingual("worst case unknown", "最大损失未知"),
    "no_budget": Bilingual("no budget is set", "未设预算"),
    "coupon_rate": Bilingual("takes off too much", "优惠幅度过大"),
    "budget": Bilingual("the budget is used up", "预算已用完"),
    "holdout": Bilingual("left alone to compare", "留作对照组"),
    "needs": Bilingual("what it needs was refused", "其前置动作被拒"),
    "needless": Bilingual("nobody needs it", "已无人需要"),
    "content": Bilingual("its content was changed", "内容被改动"),
    "floor_with_code": Bilingual(
        "a code that holds would bring it below its floor", "叠加生效中的优惠码后低于底价"
    ),
    "not_carried": Bilingual(
        "the platform cannot leave out goods below their floor", "平台无法排除低于底价的商品"
    ),
    "words": Bilingual("words that nobody approved", "含未经人工批准的措辞"),
    "policy_off": Bilingual("the policy is off", "策略已关闭"),
}
"""What a guard stands for, in a few words; its numbers follow in the guard's own sentence."""


PARTS: Final[Mapping[str, Bilingual]] = {
    "text": Bilingual("text", "正文"),
    "subject": Bilingual("subject", "主题"),
    "html": Bilingual("HTML", "HTML"),
    "language": Bilingual("language", "语言"),
    "title": Bilingual("name", "名称"),
    "starts_at": Bilingual("from", "开始"),
    "ends_at": Bilingual("until", "结束"),
    "usage_limit": Bilingual("times it can be used", "可用次数"),
    "is_once_per_customer": Bilingual("once per customer", "每人限一次"),
    "min_spend_minor": Bilingual("least order", "最低消费"),
    "max_spend_minor": Bilingual("largest order", "最高消费"),
    "off_minor": Bilingual("takes off", "减"),
    "off_rate": Bilingual("takes off, part of the order", "折扣比例"),
    "listing_ids": Bilingual("holds for", "适用商品"),
    "excluded_listing_ids": Bilingual("does not hold for", "不适用商品"),
}
"""Parts of what an action would send, by name; one without a word here goes by its name."""


def translate_guard(guard: str) -> Bilingual:
    """What a guard stands for; its name where an older release had one that is no more."""
    return GUARDS.get(guard, Bilingual(guard.replace("_", " "), guard))
