"""How streams are read: pages or a report, tokens that die, and lists that show a thousand."""

import datetime as dt
import gzip
import json
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from connectors.amazon import fetch, flat_file
from contracts.errors import (
    ConfigurationError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.streams import Page, Window
from tests.connectors.amazon.answered_days import DAY, Opened, stock
from tests.connectors.amazon.conftest import answer
from tests.connectors.amazon.recorded import (
    HEADING,
    READ_AT,
    listing,
    order,
    report_page,
    report_row,
    settings,
)

FILE = "https://tortuga-prod-na.s3-external-1.amazonaws.com/report?X-Amz-Expires=300"
DEAD = httpx.Response(403, text="<Error><Code>AccessDenied</Code></Error>")


def orders(number: int, following: str | None = None) -> dict[str, Any]:
    page: dict[str, Any] = {"orders": [order(number)]}
    return page if following is None else page | {"pagination": {"nextToken": following}}


def report_file(*rows: dict[str, str], heading: tuple[str, ...] = HEADING) -> bytes:
    lines = ["\t".join(heading), *("\t".join(row.get(key, "") for key in heading) for row in rows)]
    return ("\r\n".join(lines) + "\r\n").encode()


def reported(content: bytes, *, statuses: tuple[str, ...] = ("DONE",), **more: Any) -> Any:
    """Answers of the Reports API for one report."""
    report = {"reportId": "7", "reportType": flat_file.REPORT_TYPE, "createdTime": "2026-11-22"}
    polls = [
        answer(report | {"processingStatus": status, "reportDocumentId": "doc"})
        for status in statuses
    ]
    return {
        "/reports/7": polls,
        "/documents/doc": [answer({"reportDocumentId": "doc", "url": FILE} | more)],
        "2021-06-30/reports": [httpx.Response(202, json={"reportId": "7"})],
        "amazonaws.com": [httpx.Response(200, content=content)],
    }


def names(platform: Any) -> list[str]:
    return [one.url.path.rpartition("/")[2] for one in platform.asked]


def test_a_small_window_is_read_by_pages(opened: Opened) -> None:
    client, platform = opened({"orders": [orders(1, "two"), orders(2)]})
    pages = list(fetch.orders(client, DAY))
    assert [page.part for page in pages] == ["orders", "orders"]
    first, second = (dict(one.url.params) for one in platform.asked)
    assert first == {
        "lastUpdatedAfter": "2026-11-21T00:00:00Z",
        "lastUpdatedBefore": "2026-11-22T00:00:00Z",
        "marketplaceIds": "ATVPDKIKX0DER",
        "maxResultsPerPage": "100",
        "includedData": "PROCEEDS,FULFILLMENT,PACKAGES",
    }
    assert second == first | {"paginationToken": "two"}


def test_no_data_of_buyers_is_asked_for() -> None:
    asked = set(fetch.INCLUDED_IN_ORDERS.split(","))
    assert asked.isdisjoint({"BUYER", "RECIPIENT", "PAYMENT", "TAX"})


def test_a_busy_window_is_read_on_by_a_report(opened: Opened) -> None:
    script = reported(report_file(report_row(1), report_row(2)))
    pages = [orders(number, f"token-{number}") for number in range(5)]
    client, platform = opened(script | {"/orders": pages}, most_order_pages=3)
    found = list(fetch.orders(client, DAY))
    assert [page.part for page in found] == ["orders"] * 3 + ["report"]
    assert json.loads(next(one.content for one in platform.asked if one.content)) == {
        "reportType": "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
        "marketplaceIds": ["ATVPDKIKX0DER"],
        "dataStartTime": "2026-11-21T00:00:00Z",
        "dataEndTime": "2026-11-22T00:00:00Z",
    }


def test_the_next_window_as_busy_goes_to_the_report_at_once(opened: Opened) -> None:
    script = reported(report_file(report_row(1)))
    pages = [orders(number, f"token-{number}") for number in range(9)]
    client, platform = opened(script | {"/orders": pages}, most_order_pages=3)
    list(fetch.orders(client, DAY))
    month = Window(READ_AT - dt.timedelta(days=30), READ_AT)
    platform.asked.clear()
    found = list(fetch.orders(client, month))
    assert [page.part for page in found] == ["orders", "report"]


@pytest.mark.parametrize(("days_ago", "parts"), [(32, {"orders", "report"}), (30, {"orders"})])
def test_a_window_of_a_month_ago_is_read_on_by_a_report_and_a_later_one_by_its_pages(
    opened: Opened, days_ago: int, parts: set[str]
) -> None:
    """By its pages a year of a small shop would take hours: one in three minutes."""
    script = reported(report_file(report_row(1)))
    pages = [orders(1, "two"), orders(2, "three"), orders(3)]
    client, platform = opened(script | {"/orders": pages})
    end = READ_AT - dt.timedelta(days=days_ago)
    found = list(fetch.orders(client, Window(end - dt.timedelta(days=5), end)))
    assert {page.part for page in found} == parts
    searched = [one for one in platform.asked if "/orders/" in one.url.path]
    assert len(searched) == (1 if "report" in parts else 3)
    # A window that fits on its first page needs no report.
    client, platform = opened(script | {"/orders": [orders(1)]})
    assert len(list(fetch.orders(client, Window(end - dt.timedelta(days=5), end)))) == 1
    assert not any("reports" in one.url.path for one in platform.asked)


def test_a_report_is_waited_for(opened: Opened) -> None:
    statuses = ("IN_QUEUE", "IN_PROGRESS", "IN_PROGRESS", "DONE")
    script = reported(report_file(report_row(1)), statuses=statuses)
    client, platform = opened(script | {"/orders": [orders(1, "more")]}, most_order_pages=1)
    assert len(list(fetch.orders(client, DAY))) == 2
    assert names(platform).count("7") == 4
    assert sum(platform.waits) > 1


def test_a_cancelled_report_where_there_are_orders_is_no_empty_result(opened: Opened) -> None:
    script = reported(b"", statuses=("CANCELLED",))
    client, _ = opened(script | {"/orders": [orders(1, "more")]}, most_order_pages=1)
    with pytest.raises(TransientSourceError, match="cancelled"):
        list(fetch.orders(client, DAY))


def test_a_report_that_can_never_be_made_stops_the_stream(opened: Opened) -> None:
    script = reported(b"", statuses=("FATAL",))
    client, _ = opened(script | {"/orders": [orders(1, "more")]}, most_order_pages=1)
    with pytest.raises(SourceRejectedError):
        list(fetch.orders(client, DAY))


def test_a_status_of_a_report_that_is_unknown_is_told(opened: Opened) -> None:
    script = reported(b"", statuses=("PONDERING",))
    client, _ = opened(script | {"/orders": [orders(1, "more")]}, most_order_pages=1)
    with pytest.raises(SourceContractError, match="PONDERING"):
        list(fetch.orders(client, DAY))


def test_a_link_to_a_file_that_has_died_is_asked_for_anew(opened: Opened) -> None:
    script = reported(b"") | {"/orders": [orders(1, "more")]}
    content = report_file(report_row(1))
    script["amazonaws.com"] = [DEAD, httpx.Response(200, content=content)]
    client, platform = opened(script, most_order_pages=1)
    assert list(fetch.orders(client, DAY))[-1].part == "report"
    assert names(platform).count("doc") == 2
    downloads = [one for one in platform.asked if one.url.host.startswith("tortuga")]
    assert all("x-amz-access-token" not in one.headers for one in downloads)


@pytest.mark.parametrize(
    ("host", "settings", "is_read"),
    [
        ("tortuga-prod-eu.s3.eu-west-1.amazonaws.com", {}, True),
        ("d34o8swod1owfl.cloudfront.net", {}, True),
        ("files.amazonaws.com.evil.example", {}, False),
        ("reports.example.com", {}, False),
        ("reports.example.com", {"file_hosts": (".example.com",)}, True),
        ("reports.example.com", {"file_hosts": ("reports.example.com",)}, True),
    ],
)
def test_files_lie_on_the_platforms_hosts_or_on_those_that_a_setting_adds(
    opened: Opened, host: str, settings: dict[str, Any], is_read: bool
) -> None:
    script = reported(report_file(report_row(1)), url=f"https://{host}/report")
    script |= {"/orders": [orders(1, "more")], host: script["amazonaws.com"]}
    client, platform = opened(script, most_order_pages=1, **settings)
    if is_read:
        assert list(fetch.orders(client, DAY))[-1].part == "report"
        assert "x-amz-access-token" not in platform.asked[-1].headers
    else:
        with pytest.raises(ConfigurationError, match=f"{host}.*file_hosts"):
            list(fetch.orders(client, DAY))


@pytest.mark.parametrize("host", [".", ".com", "com", "https://example.com", "a b.com", "*.com"])
def test_a_file_host_is_a_name_and_never_half_the_network(host: str) -> None:
    with pytest.raises(ValidationError):
        settings(file_hosts=(host,))


def test_links_that_are_always_dead_end_the_reading(opened: Opened) -> None:
    script = reported(b"") | {"/orders": [orders(1, "more")], "amazonaws.com": [DEAD]}
    client, _ = opened(script, most_order_pages=1)
    with pytest.raises(TransientSourceError, match="dead"):
        list(fetch.orders(client, DAY))


def test_a_packed_report_is_unpacked(opened: Opened) -> None:
    packed = gzip.compress(report_file(report_row(1)))
    script = reported(packed, compressionAlgorithm="GZIP") | {"/orders": [orders(1, "more")]}
    client, _ = opened(script, most_order_pages=1)
    assert b"111-0000000-0000001" in list(fetch.orders(client, DAY))[-1].body


def test_another_packing_is_told(opened: Opened) -> None:
    script = reported(b"x", compressionAlgorithm="ROT13") | {"/orders": [orders(1, "more")]}
    client, _ = opened(script, most_order_pages=1)
    with pytest.raises(SourceContractError, match="ROT13"):
        list(fetch.orders(client, DAY))


def test_places_of_buyers_and_names_of_goods_are_cut_off_before_anything_is_kept() -> None:
    heading = (*HEADING, "ship-city", "ship-postal-code", "product-name", "purchase-order-number")
    told = dict(zip(heading[-4:], ("Exampleton", "54321", 'The "Honey"', "PO-1"), strict=True))
    [page] = pieces(report_file(report_row(1) | told, heading=heading))
    assert page.body.splitlines()[0].decode().split("\t") == sorted_as_kept()
    assert not any(value.encode() in page.body for value in told.values())


def test_of_a_column_that_nobody_knows_only_the_name_stays() -> None:
    content = report_file(report_row(1) | {"aura": "blue"}, heading=(*HEADING, "aura"))
    [page] = pieces(content)
    assert b"aura" in page.body
    assert b"blue" not in page.body


def test_rows_of_other_stores_are_left_out_since_a_report_ignores_the_store() -> None:
    channels = ("Amazon.com", "Amazon.ca", "Non-Amazon", "Non-Amazon US", "Amazon.moon")
    rows = [report_row(place, sales_channel=name) for place, name in enumerate(channels)]
    [page] = pieces(report_file(*rows))
    found, _ = flat_file.rows([page])
    assert found["sales-channel"].to_list() == ["Amazon.com", "Amazon.moon"]


def test_a_report_in_another_encoding_is_read_as_long_as_its_skus_are_plain() -> None:
    heading = (*HEADING, "product-name")
    content = report_file(report_row(1) | {"product-name": "Müsli"}, heading=heading)
    [page] = pieces(content.decode().encode("cp1252"))
    assert b"SKU-1" in page.body


def test_of_a_row_with_too_few_cells_its_orders_number_is_kept_and_nothing_else() -> None:
    content = report_file(report_row(1)) + b"111-0000000-0000002\tZora Street\n"
    [page] = pieces(content)
    assert page.body.splitlines()[1:] == [
        *report_page(report_row(1)).body.splitlines()[1:],
        b"111-0000000-0000002",
    ]


def test_a_long_report_comes_in_pieces_that_each_have_the_heading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flat_file, "PIECE_BYTES", 500)
    found = pieces(report_file(*(report_row(number) for number in range(20))))
    assert len(found) > 3
    rows, unknown = flat_file.rows(found)
    assert (rows.height, unknown) == (20, set())


def test_all_listings_are_read_oldest_first_and_to_the_end_of_time(opened: Opened) -> None:
    pages = [
        {"numberOfResults": 2, "items": [listing("A")], "pagination": {"nextToken": "two"}},
        {"numberOfResults": 2, "items": [listing("B")]},
    ]
    client, platform = opened({"items": pages})
    assert len(list(fetch.listings(client, DAY))) == 2
    first, second = (dict(one.url.params) for one in platform.asked)
    assert first == {
        "marketplaceIds": "ATVPDKIKX0DER",
        "includedData": "summaries,offers",
        "lastUpdatedAfter": "1995-07-16T00:00:00.000Z",
        "sortBy": "lastUpdatedDate",
        "sortOrder": "ASC",
        "pageSize": "20",
    }
    assert second == first | {"pageToken": "two"}


def test_more_than_a_thousand_listings_halve_the_time_up_to_now(opened: Opened) -> None:
    few = {"numberOfResults": 1, "items": [listing("A")]}
    client, platform = opened({"items": [{"numberOfResults": 1001, "items": []}, few]})
    assert len(list(fetch.listings(client, DAY))) == 2
    spans = [
        (one.url.params["lastUpdatedAfter"], one.url.params.get("lastUpdatedBefore"))
        for one in platform.asked[1:]
    ]
    assert spans == [
        ("1995-07-16T00:00:00.000Z", "2011-03-20T00:00:00.000Z"),
        ("2011-03-20T00:00:00.001Z", None),
    ]


def test_more_than_a_thousand_listings_of_one_moment_are_told(opened: Opened) -> None:
    client, platform = opened({"items": [{"numberOfResults": 1001, "items": []}]})
    with pytest.raises(SourceContractError, match="one moment"):
        list(fetch.listings(client, DAY))
    assert len(platform.asked) < 50


def test_a_listing_that_slipped_from_page_to_page_is_missed(opened: Opened) -> None:
    client, _ = opened({"items": [{"numberOfResults": 2, "items": [listing("A")]}]})
    with pytest.raises(TransientSourceError, match="2 listings were found and 1 shown"):
        list(fetch.listings(client, DAY))


@pytest.mark.parametrize("stream", ["orders", "items", "summaries"])
def test_a_repeated_cursor_ends_the_reading(opened: Opened, stream: str) -> None:
    again = {"pagination": {"nextToken": "again"}}
    script = {
        "orders": orders(1, "again"),
        "items": {"numberOfResults": 9, "items": [listing("A")]} | again,
        "summaries": stock("A", "again"),
    }
    read = {"orders": fetch.orders, "items": fetch.listings, "summaries": fetch.inventory}[stream]
    client, platform = opened({stream: [script[stream]]})
    with pytest.raises(SourceContractError, match="cursor"):
        list(read(client, DAY))
    assert len(platform.asked) == 2


def pieces(content: bytes) -> list[Page]:
    return list(flat_file.pieces([content], "Amazon.com", ["Amazon.com", "Amazon.ca"]))


def sorted_as_kept() -> list[str]:
    return list(flat_file.KEPT)
