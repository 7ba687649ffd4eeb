"""Who may stand at a listener's door: how many, and how long until they say what they want.

A proxy in front makes all of them one address, so nobody is turned away for others of theirs who
are silent: it is the one silent for longest who has to go.
"""

import asyncio
import logging
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST: Final = 100
"""Connections at once: a platform sends hints one by one or in a burst of tens."""
MOST_OF_ONE: Final = 50
"""Of one address: it leaves room for others whatever it does."""
HEAD_SECONDS: Final = 5.0
"""Until the whole head of a request is there: one packet, on a slow network."""

_log = logging.getLogger(__name__)


class Doorman:
    """Counts connections and ends those that send no request; for one event loop."""

    def __init__(self, *, head_seconds: float = HEAD_SECONDS) -> None:
        self._head_seconds = head_seconds
        self._inside: dict[H11Protocol, asyncio.TimerHandle | None] = {}
        self._ended = 0

    def enter(self, visitor: H11Protocol) -> None:
        """Let one in; if it is too many, one goes: the longest silent, else the one that came."""
        self.waits(visitor)
        mine = [one for one in self._inside if _address(one) == _address(visitor)]
        crowd = mine if len(mine) > MOST_OF_ONE else list(self._inside)
        if len(mine) > MOST_OF_ONE or len(crowd) > MOST:
            self._end(next((one for one in crowd if self._inside[one] is not None), visitor))

    def waits(self, visitor: H11Protocol) -> None:
        """It has sent no request yet, or no further one."""
        loop = asyncio.get_running_loop()
        self.asked(visitor)
        self._inside[visitor] = loop.call_later(self._head_seconds, self._end, visitor)

    def asked(self, visitor: H11Protocol) -> None:
        """It is being served."""
        timer = self._inside.get(visitor)
        if timer is not None:
            timer.cancel()
            self._inside[visitor] = None

    def leave(self, visitor: H11Protocol) -> None:
        """It is gone."""
        self.asked(visitor)
        self._inside.pop(visitor, None)

    def _end(self, visitor: H11Protocol) -> None:
        self.leave(visitor)
        visitor.transport.abort()
        self._ended += 1
        if self._ended & (self._ended - 1) == 0:  # a flood must not fill the log
            _log.warning("ended=%d connections that asked for nothing in time", self._ended)


def guard_protocol(doorman: Doorman) -> type[asyncio.Protocol]:
    """HTTP of a server whose connections the doorman watches."""

    class Visitor(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            doorman.enter(self)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.cycle is not None and not self.cycle.response_complete:
                doorman.asked(self)

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if not self.transport.is_closing():
                doorman.waits(self)

        def connection_lost(self, exc: Exception | None) -> None:
            doorman.leave(self)
            super().connection_lost(exc)

    return Visitor


def _address(visitor: H11Protocol) -> str:
    return visitor.client[0] if visitor.client else ""
