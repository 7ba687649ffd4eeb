"""One open Shopify account: questions, writes, bulk files, clock and limits."""

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx
import msgspec
from pydantic import Field, SecretStr, model_validator

from connectors.base.http import Http, addresses, server_time
from connectors.base.jobs import JobStatus, finish
from connectors.base.limits import BucketState, Meter, Urgency
from connectors.base.retry import NotAppliedError, Retry, ThrottledError
from connectors.base.settings import AccountSettings
from connectors.base.wire import decoded
from connectors.shopify import queries
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.ports import Stores

VERSION = "2026-10"
# The platform's limit for one query is not confirmed; a page is sized to stay below it.
MOST_QUERY_COST = 1000.0
_PATH = f"/admin/api/{VERSION}/graphql.json"
_BULK_HOST = "storage.googleapis.com"
_BULK_DEADLINE = 4 * 3600.0
_MOST_BULK_BYTES = 20 * 2**30

_log = logging.getLogger(__name__)


class ShopifySettings(AccountSettings):
    """One shop. A real one is named by its domain, a sandbox by its address on the loopback."""

    LIVE_MARKS = ("shpat_", "shpca_", "shppa_", "shpua_", "shpss_")

    access_token: SecretStr = Field(min_length=1, description="Admin API access token")
    webhook_secret: SecretStr | None = Field(
        default=None,
        min_length=1,
        description="Client secret of your app, to verify that webhooks come from Shopify",
    )
    shop_domain: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9-]*\.myshopify\.com$",
        description="Your shop's myshopify domain, such as example.myshopify.com",
    )

    @model_validator(mode="after")
    def _names_one_place(self) -> Self:
        if self.is_sandbox == (self.shop_domain is not None):
            raise ValueError("a shop is named by shop_domain alone, unless it is a sandbox")
        return self

    @property
    def url(self) -> str:
        """Where requests go."""
        return self.url_or(f"https://{self.shop_domain}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopCheck:
    """What a shop says of itself; `scopes` is null when it does not tell."""

    name: str
    currency: str
    time_zone: str
    plan: str
    scopes: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The raw `data` of an answer and its cost in points."""

    data: bytes
    at: dt.datetime
    requested: float
    used: float


class _Shape(msgspec.Struct, rename="camel"):
    pass


class _Throttle(_Shape):
    maximum_available: float
    currently_available: float
    restore_rate: float

    @property
    def state(self) -> BucketState:
        return BucketState(
            maximum=self.maximum_available,
            available=self.currently_available,
            restore_rate=self.restore_rate,
        )


class _Cost(_Shape):
    requested_query_cost: float
    throttle_status: _Throttle
    actual_query_cost: float | None = None


class _Extensions(_Shape):
    cost: _Cost | None = None


class _ErrorExtensions(_Shape):
    code: str | None = None


class _Error(_Shape):
    extensions: _ErrorExtensions | None = None


class _Envelope(_Shape):
    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: list[_Error] = []
    extensions: _Extensions | None = None


class _BulkJob(_Shape):
    id: str
    platform_status: str = msgspec.field(name="status")
    error_code: str | None = None
    file_size: int | str | None = None
    url: str | None = None

    @property
    def status(self) -> JobStatus:
        if self.platform_status not in _BULK_STATUS:
            raise SourceContractError(f"a bulk job's status {self.platform_status!r} is unknown")
        return _BULK_STATUS[self.platform_status]


class _UserError(_Shape):
    code: str | None = None
    field: list[str] | None = None


class _Started(_Shape):
    bulk_operation: _BulkJob | None
    user_errors: list[_UserError]


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_BULK_STATUS = {
    "CREATED": JobStatus.QUEUED,
    "RUNNING": JobStatus.RUNNING,
    "COMPLETED": JobStatus.DONE,
    "FAILED": JobStatus.FATAL,
    "CANCELING": JobStatus.RUNNING,
    "CANCELED": JobStatus.CANCELLED,
    "EXPIRED": JobStatus.EXPIRED,
}
# Codes of top-level errors, inside HTTP 200. Whatever is not listed is a shape we do not know.
_ERRORS: dict[str, type[ShopkeeperError]] = {
    "THROTTLED": NotAppliedError,
    "INTERNAL_SERVER_ERROR": TransientSourceError,
    "TIMEOUT": TransientSourceError,
    "ACCESS_DENIED": SourceRejectedError,
    "UNAUTHORIZED": SourceRejectedError,
    "SHOP_INACTIVE": SourceRejectedError,
    "MAX_COST_EXCEEDED": SourceContractError,
}
# Codes of a bulk job that was refused, or that failed.
_BULK_ERRORS: dict[str, type[ShopkeeperError]] = {
    "OPERATION_IN_PROGRESS": NotAppliedError,
    "LIMIT_REACHED": NotAppliedError,
    "INVALID": SourceContractError,
    "ACCESS_DENIED": SourceRejectedError,
    "INTERNAL_SERVER_ERROR": TransientSourceError,
    "TIMEOUT": TransientSourceError,
}


class ShopifyClient:
    """Asks and writes for one shop. Thread-safe.

    Args:
        stores: where all clients of the shop share its bucket; each has its own if not given.
        transport, resolve: the network; replaced in tests.
        clock, sleep: seconds for waiting, replaced in tests so that waiting costs no time.
        wall_clock: seconds since 1970, which clients on several machines share limits by.
    """

    def __init__(
        self,
        settings: ShopifySettings,
        stores: Stores = Stores(),
        *,
        transport: httpx.BaseTransport | None = None,
        resolve: Callable[[str], list[str]] = addresses,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._http = Http(
            settings.url,
            headers={"x-shopify-access-token": settings.access_token.get_secret_value()},
            download_hosts=[] if settings.is_sandbox else [_BULK_HOST],
            is_sandbox=settings.is_sandbox,
            ca_file=settings.ca_file,
            transport=transport,
            resolve=resolve,
        )
        self._clock = clock
        self._sleep = sleep
        self._retry = Retry(sleep=sleep)
        meter = Meter(
            stores.limits,
            f"shopify:{settings.url.rstrip('/')}",
            budget_share=settings.budget_share,
            clock=clock,
            sleep=sleep,
            wall_clock=wall_clock,
        )
        self.bucket = meter.cost("points")
        self.urgency = Urgency.LIVE

    def ask(
        self, document: str, variables: Mapping[str, Any] | None = None, *, cost: float = 10.0
    ) -> Answer:
        """Ask a question; `cost` is what it is expected to take out of the bucket.

        Raises:
            ShopkeeperError: by HTTP status or by the error code in the answer, after retries.
        """
        return self._retry.call(
            lambda: self._post(document, variables, cost=cost, urgency=self.urgency)
        )

    def write(
        self,
        document: str,
        variables: Mapping[str, Any],
        *,
        urgency: Urgency = Urgency.ACT,
    ) -> Answer:
        """Send a mutation, again only when the platform certainly did nothing.

        Raises:
            NotAppliedError: the platform certainly did nothing, and still does not.
            TransientSourceError: it may have been applied.
            SourceRejectedError: it was refused.
            SourceContractError: the answer is unknown, so it may have been applied.
        """
        return self._retry.call(
            lambda: self._post(document, variables, cost=10.0, urgency=urgency),
            repeats=NotAppliedError,
        )

    def run_bulk(self, document: str) -> Iterator[bytes]:
        """Run a bulk job and stream its file; nothing at all when it found nothing.

        Raises:
            TransientSourceError: the job failed, or its file came short.
        """
        job_id = self._retry.call(lambda: self._start_bulk(document), repeats=NotAppliedError)
        job = finish(
            lambda: self._poll_bulk(job_id),
            deadline=_BULK_DEADLINE,
            clock=self._clock,
            sleep=self._sleep,
        )
        if job.url is None:
            return
        held = 0
        try:
            for chunk in self._http.download(job.url, most=_MOST_BULK_BYTES):
                held += len(chunk)
                yield chunk
        except SourceRejectedError:
            # Not the token's fault: a download carries none.
            raise TransientSourceError("a bulk job's file is gone; read the window again") from None
        if job.file_size is not None and held != int(job.file_size):
            raise TransientSourceError(f"a bulk file of {job.file_size} bytes ended after {held}")

    def now(self) -> dt.datetime:
        """The platform's clock."""
        return self.ask(queries.CLOCK).at

    def check(self) -> ShopCheck:
        """What the shop says of itself, for a test of settings and permissions."""
        shop = msgspec.json.decode(self.ask(queries.SHOP).data)["shop"]
        try:
            granted = msgspec.json.decode(self.ask(queries.SCOPES).data)["currentAppInstallation"]
            scopes = tuple(sorted(scope["handle"] for scope in granted["accessScopes"]))
        except SourceContractError:
            scopes = None
        return ShopCheck(
            name=shop["name"],
            currency=shop["currencyCode"],
            time_zone=shop["ianaTimezone"],
            plan=shop["plan"]["publicDisplayName"],
            scopes=scopes,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _post(
        self,
        document: str,
        variables: Mapping[str, Any] | None,
        *,
        cost: float,
        urgency: Urgency,
    ) -> Answer:
        body = msgspec.json.encode({"query": document, "variables": variables or {}})
        self.bucket.take(cost, urgency=urgency)
        try:
            answer = self._http.post(_PATH, body)
        except ThrottledError as error:
            self.bucket.refused(error.retry_after)
            raise
        if "x-shopify-api-deprecated-reason" in answer.headers:
            _log.warning("shopify version=%s a requested field is deprecated", VERSION)
        envelope = decoded(_ENVELOPE.decode, answer.body)
        spent = envelope.extensions.cost if envelope.extensions else None
        used = (spent.actual_query_cost or 0.0) if spent else 0.0
        if spent is not None:
            self.bucket.learn(spent.throttle_status.state, taken=cost, used=used)
        if envelope.errors:
            raise _error_of(envelope.errors, spent)
        return Answer(
            data=bytes(envelope.data),
            at=dt.datetime.fromtimestamp(server_time(answer.headers), dt.UTC),
            requested=spent.requested_query_cost if spent else 0.0,
            used=used,
        )

    def _start_bulk(self, document: str) -> str:
        answer = self.write(queries.RUN_BULK, {"query": document}, urgency=self.urgency)
        started = decoded(msgspec.json.Decoder(dict[str, _Started]).decode, answer.data)[
            "bulkOperationRunQuery"
        ]
        for error in started.user_errors:
            raise _BULK_ERRORS.get(error.code or "", SourceContractError)(
                f"a bulk job was refused with {error.code}"
            )
        if started.bulk_operation is None:
            raise SourceContractError("a bulk job was neither started nor refused")
        return started.bulk_operation.id

    def _poll_bulk(self, job_id: str) -> _BulkJob:
        answer = self.ask(queries.POLL_BULK, {"id": job_id}, cost=1.0)
        jobs = decoded(msgspec.json.Decoder(dict[str, _BulkJob | None]).decode, answer.data)
        job = jobs["bulkOperation"]
        if job is None:
            raise SourceContractError("the platform does not know a bulk job that it started")
        if job.error_code is not None:
            raise _BULK_ERRORS.get(job.error_code, SourceContractError)(
                f"a bulk job failed with {job.error_code}"
            )
        return job


def _error_of(errors: list[_Error], cost: _Cost | None) -> ShopkeeperError:
    """The error that decides among those of an answer; its text is never repeated."""
    codes = [(error.extensions.code if error.extensions else None) or "" for error in errors]
    code = next((code for code in codes if code in _ERRORS), codes[0])
    message = f"the platform answered error {code or 'without a code'}"
    if code == "THROTTLED":
        return NotAppliedError(message, retry_after=_wait(cost))
    return _ERRORS.get(code, SourceContractError)(message)


def _wait(cost: _Cost | None) -> float | None:
    """Seconds until the bucket holds what was requested."""
    if cost is None:
        return None
    bucket = cost.throttle_status
    missing = cost.requested_query_cost - bucket.currently_available
    return max(0.0, missing / bucket.restore_rate)
