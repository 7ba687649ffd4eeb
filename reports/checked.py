"""What is said of the data and of what is set, in both languages: measured values and limits of
checks, details of documents in quarantine, why a policy acts by approval.
"""

from collections.abc import Mapping
from typing import Final

from contracts.languages import Bilingual
from reports.names import POLICIES
from reports.phrases import Phrases

_CAUSES: Final[Mapping[str, str]] = {
    "late": "迟到",
    "cancelled": "已取消",
    "unpaid": "未付款",
    "refunded": "退款",
    "unlinked": "未关联",
    "tax": "税费",
    "shipping": "运费",
    "discount": "优惠",
    "unpriced": "金额未定",
    "unknown": "原因不明",
}
_CHECKED: Final[Mapping[str, str]] = {
    "{}; {}": "{}；{}",
    "{} of {} expectations failed": "{1} 条规则中 {0} 条未通过",
    "{} of {} expectations failed: {}": "{1} 条规则中 {0} 条未通过：{2}",
    "{} failed": "未通过 {} 条",
    "never read": "从未读取",
    "{} old": "{}前",
    "{} d {} h {} min": "{} 天 {} 小时 {} 分钟",
    "{} d {} min": "{} 天 {} 分钟",
    "{} h {} min": "{} 小时 {} 分钟",
    "{} min": "{} 分钟",
    "{} of {} rows, {}": "{1} 行中 {0} 行，{2}",
    "at most {}": "不超过 {}",
    "{} rows ({})": "{} 行（{}）",
    "{} expected, {} deviations": "预期 {}，偏差 {} 倍",
    "{} deviations": "偏差 {} 倍",
    "an event day": "活动日",
    "{} days of history": "仅 {} 天历史",
    "{} rows ({} usual)": "{} 行（通常 {}）",
    "between {} and {} of what is usual": "通常的 {} 至 {}",
    "{} columns have jumped": "{} 个字段突变",
    "{} columns have jumped: {}": "{} 个字段突变：{}",
    "no median {} times or a fiftieth of what it was, none of another sign": (
        "中位数不得变为原来的 {} 倍或五十分之一，也不得变号"
    ),
    "{} documents are of the future": "{} 个单据时间在未来",
    "fewer than {}": "少于 {} 个",
    "{} instants have moved": "{} 个时间字段整体偏移",
    "{} instants have moved: {}": "{} 个时间字段整体偏移：{}",
    "what was created when does not change": "创建时间不会改变",
    "the newest day is {} days ago": "最新日期为 {} 天前",
    "as long ago as it ever was": "与以往相同",
    "no currency that was not there before": "没有以前未出现的币种",
    "{} of {} orders differ": "{1} 个订单中 {0} 个不符",
    "{} of {} orders differ: {}": "{1} 个订单中 {0} 个不符：{2}",
    "{}, {}": "{}，{}",
    "{} days told, {} not explained": "平台告知 {} 天，{} 无法解释",
    "{} days told, {} not explained: {}": "平台告知 {} 天，{} 无法解释：{}",
    "{} of what the platform says": "平台数字的 {}",
    **{f"{cause} {{}}": f"{name} {{}}" for cause, name in _CAUSES.items()},
    **{
        f"{one} and {other} {{}}": f"{_CAUSES[one]}与{_CAUSES[other]} {{}}"
        for one in _CAUSES
        for other in _CAUSES
        if one != other
    },
    "paid_at {}": "付款时间 {}",
    "cancelled_at {}": "取消时间 {}",
    "completed_at {}": "完成时间 {}",
    "their lines, shipping and tax": "应等于行金额、运费与税费之和",
    "placed before all else": "下单应早于其他时间",
    "{} columns are gone": "{} 个字段消失",
    "{} columns are gone: {}": "{} 个字段消失：{}",
    "none that at most {} of the rows lacked": "原本缺失不超过 {} 的字段都在",
    "inside the span asked for": "均在所查时段内",
    "{} hours before the span asked for": "早于所查时段 {} 小时",
    "nothing that changed before the span asked for": "没有早于所查时段的变更",
    "what was told before is told again as it was": "再次读取的内容与之前一致",
    "as before": "与之前一致",
    "no row of the list before": "与上次清单没有共同的行",
    "facts of other instants or days than before": "时间或日期与之前不同",
    "{} documents of its time are told no more": "该时段 {} 份单据不再出现",
    "{} is empty": "{} 为空",
    "{} of the rows": "{} 的行",
    "{}, where the first reading had none": "{}，首次读取时没有",
    "paid and paid back as their states and refunds say": "付款与退款应符合订单状态和退款记录",
    "paid without an instant {}": "已付款但无付款时间 {}",
    "unpaid with an instant {}": "未付款但有付款时间 {}",
    "paid back more than charged {}": "退款超过实收 {}",
    "paid back and still paid {}": "已全额退款但状态仍为已付款 {}",
    "other refunds than paid back {}": "退款记录与退款额不符 {}",
    "{} of {} orders are asked back more than they were charged": (
        "{1} 个订单中 {0} 个申请退款额超过实收"
    ),
    "at most {} times what was charged": "不超过实收的 {} 倍",
    "what customers were charged, or less by a cause": "应等于顾客实付，或差额有原因",
    "{} SKUs that sold": "有销量的 SKU {} 个",
    "{} SKUs that sold: {}": "有销量的 SKU {} 个：{}",
    "as_sold {}": "与销量相符 {}",
    "received {}": "已入库 {}",
    "unmoved {}": "未变动 {}",
    "opposite {}": "反向变动 {}",
    "most are less by what was sold, or were received, within {}": (
        "多数应按销量减少或已入库，容差 {}"
    ),
    "{} set aside": "搁置 {} 批",
    "{} set aside: {}": "搁置 {} 批：{}",
    "no reading that cannot be mapped": "没有无法映射的读取批次",
    "none": "无",
    "every field is known": "所有字段均已知",
    "{} SKU codes on several listings": "{} 个 SKU 编码用于多个商品",
    "{} SKU codes on several listings: {}": "{} 个 SKU 编码用于多个商品：{}",
    "one live listing per SKU code; the others are left alone": (
        "每个 SKU 编码只对应一个在售商品；其余不处理"
    ),
    "{} newer costs are not used": "{} 个较新成本未启用",
    "{} newer costs are not used: {}": "{} 个较新成本未启用：{}",
    "{} after {}": "{}（原 {}）",
    "and {} more": "另有 {} 个",
    "at most {} above or {} below the cost before it, or confirmed under [confirmed] in"
    " shops/{}.toml": ("较前次成本最多上涨 {} 或下跌 {}，或在 shops/{}.toml 的 [confirmed] 中确认"),
    "{} of {} orders differ from the platform's own subtotal, by {} in all": (
        "{1} 个订单中 {0} 个与平台商品小计不符，合计相差 {2}"
    ),
    "the sum of their lines of goods": "商品行金额之和",
    "{} readings": "{} 批",
    "{} readings were mapped before version {} of the mapping, or by other settings: run"
    " `shopkeeper build --remap`": (
        "{} 批读取由映射版本 {} 之前的规则或其他设置映射：请运行 `shopkeeper build --remap`"
    ),
    "no reading of an older mapping": "没有旧映射的读取批次",
    "every SKU named exists": "设置中的 SKU 均存在",
    "every SKU that settings name exists": "设置中的 SKU 均存在",
    "{}: no SKU is named {}": "{}：没有名为 {} 的 SKU",
    "{} of {} messages of {} came back as gone": "{2} 的 {1} 封邮件中 {0} 封退回（地址失效）",
    "{} of a day, from {} on: nobody's consent was touched; if they are gone, name the day in"
    " bounces.confirmed_days": (
        "单日 {}，从 {} 封起：未改动任何许可；若地址确已失效，请将日期写入 bounces.confirmed_days"
    ),
    "{} messages were refused for their sender's address": "{} 封邮件因发件地址被拒",
    "none in a week: look at the account's address and its domain": (
        "一周内没有；请检查账号地址及其域名"
    ),
    "same key and version twice": "同一主键和版本出现两次",
    "a line without its order": "订单行缺少订单",
    "the bundle holds itself, or a bundle that does": "组合商品包含自身，或包含含有自身的组合",
    "minor units: {}": "最小货币单位：{}",
    "not {}: {}": "应为 {}：{}",
    "future: {}": "在未来：{}",
    "{} of {} days of shadow or approval": "影子或审批模式仅 {} 天，需 {} 天",
    "{} of the listings are linked and costed, {} are asked": ("{} 的商品已关联且有成本，要求 {}"),
    "no backtest of these settings in {} days: `{}`": "{} 天内没有用当前设置回测：`{}`",
}
_ALERTS: Final = {
    "alerts were not mailed: {}": "提醒邮件未发送：{}",
    "{} not mailed: {}": "{}，邮件未发送：{}",
    "{} mailed or not, that is not known: {}": "{}，邮件是否发出未知：{}",
    "{} mailed": "{}，已发邮件",
    "1 new alert": "1 条新提醒",
    "{} new alerts": "{} 条新提醒",
}
_APPROVAL: Final = {
    "{} in {} acts by approval: {}": "{1} 的{0}需人工批准：{2}",
    **{policy: name.zh for policy, name in POLICIES.items()},
}
_PHRASES: Final = Phrases({**_CHECKED, **_ALERTS, **_APPROVAL})


def translate_data(text: str) -> Bilingual:
    """A sentence about the data or the settings in both languages."""
    return _PHRASES.translate(text)
