"""One open Klaviyo account: calls within their windows, next links, writes and the clock."""

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Self

from pydantic import Field, SecretStr, model_validator

from connectors.base.account import ApiSettings
from connectors.base.http import HttpAnswer
from connectors.base.limits import AllOf, HeaderReset
from connectors.base.rest import OperationClient, Request
from connectors.klaviyo.codes import refusal
from connectors.klaviyo.operations import GET_PROFILES, OPERATIONS
from contracts.actions import Live
from contracts.errors import ConfigurationError, SourceContractError
from contracts.money import parse_minor

REVISION: Final = "2026-07-15"
_URL: Final = "https://a.klaviyo.com"
_MEDIA: Final = "application/vnd.api+json"
_RATE_UNIT = 100  # a rate is written in hundredths of a percent
_WORTH = re.compile(r"(?P<number>\d{1,9}(\.\d{1,3})?) ?(?P<unit>%|[A-Z]{3})")


class KlaviyoSettings(ApiSettings):
    """One account, and the coupon whose codes are made there."""

    LIVE_MARKS = ("pk_",)

    api_key: SecretStr = Field(min_length=1, description="Private API key")
    coupon_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="Klaviyo coupon under which codes are created; leave out to create none",
    )
    coupon_off: str | None = Field(
        default=None,
        description="What your shop takes off for a code of that coupon: 15% or 5.00 EUR",
    )
    coupon_least_order: str | None = Field(
        default=None,
        description="Smallest order your shop takes a code for: 50.00 EUR; leave out for any",
    )
    event_settles_seconds: float = Field(
        default=15.0,
        ge=0,
        le=900,
        description="Seconds until an accepted event can be read back; Klaviyo publishes no figure",
    )

    @model_validator(mode="after")
    def _tells_what_a_coupon_is_worth(self) -> Self:
        if (self.coupon_id is None) != (self.coupon_off is None):
            raise ValueError("coupon_off says what a code of coupon_id takes off; both or none")
        if self.coupon_least_order is not None and self.coupon_off is None:
            raise ValueError("coupon_least_order is of the coupon_id")
        for name in ("coupon_off", "coupon_least_order"):
            worth = getattr(self, name)
            if worth is not None:
                _worth(name, worth, is_rate_too=name == "coupon_off")
        return self

    @property
    def url(self) -> str:
        """See `ApiSettings`."""
        return self.url_or(_URL).rstrip("/")

    @property
    def account(self) -> str:
        """See `ApiSettings`; it is known by nothing but its key."""
        key = self.api_key.get_secret_value().encode()
        return f"klaviyo:{self.url}:{hashlib.sha256(key).hexdigest()[:12]}"

    @property
    def coupon(self) -> str:
        """The coupon that codes are made under.

        Raises:
            ConfigurationError: none is set.
        """
        if self.coupon_id is None:
            raise ConfigurationError("coupon_id is not set, so codes cannot be made")
        return self.coupon_id

    @property
    def off(self) -> Live:
        """What a code takes off: minor units, or without a currency hundredths of a percent.

        Raises:
            ConfigurationError: no coupon is set.
        """
        if self.coupon_off is None:
            raise ConfigurationError("coupon_off is not set, so codes cannot be made")
        return _worth("coupon_off", self.coupon_off, is_rate_too=True)

    @property
    def least_order(self) -> Live | None:
        """Least order that a code holds for; null: any."""
        stated = self.coupon_least_order
        return None if stated is None else _worth("coupon_least_order", stated, is_rate_too=False)


class KlaviyoClient(OperationClient[KlaviyoSettings]):
    """Asks and writes for one account. Thread-safe."""

    REFUSAL = refusal
    MEDIA = _MEDIA

    def headers(self) -> Mapping[str, str]:
        """See `AccountClient`."""
        key = self.settings.api_key.get_secret_value()
        return {
            "authorization": f"Klaviyo-API-Key {key}",
            "revision": REVISION,
            "accept": _MEDIA,
        }

    def prepare(self) -> None:
        """See `AccountClient`."""
        # Answers tell what is left of the minute, for other apps with a key of the account as well.
        self._told = {one.name: self.meter.headers(f"{one.name}:told") for one in OPERATIONS}
        self.limits = {
            one.name: AllOf(
                self.meter.windows(one.name, {1: one.burst, 60: one.steady}), self._told[one.name]
            )
            for one in OPERATIONS
        }

    def now(self) -> dt.datetime:
        """The platform's clock."""
        return self.ask(GET_PROFILES, params=(("fields[profile]", "id"), ("page[size]", "1"))).at

    def learn(self, request: Request, answer: HttpAnswer) -> None:
        """See `RequestClient`."""
        _learn(self._told[request.operation], answer.headers)


def _learn(limit: HeaderReset, headers: Mapping[str, str]) -> None:
    """Believe what an answer says of the minute; only one that is not a 429 says it."""
    told = [headers.get(f"ratelimit-{name}", "") for name in ("limit", "remaining", "reset")]
    if all(value.isdecimal() for value in told):
        limit.learn(*(float(value) for value in told))


def _worth(name: str, text: str, *, is_rate_too: bool) -> Live:
    """An amount in minor units of its currency, or a rate in hundredths of a percent.

    Raises:
        ValueError: it is neither.
    """
    found = _WORTH.fullmatch(text)
    if found is None or (found["unit"] == "%" and not is_rate_too):
        raise ValueError(f"{name} is written as 5.00 EUR{' or 15%' if is_rate_too else ''}")
    if found["unit"] != "%":
        try:
            value = parse_minor(found["number"], found["unit"])
        except SourceContractError as error:
            raise ValueError(f"{name}: {error}") from None
        currency: str | None = found["unit"]
    else:
        rate = Decimal(found["number"]) * _RATE_UNIT
        if rate != int(rate) or rate > 100 * _RATE_UNIT:
            raise ValueError(f"{name} is at most 100%, in hundredths of a percent")
        value, currency = int(rate), None
    if value == 0:
        raise ValueError(f"{name} is more than nothing")
    return Live(value=value, currency=currency)
