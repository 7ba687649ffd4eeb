import datetime as dt
from typing import Any

import polars as pl
import pytest

from contracts.actions import Action
from contracts.languages import Bilingual
from contracts.metrics import Gap, Metric, Unit
from reports.daily import DailyReport
from reports.figures import ReportChange, ReportFigure, figures
from reports.formats import day, figure, local, money, short_day, with_unit, written

DAY = dt.date(2026, 11, 15)
AT = dt.datetime(2026, 11, 16, 4, 59, tzinfo=dt.UTC)
TITLES = {"gmv": "成交额", "refunded": "退款额", "buyers": "买家数", "roas": "投产比"}


def only(
    *,
    then: float | None,
    now: float | None,
    unit: Unit = Unit.MONEY,
    name: str = "gmv",
    orders: int = 100,
    gap: Gap | None = None,
) -> ReportFigure:
    """A metric of two days a week apart, orders of 30.00 USD on the first."""
    metric = Metric(
        name=name,
        title=Bilingual(name, TITLES[name]),
        definition=Bilingual("", ""),
        unit=unit,
        value=pl.lit(0),
        fact="orders",
        is_better="lower" if name == "refunded" else "higher",
    )
    spans = pl.DataFrame(
        {
            "against": ["now", "before"],
            "currency": ["USD", "USD"],
            "orders": [orders, orders],
            "aov": [3000.0, 3000.0],
            name: [now, then],
            f"{name}_gap": [gap, None],
        },
        schema_overrides={name: pl.Float64, f"{name}_gap": pl.String},
    )
    (figure,) = figures(spans, pl.DataFrame({name: [then, now]}), [metric], "en")
    return figure


def change(**of: Any) -> ReportChange:
    (found,) = only(**of).changes
    return found


def test_what_came_after_is_told_by_how_it_moved_from_here() -> None:
    spans = pl.DataFrame({
        "against": ["now", "after"], "currency": ["USD"] * 2, "orders": [100, 100],
        "aov": [3000.0, 3000.0], "gmv": [400_000.0, 300_000.0], "gmv_gap": [None, None],
    })  # fmt: skip
    metric = Metric(
        name="gmv", title=Bilingual("gmv", ""), definition=Bilingual("", ""), unit=Unit.MONEY,
        value=pl.lit(0), fact="orders",
    )  # fmt: skip
    (figure,) = figures(spans, spans, [metric], "en")
    assert [(one.then, one.text) for one in figure.changes] == [("3,000.00", "-25.0%")]


@pytest.mark.parametrize(
    ("then", "now", "told", "tone"),
    [
        (300_000, 330_000, "+10.0%", "good"),
        (300_000, 270_000, "-10.0%", "bad"),
        (300_000, 301_200, "+0.4%", "steady"),
        (0, 500, "+5.00 USD", "steady"),
        (2_900, 500, "-24.00 USD", "steady"),
        (0, 0, "unchanged", "steady"),
        (None, 5, "not known", "steady"),
    ],
)
def test_a_figure_is_compared_with_its_weekday(
    then: int | None, now: int, told: str, tone: str
) -> None:
    found = change(then=then, now=now)
    assert (found.text, found.tone) == (told, tone)


@pytest.mark.parametrize(
    ("name", "unit", "then", "now", "orders", "told"),
    [
        ("gmv", Unit.MONEY, 30_000, 60_000, 9, "+300.00 USD"),
        ("gmv", Unit.MONEY, 30_000, 60_000, 10, "+100.0%"),
        ("refunded", Unit.MONEY, 727, 12_705, 366, "+119.78 USD"),
        ("refunded", Unit.MONEY, 29_999, 12_705, 366, "-172.94 USD"),
        ("refunded", Unit.MONEY, 30_000, 60_000, 366, "+100.0%"),
        ("buyers", Unit.COUNT, 9, 12, 100, "+3"),
        ("buyers", Unit.COUNT, 10, 12, 100, "+20.0%"),
        ("roas", Unit.TIMES, 2.0, 1.5, 100, "-0.50"),
        ("roas", Unit.TIMES, 2.0, 1.999, 100, "unchanged"),
    ],
)
def test_a_small_base_shows_the_amount(
    name: str, unit: Unit, then: float, now: float, orders: int, told: str
) -> None:
    assert change(name=name, unit=unit, then=then, now=now, orders=orders).text == told


def test_more_refunds_are_worse() -> None:
    assert change(name="refunded", then=100_000, now=150_000).tone == "bad"


def test_a_rate_moves_in_percentage_points() -> None:
    figure = only(unit=Unit.RATE, then=0.90, now=0.93)
    (moved,) = figure.changes
    assert (figure.value, moved.then) == ("93.0%", "90.0%")
    assert (moved.text, moved.tone) == ("+3.0 pp", "good")


def test_a_gap_says_its_reason_where_the_change_would_stand() -> None:
    figure = only(then=300_000, now=None, gap=Gap.COST_MISSING)
    assert (figure.value, figure.why_none) == ("–", "the cost of what was sold is not known")
    assert figure.changes == ()


def test_what_new_is_measured_by_is_said(report: DailyReport) -> None:
    shown = {
        one.metric.name: one.note
        for one in figures(
            report.spans, report.days, report.metrics, "zh", since=dt.date(2026, 8, 18)
        )
    }
    assert shown["new_buyers"] == "数据始于 2026年8月18日"
    assert not shown["buyers"]


def test_with_little_of_the_past_known_new_buyers_are_not_compared(report: DailyReport) -> None:
    first = report.days["day"][0]
    known = {
        one.metric.name: [change.is_known for change in one.changes]
        for one in figures(report.spans, report.days, report.metrics, "en", since=first)
    }
    assert known["new_buyers"] == known["repurchase_rate"] == [False, False]
    assert known["gmv"] == [True, True]


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1234567, "USD", "12,345.67 USD"),
        (-1234567, "USD", "-12,345.67 USD"),
        (-5, "CNY", "-0.05 CNY"),
        (1234567, "JPY", "1,234,567 JPY"),
        (None, "USD", "–"),
    ],
)
def test_money_is_written_in_major_units(amount: int | None, currency: str, text: str) -> None:
    assert money(amount, currency) == text
    assert figure(amount, currency) == text.removesuffix(f" {currency}")


def test_a_price_is_money_and_a_restock_is_pieces(report: DailyReport) -> None:
    actions: dict[str, Action] = {one.action.policy: one.action for one in report.actions}
    assert written(actions["repricing"], 1234) == "12.34 USD"
    assert written(actions["restock"], 1234) == "1,234"
    assert with_unit(actions["restock"], 1234) == "1,234 pieces"
    assert with_unit(actions["restock"], None) == "–"


def test_instants_are_shown_by_the_shops_clock() -> None:
    assert local(AT, "America/New_York") == "2026-11-15 23:59"


def test_days_are_written_as_each_language_does() -> None:
    assert day(DAY, "en") == "Sunday, 15 November 2026"
    assert day(DAY, "zh") == "2026年11月15日 星期日"
    assert (short_day(DAY, "en"), short_day(DAY, "zh")) == ("15 Nov 2026", "2026年11月15日")


@pytest.mark.parametrize(
    ("ad_spend", "left", "english", "chinese"),
    [
        (652_365.0, -570_429.0, "-5,704.29 after ads", "扣广告后 -5,704.29"),
        (1_000.0, 80_936.4, "809.36 after ads", "扣广告后 809.36"),
        (0.0, 81_936.0, "", ""),
        (None, None, "", ""),
        (1_000.0, None, "", ""),
    ],
)
def test_beside_contribution_stands_what_is_left_of_it_after_ads(
    ad_spend: float | None, left: float | None, english: str, chinese: str
) -> None:
    metric = Metric(
        name="contribution", title=Bilingual("", ""), definition=Bilingual("", ""),
        unit=Unit.MONEY, value=pl.lit(0), fact="orders",
    )  # fmt: skip
    spans = pl.DataFrame({
        "against": ["now"], "currency": ["CNY"], "contribution": [81_936.0],
        "contribution_gap": [None], "ad_spend": [ad_spend], "contribution_after_ads": [left],
    })  # fmt: skip
    notes = [next(figures(spans, spans, [metric], language)).note for language in ("en", "zh")]
    assert notes == [english, chinese]
