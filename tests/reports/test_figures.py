import datetime as dt

import polars as pl
import pytest

from contracts.actions import Action
from contracts.tables import KpisDaily
from reports.daily import DailyReport
from reports.figures import ReportFigure, complete_days, explain_gmv, figures
from reports.formats import figure, local, money, with_unit, written

DAY = dt.date(2026, 11, 15)
AT = dt.datetime(2026, 11, 16, 4, 59, tzinfo=dt.UTC)


def two_days(*, then: int | None, now: int | None, column: str = "gmv_minor") -> pl.DataFrame:
    row = {name: None for name in KpisDaily.column_names()} | {"currency": "USD"}
    rows = [
        {**row, "kpi_date": DAY - dt.timedelta(weeks=1), column: then},
        {**row, "kpi_date": DAY, column: now},
    ]
    types = {name: column.dtype for name, column in KpisDaily.columns().items()}
    return pl.DataFrame(rows, schema=types)


def only(days: pl.DataFrame) -> ReportFigure:
    (figure,) = figures(days)
    return figure


@pytest.mark.parametrize(
    ("then", "now", "change", "tone"),
    [
        (100, 110, "+10.0%", "good"),
        (100, 90, "-10.0%", "bad"),
        (1000, 1004, "+0.4%", "steady"),
        (0, 5, "from zero", "steady"),
        (0, 0, "unchanged", "steady"),
        (None, 5, "no day to compare with", "steady"),
    ],
)
def test_a_figure_is_compared_with_its_weekday(
    then: int | None, now: int, change: str, tone: str
) -> None:
    figure = only(two_days(then=then, now=now))
    assert (figure.change, figure.tone) == (change, tone)


def test_more_refunds_are_worse() -> None:
    assert only(two_days(then=100, now=150, column="refunded_minor")).tone == "bad"


def test_a_rate_moves_in_percentage_points() -> None:
    days = two_days(then=None, now=None).with_columns(repurchase_rate=pl.Series([0.90, 0.93]))
    figure = only(days)
    assert (figure.value, figure.change, figure.tone) == ("93.0%", "+3.0 pp", "good")


def test_today_by_the_shops_clock_is_not_yet_a_day(report: DailyReport) -> None:
    """At 04:59 UTC on the 16th it is still the 15th in New York."""
    assert complete_days(report.kpis, AT, "America/New_York")["kpi_date"][-1] == dt.date(
        2026, 11, 14
    )
    assert complete_days(report.kpis, AT, "Asia/Shanghai")["kpi_date"][-1] == DAY


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


def test_what_moved_gmv_is_told_with_its_signs() -> None:
    day = {
        "currency": "USD",
        "gmv_change_minor": 3000_00,
        "visitors_effect_minor": 11210_55.2,
        "conversion_effect_minor": -11210_55.2,
        "aov_effect_minor": 3000_00.0,
    }
    sentence = (
        "GMV +3,000.00 USD: visitors +11,210.55 USD, conversion -11,210.55 USD,"
        " average order +3,000.00 USD."
    )
    assert explain_gmv(day) == sentence
    assert explain_gmv({**day, "visitors_effect_minor": None}) is None
