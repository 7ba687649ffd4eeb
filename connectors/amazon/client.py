"""One open selling account: calls within their usage plans, tokens, reports and the clock."""

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Self
from urllib.parse import quote

import httpx
from pydantic import Field, SecretStr, model_validator

from connectors.amazon.operations import OPERATIONS, SEARCH_LISTINGS, Operation
from connectors.amazon.refusals import login_refusal, refusal
from connectors.amazon.stores import FILE_HOSTS, STORES, TOKEN_URL, Store
from connectors.base.auth import OAuth2Refresh, RefreshedToken
from connectors.base.http import Http, HttpAnswer, addresses, server_time
from connectors.base.limits import Meter, Urgency
from connectors.base.retry import NotAppliedError, Retry, ThrottledError
from connectors.base.settings import AccountSettings
from contracts.errors import ConfigurationError, TransientSourceError
from contracts.ports import Stores
from contracts.streams import Window

_JSON = "application/json"
_AGENT = "Shopkeeper/1.0 (Language=Python)"
_MOST_FILE_BYTES = 8 * 2**30
_MOST_HOST = 100
_HOST = r"^\.?[a-z0-9-]+(\.[a-z0-9-]+)+$"

Params = Sequence[tuple[str, str]]


class AmazonSettings(AccountSettings):
    """One seller in one store, and the application that the seller has authorised."""

    LIVE_MARKS = ("Atzr|", "amzn1.oa2-cs.")

    marketplace_id: str = Field(
        examples=["ATVPDKIKX0DER"],
        description="Marketplace id of your store, such as ATVPDKIKX0DER for Amazon.com",
    )
    seller_id: str = Field(
        pattern=r"^[A-Z0-9]{8,20}$",
        examples=["A1B2C3D4E5F6G7"],
        description="Your merchant token (seller id)",
    )
    client_id: str = Field(
        min_length=1,
        examples=["amzn1.application-oa2-client.example"],
        description="Client id of your app (Login with Amazon)",
    )
    client_secret: SecretStr = Field(min_length=1, description="Client secret of your app")
    refresh_token: SecretStr = Field(
        min_length=1, description="Refresh token from authorising your app"
    )
    most_order_pages: int = Field(
        default=10,
        ge=1,
        le=20,
        description="Pages of 100 orders per window; beyond that a report is requested",
    )
    price_settles_seconds: float = Field(
        default=120.0,
        ge=0,
        le=900,
        description="Seconds until an accepted price can be read back; Amazon publishes no figure",
    )
    most_offers: int = Field(
        default=5_000, ge=1, le=100_000, description="Listings whose competitors are read at a time"
    )
    file_hosts: tuple[Annotated[str, Field(pattern=_HOST)], ...] = Field(
        default=(),
        description="Further hosts of report files; .example.com includes all below it",
    )

    @model_validator(mode="after")
    def _knows_the_store(self) -> Self:
        if self.marketplace_id not in STORES:
            raise ValueError("marketplace_id names no store; the README lists them")
        return self

    @property
    def store(self) -> Store:
        """The store."""
        return STORES[self.marketplace_id]


class Pace:
    """How busy the account is, as far as windows have shown that were too busy for pages."""

    def __init__(self) -> None:
        self._per_second = 0.0

    def expects(self, window: Window) -> float:
        """Orders of a window at least; 0 as long as no window has overflowed."""
        return self._per_second * (window.end - window.start).total_seconds()

    def learn(self, window: Window, orders: int) -> None:
        """A window holds more orders than these."""
        self._per_second = orders / (window.end - window.start).total_seconds()


class AmazonClient:
    """Asks and writes for one seller. Thread-safe.

    Args:
        stores: where all clients of the account share its usage plans and its access token.
        transport, resolve: the network; replaced in tests.
        clock, sleep: seconds for waiting, replaced in tests so that waiting costs no time.
        wall_clock: seconds since 1970.
    """

    def __init__(
        self,
        settings: AmazonSettings,
        stores: Stores = Stores(),
        *,
        transport: httpx.BaseTransport | None = None,
        resolve: Callable[[str], list[str]] = addresses,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.urgency = Urgency.LIVE
        self.pace = Pace()
        self.clock, self.sleep = clock, sleep
        self._wall_clock = wall_clock
        self._retry = Retry(sleep=sleep)
        url = settings.url_or(settings.store.url)
        self._http = Http(
            url,
            headers={"user-agent": _AGENT},
            download_hosts=() if settings.is_sandbox else (*FILE_HOSTS, *settings.file_hosts),
            is_sandbox=settings.is_sandbox,
            ca_file=settings.ca_file,
            transport=transport,
            resolve=resolve,
            refusal=refusal,
        )
        self._login = Http(
            settings.url_or(TOKEN_URL),
            headers={"user-agent": _AGENT},
            is_sandbox=settings.is_sandbox,
            ca_file=settings.ca_file,
            transport=transport,
            resolve=resolve,
            refusal=login_refusal,
        )
        account = f"amazon:{url.rstrip('/')}:{settings.seller_id}:{settings.client_id}"
        self._token = RefreshedToken(
            OAuth2Refresh(
                http=self._login,
                path="/auth/o2/token",
                client_id=settings.client_id,
                client_secret=settings.client_secret.get_secret_value(),
                refresh=settings.refresh_token.get_secret_value(),
                wall_clock=wall_clock,
            ),
            stores.tokens,
            account,
            wall_clock=wall_clock,
        )
        meter = Meter(
            stores.limits,
            account,
            budget_share=settings.budget_share,
            clock=clock,
            sleep=sleep,
            wall_clock=wall_clock,
        )
        self._buckets = {
            one.name: meter.token_bucket(one.name, rate=one.rate, burst=one.burst)
            for one in OPERATIONS
        }

    def ask(
        self,
        operation: Operation,
        *,
        path: Mapping[str, str] | None = None,
        params: Params = (),
        body: bytes | None = None,
        urgency: Urgency | None = None,
    ) -> HttpAnswer:
        """Call an operation that changes nothing; `path` fills the names in its path.

        Raises:
            ShopkeeperError: by the error code in the answer or the HTTP status, after retries.
        """
        return self._retry.call(
            lambda: self._call(
                operation, path, params, body, urgency=self.urgency if urgency is None else urgency
            )
        )

    def write(
        self,
        operation: Operation,
        *,
        path: Mapping[str, str],
        params: Params = (),
        body: bytes | None = None,
        urgency: Urgency = Urgency.ACT,
    ) -> HttpAnswer:
        """Call an operation that changes something, again only when it certainly did nothing.

        Raises:
            NotAppliedError: the platform certainly did nothing, and still does not.
            TransientSourceError: it may have been applied.
            SourceRejectedError: it was refused.
            SourceContractError: the answer is unknown, so it may have been applied.
        """
        try:
            self._retry.call(self._token.access)
        except TransientSourceError as error:
            told = f"no access token: {error}"
            raise NotAppliedError(told, retry_after=error.retry_after) from None
        return self._retry.call(
            lambda: self._call(operation, path, params, body, urgency=urgency),
            repeats=NotAppliedError,
        )

    def download(self, url: str) -> Iterator[bytes]:
        """A report's file, which is asked for without credentials; as `Http.download`.

        Raises:
            ConfigurationError: its host is neither the platform's nor in `file_hosts`.
        """
        try:
            yield from self._http.download(url, most=_MOST_FILE_BYTES)
        except ConfigurationError as error:
            host = httpx.URL(url).host[:_MOST_HOST]
            raise ConfigurationError(
                f"{error}: {host}; `file_hosts` permits further ones"
            ) from None

    def now(self) -> dt.datetime:
        """The platform's clock."""
        answer = self.ask(
            SEARCH_LISTINGS,
            path={"sellerId": self.settings.seller_id},
            params=(("marketplaceIds", self.settings.marketplace_id), ("pageSize", "1")),
        )
        return dt.datetime.fromtimestamp(server_time(answer.headers), dt.UTC)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
        self._login.close()

    def _call(
        self,
        operation: Operation,
        path: Mapping[str, str] | None,
        params: Params,
        body: bytes | None,
        *,
        urgency: Urgency,
    ) -> HttpAnswer:
        names = {name: quote(value, safe="") for name, value in (path or {}).items()}
        where = operation.path.format(**names)
        bucket = self._buckets[operation.name]
        bucket.take(urgency=urgency)

        def send(token: str) -> HttpAnswer:
            return self._http.request(
                operation.method,
                where,
                params=params,
                body=body,
                content_type=None if body is None else _JSON,
                headers={"x-amz-access-token": token, "x-amz-date": self._stamp()},
            )

        try:
            answer = self._token.call(send)
        except ThrottledError as error:
            # What is left of the rate is never told with a 429.
            bucket.refused(error.retry_after)
            raise
        stated = answer.headers.get("x-amzn-ratelimit-limit", "")
        if stated.replace(".", "", 1).isdecimal():
            bucket.learn(float(stated))
        return answer

    def _stamp(self) -> str:
        return f"{dt.datetime.fromtimestamp(self._wall_clock(), dt.UTC):%Y%m%dT%H%M%SZ}"
