"""Words of the tables that commands print, each in English and Chinese."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from contracts.languages import Bilingual, Language
from contracts.metrics import Dimension, Unit
from reports.names import PATHS, RATINGS
from transforms.metrics.catalogue import METRICS

_WORDS: Final[Mapping[str, Bilingual]] = {
    "shop": Bilingual("shop", "店铺"),
    "from": Bilingual("from", "起"),
    "to": Bilingual("to", "止"),
    "until": Bilingual("until", "截至"),
    "day": Bilingual("day", "日期"),
    "metric": Bilingual("metric", "指标"),
    "name": Bilingual("name", "名称"),
    "title": Bilingual("title", "标题"),
    "unit": Bilingual("unit", "单位"),
    "by": Bilingual("by", "可按"),
    "definition": Bilingual("definition", "定义"),
    "value": Bilingual("value", "数值"),
    "target": Bilingual("target", "目标"),
    "benchmark": Bilingual("benchmark", "基准"),
    "against": Bilingual("against", "对比期"),
    "goal": Bilingual("goal", "目标"),
    "share": Bilingual("share", "比例"),
    "pace": Bilingual("pace", "进度比"),
    "about": Bilingual("about", "说明"),
    "change": Bilingual("change", "变化"),
    "why_none": Bilingual("why none", "无值原因"),
    "cohort": Bilingual("cohort", "首单月份"),
    "members": Bilingual("members", "人数"),
    "today": Bilingual("today", "今日"),
    "last_week": Bilingual("last week", "上周同日"),
    "month": Bilingual("month", "本月"),
    "last_month": Bilingual("last month", "上月同期"),
    "is_losing": Bilingual("at a loss", "亏损"),
    "is_sold_out": Bilingual("sold out", "缺货"),
    "segment": Bilingual("segment", "分组"),
    "before": Bilingual("before", "此前"),
    "now": Bilingual("now", "本期"),
    "usual": Bilingual("usual", "通常"),
    "score": Bilingual("score", "偏离分"),
    "class": Bilingual("class", "类别"),
    "margin": Bilingual("margin", "毛利率"),
    "id": Bilingual("id", "编号"),
    "policy": Bilingual("policy", "策略"),
    "object": Bilingual("target", "对象"),
    "after": Bilingual("after", "之后"),
    "state": Bilingual("state", "状态"),
    "why": Bilingual("why", "原因"),
    "earned": Bilingual("what it earned", "效果"),
    "outcome": Bilingual("outcome", "结果"),
    "stream": Bilingual("stream", "数据流"),
    "readings": Bilingual("readings", "读取次数"),
    "pages": Bilingual("pages", "页数"),
    "new_pages": Bilingual("new pages", "新页"),
    "rows": Bilingual("rows", "行数"),
    "loaded": Bilingual("loaded", "入库"),
    "quarantined": Bilingual("quarantined", "隔离"),
    "took": Bilingual("s", "秒"),
    "table": Bilingual("table", "数据表"),
    "check": Bilingual("check", "检查"),
    "result": Bilingual("result", "结果"),
    "measured": Bilingual("measured", "测得"),
    "limit": Bilingual("limit", "限值"),
    "mode": Bilingual("mode", "模式"),
    "new_actions": Bilingual("new actions", "新动作"),
    "calls": Bilingual("calls", "调用次数"),
    "proposed": Bilingual("proposed", "建议"),
    "up": Bilingual("up", "涨价"),
    "down": Bilingual("down", "降价"),
    "refused": Bilingual("refused", "被拒绝"),
    "left_alone": Bilingual("left alone", "未处理"),
    "profit": Bilingual("profit a day", "每天利润"),
    "supplier": Bilingual("supplier", "供应商"),
    "skus": Bilingual("SKUs", "SKU 数"),
    "csv": Bilingual.same("CSV"),
    "xlsx": Bilingual.same("XLSX"),
    "listing": Bilingual("listing", "商品"),
    "placed": Bilingual("placed (UTC)", "下单时间（UTC）"),
    "sold": Bilingual("pieces", "件数"),
    "paid": Bilingual("paid", "实付"),
    "earns": Bilingual("margin", "毛利"),
    "missed": Bilingual("missed", "少收"),
    "left": Bilingual("left", "是否发出"),
    Unit.MONEY: Bilingual("money", "金额"),
    Unit.COUNT: Bilingual("count", "数量"),
    Unit.RATE: Bilingual("rate", "比率"),
    Unit.TIMES: Bilingual("times", "倍数"),
    Unit.PIECES: Bilingual("pieces", "平均件数"),
    Unit.SECONDS: Bilingual("seconds", "秒"),
    Unit.MINUTES: Bilingual("minutes", "分钟"),
    Unit.HOURS: Bilingual("hours", "小时"),
    Unit.DAYS: Bilingual("days", "天"),
    Unit.STARS: Bilingual("stars", "星"),
    Dimension.SKU: Bilingual("SKU", "SKU"),
    Dimension.ORDER: Bilingual("order", "订单"),
    Dimension.CATEGORY: Bilingual("category", "类目"),
    Dimension.HOUR: Bilingual("hour", "小时"),
    Dimension.BUYER: Bilingual("buyer", "买家"),
    Dimension.SOURCE: Bilingual("source", "来源"),
    Dimension.AD_CHANNEL: Bilingual("ad channel", "广告渠道"),
    Dimension.CAMPAIGN: Bilingual("campaign", "推广计划"),
    Dimension.KEYWORD: Bilingual("keyword", "关键词"),
    Dimension.CARRIER: Bilingual("carrier", "快递公司"),
    Dimension.PRODUCT: Bilingual("product", "商品"),
    Dimension.SLOT: Bilingual("slot", "资源位"),
    Dimension.PATH: Bilingual("path", "路径"),
    Dimension.STEP: Bilingual("step", "步骤"),
    Dimension.RATING: Bilingual("rating", "评分"),
}

_VALUES: Final[Mapping[str, Mapping[str, Bilingual]]] = {
    Dimension.BUYER: {
        "new": Bilingual("new", "新客"),
        "returning": Bilingual("returning", "老客"),
        "guest": Bilingual("guest", "游客"),
    },
    Dimension.CATEGORY: {"(none)": Bilingual("(none)", "（无类目）")},
    Dimension.SKU: {"(unlinked)": Bilingual("(unlinked)", "（未关联）")},
    Dimension.PATH: PATHS,
    Dimension.RATING: RATINGS,
    "shop": {"(group)": Bilingual("(group)", "（全部店铺）")},
}
"""Of dimensions whose values are ours, not the platform's."""


def headings(names: Iterable[str], language: Language) -> list[str]:
    """Headings by the names of columns, or of metrics, which are headed by their titles."""
    return [
        (METRICS[name].title if name in METRICS else _WORDS[name]).in_(language) for name in names
    ]


def dimension_value(dimension: str, value: Any, language: Language) -> Any:
    """A value of a dimension; what the platform names stays as it is."""
    known = _VALUES.get(dimension, {})
    return known[value].in_(language) if value in known else value
