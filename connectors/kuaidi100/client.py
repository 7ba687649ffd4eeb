"""One open kuaidi100 account: a signed question about a waybill, its limits and its clock."""

import datetime as dt
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx
import msgspec
from pydantic import Field, SecretStr

from connectors.base.http import Http, addresses, server_time
from connectors.base.limits import Meter, OwnLimits, Urgency
from connectors.base.retry import Retry
from connectors.base.settings import AccountSettings
from connectors.base.signing import md5_hex
from connectors.base.waiting import pause
from connectors.base.wire import decoded
from connectors.kuaidi100.codes import CARRIERS, REFUSALS
from connectors.kuaidi100.wire import ANSWER
from contracts.errors import SourceContractError
from contracts.limits import Level
from contracts.ports import Stores

URL: Final = "https://poll.kuaidi100.com"
PATH: Final = "/poll/query.do"
_MOST_MIB = 1


class Kuaidi100Settings(AccountSettings):
    """One customer of kuaidi100."""

    customer: str = Field(min_length=1, description="Your customer number (授权 customer)")
    key: SecretStr = Field(
        min_length=1,
        description="Your authorisation key (授权 key); it signs requests and is never sent",
    )
    phone_tail: str | None = Field(
        default=None,
        pattern=r"^\d{4}$",
        description="Last four digits of the sender's telephone number on your waybills",
    )
    phone_carriers: tuple[str, ...] = Field(
        default=("shunfeng", "zhongtong"),
        description="Carriers that need the telephone number, such as SF Express",
    )
    carriers: tuple[str, ...] = Field(
        default=CARRIERS, description="Carriers to track, by our codes"
    )
    interval_minutes: int = Field(
        default=30,
        ge=1,
        le=1440,
        description="Minutes between two queries of one waybill",
    )
    empty_interval_hours: int = Field(
        default=6, ge=1, le=168, description="Hours until the next query of a waybill without news"
    )
    queries_per_second: float = Field(
        default=5, gt=0, le=100, description="Queries per second of your contract"
    )
    queries_per_day: int = Field(default=1000, ge=1, description="Queries per day that you pay for")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The raw answer about a waybill; `refusal` is why nothing is told, null: it is."""

    body: bytes
    refusal: str | None


class Kuaidi100Client:
    """Asks about waybills.

    Args:
        stores: where all who use the account share its limits, and when a waybill was asked for.
        transport, resolve: the network; replaced in tests.
        clock, sleep: seconds for waiting, replaced in tests so that waiting costs no time.
        wall_clock: seconds since 1970, by which the day of the quota begins.
    """

    def __init__(
        self,
        settings: Kuaidi100Settings,
        stores: Stores = Stores(),
        *,
        transport: httpx.BaseTransport | None = None,
        resolve: Callable[[str], list[str]] = addresses,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = pause,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.urgency = Urgency.LIVE
        self._http = Http(
            settings.url_or(URL),
            headers={},
            is_sandbox=settings.is_sandbox,
            ca_file=settings.ca_file,
            transport=transport,
            resolve=resolve,
        )
        self._clock = clock
        self._said: tuple[float, float] | None = None
        self._retry = Retry(sleep=sleep)
        self._account = f"kuaidi100:{settings.customer}"
        self._store = stores.limits or OwnLimits()
        meter = Meter(
            stores.limits,
            self._account,
            budget_share=settings.budget_share,
            clock=clock,
            sleep=sleep,
            wall_clock=wall_clock,
        )
        rate = settings.queries_per_second
        self._pace = meter.token_bucket("queries", rate=rate, burst=rate)
        self._quota = meter.daily("day", limit=settings.queries_per_day, zone="Asia/Shanghai")

    def claim(self, shipment_id: str) -> bool:
        """Whether a parcel may be asked about now; nobody else may then, for the interval."""
        now, is_free = self._moment(), False
        interval = self.settings.interval_minutes * 60.0

        def take(held: Level | None) -> Level | None:
            nonlocal is_free
            # Told in whole seconds it may step back a little; far back, it counts anew.
            is_free = held is None or abs(now - held.at) >= held.maximum
            return _asked(now, interval) if is_free else held

        self._store.change(self._named(shipment_id), take)
        return is_free

    def put_off(self, shipment_id: str, seconds: float) -> None:
        """Have a parcel left alone for so long, from now on."""
        level = _asked(self._moment(), seconds)
        self._store.change(self._named(shipment_id), lambda _: level)

    def spend(self) -> bool:
        """Whether one more question is within the day's quota; if so it is taken out of it."""
        return self._quota.try_take(1.0, urgency=self.urgency) <= 0

    def ask(self, carrier: str, number: str) -> Answer:
        """What is known of a waybill. The questions themselves are counted by `spend`.

        Raises:
            ShopkeeperError: by HTTP status or `returnCode`, after retries.
        """
        param = {"com": carrier, "num": number, "resultv2": "1", "show": "0", "order": "desc"}
        if carrier in self.settings.phone_carriers and self.settings.phone_tail:
            param["phone"] = self.settings.phone_tail
        text = msgspec.json.encode(param).decode()
        return self._retry.call(lambda: self._asked(text))

    def now(self) -> dt.datetime:
        """The platform's clock, off its answer to an empty question, which names no waybill."""
        answer = self._retry.call(lambda: self._http.post_form(PATH, []))
        said = server_time(answer.headers)
        self._said = said, self._clock()
        return dt.datetime.fromtimestamp(said, dt.UTC)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _asked(self, param: str) -> Answer:
        settings = self.settings
        key, customer = settings.key.get_secret_value(), settings.customer
        self._pace.take(urgency=self.urgency)
        body = self._http.post_form(
            PATH,
            [("customer", customer), ("param", param), ("sign", sign(param, key, customer))],
            most=_MOST_MIB,
        ).body
        return Answer(body=body, refusal=_refusal(body))

    def _moment(self) -> float:
        """Now by the platform's clock, in seconds since 1970, asked for once."""
        if self._said is None:
            self.now()
        assert self._said is not None
        said, at = self._said
        return said + self._clock() - at

    def _named(self, shipment_id: str) -> str:
        """A name that tells the tracking number to nobody: it is kept beside the limits."""
        key = self.settings.key.get_secret_value().encode()
        return f"{self._account}:parcel:{hmac.digest(key, shipment_id.encode(), 'sha256').hex()}"


def sign(param: str, key: str, customer: str) -> str:
    """The signature of exactly this text of `param`."""
    return md5_hex(param + key + customer)


def _refusal(body: bytes) -> str | None:
    """Why nothing is told about this parcel; null: it is.

    Raises:
        ShopkeeperError: by `returnCode`, if it is not about this parcel alone.
    """
    answer = decoded(ANSWER.decode, body)
    if answer.result is not False and answer.status == "200":
        return None
    code = answer.return_code or "(none)"
    if code not in REFUSALS:
        raise SourceContractError(f"kuaidi100 answered with returnCode {code[:10]!r}")
    error = REFUSALS[code]
    if error is not None:
        raise error(f"kuaidi100 answered with returnCode {code}")
    return code


def _asked(at: float, seconds: float) -> Level:
    """When a waybill was asked for, and for how long (`maximum`) nobody asks again."""
    return Level(maximum=seconds, available=0.0, restore_rate=0.0, at=at)
