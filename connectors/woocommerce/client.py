"""One open WooCommerce shop: lists, writes, its settings for money, its clock and its limits."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, Self
from urllib.parse import urlsplit

import msgspec
from pydantic import Field, SecretStr, model_validator

from connectors.base.account import AccountCheck
from connectors.base.catalogue import ShopMoney
from connectors.base.http import HttpAnswer
from connectors.base.limits import Urgency
from connectors.base.oauth1 import Signer, basic
from connectors.base.own_server import OwnServerClient, OwnServerSettings
from connectors.base.rest import Params, Request
from connectors.base.wire import decoded, safe_code
from connectors.woocommerce.codes import ERRORS
from connectors.woocommerce.wire import PRICE_DECIMALS
from contracts.errors import ShopkeeperError, SourceContractError, SourceRejectedError
from contracts.streams import Facts

_SITE = "/wp-json/"
_LIVE_KEY = re.compile(r"c[ks]_[0-9a-f]{40}")

Access = Literal["key", "signed_key", "application_password"]


class WooCommerceSettings(OwnServerSettings):
    """One shop: a WordPress site, which may lie at a path."""

    PLATFORM = "woocommerce"

    access: Access = Field(
        default="key",
        description="How we log in: REST key, key that signs (OAuth 1.0a) or app password",
    )
    consumer_key: SecretStr | None = Field(default=None, min_length=1)
    consumer_secret: SecretStr | None = Field(default=None, min_length=1)
    user: str | None = Field(
        default=None, min_length=1, description="WordPress user whose application password it is"
    )
    application_password: SecretStr | None = Field(default=None, min_length=1)
    webhook_secret: SecretStr | None = Field(
        default=None,
        min_length=1,
        description="Secret of your webhooks, to verify that they come from your shop",
    )

    @model_validator(mode="after")
    def _has_credentials(self) -> Self:
        if "" in self.login:
            raise ValueError(f"access {self.access!r} needs both of its credentials")
        return self

    def _looks_live(self, name: str) -> bool:
        value = getattr(self, name)
        is_secret = isinstance(value, SecretStr)
        return is_secret and _LIVE_KEY.fullmatch(value.get_secret_value()) is not None

    @property
    def login(self) -> tuple[str, str]:
        """User or key, and its secret; empty where it is not set."""
        is_user = self.access == "application_password"
        name, secret = self.consumer_key, self.consumer_secret
        if is_user:
            name, secret = SecretStr(self.user or ""), self.application_password
        shown = [one.get_secret_value() if one else "" for one in (name, secret)]
        return shown[0], shown[1]


class _Environment(msgspec.Struct):
    version: str


class _Settings(msgspec.Struct):
    currency: str
    number_of_decimals: int


class _Status(msgspec.Struct):
    environment: _Environment
    settings: _Settings


class _Site(msgspec.Struct):
    name: str
    timezone_string: str
    gmt_offset: float | str


class _Refusal(msgspec.Struct):
    code: str | int | None = None


_STATUS = msgspec.json.Decoder(_Status)
_SITE_INDEX = msgspec.json.Decoder(_Site)
_REFUSAL = msgspec.json.Decoder(_Refusal)


def refusal(status: int, _headers: Mapping[str, str], body: bytes) -> ShopkeeperError | None:
    """The error that an answer's code means; null: the status decides."""
    if status < 300 or status >= 500 or status == 429:
        return None
    if status < 400:
        return SourceRejectedError(
            f"the shop answered HTTP {status}, a redirect: its permalinks are plain (choose others "
            "under Settings › Permalinks), or its address is another one"
        )
    try:
        code = str(_REFUSAL.decode(body).code or "")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if code in ERRORS:
        return ERRORS[code](f"the shop answered {code}")
    if status in (401, 403):  # a plug-in that guards the shop has codes of its own
        return None
    return SourceContractError(f"the shop answered HTTP {status}, error {safe_code(code)}")


class WooCommerceClient(OwnServerClient[WooCommerceSettings]):
    """Asks and writes for one shop. Thread-safe."""

    REFUSAL = refusal
    API = "/wp-json/wc/v3/"

    def prepare(self) -> None:
        """See `AccountClient`."""
        super().prepare()
        self._site = urlsplit(self.settings.url)
        login, is_signed = self.settings.login, self.settings.access == "signed_key"
        self._signer = Signer(*login) if is_signed else None
        self._credentials = {} if is_signed else basic(*login)
        self._money: ShopMoney | None = None

    def credentials(self) -> Mapping[str, str]:
        """See `RequestClient`."""
        return self._credentials

    def money(self) -> ShopMoney:
        """The shop's currency and decimals, asked for once."""
        if self._money is None:
            settings = self._status()[0].settings
            self._money = ShopMoney(
                currency=settings.currency, decimals=settings.number_of_decimals
            )
        return self._money

    def account_facts(self) -> Facts:
        """How many decimals the shop charges in."""
        return {PRICE_DECIMALS: self.money().decimals}

    def now(self) -> dt.datetime:
        """The platform's clock; asked where a key is needed, so that it is tried too."""
        return self._status()[1].at

    def check(self) -> AccountCheck:
        """What the shop says of itself; what a key permits it does not say."""
        status, _ = self._status()
        # WordPress takes a key of the shop for an application password there, and answers 401.
        answer = self.reading(lambda how: self._open(_SITE, (), how))
        site = decoded(_SITE_INDEX.decode, answer.body)
        return AccountCheck(
            name=site.name,
            currency=status.settings.currency,
            time_zone=site.timezone_string or f"UTC{float(site.gmt_offset):+g}",
            plan=f"WooCommerce {status.environment.version}",
        )

    def send(self, request: Request, urgency: Urgency) -> HttpAnswer:
        """See `RestClient`; what is not open is signed, if the settings say so."""
        if self._signer is not None and not request.is_open:
            url = f"{self._site.scheme}://{self._site.netloc}{request.path}"
            at = self.recent_now(urgency).timestamp()
            params = self._signer.signed(request.method, url, request.params, at=at)
            request = replace(request, params=params)
        return super().send(request, urgency)

    def _status(self) -> tuple[_Status, HttpAnswer]:
        answer = self.ask("system_status", [("_fields", "environment,settings")])
        return decoded(_STATUS.decode, answer.body), answer

    def _open(self, path: str, params: Params, urgency: Urgency) -> HttpAnswer:
        """Read what is told to everybody."""
        where = self._site.path + path
        return self.send(Request(method="GET", path=where, params=params, is_open=True), urgency)

    def hear_clock(self, urgency: Urgency) -> None:
        """See `RequestClient`; what needs a key may have to be signed by the clock."""
        self._open(self.API.rstrip("/"), [("_fields", "namespace")], urgency)


def length(answer: HttpAnswer) -> int:
    """How many rows a list has in all.

    Raises:
        SourceContractError: it is not told. As 0 it would end a reading before its time.
    """
    told = answer.headers.get("x-wp-total", "")
    if not told.isdecimal():
        raise SourceContractError(
            "a list does not tell its length (X-WP-Total): a cache or a plug-in takes it off"
        )
    return int(told)
