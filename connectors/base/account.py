"""One open account: what every client of a platform has, whatever its requests look like."""

import datetime as dt
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from connectors.base.http import Http, Refusal, addresses
from connectors.base.limits import Limit, Meter, Urgency
from connectors.base.retry import NotAppliedError, Retry, ThrottledError
from connectors.base.settings import AccountSettings
from connectors.base.waiting import pause
from contracts.ports import Stores

if TYPE_CHECKING:  # see connectors.base.http
    import httpx

Answer = TypeVar("Answer")


class ApiSettings(AccountSettings, ABC):
    """An account that is reached over HTTP."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Where requests go, without a slash at its end."""

    @property
    @abstractmethod
    def account(self) -> str:
        """Platform and account, such as "amazon:A1B2C3": whoever has it shares limits and tokens.

        It is stored in clear, so no secret can be read from it.
        """


Settings = TypeVar("Settings", bound=ApiSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCheck:
    """What a platform says of an account; None is what it does not tell."""

    name: str
    currency: str
    time_zone: str | None
    plan: str
    scopes: tuple[str, ...] | None = None


class AccountClient(ABC, Generic[Settings]):
    """Requests of one account, within its limits and with its retries. Thread-safe.

    A connector inherits it, or a base for its kind of interface, and overrides what differs: class
    variables, `headers`, and `prepare`, where limits and tokens are made.

    Args:
        stores: where all clients of the account share its limits and tokens; each has its own if
            not given.
        transport, resolve: the network; replaced in tests.
        clock, sleep: seconds for waiting, replaced in tests so that waiting costs no time.
        wall_clock: seconds since 1970, which clients on several machines share limits by.
    """

    REFUSAL: ClassVar[Refusal | None] = None
    """What the platform's own errors mean; none: the HTTP status decides alone."""
    DOWNLOAD_HOSTS: ClassVar[Sequence[str]] = ()
    """Other hosts of the platform that files come from; of a sandbox all come from itself."""

    def __init__(
        self,
        settings: Settings,
        stores: Stores = Stores(),
        *,
        transport: "httpx.BaseTransport | None" = None,
        resolve: Callable[[str], list[str]] = addresses,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = pause,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings, self.stores = settings, stores
        self.urgency = Urgency.LIVE
        self.clock, self.sleep, self.wall_clock = clock, sleep, wall_clock
        self.retry = Retry(sleep=sleep)
        self._opened: list[Http] = []
        self._connect = partial(
            Http,
            is_sandbox=settings.is_sandbox,
            ca_file=settings.ca_file,
            transport=transport,
            resolve=resolve,
        )
        self.http = self.connection(
            settings.url, headers=self.headers(), refusal=type(self).REFUSAL
        )
        self.meter = Meter(
            stores.limits,
            settings.account,
            budget_share=settings.budget_share,
            clock=clock,
            sleep=sleep,
            wall_clock=wall_clock,
        )
        self.prepare()

    def headers(self) -> Mapping[str, str]:
        """What is sent with every request, credentials included."""
        return {}

    def prepare(self) -> None:
        """Make limits and tokens; called once, when the connection is open."""

    @abstractmethod
    def now(self) -> dt.datetime:
        """The platform's clock, UTC."""

    def connection(
        self, url: str, *, headers: Mapping[str, str], refusal: Refusal | None = None
    ) -> Http:
        """A connection of the account, closed with it: to the platform, or where it logs in."""
        hosts = () if self.settings.is_sandbox else self.download_hosts()
        opened = self._connect(url, headers=headers, refusal=refusal, download_hosts=hosts)
        self._opened.append(opened)
        return opened

    def download_hosts(self) -> Sequence[str]:
        """Where files come from beside the platform itself."""
        return self.DOWNLOAD_HOSTS

    def close(self) -> None:
        """Close the connections."""
        for opened in self._opened:
            opened.close()

    def reading(
        self, ask: Callable[[Urgency], Answer], *, urgency: Urgency | None = None
    ) -> Answer:
        """Ask until it answers; as urgent as the client is unless it is said.

        Raises:
            ShopkeeperError: what `ask` raises, after retries.
        """
        how = self.urgency if urgency is None else urgency
        return self.retry.call(lambda: ask(how))

    def writing(self, send: Callable[[], Answer]) -> Answer:
        """Send something that changes, again only when the platform certainly did nothing.

        Raises:
            NotAppliedError: the platform certainly did nothing, and still does not.
            TransientSourceError: it may have been applied.
            SourceRejectedError: it was refused.
            SourceContractError: the answer is unknown, so it may have been applied.
        """
        return self.retry.call(send, repeats=NotAppliedError)


def within(
    limit: Limit, send: Callable[[], Answer], *, urgency: Urgency, cost: float = 1.0
) -> Answer:
    """Send once the limit permits it; what the platform refuses for its rate, the limit learns."""
    limit.take(cost, urgency=urgency)
    try:
        return send()
    except ThrottledError as error:
        limit.refused(error.retry_after)
        raise
