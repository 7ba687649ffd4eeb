"""How a connector declares itself: settings, streams and writes, on one screen."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import dataframely as dy
from pydantic import BaseModel

from connectors.base.documents import Documents
from connectors.base.webhooks import Webhook
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import Reversal, WriteKind
from contracts.personal import Redact
from contracts.ports import Stores
from contracts.streams import Context, Facts, Mapped, Page, Volume, Window


class Client(Protocol):
    """One open account. Concrete clients add what their own fetch functions call."""

    def now(self) -> dt.datetime:
        """The platform's clock, UTC."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


@runtime_checkable
class TellsFacts(Protocol):
    """A client whose account says something that its mappings need."""

    def account_facts(self) -> Facts:
        """Asked once per open client; no secret and nothing personal is among them."""
        ...


def facts_of(client: object) -> Facts:
    """What the client's account says of itself; nothing where mappings need nothing."""
    return client.account_facts() if isinstance(client, TellsFacts) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One kind of record.

    `fetch` yields the raw answers of a window; `to_canonical` is pure and may be replayed. A
    snapshot stream reads all there is: its window's start says nothing.
    """

    name: str
    tables: tuple[type[dy.Schema], ...]
    fetch: Callable[..., Iterator[Page]]
    """Called with an open client and the window, and with the rows of `lookup` if it is set."""
    to_canonical: Callable[[Iterable[Page], Context], Mapped]
    documents: Documents | None = None
    """Where documents lie in its pages, so that an odd one can be set apart from the others."""
    redact: Redact | None = None
    """Takes members out of a raw page; a stream whose pages name members has one."""
    mapping_version: int = 1
    fingerprint: str = ""
    """Of what its mapping reads beside the pages, such as descriptions of exports: when it changes,
    what was mapped is stale as with a newer version of the mapping."""
    is_snapshot: bool = False
    is_partial: bool = False
    """Of a snapshot: it does not read all there is, so what it lacks is not gone for that."""
    is_list: bool = False
    """Each export of it lists all there is: a much shorter one lacks something."""
    max_window: dt.timedelta | None = None
    """A longer window is read as several readings, which bounds memory and what a crash repeats."""
    look_back: dt.timedelta = dt.timedelta(0)
    """How far before the watermark late changes may appear."""
    settle: dt.timedelta = dt.timedelta(0)
    """How long the platform needs until a change shows in its lists."""
    tells_earlier: bool = False
    """Its pages hold what changed before the window too: it cannot be asked by change."""
    volume: Volume | None = None
    """What it brings per day, held against the same weekdays before; a snapshot is held against
    the snapshots before it."""
    estimate: Callable[[Any, Window], int] | None = None
    """How many calls reading a window takes, the count itself included; none: it is not known."""
    lookup: type[dy.Schema] | None = None
    """A table whose rows say what to ask for, such as the parcels that are under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One thing the platform lets us change, how it is read back and how far it can be undone."""

    kind: WriteKind
    reversal: Reversal
    live: Callable[[Any, Sequence[Change]], Mapping[str, Live | Unread]] | None
    """Null: nothing can be read back, the platform's answer per item is the proof."""
    send: Callable[[Any, Sequence[Change]], list[Outcome]]
    settles: dt.timedelta | Callable[[Any], dt.timedelta] = dt.timedelta(0)
    """How long until it shows; called with the client where the account's settings say it."""
    is_absolute: bool = True
    tells: Callable[[Any, Change], Mapping[str, str]] | None = None
    """Of a message: values that its sender alone knows, such as where to unsubscribe."""
    carries: frozenset[str] = frozenset()
    """Of a coupon: fields of `CouponTerms` beyond dates, uses and least order that it can keep."""

    @property
    def told(self) -> str:
        """How it is undone, how it is known to have worked, and whether it is repeated."""
        proof = "proved by the answer alone" if self.live is None else "read back"
        if callable(self.settles):
            proof += " after as long as the settings say"
        elif self.live is not None and self.settles:
            proof += f" after {self.settles.total_seconds():g} s"
        repeat = "may be sent twice" if self.is_absolute else "is never sent twice"
        return f"{self.reversal}, {proof}, {repeat}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """One platform. `settings` is a pydantic model; its SecretStr fields are given by reference.

    `open_client` gets the settings and where those who use the same account meet: they share its
    limits and its renewed tokens. Each kind of write is said once: in `writes`, `person_only` or
    `impossible`.
    """

    name: str
    title: str
    settings: type[BaseModel]
    open_client: Callable[[Any, Stores], Any]
    streams: tuple[Stream, ...]
    writes: tuple[Write, ...] = ()
    person_only: tuple[WriteKind, ...] = ()
    """What a person can do on the platform and we do not."""
    impossible: tuple[WriteKind, ...] = ()
    """What the platform has no such thing for."""
    webhook: Webhook | None = None
    usual_currency: str = "USD"
    """What a shop there most likely sells in …"""
    usual_time_zone: str = "America/New_York"
    """… and where its days most likely begin: what `init` writes as an example."""
    streams_of: Callable[[Any], tuple[Stream, ...]] | None = None
    """The streams of an account with these settings, where settings say which there are and how
    they are mapped; none: every account has all, as declared."""

    def stream(self, name: str) -> Stream | None:
        """The stream of that name, if there is one."""
        return next((stream for stream in self.streams if stream.name == name), None)

    def write(self, kind: WriteKind) -> Write | None:
        """The write of that kind, if the platform has one."""
        return next((write for write in self.writes if write.kind == kind), None)

    def capabilities(self) -> list[tuple[WriteKind, str]]:
        """Each kind of write and how far we do it, in the order of the kinds."""
        told = {write.kind: write.told for write in self.writes}
        told |= dict.fromkeys(self.person_only, "for a person only")
        told |= dict.fromkeys(self.impossible, "impossible there")
        return [(kind, told[kind]) for kind in WriteKind if kind in told]
