"""Amazon's reports: asked for, waited for, and fetched before the URL is over."""

import csv
import gzip
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from sandbox.amazon import Manner
from sandbox.amazon.names import amazon_order_id
from tests.sandbox.seller import JAPAN, STORE, Seller, amazon_world, opened

PATH = "/reports/2021-06-30/reports"
HISTORY = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
SINCE = "2026-10-20T00:00:00Z"


@pytest.fixture
def seller() -> Iterator[Seller]:
    with opened(amazon_world()) as found:
        yield found


def create(seller: Seller, **body: Any) -> str:
    """Ask for the order history; the report's id."""
    asked = {"reportType": HISTORY, "marketplaceIds": [STORE], "dataStartTime": SINCE} | body
    answer = seller.call("POST", PATH, json=asked)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["reportId"])


def finished(seller: Seller, report_id: str) -> dict[str, Any]:
    """The report after it was made."""
    seller.clock.seconds += 10
    return dict(seller.get(f"{PATH}/{report_id}"))


def document(seller: Seller, **body: Any) -> dict[str, Any]:
    """The document of a new report."""
    report = finished(seller, create(seller, **body))
    assert report["processingStatus"] == "DONE"
    return dict(seller.get(f"/reports/2021-06-30/documents/{report['reportDocumentId']}"))


def rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a flat file."""
    return list(csv.DictReader(io.StringIO(content.decode()), delimiter="\t", quoting=3))


def test_a_report_is_queued_then_made_then_done() -> None:
    manner = Manner(queued_seconds=30, processing_seconds=60)
    with opened(amazon_world(), manner=manner) as seller:
        report_id, seen = create(seller), []
        for seconds in (0, 29, 1, 59, 1):
            seller.clock.seconds += seconds
            report = seller.get(f"{PATH}/{report_id}")
            seen.append((report["processingStatus"], "reportDocumentId" in report))
    assert seen == [
        ("IN_QUEUE", False), ("IN_QUEUE", False), ("IN_PROGRESS", False), ("IN_PROGRESS", False),
        ("DONE", True),
    ]  # fmt: skip


def test_the_history_has_a_row_per_line_with_the_money_of_the_world(seller: Seller) -> None:
    found = rows(seller.http.get(document(seller)["url"]).content)
    world = seller.world
    since = pl.lit("2026-10-20").str.to_datetime("%Y-%m-%d", time_zone="UTC")
    lines = world.lines.join(
        world.orders.filter(pl.col("updated_at") >= since).select("order_id"), on="order_id"
    )
    assert len(found) == lines.height
    by_order: dict[str, int] = {}
    for row in found:
        price, off = (round(float(row[key]) * 100) for key in _MONEY)
        key = row["amazon-order-id"]
        by_order[key] = by_order.get(key, 0) + price - off
    paid = world.orders.select(
        "order_id",
        minor=pl.col("original_minor") - pl.col("automatic_minor") - pl.col("code_minor"),
    )
    truth = {amazon_order_id(order_id): minor for order_id, minor in paid.iter_rows()}
    assert by_order == {key: truth[key] for key in by_order}
    assert found[0]["sku"].isdigit()
    assert found[0]["last-updated-date"].endswith("+00:00")
    assert {row["order-status"] for row in found} <= {"Shipped", "Cancelled", "Unshipped"}


_MONEY = ("item-price", "item-promotion-discount")


def test_the_history_and_a_search_tell_the_same_orders(seller: Seller) -> None:
    end = seller.world.clock - timedelta(minutes=2)
    body = {"dataEndTime": end.strftime("%Y-%m-%dT%H:%M:%SZ")}
    found = rows(seller.http.get(document(seller, **body)["url"]).content)
    searched = seller.orders(lastUpdatedAfter=SINCE, lastUpdatedBefore=end)
    assert {row["amazon-order-id"] for row in found} == {one["orderId"] for one in searched}


def test_no_data_is_a_cancelled_report_without_a_document(seller: Seller) -> None:
    future = "2027-01-01T00:00:00Z"
    report = finished(seller, create(seller, dataStartTime=future, dataEndTime=future))
    assert report["processingStatus"] == "CANCELLED"
    assert "reportDocumentId" not in report


def test_a_planted_report_is_fatal_or_cancelled(seller: Seller) -> None:
    seller.faults.fatal = seller.faults.cancelled = 1
    made = [finished(seller, create(seller))["processingStatus"] for _ in range(3)]
    assert made == ["FATAL", "CANCELLED", "DONE"]


def test_a_url_is_over_after_five_minutes_and_a_new_one_can_be_had(seller: Seller) -> None:
    found = document(seller)
    seller.clock.seconds += 299
    assert seller.http.get(found["url"]).status_code == 200
    seller.clock.seconds += 1
    late = seller.http.get(found["url"])
    assert late.status_code == 403
    assert "Request has expired" in late.text
    again = seller.get(f"/reports/2021-06-30/documents/{found['reportDocumentId']}")
    assert seller.http.get(again["url"]).status_code == 200


def test_a_planted_url_is_dead_on_arrival(seller: Seller) -> None:
    seller.faults.expired_urls = 1
    assert seller.http.get(document(seller)["url"]).status_code == 403


def test_a_download_that_carries_the_access_token_is_refused(seller: Seller) -> None:
    url = document(seller)["url"]
    headers = {"x-amz-access-token": seller.token().json()["access_token"]}
    assert seller.http.get(url, headers=headers).status_code == 403
    assert seller.http.post(url).status_code == 405


def test_gzip_is_named_and_the_client_unpacks_it_itself() -> None:
    with opened(amazon_world(), manner=Manner(compresses=True)) as seller:
        found = document(seller)
        assert found["compressionAlgorithm"] == "GZIP"
        answer = seller.http.get(found["url"])
        assert "content-encoding" not in answer.headers
        assert rows(gzip.decompress(answer.content))
        path = f"/reports/2021-06-30/documents/{found['reportDocumentId']}"
        named = seller.http.get(seller.get(path, enableContentEncodingUrlHeader="true")["url"])
        assert named.headers["content-encoding"] == "gzip"
        assert rows(named.content)


def test_yen_have_no_decimals_in_a_file() -> None:
    with opened(amazon_world(JAPAN)) as seller:
        found = rows(seller.http.get(document(seller)["url"]).content)
    assert {row["currency"] for row in found} == {"JPY"}
    assert all(row["item-price"].isdigit() for row in found)


def test_all_listings_come_as_a_report(seller: Seller) -> None:
    body = {"reportType": "GET_MERCHANT_LISTINGS_ALL_DATA"}
    found = rows(seller.http.get(document(seller, **body)["url"]).content)
    assert len(found) == seller.world.products.height
    assert set(found[0]) >= {"seller-sku", "asin1", "price", "quantity", "status"}


@pytest.mark.parametrize(
    "body",
    [
        {"reportType": "BAD_REPORT"},
        {"reportType": 5},
        {"marketplaceIds": []},
        {"marketplaceIds": [STORE] * 26},
        {"marketplaceIds": STORE},
        {"dataStartTime": "yesterday"},
        {"dataStartTime": ""},
        {"dataStartTime": None},
        {"dataEndTime": "2026-01-01T00:00:00Z"},
        {"reportOptions": {"a": 1}},
    ],
)
def test_a_report_the_models_do_not_allow_is_400(seller: Seller, body: dict[str, Any]) -> None:
    asked = {"reportType": HISTORY, "marketplaceIds": [STORE], "dataStartTime": SINCE} | body
    assert seller.call("POST", PATH, json=asked).status_code == 400


def test_reports_are_listed_newest_first_by_token(seller: Seller) -> None:
    made = [create(seller) for _ in range(3)]
    first = seller.get(PATH, reportTypes=[HISTORY], pageSize=2)
    rest = seller.get(PATH, nextToken=first["nextToken"])
    listed = [one["reportId"] for one in first["reports"] + rest["reports"]]
    assert listed == made[::-1]
    assert "nextToken" not in rest
    query = {"reportTypes": HISTORY, "processingStatuses": "DONE"}
    assert seller.call("GET", PATH, params=query).json() == {"reports": []}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"reportTypes": HISTORY, "pageSize": "101"},
        {"reportTypes": HISTORY, "processingStatuses": "READY"},
        {"nextToken": "never given"},
        {"nextToken": "never given", "pageSize": "5"},
    ],
)
def test_a_list_the_models_do_not_allow_is_400(seller: Seller, query: dict[str, str]) -> None:
    assert seller.call("GET", PATH, params=query).status_code == 400


def test_a_report_can_be_cancelled_while_it_is_in_the_queue() -> None:
    with opened(amazon_world(), manner=Manner(queued_seconds=30)) as seller:
        first, second = create(seller), create(seller)
        assert seller.call("DELETE", f"{PATH}/{first}").status_code == 200
        assert seller.get(f"{PATH}/{first}")["processingStatus"] == "CANCELLED"
        seller.clock.seconds += 30
        assert seller.call("DELETE", f"{PATH}/{second}").status_code == 400
        assert seller.call("DELETE", f"{PATH}/1").status_code == 404


def test_unknown_reports_and_documents_are_404(seller: Seller) -> None:
    report_id = create(seller)
    document_id = finished(seller, report_id)["reportDocumentId"]
    unfinished = create(seller)
    assert seller.call("GET", f"{PATH}/1").status_code == 404
    path = "/reports/2021-06-30/documents"
    assert seller.call("GET", f"{path}/other").status_code == 404
    assert seller.call("GET", f"{path}/{document_id}").status_code == 200
    assert "reportDocumentId" not in seller.get(f"{PATH}/{unfinished}")
