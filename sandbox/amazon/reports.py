"""Reports: requested, waited for, and fetched from a URL that soon ends."""

import gzip
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from sandbox.amazon import sales_and_traffic
from sandbox.amazon.account import Account
from sandbox.amazon.errors import ERRORS, over, wrong
from sandbox.amazon.flat_files import FLAT_FILES, as_file
from sandbox.amazon.operations import OPERATIONS
from sandbox.amazon.under_way import Report
from sandbox.kit import parameters
from sandbox.kit.fields import Document, Fields, as_is, lean, written
from sandbox.kit.parameters import flag, moment, number, text, texts
from sandbox.kit.rest import JSON, Call
from sandbox.kit.values import utc_text

ROOTS: Final = {"/reports/2021-06-30": JSON}
DOCUMENTS: Final = "/amazon-report-documents"
URL_SECONDS: Final = 300
PAGE_SECONDS: Final = 24 * 3600
MAX_PAGE: Final = 100
KEPT: Final = timedelta(days=90)
_REPORTS: Final = "/reports/2021-06-30/reports"
REPORT: Final[Fields] = {
    **as_is(reportId="report_id", reportType="report_type", marketplaceIds="stores"),
    **written(utc_text, dataStartTime="start", dataEndTime="end", createdTime="created_at"),
    **as_is(processingStatus="status"),
}
_STARTED: Final = written(utc_text, processingStartTime="created_at")
_ENDED: Final = {**_STARTED, **written(utc_text, processingEndTime="created_at")}
# What is told of a report in some statuses only.
_TOLD: Final[Mapping[str, Fields]] = {
    "IN_PROGRESS": _STARTED,
    "CANCELLED": _ENDED,
    "FATAL": _ENDED,
    "DONE": {**_ENDED, **as_is(reportDocumentId="document_id")},
}


class _Wanted(msgspec.Struct, rename="camel"):
    """The body of `createReport`."""

    report_type: str
    marketplace_ids: Annotated[list[str], Meta(min_length=1, max_length=25)]
    data_start_time: str | UnsetType = UNSET
    data_end_time: str | UnsetType = UNSET
    report_options: dict[str, str] = msgspec.field(default_factory=dict)


@OPERATIONS("POST", _REPORTS, 0.0167, 15, status=202, names_media=True, body=_Wanted)
def create_report(account: Account, call: Call) -> Document:
    """Request a report of the world as it is now."""
    wanted: _Wanted = call.body
    if wanted.report_type not in (*FLAT_FILES, sales_and_traffic.REPORT_TYPE):
        raise wrong("Invalid report type.")
    if set(wanted.marketplace_ids) != {account.store}:
        raise ERRORS("denied", why="")
    start = _moment(wanted.data_start_time, "dataStartTime")
    end = _moment(wanted.data_end_time, "dataEndTime") or account.now
    if start is not None and end < start:
        raise wrong("dataEndTime must not be before dataStartTime.")
    if wanted.report_type == sales_and_traffic.REPORT_TYPE:
        is_dated = start is not None and wanted.data_end_time is not UNSET
        sales_and_traffic.check(account, wanted.report_options, is_dated)
    outcome, content = _made(account, wanted, start, end)
    report = Report(
        report_id=str(50_000 + len(account.reports)),
        report_type=wanted.report_type,
        stores=wanted.marketplace_ids,
        start=start,
        end=end,
        created_at=account.now,
        requested=account.seconds(),
        outcome=outcome,
        document_id=f"amzn1.spdoc.1.4.na.{uuid.uuid4()}",
        content=content,
    )
    account.reports[report.report_id] = report
    return {"reportId": report.report_id}


@OPERATIONS("GET", f"{_REPORTS}/{{reportId}}", 2, 15)
def get_report(account: Account, call: Call) -> Document:
    """How one report stands."""
    return _shape(account, _known(account, call))


@OPERATIONS("DELETE", f"{_REPORTS}/{{reportId}}", 0.0222, 10)
def cancel_report(account: Account, call: Call) -> Document:
    """End a report that is still in the queue."""
    report = _known(account, call)
    if _status(account, report) != "IN_QUEUE":
        raise wrong("Only a report in the queue can be cancelled.")
    ended = replace(report, outcome="CANCELLED", requested=float("-inf"), content=b"")
    account.reports[report.report_id] = ended
    return {}


@OPERATIONS(
    "GET", _REPORTS, 0.0222, 10,
    query={
        "reportTypes": texts(most=10),
        "processingStatuses": texts("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE"),
        "marketplaceIds": texts(most=10),
        "pageSize": number(1, MAX_PAGE, 10),
        "createdSince": moment(),
        "createdUntil": moment(),
        "nextToken": text(),
    },
)  # fmt: skip
def get_reports(account: Account, call: Call) -> Document:
    """A page of reports, the newest first. `nextToken` stands alone."""
    size, token = call.query["pageSize"], call.query["nextToken"]
    if token is not None and set(call.given) != {"nextToken"}:
        raise wrong("nextToken must be the only parameter.")
    place = account.pages.place("reports", token, over("nextToken"))
    size, rest = place or (size, _chosen(account, call.query))
    answer: Document = {"reports": [_shape(account, account.reports[key]) for key in rest[:size]]}
    if rest[size:]:
        following = (size, rest[size:])
        answer["nextToken"] = account.pages.put("reports", following, seconds=PAGE_SECONDS)
    return answer


@OPERATIONS(
    "GET", "/reports/2021-06-30/documents/{reportDocumentId}", 0.0167, 15,
    query={"enableContentEncodingUrlHeader": flag()},
)  # fmt: skip
def get_report_document(account: Account, call: Call) -> Document:
    """Where a finished report can be fetched for the next five minutes."""
    wanted, is_zipped = call.path["reportDocumentId"], account.manner.compresses
    report = next((one for one in account.reports.values() if one.document_id == wanted), None)
    if report is None or _status(account, report) != "DONE":
        raise ERRORS("unknown", text="The requested report document does not exist.")
    names_encoding = call.query["enableContentEncodingUrlHeader"] and is_zipped
    seconds = 0 if account.faults.spend("expired_urls") else URL_SECONDS
    token = account.downloads.put((report.content, names_encoding), seconds=seconds)
    return {
        "reportDocumentId": wanted,
        "url": f"{call.origin}{DOCUMENTS}/{token}?X-Amz-Expires={URL_SECONDS}",
    } | ({"compressionAlgorithm": "GZIP"} if is_zipped else {})


def _known(account: Account, call: Call) -> Report:
    report = account.reports.get(call.path["reportId"])
    if report is None:
        raise ERRORS("unknown", text="The requested report does not exist.")
    return report


def _moment(value: str | UnsetType, name: str) -> datetime | None:
    try:
        return None if value is UNSET else parameters.instant(value)
    except ValueError as error:
        raise ERRORS("invalid", name=name, reason=error) from None


def _made(
    account: Account, wanted: _Wanted, start: datetime | None, end: datetime
) -> tuple[str, bytes]:
    if account.faults.spend("fatal"):
        return "FATAL", b""
    content = _content(account, wanted, start, end)
    # A report without data is not an empty file: it is cancelled.
    if not content or account.faults.spend("cancelled"):
        return "CANCELLED", b""
    return "DONE", gzip.compress(content, mtime=0) if account.manner.compresses else content


def _content(account: Account, wanted: _Wanted, start: datetime | None, end: datetime) -> bytes:
    make = FLAT_FILES.get(wanted.report_type)
    if make is not None:
        frame = make(account, start, end)
        return b"" if frame.is_empty() else as_file(frame)
    return sales_and_traffic.made(account, wanted.report_options, start or end, end)


def _status(account: Account, report: Report) -> str:
    passed, manner = account.seconds() - report.requested, account.manner
    if passed < manner.queued_seconds:
        return "IN_QUEUE"
    if passed < manner.queued_seconds + manner.processing_seconds:
        return "IN_PROGRESS"
    return report.outcome


def _shape(account: Account, report: Report) -> dict[str, Any]:
    status = _status(account, report)
    return lean({**REPORT, **_TOLD.get(status, {})}, vars(report) | {"status": status})


def _chosen(account: Account, query: dict[str, Any]) -> list[str]:
    """The reports that a search finds, by id."""
    types, statuses = query["reportTypes"], query["processingStatuses"]
    stores = query["marketplaceIds"]
    since = query["createdSince"] or account.now - KEPT
    until = query["createdUntil"] or account.now
    if not types:
        raise wrong("Either reportTypes or nextToken is required.")
    return [
        report.report_id
        for report in reversed(account.reports.values())
        if report.report_type in types
        and (not statuses or _status(account, report) in statuses)
        and (not stores or set(stores) & set(report.stores))
        and since <= report.created_at <= until
    ]
