"""Reports as days of advertising: units, levels, days without anything."""

import datetime as dt
import json
from typing import Any

import polars as pl
import pytest

from checks.rows import split
from connectors.taobao_ads.mapping import ads
from contracts.streams import Mapped, Page
from contracts.tables import AdsDaily
from tests.connectors.taobao_ads import recorded
from tests.connectors.taobao_ads.recorded import CONTEXT, base, effect, row, rows, wanxiangtai

FIGURES = ("spend_minor", "impressions_units", "clicks_units", "orders_count", "revenue_minor")


def live(mapped: Mapped) -> pl.DataFrame:
    return mapped.frames["ads_daily"].filter(pl.col("deleted_at").is_null())


def figures(*pages: Page) -> list[tuple[Any, ...]]:
    found = ads(pages, CONTEXT)
    assert found.rejects.is_empty(), found.rejects.to_dicts()
    return live(found).select("campaign_id", *FIGURES).rows()


def test_base_and_effect_of_a_day_are_one_row() -> None:
    both = rows("campaign", "base", base()), rows("campaign", "effect", effect())
    assert figures(*both) == [("31", 12_345, 1_000, 40, 3, 25_000)]


def test_a_day_with_late_orders_and_no_impressions_cost_nothing() -> None:
    assert figures(rows("campaign", "effect", effect())) == [("31", 0, 0, 0, 3, 25_000)]


@pytest.mark.parametrize(
    ("unit", "cost", "minor"), [("fen", "12345", 12_345), ("yuan", "123.45", 12_345)]
)
def test_the_unit_of_search_ads_is_what_the_page_says(unit: str, cost: str, minor: int) -> None:
    assert figures(rows("campaign", "base", base(cost=cost), unit=unit))[0][1] == minor


@pytest.mark.parametrize(
    ("unit", "cost", "minor"), [("fen", "10050", 10_050), ("yuan", "100.50", 10_050)]
)
def test_the_unit_of_the_other_ads_is_what_the_page_says(unit: str, cost: str, minor: int) -> None:
    page = wanxiangtai(row(charge=cost, alipay_inshop_amt="0"), unit=unit)
    assert {found[1] for found in figures(page)} == {minor}


def test_each_level_holds_the_whole_day() -> None:
    frame = live(ads(recorded.PAGES["ads"], CONTEXT))
    sums = frame.group_by("ad_channel", "ad_level").agg(pl.col("spend_minor").sum())
    assert set(sums.rows()) == {
        ("zhitongche", "campaign", 12_345),
        ("zhitongche", "sku", 12_345),
        ("zhitongche", "keyword", 12_345),
        ("wanxiangtai", "campaign", 15_075),
        ("wanxiangtai", "sku", 15_075),
    }


def test_rows_name_campaign_product_and_keyword() -> None:
    frame = live(ads(recorded.PAGES["ads"], CONTEXT))
    keyword = frame.filter(pl.col("ad_level") == "keyword").row(0, named=True)
    assert (keyword["campaign_name"], keyword["keyword"]) == ("爆款", "绿茶")
    assert (keyword["keyword_id"], keyword["listing_id"]) == ("7", "680000000000000001")
    campaign = frame.filter(pl.col("ad_level") == "campaign")
    assert set(campaign["listing_id"]) == {"-"}


def test_two_adgroups_of_one_product_are_added_up() -> None:
    second = {**recorded.ADGROUP, "adgroup_id": 3102}
    pages = [
        recorded.adgroups(recorded.ADGROUP, second),
        rows("sku", "base", base(adgroupid="3101"), base(adgroupid="3102")),
    ]
    assert figures(*pages) == [("31", 24_690, 2_000, 80, 0, 0)]


def test_the_money_of_an_adgroup_that_was_deleted_is_told_all_the_same() -> None:
    frame = live(ads([rows("sku", "base", base(adgroupid="9"))], CONTEXT))
    assert frame.select("listing_id", "spend_minor").rows() == [("adgroup 9", 12_345)]


def test_days_that_were_asked_for_and_hold_nothing_are_said_to_be_empty() -> None:
    frame = ads([recorded.campaigns(), rows("campaign", "base", base())], CONTEXT).frames[
        "ads_daily"
    ]
    empty = frame.filter(pl.col("deleted_at").is_not_null())
    day = dt.date(2026, 11, 15)
    assert set(empty.filter(pl.col("ad_date") == day)["ad_level"]) == {"campaign", "sku", "keyword"}
    assert set(empty.filter(pl.col("ad_date") != day)["ad_level"]) == {"sku", "keyword"}
    assert AdsDaily.is_valid(frame)


@pytest.mark.parametrize(
    "change", [{"cost": "12.5"}, {"click": "many"}, {"impressions": ""}, {"date": "14.11.2026"}]
)
def test_a_figure_that_cannot_be_read_keeps_its_row_out_and_no_other(
    change: dict[str, str],
) -> None:
    page = rows("campaign", "base", base(**change), base(campaignid="32"))
    found = split(ads([page], CONTEXT), CONTEXT)
    good = found.good["ads_daily"].filter(pl.col("deleted_at").is_null())
    assert good["campaign_id"].to_list() == ["32"]
    assert [reason["column"] for reason in json.loads(found.bad["reasons"].item())]


def test_an_order_counts_by_the_narrow_definition() -> None:
    assert {found[4:] for found in figures(wanxiangtai(row()))} == {(2, 25_000)}


def test_two_products_of_one_campaign_with_the_same_figures_both_count() -> None:
    page = wanxiangtai(row(item_id=1), row(item_id=2))
    campaign = live(ads([page, page], CONTEXT)).filter(pl.col("ad_level") == "campaign")
    assert campaign["spend_minor"].to_list() == [20_100]
