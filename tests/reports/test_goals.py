"""Targets and ratings on the page."""

from dataclasses import replace

import polars as pl

from reports.daily import DailyReport
from reports.goals import ratings, targets
from reports.page import render


def test_a_target_has_its_pace_and_a_level_or_what_is_no_metric_none(report: DailyReport) -> None:
    gmv, conversion, unknown = targets(report.targets, report.catalogue, "en")
    assert (gmv.title, gmv.goal, gmv.value) == ("GMV", "30,000.00", "12,000.00")
    assert (gmv.reached, gmv.gone, gmv.pace, gmv.tone) == ("40.0%", "50.0%", "80.0%", "bad")
    assert gmv.days == "1 Nov 2026 – 30 Nov 2026"
    assert (conversion.value, conversion.gone, conversion.pace) == ("4.0%", "–", "–")
    assert conversion.tone == "steady"
    assert (unknown.title, unknown.value) == ("returns_gone", "–")
    assert unknown.why_none == "no metric has this name"


def test_a_pace_is_good_from_its_time_on_and_bad_below_nine_tenths(report: DailyReport) -> None:
    gmv = report.targets.filter(pl.col("metric") == "gmv")
    tones = [
        next(targets(gmv.with_columns(pace=pl.lit(pace)), report.catalogue, "en")).tone
        for pace in (0.89, 0.9, 0.99, 1.0)
    ]
    assert tones == ["bad", "steady", "steady", "good"]


def test_a_rating_has_its_course_and_what_brings_it_to_its_target(report: DailyReport) -> None:
    goods, service = ratings(report.ratings, "zh")
    assert (goods.title, goods.score, goods.industry, goods.target) == (
        "描述相符", "4.75", "4.81", "4.80",
    )  # fmt: skip
    assert (goods.change, goods.tone, goods.needed) == ("自2026年10月19日起 -0.05", "bad", "1,661")
    assert goods.trend == (4.8, 4.75)
    assert (service.change, service.industry, service.needed) == ("", "–", "–")


def test_the_page_has_them_only_where_there_are_some(report: DailyReport) -> None:
    page = render(report)
    assert "Shop ratings" in page
    assert "Time gone" in page
    without = replace(report, targets=report.targets.clear(), ratings=report.ratings.clear())
    page = render(without)
    assert "Shop ratings" not in page
    assert "Time gone" not in page
