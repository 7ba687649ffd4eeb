"""Why something was refused, delayed or ended as it did, in Chinese: the ledger keeps the sentence
of the guard or the platform's answer in English, with its numbers.

A sentence is known by what stands between its numbers, so that those of older releases are too.
"""

from collections.abc import Mapping
from typing import Final

from contracts.languages import Bilingual
from reports.names import STATES
from reports.phrases import Phrases

_GUARD: Final[Mapping[str, str]] = {
    "one of the {} of {} that are left alone to compare": "属于留作对照的 {} {}",
    "SKUs": "SKU",
    "members": "会员",
    "{} is needed first and was refused": "需先执行 {}，而它已被拒绝",
    "all that it is made for was refused": "用到它的动作均已被拒绝",
    "{} writes in 24 hours, limit {}": "24 小时内 {} 次写入，上限 {}",
    "mean change {} in 24 hours, limit {}": "24 小时内平均变动 {}，上限 {}",
    "cuts give away {} per day, limit {}": "降价每天让利 {}，上限 {}",
    "{} writes, more than {} times the usual {}": "写入 {} 次，超过平时（{2}）的 {1} 倍",
    "mean change {}, more than {} times the usual {}": "平均变动 {}，超过平时（{2}）的 {1} 倍",
    "{} locks the price until {}": "{} 期间锁价，至 {}",
    "not among the {} of 24 hours with the largest expected effect": (
        "不在 24 小时内预期效果最大的 {} 个之列"
    ),
    "another shop sells it in {}: [fx] in shopkeeper.toml has no rate to {}": (
        "另一店铺以 {} 销售，shopkeeper.toml 的 [fx] 没有到 {} 的汇率"
    ),
    "a rate is of {}, at most {} days are allowed": "汇率日期为 {}，最多允许 {} 天前",
    "{} is {} from {} in shop {}, limit {}": "{} 与店铺 {3} 的 {2} 相差 {1}，上限 {4}",
    "{} would pass {} in shop {}, against the order of channels": (
        "{} 将越过店铺 {2} 的 {1}，违反渠道价格顺序"
    ),
    "sells out in {} days without a cut, goods ordered now or on the way are {} days away": (
        "不降价也将在 {} 天内售罄，在途或现在下单的货还需 {} 天到"
    ),
    "{} pieces can be sold, so a cut sells nothing": "可售 {} 件，降价也卖不出更多",
    "{} sells out before the next receipt without a coupon": "不发券 {} 也会在下次到货前售罄",
    "nothing is known of order {}": "查无订单 {}",
    "order {} was cancelled": "订单 {} 已取消",
    "order {} was paid back, in part at least": "订单 {} 已全部或部分退款",
    "order {} has an open case": "订单 {} 有未结售后",
    "order {} is not delivered": "订单 {} 尚未送达",
    "order {} has a review already": "订单 {} 已有评价",
    "the platform keeps no largest order, so a fraction of one may cost anything": (
        "平台不限制最高订单金额，按比例打折的成本无上限"
    ),
    "it leaves out goods that stand below their floor, which the platform cannot": (
        "须排除低于底价的商品，而该平台做不到"
    ),
    "a coupon takes off an amount, or a part of a price": "优惠须为固定金额或价格比例",
    "the coupon ended at {}": "优惠券已于 {} 结束",
    "a coupon says how often it may be redeemed": "优惠券须写明可用次数",
    "what the coupon may cost at most is not stated": "未写明优惠券的最高成本",
    "{} uses may cost more than the {} that are stated": "{} 次使用的成本可能超过写明的 {}",
    "a fraction of an order of any size: a largest order bounds it": (
        "按比例优惠且订单金额不限：须设最高订单金额"
    ),
    "{} uses of {} on orders up to {} may cost more than the {} that are stated": (
        "{} 次使用、优惠 {}、订单上限 {}，成本可能超过写明的 {}"
    ),
    "no budget is set: max_budget_minor in the policy's limits": (
        "未设预算：请在策略限额中设置 max_budget_minor"
    ),
    "no price in force is known for listing {}": "商品 {} 的现价未知",
    "the coupon is in {}, the price in {}": "优惠券币种为 {}，价格币种为 {}",
    "no cost of {} is known, so no floor is": "{} 无成本，无法计算底价",
    "it leaves {} of {}, below floor {}": "{1} 到手仅 {0}，低于底价 {2}",
    "{} off whatever the order is: a least spend or SKUs bound it": (
        "任意订单立减 {}：须设最低消费或限定 SKU"
    ),
    "it takes off {} of the smallest order, limit {}": "最小订单被减去 {}，上限 {}",
    "coupons of {} days may cost {}, budget {}": "{} 天内优惠券成本可达 {}，预算 {}",
    "the data are stale: {} were last read at {}; look before you act": (
        "数据已过时：{} 最近读取于 {}，请先核实"
    ),
    "the data may be wrong: {}": "数据可能有误：{}",
    "{} of {} measured {}, limit {}": "{1} 的检查 {0} 测得 {2}，限值 {3}",
    "{} were last read at {}, at most {} ago is allowed": "{} 最近读取于 {}，最多允许 {} 之前",
    "a write {} has no payload": "写入 {} 不应有内容",
    "no limits are defined for {}, so none is sent": "{} 未设限额，因此不发送",
    "decided for a window that ended at {}": "决策有效期已于 {} 结束",
    "the payload holds an e-mail address or a telephone number": "内容含邮箱地址或电话号码",
    "what is done or not has the value 1, not {}": "此类动作的值应为 1，而非 {}",
    "no price in force is known for {}": "{} 的现价未知",
    "decided in {}, the price in force is in {}": "决策币种为 {}，现价币种为 {}",
    "decided from {}, in force is {}": "决策依据价格 {}，现价为 {}",
    "the cost is in {}: [fx] in shopkeeper.toml has no rate to {}": (
        "成本币种为 {}，shopkeeper.toml 的 [fx] 没有到 {} 的汇率"
    ),
    "the rate of the cost is of {}, at most {} days are allowed": (
        "成本汇率日期为 {}，最多允许 {} 天前"
    ),
    "an offer is of {}, at most {} hours are allowed": "竞品报价时间为 {}，最多允许 {} 小时前",
    "{} is no price": "{} 不是有效价格",
    "{} in force is no price": "现价 {} 不是有效价格",
    "{} after {}: {} times off suggests a wrong unit": "由 {1} 变为 {0}：相差 {2} 倍，疑似单位错误",
    "{} is {} times the cost; {} suggests a wrong unit": "{} 是成本的 {} 倍；达 {} 倍疑似单位错误",
    "fees, tax and least margin leave nothing of {}": "扣除费用、税和最低毛利后 {} 已无剩余",
    "{} is below floor {}": "{} 低于底价 {}",
    "{} is below floor {}; a newer cost, {} after {}, is not used until a person confirms it": (
        "{} 低于底价 {}；较新的成本 {}（原 {}）须人工确认后才使用"
    ),
    "; a newer cost, {} after {}, is not used until a person confirms it": (
        "；较新的成本 {}（原 {}）须人工确认后才使用"
    ),
    "{} would still be below cost, and no sale of 28 days proves that {} is in force: a person has"
    " to look whether that is the price": (
        "{} 仍低于成本，且 28 天内没有销售可证明现价为 {}：请人工核对价格"
    ),
    "{} would still be below cost, and {} in force is far below what was charged in 28 days, {}: a"
    " person has to look whether that is the price": (
        "{} 仍低于成本，且现价 {} 远低于 28 天内实收价 {}：请人工核对价格"
    ),
    "no list price and no first price to measure {} by": "没有划线价或首次价格，无法衡量 {}",
    "{} is above ceiling {}, {} times the anchor {}": "{} 高于上限 {}（锚定价 {3} 的 {2} 倍）",
    "{} is below {}, {} of the anchor {}": "{} 低于下限 {}（锚定价 {3} 的 {2} 倍）",
    "{} is in force": "{} 已是现价",
    "{} is {} from {} of {}, limit {}": "{} 与{3} {2} 相差 {1}，上限 {4}",
    "the price in force": "现价",
    "24 hours ago": "24 小时前的价格",
    "7 days ago": "7 天前的价格",
    "90 days ago": "90 天前的价格",
    "changed at {}, less than {} hours ago": "{} 刚改过价，间隔不足 {} 小时",
    "turns {} times in 48 hours, limit {}": "48 小时内反向 {} 次，上限 {}",
    "turns {} times in 7 days, limit {}": "7 天内反向 {} 次，上限 {}",
    "would be change {} the same way in 28 days without one the other way, limit {}: whoever it"
    " follows follows it": "将是 28 天内第 {} 次同向变动，上限 {}：对方也在跟价",
    "it was done at {}": "已于 {} 执行过",
    "a message says to whom, by which channel and for what it is": "消息须写明收件人、渠道和用途",
    "a write {} says for whom it is": "写入 {} 须写明对象",
    "no {} of this member is known, or no longer": "该会员没有可用的 {}",
    "consent to marketing by {} is {}": "{} 营销许可状态为 {}",
    "consent to service by {} is withdrawn": "{} 服务通知许可已撤回",
    "it would be message {} of {} days, limit {}": "将是 {1} 天内第 {0} 条消息，上限 {2}",
    "it would be service message {} of {} days, limit {}": (
        "将是 {1} 天内第 {0} 条服务消息，上限 {2}"
    ),
    "it would be coupon {} of {} days, limit {}": "将是 {1} 天内第 {0} 张优惠券，上限 {2}",
    "nobody is written to from {} in {}": "{1} 时区 {0} 不打扰顾客",
    "a code that holds takes {} off, which leaves {} of {}, below floor {}": (
        "有效优惠码减 {}，{2} 到手 {1}，低于底价 {3}"
    ),
    "{} stopped {} at {} UTC": "{} 于 {2} UTC 停止了 {1}",
}
"""What the guard says, by its template; the values are written in their order, or as numbered."""
_EARLIER: Final[Mapping[str, str]] = {
    "cuts give away {} minor units per day, limit {}": "降价每天让利 {}（最小货币单位），上限 {}",
    "it leaves {} of {}, below floor {} (minor units)": (
        "{1} 到手仅 {0}，低于底价 {2}（最小货币单位）"
    ),
    "coupons of {} days may cost {} minor units, budget {}": (
        "{} 天内优惠券成本可达 {}（最小货币单位），预算 {}"
    ),
}
"""What the guard of earlier releases wrote, which ledgers still hold."""
_ENDED: Final[Mapping[str, str]] = {
    "another action on the same target went first": "同一对象已有其他动作先执行",
    "acknowledged; nothing to write": "已确认；无需写入",
    "this shop has no write {}": "该店铺不支持写入 {}",
    "decided from {}, the platform shows {}": "决策依据 {}，平台显示 {}",
    "the platform accepted it, which is the proof: it cannot be read back": (
        "平台已受理即为凭证，无法回读"
    ),
    "the platform took it; whether it was delivered or read cannot be asked": (
        "平台已受理；是否送达或已读无法查询"
    ),
    "no answer tells whether it arrived and it cannot be read back; a person has to look": (
        "没有应答能说明是否送达，也无法回读，请人工核对"
    ),
    "what is in force cannot be read: {}; a person has to look": "无法读取当前状态：{}；请人工核对",
    "the platform shows {}; a person has to look": "平台显示 {}；请人工核对",
    "held: what is in force cannot be read: {}": "暂缓：无法读取当前状态：{}",
    "the platform shows it with another {}; a person has to look": "平台显示的 {} 不同；请人工核对",
    "the platform shows {}; sending it again might do it twice": "平台显示 {}；重发可能重复执行",
    "the platform rejected it": "平台已拒绝",
    "the platform says accepted, but it shows {}": "平台称已受理，但显示 {}",
    "it did not arrive and is to be sent again": "未送达，将重新发送",
    "policies/{}.toml does not exist any more: what it decided is held": (
        "policies/{}.toml 已不存在：其决策暂缓执行"
    ),
    "the mode of {} for {} is {} now: what it decided is held": (
        "{} 在店铺 {} 的模式现为 {}：其决策暂缓执行"
    ),
    "its recipient is not known any more": "收件人已不可知",
    "the journal says that it was sent, and this database, an older copy, does not: a person has"
    " to look": "日志显示已发送，而此数据库是旧副本，没有记录：请人工核对",
    "what it needs first ended {}": "其前置动作的结果为 {}",
    "no event tells that it was proposed": "没有任何提出记录",
    "no event tells that it was approved": "没有任何批准记录",
    "its content is not the one that was proposed: it was changed since": (
        "内容与提出时不同：此后被修改"
    ),
    "a newer proposal of the same window has other values": "同一时段有更新的提议，数值不同",
    "an earlier action of the same window is in force": "同一时段较早的动作仍在生效",
    "what it needs first was not proposed": "其前置动作未被提出",
    "nobody approved this sentence (texts/approved.txt): {}": (
        "此句未经批准（texts/approved.txt）：{}"
    ),
    "its title {}": "其标题 {}",
    "{}: {} instead of {}": "{}：{}，应为 {}",
    "end": "结束时间",
    "limit of uses": "可用次数",
    "limit of uses per customer": "每人可用次数",
    "least order": "最低消费",
    "largest order": "最高消费",
    "exclusion of other codes": "不可叠加",
    "audience": "适用人群",
    "none": "无",
}
"""What the ledger says of how an action ended, or why it waits."""
_UNDO: Final[Mapping[str, str]] = {
    "a notice wrote nothing, so there is nothing to take back": "提醒没有写入，无需撤销",
    "a coupon in a member's purse cannot be taken out of it": "已发到会员账户的优惠券无法收回",
    "a message that was sent cannot be called back": "已发送的消息无法撤回",
    "a request for a review cannot be called back": "已发出的邀评无法撤回",
    "a public reply stands; it is changed on the platform by hand": (
        "公开回复仍然有效；请在平台上手动修改"
    ),
    "what the CRM did upon an event cannot be called back": "CRM 因事件所做的处理无法撤回",
    "what a profile held before us is not known": "会员属性原值未知",
    "an undo of it is under way; `shopkeeper act` finishes it": (
        "撤销正在进行；用 `shopkeeper act` 完成"
    ),
    "it is an undo itself": "它本身就是撤销",
    "no longer counted as on the way; tell the supplier": "不再计入在途；请通知供应商",
    "redeemed once before, which stands": "此前已使用 1 次，仍然有效",
    "redeemed {} times before, which stands": "此前已使用 {} 次，仍然有效",
    "the platform no longer knows it": "平台上已不存在",
    "what is in force cannot be read: {}": "无法读取当前状态：{}",
    "it is closed or has ended already": "已关闭或已结束",
    "changed since: ours was {}, in force is {}": "此后被修改：我方设为 {}，现为 {}",
    "changed since: in force is another {}": "此后被修改：现行条款不同：{}",
    "the value from before us is in force already": "已是修改前的值",
    "the platform offers no way to take it back": "平台不支持撤销",
    "what became of our write is not known so far": "我方写入的结果尚不清楚",
    "the value in force before us is not known": "修改前的值未知",
    "it was changed by someone else between our changes": "在我方几次修改之间被他人改过",
}
"""Why an undo leaves something alone, and what stays all the same."""

_ANSWERED: Final[Mapping[str, str]] = {
    "its content is not the one that was shown: look again": "内容已不是所展示的内容，请重新查看",
    "somebody decided on it just now: look again": "刚刚已有人处理，请重新查看",
    "{}; reject it, and decide again": "{}；请驳回后重新决策",
    "its window ended at {} UTC; decide again": "有效期已于 {} UTC 结束；请重新决策",
    "it was decided in shadow, which only writes down; set the mode of {} for {} to approve, and"
    " decide again": "当时模式为仅记录（shadow）；请将 {} 在店铺 {} 的模式设为 approve 后重新决策",
    "it is approved already, by {}": "已由 {} 批准",
    "the guard {} refused it: {}": "护栏 {} 已拒绝：{}",
    "it is {}": "状态为 {}",
    "it is {}: {}": "状态为 {}：{}",
    "{} has no role in approvers.toml": "{} 在 approvers.toml 中没有角色",
    "no role of {} may approve {} of {}": "{} 的角色无权批准店铺 {2} 的 {1}",
    "{} is {}'s, as seen at {} UTC: who edits a policy does not approve its actions": (
        "{} 由 {} 修改（{} UTC 发现）：修改策略的人不能批准其动作"
    ),
    "what it costs is not known, and a role with limits may not approve that": (
        "金额未知，有限额的角色不能批准"
    ),
    "{} at stake, {} may approve {} {}": "涉及金额 {}，{} {3}可批准 {2}",
    "there is no payload, {} is expected": "没有内容，应为 {}",
    "the payload is no {}: {}": "内容不符合 {}：{}",
    "template {} is another one than was decided with": "模板 {} 与决策时不同",
    "template {} cannot be rendered: {}": "模板 {} 无法生成文本：{}",
    "template {} is broken: {}": "模板 {} 有误：{}",
    "the subject of {} is not one line of plain text": "{} 的主题不是一行纯文本",
    "an action": "每个动作",
    "a day": "每天",
    **{str(state): name.zh for state, name in STATES.items()},
}
"""Why a person's answer changes nothing about an action."""


_PHRASES: Final = Phrases({**_GUARD, **_EARLIER, **_ENDED, **_UNDO, **_ANSWERED})


def translate_reason(reason: str) -> Bilingual:
    """A sentence of the ledger in both languages; whose words are not ours stay as they are."""
    return _PHRASES.translate(reason)
