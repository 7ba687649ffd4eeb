"""Writers: which source of a shop writes what, and its client, opened when it is first needed."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from connectors.base.declaration import Write
from connectors.base.limits import HasUrgency, Urgency
from contracts.actions import Action, Change, Live, Outcome, Unread
from contracts.codes import OutcomeState, WriteKind
from contracts.ports import Outbound
from flows.steps.clock import ShopClock
from flows.steps.home import Home
from flows.steps.recipients import with_recipients
from flows.steps.shop import Shop, ShopSource
from flows.steps.wording import render_messages

Address = Callable[[WriteKind, Sequence[Change]], list[Change]]


@dataclass(frozen=True, slots=True)
class ShopWrite:
    """One write of one shop, on an open client; answers `contracts.ports.Outbound`."""

    client: Any
    write: Write
    address: Address

    @property
    def settles(self) -> dt.timedelta:
        """How long the platform may take until a read-back shows the write."""
        settles = self.write.settles
        return settles(self.client) if callable(settles) else settles

    @property
    def is_absolute(self) -> bool:
        """Sending it twice has the effect of sending it once."""
        return self.write.is_absolute

    @property
    def reads_back(self) -> bool:
        """Whether the platform shows what is in force."""
        return self.write.live is not None

    def live(self, changes: Sequence[Change]) -> Mapping[str, Live | Unread]:
        """Value in force per target; nothing where nothing can be read back."""
        if self.write.live is None:
            return {}
        ready = self.address(self.write.kind, changes)
        if self.write.kind is WriteKind.CREATE_COUPON:
            # A code is there or not, whoever holds it.
            found = {change.action_id for change in ready}
            ready += [change for change in changes if change.action_id not in found]
        return self.write.live(self.client, ready) if ready else {}

    def send(self, changes: Sequence[Change]) -> list[Outcome]:
        """Write; one outcome per change. One that lost its recipient meanwhile is not sent."""
        reached = self.address(self.write.kind, changes)
        sent = {change.action_id for change in reached}
        ready, wordless = render_messages(self.write, self.client, reached)
        return [
            *(self.write.send(self.client, ready) if ready else []),
            *wordless,
            *(
                Outcome(
                    action_id=change.action_id,
                    state=OutcomeState.REJECTED,
                    message="its recipient is not known any more",
                )
                for change in changes
                if change.action_id not in sent
            ),
        ]


@dataclass(slots=True)
class Writers:
    """The open clients of a shop's sources; used as a context manager, which closes them."""

    home: Home
    shop: Shop
    urgency: Urgency = Urgency.ACT
    """Of what is asked around a write: what is in force before it, and after it."""
    clients: dict[str, Any] = field(default_factory=dict)
    """By name of the connector."""

    def __enter__(self) -> "Writers":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for client in self.clients.values():
            client.close()

    def clock(self) -> ShopClock:
        """The clock of the shop's platform."""
        return ShopClock(self.client(self.shop.platform).now())

    def client(self, source: ShopSource) -> Any:
        """The client of a source.

        Raises:
            ShopkeeperError: it cannot be opened.
        """
        name = source.connector.name
        if name not in self.clients:
            opened = source.open()
            if isinstance(opened, HasUrgency):
                opened.urgency = self.urgency
            self.clients[name] = opened
        return self.clients[name]

    def platform_of(self, action: Action) -> str:
        """The platform that an action is written to."""
        source = self.shop.writer(action.write_kind) or self.shop.platform
        return source.connector.name

    def outbound(self, action: Action) -> Outbound | None:
        """What writes an action, if a source of the shop can.

        Raises:
            ShopkeeperError: the source cannot be opened.
        """
        source = self.shop.writer(action.write_kind)
        write = source.connector.write(action.write_kind) if source else None
        if source is None or write is None:
            return None
        return ShopWrite(self.client(source), write, self._address)

    def _address(self, kind: WriteKind, changes: Sequence[Change]) -> list[Change]:
        return with_recipients(self.home, self.shop, kind, changes)
