"""One open Shopify account: questions, writes, bulk files, clock and limits."""

import datetime as dt
import logging
from collections.abc import Iterator, Mapping
from typing import Self

import msgspec
from pydantic import Field, SecretStr, model_validator

from connectors.base.account import AccountCheck, ApiSettings
from connectors.base.graphql import Cost, GraphQLClient, UserError
from connectors.base.http import HttpAnswer
from connectors.base.jobs import JobStatus, finish
from connectors.base.limits import BucketState
from connectors.base.retry import NotAppliedError
from connectors.base.wire import decoded
from connectors.shopify import queries
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)

VERSION = "2026-10"
# The platform's limit for one query is not confirmed; a page is sized to stay below it.
MOST_QUERY_COST = 1000.0
_BULK_HOST = "storage.googleapis.com"
_BULK_DEADLINE = 4 * 3600.0
_MOST_BULK_BYTES = 20 * 2**30

_log = logging.getLogger(__name__)


class ShopifySettings(ApiSettings):
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
        """See `ApiSettings`."""
        return self.url_or(f"https://{self.shop_domain}").rstrip("/")

    @property
    def account(self) -> str:
        """See `ApiSettings`."""
        return f"shopify:{self.url}"


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


class _Started(_Shape):
    bulk_operation: _BulkJob | None
    user_errors: list[UserError]


_EXTENSIONS = msgspec.json.Decoder(_Extensions | None)
_STARTED = msgspec.json.Decoder(dict[str, _Started])
_JOB = msgspec.json.Decoder(dict[str, _BulkJob | None])
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


class ShopifyClient(GraphQLClient[ShopifySettings]):
    """Asks and writes for one shop. Thread-safe."""

    PATH = f"/admin/api/{VERSION}/graphql.json"
    ERRORS = _ERRORS
    DOWNLOAD_HOSTS = (_BULK_HOST,)

    def headers(self) -> Mapping[str, str]:
        """See `AccountClient`."""
        return {"x-shopify-access-token": self.settings.access_token.get_secret_value()}

    def prepare(self) -> None:
        """See `AccountClient`."""
        self.limit = self.bucket = self.meter.cost("points")

    def cost_of(self, extensions: bytes) -> Cost | None:
        """See `GraphQLClient`."""
        found = decoded(_EXTENSIONS.decode, extensions)
        if found is None or found.cost is None:
            return None
        cost = found.cost
        return Cost(
            requested=cost.requested_query_cost,
            used=cost.actual_query_cost or 0.0,
            bucket=cost.throttle_status.state,
        )

    def learn(self, answer: HttpAnswer) -> None:
        """See `GraphQLClient`."""
        if "x-shopify-api-deprecated-reason" in answer.headers:
            _log.warning("shopify version=%s a requested field is deprecated", VERSION)

    def run_bulk(self, document: str) -> Iterator[bytes]:
        """Run a bulk job and stream its file; nothing at all when it found nothing.

        Raises:
            TransientSourceError: the job failed, or its file came short.
        """
        job_id = self.writing(lambda: self._start_bulk(document))
        job = finish(
            lambda: self._poll_bulk(job_id),
            deadline=_BULK_DEADLINE,
            clock=self.clock,
            sleep=self.sleep,
        )
        if job.url is None:
            return
        held = 0
        try:
            for chunk in self.http.download(job.url, most=_MOST_BULK_BYTES):
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

    def check(self) -> AccountCheck:
        """What the shop says of itself, for a test of settings and permissions."""
        shop = msgspec.json.decode(self.ask(queries.SHOP).data)["shop"]
        try:
            granted = msgspec.json.decode(self.ask(queries.SCOPES).data)["currentAppInstallation"]
            scopes = tuple(sorted(scope["handle"] for scope in granted["accessScopes"]))
        except SourceContractError:
            scopes = None
        return AccountCheck(
            name=shop["name"],
            currency=shop["currencyCode"],
            time_zone=shop["ianaTimezone"],
            plan=shop["plan"]["publicDisplayName"],
            scopes=scopes,
        )

    def _start_bulk(self, document: str) -> str:
        answer = self.write(queries.RUN_BULK, {"query": document}, urgency=self.urgency)
        started = decoded(_STARTED.decode, answer.data)["bulkOperationRunQuery"]
        for error in started.user_errors:
            raise _BULK_ERRORS.get(error.code or "", SourceContractError)(
                f"a bulk job was refused with {error.code}"
            )
        if started.bulk_operation is None:
            raise SourceContractError("a bulk job was neither started nor refused")
        return started.bulk_operation.id

    def _poll_bulk(self, job_id: str) -> _BulkJob:
        answer = self.ask(queries.POLL_BULK, {"id": job_id}, cost=1.0)
        job = decoded(_JOB.decode, answer.data)["bulkOperation"]
        if job is None:
            raise SourceContractError("the platform does not know a bulk job that it started")
        if job.error_code is not None:
            raise _BULK_ERRORS.get(job.error_code, SourceContractError)(
                f"a bulk job failed with {job.error_code}"
            )
        return job
