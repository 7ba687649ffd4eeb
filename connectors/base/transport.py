"""The network as requests with a total time see it (`connectors.base.deadline`)."""

import ssl
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, TypeVar

import httpcore
import httpx

from connectors.base.deadline import Wait

_PIECE: Final = 64 * 2**10

Done = TypeVar("Done")


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
