"""JD's ad reports: how they are asked for, and what a day comes to."""

import datetime as dt
import json
from typing import Any
from urllib.parse import parse_qs

import httpx
import polars as pl
import pytest

from checks.rows import split
from connectors.base.isolation import map_documents
from connectors.jd_ads import CONNECTOR, fetch
from connectors.jd_ads.client import HAITOU, KUAICHE, SUMS
from connectors.jd_ads.mapping import ads
from contracts.streams import Mapped, Page, Window
from tests.connectors.jd_ads import recorded
from tests.connectors.jd_ads.recorded import CONTEXT, answered, figure, opened, row, rows, sums

NOW = CONTEXT.read_at
FIGURES = ("spend_minor", "impressions_units", "clicks_units", "orders_count", "revenue_minor")


class Ads:
    """Answers a report with so many rows in all, and keeps what it was asked."""

    def __init__(self, **totals: int) -> None:
        self.totals = totals
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        fields = {name: value[0] for name, value in parse_qs(request.content.decode()).items()}
        method, asked = fields["method"], json.loads(fields["360buy_param_json"])
        if method not in (SUMS, KUAICHE, HAITOU):
            return httpx.Response(200, json={"a_responce": {"code": "0"}}, headers=recorded.DATE)
        self.asked.append((method, asked))
        total = self.totals.get("haitou" if method == HAITOU else "kuaiche", 0)
        first = (asked["pageIndex" if method == SUMS else "page"] - 1) * asked["pageSize"]
        numbers = range(first, min(first + asked["pageSize"], total))
        if method == SUMS:
            return answered(method, sums(*(figure(number) for number in numbers)))
        return answered(method, rows(*(row(number) for number in numbers)))


def read(found: Ads, days: int = 1, **settings: Any) -> list[Page]:
    client = opened(httpx.MockTransport(found), **settings)
    try:
        return list(fetch.ads(client, Window(NOW - dt.timedelta(days=days), NOW)))
    finally:
        client.close()


def live(mapped: Mapped) -> pl.DataFrame:
    return mapped.frames["ads_daily"].filter(pl.col("deleted_at").is_null())


def figures(*pages: Page) -> list[tuple[Any, ...]]:
    found = ads(pages, CONTEXT)
    assert found.rejects.is_empty(), found.rejects.to_dicts()
    return live(found).select("campaign_id", *FIGURES).rows()


def test_days_that_are_over_are_read_and_the_last_ones_again() -> None:
    found = Ads()
    pages = read(found, trailing_days=5)
    spans = {(asked["startDay"], asked["endDay"]) for _, asked in found.asked}
    assert spans == {("2026-11-10", "2026-11-15")}
    assert len(pages) == 2
    assert [method for method, _ in found.asked] == [KUAICHE, HAITOU]
    for _, asked in found.asked:
        assert (asked["clickOrOrderDay"], asked["clickOrOrderCaliber"]) == (15, 0)
        assert (asked["isDaily"], asked["platform"]) == ("true", "all")


def test_the_older_report_is_asked_for_in_its_own_words() -> None:
    found = Ads(kuaiche=120)
    pages = read(found, kuaiche_call=SUMS, has_haitou=False, effect_days=0)
    assert len(pages) == 2
    (_, asked), _ = found.asked
    assert (asked["isDaily"], asked["isTodayOr15Days"], asked["isOrderOrClick"]) == (
        True,
        False,
        False,
    )


def test_reports_are_read_up_to_the_page_that_is_not_full() -> None:
    found = Ads(kuaiche=230, haitou=100)
    assert len(read(found)) == 5
    assert [asked["page"] for method, asked in found.asked if method == KUAICHE] == [1, 2, 3]
    assert [asked["page"] for method, asked in found.asked if method == HAITOU] == [1, 2]


def test_no_span_is_longer_than_a_month_and_none_older_than_reports_go() -> None:
    found = Ads()
    read(found, days=200, has_haitou=False, report_days=65)
    starts = [asked["startDay"] for _, asked in found.asked]
    assert starts == ["2026-09-12", "2026-10-12", "2026-11-11"]


def test_an_account_without_one_kind_of_ads_is_not_asked_for_it() -> None:
    found = Ads()
    read(found, has_kuaiche=False)
    assert {method for method, _ in found.asked} == {HAITOU}


def test_amounts_are_yuan_text_and_days_are_written_in_two_ways() -> None:
    assert figures(sums(figure())) == [("31", 12_345, 1_000, 40, 3, 25_000)]
    assert figures(rows(row())) == [("71", 5_000, 500, 10, 1, 6_000)]
    found = live(ads([sums(figure()), rows(row(date="2026-11-15 00:00:00"))], CONTEXT))
    assert found["ad_date"].to_list() == [dt.date(2026, 11, 14), dt.date(2026, 11, 15)]
    assert found["campaign_name"].to_list() == ["茶 搜索", "茶 海投"]


def test_the_unit_is_what_the_page_says() -> None:
    page = sums(figure(Cost="12345", TotalOrderSum="25000"), unit="fen")
    assert figures(page) == [("31", 12_345, 1_000, 40, 3, 25_000)]


def test_a_figure_that_is_left_out_is_nothing() -> None:
    assert figures(sums(figure(TotalOrderCnt=None, TotalOrderSum=None))) == [
        ("31", 12_345, 1_000, 40, 0, 0)
    ]


def test_a_page_that_came_twice_counts_once() -> None:
    assert len(figures(sums(figure()), sums(figure()))) == 1


@pytest.mark.parametrize(
    "odd", [{"Cost": "12.345"}, {"Clicks": "many"}, {"TotalOrderSum": "(none)"}]
)
def test_a_figure_that_cannot_be_read_costs_its_row_alone(odd: dict[str, Any]) -> None:
    parted = split(ads([sums(figure(**odd), figure(32))], CONTEXT), CONTEXT)
    good = parted.good["ads_daily"].filter(pl.col("deleted_at").is_null())
    assert good["campaign_id"].to_list() == ["32"]


def test_a_row_of_another_shape_costs_itself() -> None:
    (stream,) = CONNECTOR.streams
    page = sums(figure(), {**figure(32), "figureData": "none"})
    mapped = map_documents(stream, lambda: [page], CONTEXT)
    assert live(mapped)["campaign_id"].to_list() == ["31"]
    assert mapped.rejects.height == 1


def test_a_day_that_was_asked_for_and_holds_nothing_is_told() -> None:
    frame = ads([sums(figure()), rows()], CONTEXT).frames["ads_daily"]
    empty = frame.filter(pl.col("deleted_at").is_not_null())
    assert set(empty.select("ad_channel", "ad_date").rows()) == {
        ("kuaiche", dt.date(2026, 11, 15)),
        ("haitou", dt.date(2026, 11, 14)),
        ("haitou", dt.date(2026, 11, 15)),
    }
