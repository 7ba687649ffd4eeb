"""Reports: asked for, waited for, and fetched from a link that dies in five minutes."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from connectors.amazon import flat_file
from connectors.amazon.client import AmazonClient
from connectors.amazon.codes import REPORT_ENDS
from connectors.amazon.operations import CREATE_REPORT, GET_REPORT, GET_REPORT_DOCUMENT
from connectors.amazon.stores import STORES
from connectors.base.formats import gunzipped
from connectors.base.jobs import JobStatus, finish
from connectors.base.wire import decoded
from contracts.errors import SourceContractError, SourceRejectedError, TransientSourceError
from contracts.streams import Page, Window

_DEADLINE_SECONDS = 2 * 3600.0
_LONGEST_WAIT = 30.0
_MOST_BYTES = 32 * 2**30
_LINKS = 3


class _Created(msgspec.Struct, rename="camel"):
    report_id: str


class _Report(msgspec.Struct, rename="camel"):
    processing_status: str
    report_document_id: str | None = None


class _Document(msgspec.Struct, rename="camel"):
    url: str
    compression_algorithm: str | None = None


_CREATED = msgspec.json.Decoder(_Created)
_REPORT = msgspec.json.Decoder(_Report)
_DOCUMENT = msgspec.json.Decoder(_Document)


@dataclass(frozen=True, slots=True)
class _Job:
    status: JobStatus
    document_id: str | None


def orders(client: AmazonClient, window: Window) -> Iterator[Page]:
    """Yield pieces of a report of the orders updated inside the window; none if it had no data.

    Raises:
        ShopkeeperError: as `finished`.
    """
    report_id = requested(client, flat_file.REPORT_TYPE, window.start, window.end)
    chunks = finished(client, report_id)
    if chunks is not None:
        others = [store.name for store in STORES.values()]
        yield from flat_file.pieces(chunks, client.settings.store.name, others)


def requested(
    client: AmazonClient, report_type: str, start: dt.datetime, end: dt.datetime, **options: str
) -> str:
    """The id of a new report of the store; `options` are those of its type."""
    asked: dict[str, Any] = {
        "reportType": report_type,
        "marketplaceIds": [client.settings.marketplace_id],
        "dataStartTime": _text(start),
        "dataEndTime": _text(end),
    }
    if options:
        asked["reportOptions"] = options
    answer = client.ask(CREATE_REPORT, body=msgspec.json.encode(asked))
    return decoded(_CREATED.decode, answer.body).report_id


def finished(client: AmazonClient, report_id: str) -> Iterator[bytes] | None:
    """The unpacked file of a report, waited for; None: it had no data.

    Raises:
        TransientSourceError: it took too long, or its file could not be fetched.
        SourceRejectedError: the platform cannot make it.
    """
    job = finish(
        lambda: _polled(client, report_id),
        deadline=_DEADLINE_SECONDS,
        first_wait=1.0,
        longest_wait=_LONGEST_WAIT,
        clock=client.clock,
        sleep=client.sleep,
    )
    if job.status is JobStatus.NO_DATA:
        return None
    if job.document_id is None:
        raise SourceContractError("a report is done and names no document")
    return _file(client, job.document_id)


def _polled(client: AmazonClient, report_id: str) -> _Job:
    answer = client.ask(GET_REPORT, path={"reportId": report_id})
    report = decoded(_REPORT.decode, answer.body)
    status = REPORT_ENDS.get(report.processing_status)
    if status is None:
        raise SourceContractError(f"a report's status {report.processing_status!r} is unknown")
    return _Job(status, report.report_document_id)


def _file(client: AmazonClient, document_id: str) -> Iterator[bytes]:
    """The unpacked file. A link that is dead before its first byte is asked for anew."""
    for _ in range(_LINKS):
        answer = client.ask(GET_REPORT_DOCUMENT, path={"reportDocumentId": document_id})
        document = decoded(_DOCUMENT.decode, answer.body)
        chunks = client.download(document.url)
        try:
            first = next(chunks, b"")
        except (SourceRejectedError, TransientSourceError):
            continue
        yield from _unpacked(_joined(first, chunks), document.compression_algorithm)
        return
    raise TransientSourceError("the links to a report's file are dead before they can be used")


def _joined(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _unpacked(chunks: Iterator[bytes], algorithm: str | None) -> Iterator[bytes]:
    if algorithm is None:
        return chunks
    if algorithm != "GZIP":
        raise SourceContractError(f"a report is packed by {algorithm!r}, which is unknown")
    return gunzipped(chunks, most=_MOST_BYTES)


def _text(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
