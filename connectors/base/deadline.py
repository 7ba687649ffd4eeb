"""A total time per request: a server that drips keeps every single wait short, and never ends."""

import ssl
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, TypeVar

import httpcore
import httpx

PATIENCE_SECONDS: Final = 60.0
"""As long as a single wait: a platform may think so long before its answer begins."""
SLOWEST_BYTES: Final = 2**20
"""And a second more for each of so many bytes that the answer may have: a bulk file of gigabytes
has hours, a page a minute. A slower line fails with the largest of answers only."""
_PIECE: Final = 64 * 2**10

Done = TypeVar("Done")


def seconds_for(most: int, *, patience: float = PATIENCE_SECONDS) -> float:
    """How long a request may wait in all whose answer is at most `most` bytes."""
    return patience + most / SLOWEST_BYTES


class Wait(float):
    """The longest single wait in seconds, with what is left of all waits of a request.

    The time between pieces, in which whoever asked works on them, is not counted.
    """

    left: float

    @classmethod
    def of(cls, longest: float, total: float) -> "Wait":
        """A wait that was not begun."""
        made = cls(longest)
        made.left = total
        return made

    @property
    def is_over(self) -> bool:
        """Whether nothing is left."""
        return self.left <= 0


class PatientTransport(httpx.HTTPTransport):
    """Connections whose reads and writes count against their request's `Wait`."""

    def __init__(self, verify: ssl.SSLContext) -> None:
        super().__init__(verify=verify, trust_env=False)
        # httpx hands a time-out through to the sockets, but no backend that could count it.
        self._pool = httpcore.ConnectionPool(
            ssl_context=verify,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=_Backend(),
        )


class _Backend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """See httpcore."""
        return _Stream(
            self._sockets.connect_tcp(host, port, timeout, local_address, socket_options)
        )


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """See httpcore."""
        return _counted(partial(self._stream.read, max_bytes), timeout, httpcore.ReadTimeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """See httpcore."""
        for start in range(0, len(buffer), _PIECE):
            piece = partial(self._stream.write, buffer[start : start + _PIECE])
            _counted(piece, timeout, httpcore.WriteTimeout)

    def close(self) -> None:
        """See httpcore."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """See httpcore."""
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """See httpcore."""
        return self._stream.get_extra_info(info)


def _counted(
    call: Callable[[float | None], Done],
    timeout: float | None,
    over: type[httpcore.TimeoutException],
) -> Done:
    if not isinstance(timeout, Wait):
        return call(timeout)
    if timeout.is_over:
        raise over("the request's time is over")
    begun = time.monotonic()
    try:
        return call(min(float(timeout), timeout.left))
    finally:
        timeout.left -= time.monotonic() - begun
