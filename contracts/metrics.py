"""What a metric is: declared once, so that what computes, explains and publishes it agrees."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import polars as pl

from contracts.languages import Bilingual


class Unit(StrEnum):
    """What a metric's value counts."""

    MONEY = "money"
    """Minor units of the row's currency."""
    COUNT = "count"
    RATE = "rate"
    """A fraction; shown as per cent."""
    TIMES = "times"
    """A quotient of amounts, such as revenue per spend."""
    PIECES = "pieces"
    """Pieces per order and the like, with decimals."""
    SECONDS = "seconds"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    STARS = "stars"


class Dimension(StrEnum):
    """What a metric can be broken down by, beside shop and time."""

    SKU = "sku"
    ORDER = "order"
    CATEGORY = "category"
    HOUR = "hour"
    BUYER = "buyer"
    SOURCE = "source"
    AD_CHANNEL = "ad_channel"
    CAMPAIGN = "campaign"
    KEYWORD = "keyword"
    CARRIER = "carrier"
    PRODUCT = "product"
    SLOT = "slot"
    PATH = "path"
    STEP = "step"
    RATING = "rating"


class Gap(StrEnum):
    """Why a metric has no value where it was requested."""

    NO_DATA = "no_data"
    NO_BASE = "no_base"
    ABOVE_ONE = "above_one"
    COST_MISSING = "cost_missing"
    CENSORED = "censored"
    NO_VISITORS = "no_visitors"
    INCOMPLETE = "incomplete"
    CAMPAIGN = "campaign"
    NO_HISTORY = "no_history"
    TOO_FEW = "too_few"
    LAST_DAY_ONLY = "last_day_only"
    NOT_ADDITIVE = "not_additive"
    RATE_MISSING = "rate_missing"
    DAYS_MISSING = "days_missing"
    PRESALE = "presale"
    NO_TARGET = "no_target"
    UNKNOWN_METRIC = "unknown_metric"


GAPS: Mapping[Gap, Bilingual] = {
    Gap.NO_DATA: Bilingual("no data covers it", "没有数据"),
    Gap.NO_BASE: Bilingual("there is nothing to divide by", "分母为零"),
    Gap.ABOVE_ONE: Bilingual(
        "more bought than visited, so the visits are incomplete",
        "购买人数多于访客数，访客数据不完整",
    ),
    Gap.COST_MISSING: Bilingual("the cost of what was sold is not known", "部分商品成本未知"),
    Gap.CENSORED: Bilingual("its time has not passed yet", "观察期未满"),
    Gap.NO_VISITORS: Bilingual("visitors of single goods are not known", "没有单品访客数据"),
    Gap.INCOMPLETE: Bilingual("documents of it are in quarantine", "有单据在隔离区"),
    Gap.CAMPAIGN: Bilingual("a campaign was on", "大促期间"),
    Gap.NO_HISTORY: Bilingual("too few earlier days to compare it with", "可比的历史天数不足"),
    Gap.TOO_FEW: Bilingual("too few orders or visits stand behind it", "订单或访问量太少"),
    Gap.LAST_DAY_ONLY: Bilingual("known of the last whole day alone", "仅最近一个完整日有数据"),
    Gap.NOT_ADDITIVE: Bilingual(
        "shops may share them, so it cannot be added up over shops",
        "各店铺之间可能重复，无法跨店相加",
    ),
    Gap.RATE_MISSING: Bilingual("no rate of exchange is known of a day", "缺少当日汇率"),
    Gap.DAYS_MISSING: Bilingual("some of its days were not read", "部分日期没有数据"),
    Gap.PRESALE: Bilingual(
        "deposits were paid whose balance is not due yet", "预售定金已付，尾款未到期"
    ),
    Gap.NO_TARGET: Bilingual("no target is set for it", "未设置目标"),
    Gap.UNKNOWN_METRIC: Bilingual("no metric has this name", "没有这个名称的指标"),
}
"""A gap in a few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric.

    `value` aggregates rows of the fact table `fact`; or, of a metric that is computed from others
    (`inputs`), it is over their columns, which have their names. `gaps` says where it means
    nothing: the first condition, over `inputs` and its own `value` by its name, that holds.
    """

    name: str
    title: Bilingual
    definition: Bilingual
    unit: Unit
    value: pl.Expr
    fact: str = ""
    inputs: tuple[str, ...] = ()
    gaps: Mapping[Gap, pl.Expr] = field(default_factory=dict)
    fact_gaps: Mapping[Gap, pl.Expr] = field(default_factory=dict)
    """The same over rows of the fact, aggregated like `value`."""
    is_better: Literal["higher", "lower", "neither"] = "higher"
    adds_up: bool = True
    """Whether what it counts may be added up over days and shops; who is counted once may not."""
    is_estimated: bool = False
    """Whether it rests on what the settings state and no settlement has confirmed yet."""

    def __post_init__(self) -> None:
        if bool(self.fact) == bool(self.inputs):
            raise ValueError(f"{self.name} aggregates either a fact or other metrics")

    @property
    def is_additive(self) -> bool:
        """Whether the sum over shops is the shops' together: of sums and counts of facts alone."""
        return self.adds_up and bool(self.fact) and self.unit in (Unit.MONEY, Unit.COUNT)
