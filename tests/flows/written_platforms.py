"""Platforms that keep what is written to them, and sources of a shop on them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from actions.texts import template_hash
from connectors.base.declaration import Connector, Stream, Write
from contracts.actions import Change, Live, Outcome
from contracts.codes import OutcomeState, Reversal, WriteKind
from contracts.payloads import Event, Message, encode

NOON = dt.datetime(2026, 11, 22, 17, tzinfo=dt.UTC)  # in New York


class NoSettings(BaseModel):
    """An account in memory has none."""


@dataclass
class Platform:
    """An account in memory: what was opened, closed and written, with its recipients."""

    opened: int = 0
    closed: int = 0
    received: list[Change] = field(default_factory=list)
    refusal: str | None = None
    """What it answers to every write instead of accepting it."""

    def open(self, _settings: Any, _stores: Any) -> "Platform":
        self.opened += 1
        return self

    def now(self) -> dt.datetime:
        return NOON

    def close(self) -> None:
        self.closed += 1


def live(client: Platform, changes: Sequence[Change]) -> dict[str, Live]:
    """The last value written per target."""
    wanted = {change.target_id for change in changes}
    return {
        change.target_id: Live(value=change.after, currency=change.currency)
        for change in client.received
        if change.target_id in wanted
    }


def send(client: Platform, changes: Sequence[Change]) -> list[Outcome]:
    client.received += changes
    state = OutcomeState.REJECTED if client.refusal else OutcomeState.ACCEPTED
    return [
        Outcome(action_id=change.action_id, state=state, message=client.refusal)
        for change in changes
    ]


def connector(name: str, platform: Platform, *writes: Write, sells: bool = False) -> Connector:
    from connectors.shopify import CONNECTOR

    orders = tuple(stream for stream in CONNECTOR.streams if stream.name == "orders")
    streams: tuple[Stream, ...] = orders if sells else ()
    return Connector(
        name=name,
        title=name,
        settings=NoSettings,
        open_client=platform.open,
        streams=streams,
        writes=writes,
    )


def written(kind: WriteKind, *, reads_back: bool = True) -> Write:
    return Write(
        kind=kind,
        reversal=Reversal.CLOSABLE,
        live=live if reads_back else None,
        send=send,
        carries=frozenset({"listing_ids"}),
    )


@dataclass
class Accounts:
    """The three platforms of the shop."""

    crm: Platform = field(default_factory=Platform)
    mall: Platform = field(default_factory=Platform)
    mail: Platform = field(default_factory=Platform)


MESSAGE: dict[str, Any] = {
    "target_id": "CODE-1:message",
    "write_kind": "send_message",
    "before_value": 0,
    "after_value": 1,
    "channel": "email",
    "purpose": "marketing",
    "needs_target_id": "CODE-1",
    "payload": encode(
        Message(
            template="delay_notice",
            language="en",
            values={
                "order_id": "1001",
                "carrier": "dhl",
                "tracking_number": "JD01",
                "promised_date": "2026-11-20",
                "shop_name": "Demo",
            },
            template_hash=template_hash("delay_notice", "en"),
        )
    ),
}
EVENT: dict[str, Any] = {
    "target_id": "CODE-1:event",
    "write_kind": "record_event",
    "before_value": 0,
    "after_value": 1,
    "payload": encode(Event(name="coupon given")),
}
