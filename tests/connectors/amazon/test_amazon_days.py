"""What a store came to by its own account, and who visited it: by whole days of the store."""

import datetime as dt
import json
from typing import Any

import httpx
import pytest

from connectors.amazon import CONNECTOR, day_mapping, days
from connectors.base.isolation import map_documents
from contracts.errors import SourceContractError, SourceRejectedError
from contracts.streams import Context, Page, Window
from tests.connectors.amazon.answered_days import DAY, Opened
from tests.connectors.amazon.conftest import Platform, answer
from tests.connectors.amazon.recorded import CONTEXT, READ_AT, refused
from tests.connectors.amazon.recorded_days import (
    day_visits,
    product_visits,
    total,
    totals_page,
    traffic_page,
    traffic_report,
)
from tests.connectors.amazon.test_amazon_fetch import reported

CLOCK: dict[str, Any] = {"items": [{"numberOfResults": 0, "items": []}]}
DAYS = range(16, 21)
"""Of November: at the reading it is the 21st in Los Angeles, a day of which is being read."""


def reports_of(*told: dict[str, Any], statuses: tuple[str, ...] = ("DONE",)) -> dict[str, Any]:
    """Answers for reports, in the order of their days."""
    script: dict[str, Any] = reported(b"", statuses=statuses)
    script["amazonaws.com"] = [httpx.Response(200, json=one) for one in told]
    return CLOCK | script


def asked(platform: Platform) -> list[str]:
    """What was asked of the reports, in order: requests, polls and links of files."""
    names = {"reports": "requested", "7": "polled", "doc": "linked"}
    lasts = [one.url.path.rpartition("/")[2] for one in platform.asked]
    return [names[one] for one in lasts if one in names]


def test_each_day_is_asked_for_alone_and_the_last_ones_again_for_visits_change_late(
    opened: Opened,
) -> None:
    told = [traffic_report(day, product_visits("B000000001")) for day in DAYS]
    client, platform = opened(reports_of(*told))
    pages = list(days.traffic(client, DAY))
    assert [page.part for page in pages] == [f"traffic:2026-11-{day}" for day in DAYS]
    first, *others = platform.bodies()
    assert len(others) == 4
    assert first == {
        "reportType": "GET_SALES_AND_TRAFFIC_REPORT",
        "marketplaceIds": ["ATVPDKIKX0DER"],
        "dataStartTime": "2026-11-16T00:00:00Z",
        "dataEndTime": "2026-11-16T00:00:00Z",
        "reportOptions": {"dateGranularity": "DAY", "asinGranularity": "CHILD"},
    }


def test_all_days_are_requested_before_the_first_is_waited_for(opened: Opened) -> None:
    client, platform = opened(reports_of(*(traffic_report(day) for day in DAYS)))
    list(days.traffic(client, DAY))
    assert asked(platform)[:6] == ["requested"] * 5 + ["polled"]


def of_span(first: str, last: str) -> dict[str, Any]:
    """A report of several days that says something of one of them and of products of all."""
    told = traffic_report(17, product_visits("B000000001"))
    told["reportSpecification"] |= {"dataStartTime": first, "dataEndTime": last}
    return told


def test_days_before_the_last_ones_are_told_of_the_shop_alone_by_one_report(
    opened: Opened,
) -> None:
    late = [traffic_report(day) for day in (19, 20)]
    script = reports_of(of_span("2026-11-07", "2026-11-18"), *late)
    client, _ = opened(script, product_traffic_days=2)
    pages = list(days.traffic(client, Window(READ_AT - dt.timedelta(days=10), READ_AT)))
    parts = ["shop_traffic", "traffic:2026-11-19", "traffic:2026-11-20"]
    assert [page.part for page in pages] == parts
    assert mapped(pages[0]) == ([("all", 100, 166)], [])


def test_an_old_window_is_read_as_it_is_and_nothing_before_two_years(opened: Opened) -> None:
    start = READ_AT - dt.timedelta(days=731)
    client, platform = opened(reports_of(of_span("2024-11-22", "2024-11-23")))
    (page,) = days.traffic(client, Window(start, start + dt.timedelta(days=3, hours=12)))
    assert page.part == "shop_traffic"
    assert len(platform.bodies()) == 1


def test_what_the_platform_has_forgotten_is_not_asked_for(opened: Opened) -> None:
    client, platform = opened(CLOCK)
    window = Window(READ_AT - dt.timedelta(days=900), READ_AT - dt.timedelta(days=800))
    assert list(days.traffic(client, window)) == []
    assert list(days.totals(client, window)) == []
    assert platform.bodies() == []


@pytest.mark.parametrize(
    ("start", "end", "last"),
    [
        ("2026-11-20T20:00", "2026-11-21T07:59", None),
        ("2026-11-20T20:00", "2026-11-21T08:00", "2026-11-20"),
        ("2026-11-21T08:00", "2026-11-22T00:00", None),
        ("2026-03-08T12:00", "2026-03-09T08:30", "2026-03-08"),
    ],
)
def test_a_day_is_read_when_it_ends_and_not_with_every_pull_of_the_next(
    opened: Opened, start: str, end: str, last: str | None
) -> None:
    window = Window(*(dt.datetime.fromisoformat(f"{one}Z") for one in (start, end)))
    client, platform = opened(reports_of(statuses=("CANCELLED",)), traffic_trailing_days=0)
    assert list(days.traffic(client, window)) == []
    assert [body["dataEndTime"][:10] for body in platform.bodies()] == ([last] if last else [])


def test_a_report_that_covers_more_than_its_day_is_refused_for_its_products_are_added_up(
    opened: Opened,
) -> None:
    odd = traffic_report(16)
    odd["reportSpecification"]["dataEndTime"] = "2026-11-17"
    client, _ = opened(reports_of(odd))
    with pytest.raises(SourceContractError, match="2026-11-16 to 2026-11-16 is of other days"):
        list(days.traffic(client, DAY))


def test_a_day_without_data_has_no_page_and_one_that_cannot_be_made_stops(opened: Opened) -> None:
    client, _ = opened(reports_of(statuses=("CANCELLED",)))
    assert list(days.traffic(client, DAY)) == []
    client, _ = opened(reports_of(statuses=("FATAL",)))
    with pytest.raises(SourceRejectedError):
        list(days.traffic(client, DAY))


def test_an_application_without_the_role_is_told_what_to_do(opened: Opened) -> None:
    script = CLOCK | {"2021-06-30/reports": [refused(403, "Unauthorized")]}
    client, _ = opened(script)
    with pytest.raises(SourceRejectedError, match=r"Brand Analytics.*has_brand_analytics = false"):
        list(days.traffic(client, DAY))


def test_a_shop_whose_application_lacks_the_role_has_no_stream_of_visits(opened: Opened) -> None:
    assert CONNECTOR.streams_of is not None
    names = {one.name for one in CONNECTOR.streams}
    for has_role, lacking in ((True, set()), (False, {"store_traffic"})):
        client, _ = opened({}, has_brand_analytics=has_role)
        told = {one.name for one in CONNECTOR.streams_of(client.settings)}
        assert names - told == lacking


def test_totals_of_four_weeks_come_in_one_call_in_the_stores_days(opened: Opened) -> None:
    client, platform = opened(CLOCK | {"orderMetrics": [answer({"payload": []})]})
    (page,) = days.totals(client, DAY)
    assert page.part == "totals"
    params = dict(platform.asked[-1].url.params)
    # Clocks went back on the first of November: each end has the offset of its own day.
    assert params == {
        "marketplaceIds": "ATVPDKIKX0DER",
        "interval": "2026-10-23T00:00:00-07:00--2026-11-21T00:00:00-08:00",
        "granularity": "Day",
        "granularityTimeZone": "America/Los_Angeles",
    }


@pytest.mark.parametrize(
    ("amount", "minor"),
    [
        ("36.18", 3618),
        (36.18, 3618),
        (1234567.89, 123_456_789),
        (4137, 413_700),
        ("0", 0),
        (0.1, 10),
    ],
)
def test_a_total_is_read_to_the_cent_whether_it_is_text_or_a_number(
    amount: Any, minor: int
) -> None:
    (row,) = (
        day_mapping.totals([totals_page(total(18, amount))], CONTEXT)
        .frames["daily_totals"]
        .rows(named=True)
    )
    assert (row["total_date"], row["gmv_minor"]) == (dt.date(2026, 11, 18), minor)
    assert (row["orders_count"], row["currency"]) == (2, "USD")


def test_an_amount_of_more_than_cents_is_set_aside_and_no_other_day() -> None:
    found = map_documents(
        stream("store_totals"), lambda: [totals_page(total(18, 0.105), total(19))], CONTEXT
    )
    assert found.rejects["reason"].to_list() == ["unreadable_money"]
    assert found.rejects["document_id"].to_list() == ["2026-11-18"]


@pytest.mark.parametrize(
    ("span", "zone", "kept"),
    [
        ("2026-11-01T00:00-07:00--2026-11-02T00:00-08:00", "America/Los_Angeles", True),
        ("2026-11-01T00:00:00-07:00--2026-11-02T00:00:00-08:00", "America/Los_Angeles", True),
        ("2026-11-05T00:00Z--2026-11-06T00:00Z", "Europe/London", True),
        ("2026-11-05T00:00Z--2026-11-06T00:00Z", "Europe/Paris", False),
        ("2026-11-05T00:00-08:00--2026-11-06T00:00-08:00", "America/New_York", False),
        ("2026-11-05T00:00-08:00--2026-11-05T13:00-08:00", "America/Los_Angeles", False),
        ("2026-11-05T00:00-08:00--2026-11-07T00:00-08:00", "America/Los_Angeles", False),
    ],
)
def test_only_whole_days_of_the_shop_are_totals_of_it(span: str, zone: str, kept: bool) -> None:
    context = Context("shop", "USD", zone, READ_AT)
    found = day_mapping.totals([totals_page(total(18, interval=span))], context)
    dates = found.frames["daily_totals"]["total_date"].to_list()
    assert dates == ([dt.date.fromisoformat(span[:10])] if kept else [])
    assert found.rejects.is_empty()


@pytest.mark.parametrize("span", ["", "2026-11-05", "2026-11-05T00:00-08:00--tomorrow", "--"])
def test_a_span_that_cannot_be_read_is_set_aside(span: str) -> None:
    found = day_mapping.totals([totals_page(total(18, interval=span))], CONTEXT)
    assert found.rejects["reason"].to_list() == ["unreadable_time"]


def stream(name: str) -> Any:
    return CONNECTOR.stream(name)


def mapped(*pages: Page) -> tuple[list[Any], list[Any]]:
    """Visits by day, and by day and product; a product without rows is None."""
    frames = day_mapping.traffic(pages, CONTEXT).frames
    figures = ("visitors_units", "views_units")
    by_day = frames["traffic_daily"].sort("traffic_date")
    products = frames["listing_traffic_daily"].sort("traffic_date", "product_id")
    return (
        by_day.select("traffic_source", *figures).rows(),
        [
            (row["traffic_date"].day, row["product_id"], *(row[name] for name in figures))
            if row["deleted_at"] is None
            else (row["traffic_date"].day, None)
            for row in products.rows(named=True)
        ],
    )


def test_visits_are_sessions_of_a_day_and_of_its_products_pages() -> None:
    page = traffic_page(17, product_visits("B000000001"), product_visits("B000000002", 3, 4))
    assert mapped(page, page) == (
        [("all", 100, 166)],
        [(17, "B000000001", 21, 57), (17, "B000000002", 3, 4)],
    )


def test_a_day_without_visits_is_told_and_one_without_products_replaces_those_of_before() -> None:
    by_day, products = mapped(traffic_page(17, days=[day_visits(17, 0, 0)]))
    assert by_day == [("all", 0, 0)]
    assert products == [(17, None)]


def test_a_day_that_the_platform_does_not_tell_yet_is_no_day_of_zero() -> None:
    assert mapped(traffic_page(17, days=[])) == ([], [])


def test_a_product_that_changed_its_family_on_the_day_counts_with_both() -> None:
    twice = product_visits("B000000001", 21, 57), product_visits("B000000001", 2, 7, parent="B2")
    assert mapped(traffic_page(17, *twice))[1] == [(17, "B000000001", 23, 64)]


def test_a_product_that_stands_alone_goes_by_the_name_of_its_family() -> None:
    alone = product_visits("")
    del alone["childAsin"]
    assert mapped(traffic_page(17, alone))[1] == [(17, "B000000009", 21, 57)]


def test_sessions_that_are_null_cost_their_product_and_no_other() -> None:
    odd = product_visits("B000000001")
    odd["trafficByAsin"]["sessions"] = None
    page = traffic_page(17, odd, product_visits("B000000002"))
    found = map_documents(stream("store_traffic"), lambda: [page], CONTEXT)
    assert found.rejects["document_id"].to_list() == ["2026-11-17|B000000001|-"]
    assert found.frames["listing_traffic_daily"]["product_id"].to_list() == ["B000000002"]
    assert found.frames["traffic_daily"]["visitors_units"].to_list() == [100]


@pytest.mark.parametrize(("written", "units"), [("12", 12), ("12.0", 12), ("12.5", None)])
def test_a_count_is_a_whole_number_however_it_is_written(written: str, units: int | None) -> None:
    report = json.dumps(traffic_report(17, days=[day_visits(17, 100, 987_654)]))
    body = report.replace('"pageViews": 987654', f'"pageViews": {written}').encode()
    found = day_mapping.traffic([Page(body, "traffic:2026-11-17")], CONTEXT)
    assert found.frames["traffic_daily"]["views_units"].to_list() == [units]
    assert found.rejects["reason"].to_list() == ([] if units else ["unreadable_number"])
