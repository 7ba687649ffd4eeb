"""The sender's mailbox: what has arrived by the world's clock, each with a UID."""

import heapq
from dataclasses import dataclass
from datetime import datetime

from sandbox.world.world import World


@dataclass(frozen=True)
class Mail:
    """A mail in the box. `arrived_at` is UTC; UIDs grow in the order of arrival."""

    uid: int
    arrived_at: datetime
    content: bytes


class Mailbox:
    """One inbox for every address of the domain; mails show once their time has come."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._due: list[tuple[datetime, int, bytes]] = []
        self._posted = 0
        self._mails: list[Mail] = []
        self.uid_validity = int(world.clock.timestamp())
        self.asks_who = False
        """Whether the host opens it only to clients that say who they are, as NetEase's do."""

    def post(self, content: bytes, *, at: datetime) -> None:
        """Let a mail arrive at an instant of the world."""
        with self._world.lock:
            self._posted += 1
            heapq.heappush(self._due, (at, self._posted, content))

    def mails(self) -> list[Mail]:
        """What has arrived so far, oldest first."""
        with self._world.lock:
            while self._due and self._due[0][0] <= self._world.clock:
                at, _, content = heapq.heappop(self._due)
                self._mails.append(Mail(len(self._mails) + 1, at, content))
            return list(self._mails)
