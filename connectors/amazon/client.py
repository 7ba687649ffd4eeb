"""One open selling account: calls within their usage plans, tokens, reports and the clock."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Self

import httpx
from pydantic import Field, SecretStr, model_validator

from connectors.amazon.operations import OPERATIONS, SEARCH_LISTINGS
from connectors.amazon.refusals import login_refusal, refusal
from connectors.amazon.stores import FILE_HOSTS, STORES, TOKEN_URL, Store
from connectors.base.account import ApiSettings
from connectors.base.auth import OAuth2Refresh, RefreshedToken
from connectors.base.http import HttpAnswer
from connectors.base.limits import Urgency
from connectors.base.rest import Operation, OperationClient, Params, Request
from connectors.base.retry import NotAppliedError
from contracts.errors import ConfigurationError, TransientSourceError
from contracts.streams import Window

_AGENT = "Shopkeeper/1.0 (Language=Python)"
_MOST_FILE_BYTES = 8 * 2**30
_MOST_HOST = 100
_HOST = r"^\.?[a-z0-9-]+(\.[a-z0-9-]+)+$"


class AmazonSettings(ApiSettings):
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
    has_brand_analytics: bool = Field(
        default=True,
        description="Whether your app has the Brand Analytics role; visits are read by it",
    )
    has_finances: bool = Field(
        default=True,
        description="Whether your app has the Finance and Accounting role; fees, payouts and"
        " refunds are read by it",
    )
    traffic_trailing_days: int = Field(
        default=4,
        ge=0,
        le=30,
        description="Days whose visits still change; they are read again every day",
    )
    product_traffic_days: int = Field(
        default=10,
        ge=0,
        le=700,
        description="Days back to which visits are read by product: a report a day, one a minute",
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

    @property
    def url(self) -> str:
        """See `ApiSettings`."""
        return self.url_or(self.store.url).rstrip("/")

    @property
    def account(self) -> str:
        """See `ApiSettings`."""
        return f"amazon:{self.url}:{self.seller_id}:{self.client_id}"


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


class AmazonClient(OperationClient[AmazonSettings]):
    """Asks and writes for one seller. Thread-safe."""

    REFUSAL = refusal

    def headers(self) -> Mapping[str, str]:
        """See `AccountClient`."""
        return {"user-agent": _AGENT}

    def download_hosts(self) -> Sequence[str]:
        """See `AccountClient`."""
        return (*FILE_HOSTS, *self.settings.file_hosts)

    def prepare(self) -> None:
        """See `AccountClient`."""
        settings = self.settings
        self.pace = Pace()
        login = self.connection(
            settings.url_or(TOKEN_URL), headers=self.headers(), refusal=login_refusal
        )
        ask = OAuth2Refresh(
            http=login,
            path="/auth/o2/token",
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
            refresh=settings.refresh_token.get_secret_value(),
            wall_clock=self.wall_clock,
        )
        self._token = RefreshedToken(
            ask, self.stores.tokens, settings.account, wall_clock=self.wall_clock
        )
        self.limits = self._buckets = {
            one.name: self.meter.token_bucket(one.name, rate=one.rate, burst=one.burst)
            for one in OPERATIONS
        }

    def write(
        self,
        operation: Operation,
        body: bytes | None = None,
        *,
        path: Mapping[str, str] | None = None,
        params: Params = (),
        urgency: Urgency = Urgency.ACT,
    ) -> HttpAnswer:
        """See `OperationClient`; nothing is sent without a token."""
        try:
            self.retry.call(self._token.access)
        except TransientSourceError as error:
            told = f"no access token: {error}"
            raise NotAppliedError(told, retry_after=error.retry_after) from None
        return super().write(operation, body, path=path, params=params, urgency=urgency)

    def download(self, url: str) -> Iterator[bytes]:
        """A report's file, which is asked for without credentials; as `Http.download`.

        Raises:
            ConfigurationError: its host is neither the platform's nor in `file_hosts`.
        """
        try:
            yield from self.http.download(url, most=_MOST_FILE_BYTES)
        except ConfigurationError as error:
            host = httpx.URL(url).host[:_MOST_HOST]
            raise ConfigurationError(
                f"{error}: {host}; `file_hosts` permits further ones"
            ) from None

    def now(self) -> dt.datetime:
        """The platform's clock."""
        path = {"sellerId": self.settings.seller_id}
        params = (("marketplaceIds", self.settings.marketplace_id), ("pageSize", "1"))
        return self.ask(SEARCH_LISTINGS, path=path, params=params).at

    def authorised(self, send: Callable[[Mapping[str, str]], HttpAnswer]) -> HttpAnswer:
        """See `RequestClient`; a token that is refused is renewed once."""

        def with_token(token: str) -> HttpAnswer:
            stamp = dt.datetime.fromtimestamp(self.wall_clock(), dt.UTC)
            return send({"x-amz-access-token": token, "x-amz-date": f"{stamp:%Y%m%dT%H%M%SZ}"})

        return self._token.call(with_token)

    def learn(self, request: Request, answer: HttpAnswer) -> None:
        """See `RequestClient`; what is left of the rate is never told with a 429."""
        stated = answer.headers.get("x-amzn-ratelimit-limit", "")
        if stated.replace(".", "", 1).isdecimal():
            self._buckets[request.operation].learn(float(stated))
