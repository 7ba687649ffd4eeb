"""A shop on the merchant's own server, wherever that is: it is named by its address."""

from typing import ClassVar, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from connectors.base.account import ApiSettings
from connectors.base.http import HttpAnswer
from connectors.base.rest import Request, RestClient, check_is_json


class OwnServerSettings(ApiSettings):
    """One shop. A real one is named by its address, a sandbox by its own on the loopback."""

    PLATFORM: ClassVar[str]

    shop_url: str | None = Field(
        default=None,
        pattern=r"^https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(/[A-Za-z0-9_~.-]+)*/?$",
        description="Address of your shop's server, such as https://shop.example.com",
    )
    requests_per_second: float = Field(
        default=5.0,
        gt=0,
        le=100,
        description="Requests per second your server can take; the platform publishes no limit",
    )

    @model_validator(mode="after")
    def _names_one_place(self) -> Self:
        if self.is_sandbox == (self.shop_url is not None):
            raise ValueError("a shop is named by shop_url alone, unless it is a sandbox")
        return self

    @property
    def url(self) -> str:
        """See `ApiSettings`."""
        return self.url_or(self.shop_url or "").rstrip("/")

    @property
    def account(self) -> str:
        """See `ApiSettings`."""
        return f"{self.PLATFORM}:{self.url}"


OwnSettings = TypeVar("OwnSettings", bound=OwnServerSettings)


class OwnServerClient(RestClient[OwnSettings]):
    """Asks and writes below `API`, one limit for all; an answer that is no JSON is none."""

    API: ClassVar[str]
    """Path of the interface below the shop's address."""

    def prepare(self) -> None:
        """See `AccountClient`."""
        rate = self.settings.requests_per_second
        self.limits = {"": self.meter.token_bucket("requests", rate=rate, burst=max(1.0, rate))}
        self.root = urlsplit(self.settings.url).path + self.API

    def learn(self, request: Request, answer: HttpAnswer) -> None:
        """See `RestClient`; raises as `check_is_json`."""
        check_is_json(answer)
