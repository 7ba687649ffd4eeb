"""The tables of a report as a workbook has them."""

from dataclasses import replace

import polars as pl
import pytest

from contracts.languages import Language
from reports.daily import DailyReport
from reports.sheets import sheets
from tests.reports.test_languages import CJK


def test_figures_are_numbers_in_major_units_beside_their_currency(report: DailyReport) -> None:
    figures = sheets(report)["Figures"].filter(pl.col("span") == "now")
    by_name = {row["figure"]: row for row in figures.to_dicts()}
    now = report.spans.row(0, named=True)
    assert by_name["GMV"]["value"] == now["gmv"] / 100 == 16_697.33
    assert by_name["GMV"]["currency"] == "USD"
    assert (by_name["Orders"]["value"], by_name["Orders"]["currency"]) == (559.0, "")
    assert by_name["Repurchase rate"]["value"] == 0.942
    assert by_name["Conversion"]["value"] is None
    assert by_name["Conversion"]["why none"] == "no data covers it"


def test_every_day_of_the_trend_has_the_year_before_beside_it(report: DailyReport) -> None:
    trend = sheets(report)["GMV by day"]
    assert trend.height == report.trend.height
    assert trend["a year before"].to_list() == [
        round(one) / 100 for one in report.trend["last_year_minor"]
    ]
    assert trend["campaign"].drop_nulls().to_list() == ["11.11"] * 2


def test_what_is_shown_of_actions_is_in_a_row_each(report: DailyReport) -> None:
    actions = sheets(report)["Actions"]
    assert actions.height == len(report.actions)
    assert actions.row(0) == (
        "a0", "Demo Grocer", "repricing", "SKU-1000", "", "12.99 USD", "12.49 USD", "confirmed",
        report.actions[0].sentence,
    )  # fmt: skip


def test_targets_and_ratings_are_there_as_on_the_page(report: DailyReport) -> None:
    found = sheets(report)
    targets = {row["figure"]: row for row in found["Targets"].to_dicts()}
    assert len(targets) == report.targets.height
    (gmv,) = report.targets.filter(pl.col("metric") == "gmv").to_dicts()
    told = targets["GMV"]
    assert (told["target"], told["so far"]) == (gmv["target"] / 100, gmv["value"] / 100)
    assert (told["reached"], told["pace"]) == (gmv["reached_rate"], gmv["pace"])
    ratings = found["Shop ratings"]
    assert ratings.height == report.ratings.height > 0
    assert ratings["score"].to_list() == report.ratings["rating_score"].to_list()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_headings_are_in_one_language(report: DailyReport, language: Language) -> None:
    for title, frame in sheets(replace(report, language=language)).items():
        for one in (title, *frame.columns):
            assert bool(CJK.search(one)) == (language == "zh") or one == "SKU"


def test_a_report_without_anything_has_its_headings(report: DailyReport) -> None:
    bare = replace(
        report, spans=report.spans.clear(), trend=report.trend.clear(), risks=report.risks.clear(),
        targets=report.targets.clear(), ratings=report.ratings.clear(), actions=[], checks=[],
        left_alone=[],
    )  # fmt: skip
    assert [frame.height for frame in sheets(bare).values()] == [0] * 8
