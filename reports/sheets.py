"""The tables of a report as sheets of a workbook, in its language; numbers stay numbers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from contracts.codes import RatingKind
from contracts.languages import Bilingual
from contracts.metrics import GAPS, Gap, Metric, Unit
from contracts.money import exponent
from reports import formats
from reports.checked import translate_data
from reports.daily import DailyReport, ReportedShop
from reports.figures import gap_of
from reports.left_alone import by_policy
from reports.names import CHECKS, POLICIES, RATINGS, STATES, TABLES, named
from reports.spans import Against

_SHOP, _CURRENCY = Bilingual("shop", "店铺"), Bilingual("currency", "币种")
_FIGURES = Bilingual("Figures", "指标")
_FIGURE_COLUMNS: Final = (
    _SHOP, Bilingual("span", "时段"), Bilingual("first day", "首日"), Bilingual("last day", "末日"),
    Bilingual("figure", "指标"), Bilingual("value", "数值"), _CURRENCY,
    Bilingual("why none", "无值原因"),
)  # fmt: skip
_SPANS: Final = {
    Against.NOW: Bilingual("now", "本期"),
    Against.BEFORE: Bilingual("before", "前期"),
    Against.YEAR: Bilingual("a year before", "上年同期"),
    Against.AFTER: Bilingual("afterwards", "之后"),
}
_TREND = Bilingual("GMV by day", "每日成交额")
_TREND_COLUMNS: Final = (
    _SHOP, Bilingual("day", "日期"), Bilingual("GMV", "成交额"),
    Bilingual("a year before", "上年同期"), _CURRENCY, Bilingual("campaign", "活动"),
)  # fmt: skip
_ACTIONS = Bilingual("Actions", "动作")
_ACTION_COLUMNS: Final = (
    Bilingual("id", "编号"), _SHOP, Bilingual("policy", "策略"), Bilingual("SKU", "SKU"),
    Bilingual("title", "标题"), Bilingual("before", "之前"), Bilingual("after", "之后"),
    Bilingual("state", "状态"), Bilingual("why", "原因"),
)  # fmt: skip
_LEFT_ALONE = Bilingual("Left alone", "未处理")
_LEFT_COLUMNS: Final = (
    Bilingual("policy", "策略"), Bilingual("how many", "数量"), Bilingual("why", "原因"),
    Bilingual("for example", "例如"),
)  # fmt: skip
_CHECKS = Bilingual("Checks", "数据检查")
_CHECK_COLUMNS: Final = (
    _SHOP, Bilingual("table", "数据表"), Bilingual("check", "检查"), Bilingual("passed", "通过"),
    Bilingual("measured", "测得"), Bilingual("limit", "限值"),
)  # fmt: skip
_RISKS = Bilingual("Stock at risk", "缺货风险")
_RISK_COLUMNS: Final = (
    _SHOP, Bilingual("SKU", "SKU"), Bilingual("title", "标题"),
    Bilingual("days of stock", "可售天数"), Bilingual("days an order takes", "补货天数"),
    Bilingual("sales missed", "预计少卖"), _CURRENCY,
)  # fmt: skip

_TARGETS = Bilingual("Targets", "目标进度")
_TARGET_COLUMNS: Final = (
    _SHOP, Bilingual("figure", "指标"), Bilingual("first day", "首日"),
    Bilingual("last day", "末日"), Bilingual("target", "目标"), Bilingual("so far", "已完成"),
    _CURRENCY, Bilingual("reached", "完成率"), Bilingual("time gone", "时间进度"),
    Bilingual("pace", "进度比"),
    Bilingual("why none", "无值原因"),
)  # fmt: skip
_RATINGS = Bilingual("Shop ratings", "店铺动态评分")
_RATING_COLUMNS: Final = (
    _SHOP, Bilingual("rated", "评分项"), Bilingual("day", "日期"), Bilingual("score", "评分"),
    Bilingual("industry", "同行均值"), Bilingual("target", "目标"),
    Bilingual("five-star ratings needed", "还需五星评价"),
)  # fmt: skip


def sheets(report: DailyReport) -> dict[str, pl.DataFrame]:
    """Tables by the name of their sheet; those without rows have their heading alone.

    Amounts are in major units, rates fractions; what is text may be a platform's.
    """
    parts: list[tuple[Bilingual, Sequence[Bilingual], Iterator[tuple[Any, ...]]]] = [
        (_FIGURES, _FIGURE_COLUMNS, _figures(report)),
        (_TREND, _TREND_COLUMNS, _trend(report)),
        (_TARGETS, _TARGET_COLUMNS, _targets(report)),
        (_RATINGS, _RATING_COLUMNS, _ratings(report)),
        (_RISKS, _RISK_COLUMNS, _risks(report)),
        (_ACTIONS, _ACTION_COLUMNS, _actions(report)),
        (_LEFT_ALONE, _LEFT_COLUMNS, _left_alone(report)),
        (_CHECKS, _CHECK_COLUMNS, _checks(report)),
    ]
    language = report.language
    return {
        title.in_(language): pl.DataFrame(
            list(rows), schema=[one.in_(language) for one in columns], orient="row",
            infer_schema_length=None,
        )
        for title, columns, rows in parts
    }  # fmt: skip


def _major(amount_minor: float | None, currency: str) -> float | None:
    return None if amount_minor is None else round(amount_minor) / 10 ** exponent(currency)


def _shops(report: DailyReport) -> Mapping[str, ReportedShop]:
    return {shop.shop_id: shop for shop in report.shops}


def _figures(report: DailyReport) -> Iterator[tuple[Any, ...]]:
    language, shops = report.language, _shops(report)
    for row in report.spans.iter_rows(named=True):
        span = _SPANS[Against(row["against"])].in_(language)
        for one in report.metrics:
            value = _amount(one, row[one.name], row["currency"])
            why = "" if value is not None else gap_of(one, row).in_(language)
            yield (
                shops[row["shop_id"]].name, span, row["first"], row["last"],
                one.title.in_(language), value,
                row["currency"] if one.unit is Unit.MONEY else "", why,
            )  # fmt: skip


def _amount(metric: Metric | None, value: float | None, currency: str) -> float | None:
    is_money = metric is not None and metric.unit is Unit.MONEY
    return _major(value, currency) if is_money else value


def _trend(report: DailyReport) -> Iterator[tuple[Any, ...]]:
    shops = _shops(report)
    for row in report.trend.iter_rows(named=True):
        currency = row["currency"]
        amounts = (_major(row[one], currency) for one in ("gmv_minor", "last_year_minor"))
        yield (shops[row["shop_id"]].name, row["day"], *amounts, currency, row["campaign"])


def _targets(report: DailyReport) -> Iterator[tuple[Any, ...]]:
    language, shops = report.language, _shops(report)
    for row in report.targets.iter_rows(named=True):
        metric = report.catalogue.get(row["metric"])
        is_money = metric is not None and metric.unit is Unit.MONEY
        amounts = (_amount(metric, row[one], row["currency"]) for one in ("target", "value"))
        yield (
            shops[row["shop_id"]].name, metric.title.in_(language) if metric else row["metric"],
            row["first_date"], row["last_date"], *amounts, row["currency"] if is_money else "",
            row["reached_rate"], row["gone_rate"],
            # A level, such as a score, does not grow with time.
            None if row["gone_rate"] is None else row["pace"],
            GAPS[Gap(row["gap"])].in_(language) if row["gap"] else "",
        )  # fmt: skip


def _ratings(report: DailyReport) -> Iterator[tuple[Any, ...]]:
    shops = _shops(report)
    for row in report.ratings.iter_rows(named=True):
        yield (
            shops[row["shop_id"]].name,
            RATINGS[RatingKind(row["rating_kind"])].in_(report.language), row["day"],
            row["rating_score"], row["industry_score"], row["target"], row["needed"],
        )  # fmt: skip


def _risks(report: DailyReport) -> Iterator[tuple[Any, ...]]:
    shops = _shops(report)
    for row in report.risks.iter_rows(named=True):
        shop = shops[row["shop_id"]]
        yield (
            shop.name, row["sku_id"], row["title"], row["cover_days"], row["lead_time_days"],
            _major(row["missing_minor"], shop.currency), shop.currency,
        )  # fmt: skip


def _actions(report: DailyReport) -> Iterator[tuple[Any, ...]]:
    language, shops = report.language, _shops(report)
    for one in report.actions:
        action = one.action
        yield (
            action.action_id[:12], shops[action.shop_id].name,
            named(POLICIES, action.policy).in_(language), action.sku_id or action.target_id,
            one.title, formats.written(action, action.before_value, language),
            formats.written(action, action.after_value, language),
            STATES[action.state].in_(language), one.sentence,
        )  # fmt: skip


def _left_alone(report: DailyReport) -> Iterator[tuple[Any, ...]]:
    language = report.language
    for policy, reasons in by_policy(report.left_alone):
        for one in reasons:
            name = named(POLICIES, policy).in_(language)
            yield name, one.targets, one.bilingual.in_(language), ", ".join(one.samples)


def _checks(report: DailyReport) -> Iterator[tuple[Any, ...]]:
    language, shops = report.language, _shops(report)
    for one in report.checks:
        yield (
            shops[one.shop_id].name, named(TABLES, one.table).in_(language),
            named(CHECKS, one.check).in_(language), one.passed,
            *(translate_data(text).in_(language) for text in (one.measured, one.limit)),
        )  # fmt: skip
