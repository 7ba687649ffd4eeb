"""What the pictures say, read from their SVG."""

import html
import re
from dataclasses import replace

import polars as pl
import pytest

from contracts.languages import Language
from reports.daily import DailyReport
from reports.page import render
from reports.sparks import spark
from tests.reports.conftest import HOSTILE, daily


def pictures(report: DailyReport) -> dict[str, list[str]]:
    """Words of each picture by its caption."""
    figure = r"<figcaption>(.*?)</figcaption>(.*?)</figure>"
    return {
        html.unescape(caption): [
            html.unescape(one) for one in re.findall(r"<text[^>]*>([^<]*)</text>", drawn)
        ]
        for caption, drawn in re.findall(figure, render(report), re.DOTALL)
    }


@pytest.fixture(scope="module")
def drawn() -> dict[str, list[str]]:
    return pictures(daily())


def words(drawn: dict[str, list[str]], caption: str) -> list[str]:
    (found,) = [said for name, said in drawn.items() if name.startswith(caption)]
    return found


def test_the_trend_has_the_year_before_and_names_a_campaign_once(
    drawn: dict[str, list[str]],
) -> None:
    said = words(drawn, "GMV per day")
    assert {"mean of 7 days", "a year before"} <= set(said)
    assert said.count("11.11") == 1


def test_the_bars_from_one_gmv_to_the_other_say_their_amounts(
    report: DailyReport, drawn: dict[str, list[str]]
) -> None:
    now, before = (report.spans["gmv"][place] / 100 for place in (0, 1))
    amounts = {f"{before:,.2f}", "-100.00", f"{now - before + 100:+,.2f}", f"{now:,.2f}"}
    assert amounts <= set(words(drawn, "What moved GMV"))


def test_a_funnel_says_visits_and_what_part_of_those_that_began(
    drawn: dict[str, list[str]],
) -> None:
    said = words(drawn, "Visits by path")
    assert {"8,000 · 100.0%", "2,000 · 25.0%", "100 · 1.2%", "search: item"} <= set(said)


def test_cohorts_show_months_that_have_ended_of_members_who_are_enough(
    drawn: dict[str, list[str]],
) -> None:
    said = words(drawn, "Members who ordered again")
    assert [one for one in said if one.endswith("%")] == ["50%"]
    assert "2026-10" not in said


def test_products_are_in_the_classes_that_there_are(drawn: dict[str, list[str]]) -> None:
    said = words(drawn, "Products by visitors")
    assert {"Rising star", "Core", "visitors", "conversion"} <= set(said)
    assert "High margin" not in said


def test_ads_say_their_return_and_whether_they_lose(drawn: dict[str, list[str]]) -> None:
    said = words(drawn, "Ad spend and ROAS")
    assert {"ROAS 1.23", "ROAS 7.0", "loses", "margin not known"} <= set(said)
    assert "earns" not in said


def test_a_title_in_a_picture_is_text(report: DailyReport, drawn: dict[str, list[str]]) -> None:
    assert HOSTILE[:14] in " ".join(words(drawn, "Sold out before"))
    assert "<img" not in render(report)


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "Not drawn, for want of data: "), ("zh", "因缺少数据未绘制：")],
)
def test_what_has_no_data_is_left_out_with_one_line(
    report: DailyReport, language: Language, told: str
) -> None:
    bare = replace(report, language=language, ads=report.ads.clear(), funnel=report.funnel.clear())
    page = render(bare)
    assert page.count("<figure") == 6
    (line,) = re.findall(f"{told}(.*?)</p>", page)
    assert len(re.split("; |；", line)) == len(bare.shops) * 2


def test_amounts_are_in_the_units_of_the_currency(report: DailyReport) -> None:
    yen = pl.lit("JPY").alias("currency")
    shop = replace(report.shops[0], currency="JPY")
    altered = replace(
        report, shops=(shop,), spans=report.spans.with_columns(yen),
        trend=report.trend.with_columns(yen), days=report.days.with_columns(yen),
    )  # fmt: skip
    drawn = pictures(altered)
    assert f"{report.spans['gmv'][0]:,.0f}" in words(drawn, "What moved GMV")
    assert "1.5M" in words(drawn, "GMV per day")


@pytest.mark.parametrize(
    ("trend", "strokes", "dots"),
    [([1.0, 2.0, 3.0], 1, 1), ([1.0, None, 3.0], 2, 1), ([1.0, 2.0, None], 1, 0), ([5.0], 1, 1)],
)
def test_a_spark_breaks_where_a_day_is_unknown(
    trend: list[float | None], strokes: int, dots: int
) -> None:
    drawn = spark(trend)
    assert (drawn.count("M"), drawn.count("<circle")) == (strokes, dots)


def test_nothing_known_is_no_spark() -> None:
    assert spark([None, None]) == ""
