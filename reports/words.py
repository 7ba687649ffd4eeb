"""Words for people, each in English and Chinese: what names of guards and of contents stand for."""

from collections.abc import Mapping
from typing import Final

from contracts.languages import Said

GUARDS: Final[Mapping[str, Said]] = {
    "kill_switch": Said("writes are stopped", "已停止写入"),
    "cap": Said("the most writes of a day", "超出每日动作上限"),
    "breaker": Said("too much at once", "批量过大，熔断"),
    "check_failed": Said("a check of the data failed", "数据检查未通过"),
    "stale_input": Said("data too old", "数据过旧"),
    "no_limits": Said("no limits are defined", "未设限额"),
    "expired": Said("its time has passed", "已过有效期"),
    "payload": Said("incomplete content", "内容不完整"),
    "contact_data": Said("contact data in the text", "内容含联系方式"),
    "value": Said("not a value of its kind", "数值不符合类型"),
    "price_unknown": Said("price in force unknown", "现价未知"),
    "currency_changed": Said("another currency", "币种已变"),
    "price_moved": Said("the price has moved", "价格已变动"),
    "fx_missing": Said("no exchange rate", "缺少汇率"),
    "fx_stale": Said("exchange rate too old", "汇率过旧"),
    "cost_missing": Said("cost unknown", "成本未知"),
    "penny_price": Said("no real price", "价格无效"),
    "units": Said("suspicion of a wrong unit", "疑似单位错误"),
    "fees_exceed_price": Said("fees take all of the price", "费用超过售价"),
    "floor": Said("below the floor", "低于底价"),
    "price_unproven": Said("perhaps misread: below cost, unusual", "现价可疑：低于成本且偏离常价"),
    "anchor_missing": Said("nothing to measure by", "缺少基准价"),
    "price_war": Said("a price war", "价格战，停止跟进"),
    "ceiling": Said("above the ceiling", "高于上限"),
    "bottom": Said("below the lower bound", "低于下限"),
    "no_change": Said("nothing would change", "无变化"),
    "max_step": Said("too large a step", "单次变动过大"),
    "max_day": Said("too much in a day", "单日变动过大"),
    "max_week": Said("too much in a week", "一周变动过大"),
    "max_quarter": Said("too much in 90 days", "90 天变动过大"),
    "cooldown": Said("changed too recently", "距上次变动过近"),
    "reversals": Said("to and fro", "反复涨跌"),
    "loop": Said("the same way too often", "同向变动过多"),
    "price_lock": Said("prices are locked", "价格锁定期"),
    "channel_gap": Said("too far from other shops", "与其他店铺价差过大"),
    "channel_order": Said("order of the shops", "违反店铺价格顺序"),
    "sells_out": Said("sells out anyway", "到货前即售罄"),
    "order_unknown": Said("order unknown", "订单未知"),
    "order_cancelled": Said("order cancelled", "订单已取消"),
    "order_refunded": Said("order paid back", "订单已退款"),
    "order_disputed": Said("open case", "售后处理中"),
    "order_undelivered": Said("not delivered", "尚未送达"),
    "order_reviewed": Said("has a review", "已有评价"),
    "incomplete": Said("recipient or purpose missing", "缺少收件人或目的"),
    "no_recipient": Said("cannot be reached", "无法联系"),
    "consent": Said("no consent", "未获同意"),
    "message_cap": Said("written to often enough", "触达次数已满"),
    "coupon_cap": Said("has had enough coupons", "优惠券次数已满"),
    "once": Said("done once already", "已执行过一次"),
    "quiet_hours": Said("quiet hours", "免打扰时段"),
    "coupon_value": Said("no value of a coupon", "优惠券面额无效"),
    "unbounded": Said("without a limit", "未设使用次数"),
    "exposure_unknown": Said("worst case unknown", "最大损失未知"),
    "no_budget": Said("no budget is set", "未设预算"),
    "coupon_rate": Said("takes off too much", "优惠幅度过大"),
    "budget": Said("the budget is used up", "预算已用完"),
    "holdout": Said("left alone to compare", "留作对照组"),
    "needs": Said("what it needs was refused", "其前置动作被拒"),
    "needless": Said("nobody needs it", "已无人需要"),
    "content": Said("its content was changed", "内容被改动"),
    "floor_with_code": Said(
        "a code that holds would bring it below its floor", "叠加生效中的优惠码后低于底价"
    ),
    "not_carried": Said(
        "the platform cannot leave out goods below their floor", "平台无法排除低于底价的商品"
    ),
    "words": Said("words that nobody approved", "含未经人工批准的措辞"),
    "policy_off": Said("the policy is off", "策略已关闭"),
}
"""What a guard stands for, in a few words; its numbers follow in the guard's own sentence."""


PARTS: Final[Mapping[str, Said]] = {
    "text": Said("text", "正文"),
    "subject": Said("subject", "主题"),
    "html": Said("HTML", "HTML"),
    "language": Said("language", "语言"),
    "title": Said("name", "名称"),
    "starts_at": Said("from", "开始"),
    "ends_at": Said("until", "结束"),
    "usage_limit": Said("times it can be used", "可用次数"),
    "is_once_per_customer": Said("once per customer", "每人限一次"),
    "min_spend_minor": Said("least order", "最低消费"),
    "max_spend_minor": Said("largest order", "最高消费"),
    "off_minor": Said("takes off", "减"),
    "off_rate": Said("takes off, part of the order", "折扣比例"),
    "listing_ids": Said("holds for", "适用商品"),
    "excluded_listing_ids": Said("does not hold for", "不适用商品"),
}
"""Parts of what an action would send, by name; one without a word here goes by its name."""


def guard_said(guard: str) -> Said:
    """What a guard stands for; its name where an older release had one that is no more."""
    return GUARDS.get(guard, Said(guard.replace("_", " "), guard))
