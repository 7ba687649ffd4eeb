"""Reports: asked for, waited for, and fetched from a URL that soon ends."""

import gzip
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from sandbox.amazon.account import Account
from sandbox.amazon.call import Call
from sandbox.amazon.errors import denied, invalid, missing
from sandbox.amazon.flat_files import FLAT_FILES, written
from sandbox.amazon.names import instant_text
from sandbox.amazon.query import Query, body, instant, one_of

DOCUMENTS: Final = "/amazon-report-documents"
URL_SECONDS: Final = 300
PAGE_SECONDS: Final = 24 * 3600
MAX_PAGE: Final = 100
KEPT: Final = timedelta(days=90)
STATUSES: Final = ("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE")


class _Asked(msgspec.Struct):
    """The body of `createReport`."""

    reportType: str  # noqa: N815 the platform's names
    marketplaceIds: Annotated[list[str], Meta(min_length=1, max_length=25)]  # noqa: N815
    dataStartTime: str | UnsetType = UNSET  # noqa: N815
    dataEndTime: str | UnsetType = UNSET  # noqa: N815
    reportOptions: dict[str, str] | UnsetType = UNSET  # noqa: N815


@dataclass(frozen=True)
class Report:
    """A report that was asked for: how it ends is known, and shown only when its time is here."""

    report_id: str
    report_type: str
    marketplaces: tuple[str, ...]
    start: datetime | None
    end: datetime
    created_at: datetime
    asked: float
    outcome: str
    document_id: str
    content: bytes


@dataclass(frozen=True)
class Document:
    """What a URL gives: the bytes, and whether the answer names their encoding."""

    content: bytes
    names_encoding: bool


def create_report(account: Account, call: Call) -> dict[str, Any]:
    """Ask for a report of the world as it is now."""
    asked = body(call.body, _Asked)
    if asked.reportType not in FLAT_FILES:
        raise invalid("Invalid report type.")
    if not all(map(account.is_ours, asked.marketplaceIds)):
        raise denied()
    now = account.world.clock
    start = _optional(asked.dataStartTime, "dataStartTime")
    end = _optional(asked.dataEndTime, "dataEndTime") or now
    if start is not None and end < start:
        raise invalid("dataEndTime must not be before dataStartTime.")
    outcome, content = _made(account, asked.reportType, start, end)
    report = Report(
        report_id=str(50_000 + len(account.reports)),
        report_type=asked.reportType,
        marketplaces=tuple(asked.marketplaceIds),
        start=start,
        end=end,
        created_at=now,
        asked=account.now(),
        outcome=outcome,
        document_id=f"amzn1.spdoc.1.4.na.{uuid.uuid4()}",
        content=content,
    )
    account.reports[report.report_id] = report
    return {"reportId": report.report_id}


def get_report(account: Account, call: Call) -> dict[str, Any]:
    """How one report stands."""
    report = account.reports.get(call.path["reportId"])
    if report is None:
        raise missing("The requested report does not exist.")
    return _shape(account, report)


def cancel_report(account: Account, call: Call) -> dict[str, Any]:
    """End a report that is still in the queue."""
    report = account.reports.get(call.path["reportId"])
    if report is None:
        raise missing("The requested report does not exist.")
    if _status(account, report) != "IN_QUEUE":
        raise invalid("Only a report in the queue can be cancelled.")
    ended = replace(report, outcome="CANCELLED", asked=float("-inf"), content=b"")
    account.reports[report.report_id] = ended
    return {}


def get_reports(account: Account, call: Call) -> dict[str, Any]:
    """A page of reports, the newest first. `nextToken` stands alone."""
    query = call.query
    size = query.number("pageSize", low=1, high=MAX_PAGE, default=10)
    token = query.text("nextToken")
    if token is None:
        rest = _chosen(account, query)
    elif query.names() != {"nextToken"}:
        raise invalid("nextToken must be the only parameter.")
    else:
        kind, size, rest = account.pages.get(token) or ("", 0, [])
        if kind != "reports":
            raise invalid("The nextToken is invalid or has expired.")
    page, rest = rest[:size], rest[size:]
    answer: dict[str, Any] = {
        "reports": [_shape(account, account.reports[report_id]) for report_id in page]
    }
    if rest:
        answer["nextToken"] = account.pages.put(("reports", size, rest), seconds=PAGE_SECONDS)
    return answer


def get_report_document(account: Account, call: Call) -> dict[str, Any]:
    """Where a finished report can be fetched for the next five minutes."""
    names_encoding = call.query.flag("enableContentEncodingUrlHeader")
    wanted = call.path["reportDocumentId"]
    report = next((one for one in account.reports.values() if one.document_id == wanted), None)
    if report is None or _status(account, report) != "DONE":
        raise missing("The requested report document does not exist.")
    document = Document(report.content, names_encoding and account.manner.compresses)
    seconds = 0 if account.faults.spend("expired_urls") else URL_SECONDS
    token = account.downloads.put(document, seconds=seconds)
    answer = {
        "reportDocumentId": wanted,
        "url": f"{call.origin}{DOCUMENTS}/{token}?X-Amz-Expires={URL_SECONDS}",
    }
    return answer | ({"compressionAlgorithm": "GZIP"} if account.manner.compresses else {})


def _optional(text: str | UnsetType, name: str) -> datetime | None:
    return None if text is UNSET else instant(text, name)


def _made(
    account: Account, report_type: str, start: datetime | None, end: datetime
) -> tuple[str, bytes]:
    if account.faults.spend("fatal"):
        return "FATAL", b""
    frame = FLAT_FILES[report_type](account, start, end)
    # A report without data is not an empty file: it is cancelled.
    if frame.is_empty() or account.faults.spend("cancelled"):
        return "CANCELLED", b""
    content = written(frame)
    return "DONE", gzip.compress(content, mtime=0) if account.manner.compresses else content


def _status(account: Account, report: Report) -> str:
    passed, manner = account.now() - report.asked, account.manner
    if passed < manner.queued_seconds:
        return "IN_QUEUE"
    if passed < manner.queued_seconds + manner.processing_seconds:
        return "IN_PROGRESS"
    return report.outcome


def _shape(account: Account, report: Report) -> dict[str, Any]:
    status = _status(account, report)
    shape: dict[str, Any] = {
        "reportId": report.report_id,
        "reportType": report.report_type,
        "marketplaceIds": list(report.marketplaces),
        "dataEndTime": instant_text(report.end),
        "createdTime": instant_text(report.created_at),
        "processingStatus": status,
    }
    if report.start is not None:
        shape["dataStartTime"] = instant_text(report.start)
    if status != "IN_QUEUE":
        shape["processingStartTime"] = instant_text(report.created_at)
    if status in ("DONE", "CANCELLED", "FATAL"):
        shape["processingEndTime"] = instant_text(report.created_at)
    if status == "DONE":
        shape["reportDocumentId"] = report.document_id
    return shape


def _chosen(account: Account, query: Query) -> list[str]:
    types = query.texts("reportTypes", most=10)
    statuses = query.texts("processingStatuses", choices=STATUSES)
    stores = query.texts("marketplaceIds", most=10)
    since = query.instant("createdSince") or account.world.clock - KEPT
    until = query.instant("createdUntil") or account.world.clock
    if not types:
        raise invalid("Either reportTypes or nextToken is required.")
    return [
        report.report_id
        for report in reversed(account.reports.values())
        if report.report_type in types
        and one_of(statuses, _status(account, report))
        and (not stores or set(stores) & set(report.marketplaces))
        and since <= report.created_at <= until
    ]
