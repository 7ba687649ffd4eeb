"""Where something of ours listens: safe to bind, and bound before anything is started there."""

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from contracts.errors import ConfigurationError

LOOPBACK = "127.0.0.1"
_ANY = ("0.0.0.0", "::")  # noqa: S104  compared with, never bound


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens, and as what a browser reaches it."""

    host: str
    port: int
    behind_tls: str | None = None

    @classmethod
    def checked(cls, host: str, port: int, *, behind_tls: str | None) -> "Address":
        """An address that is safe to bind.

        Raises:
            ConfigurationError: others could listen in, or what stands in front is no https address.
        """
        if behind_tls is not None:
            parsed = httpx.URL(behind_tls)
            if parsed.scheme != "https" or not parsed.host or parsed.path != "/":
                raise ConfigurationError(
                    f"--behind-tls {behind_tls!r} is not an address such as https://ops.example.com"
                )
        elif not _is_loopback(host):
            raise ConfigurationError(
                f"--host {host} is reachable by others and the server speaks plain HTTP: put TLS in"
                " front of it and give its address with --behind-tls https://…"
            )
        return cls(host, port, behind_tls.rstrip("/") if behind_tls else None)

    @property
    def url(self) -> str:
        """As processes of this machine reach it."""
        host = LOOPBACK if self.host in _ANY else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def origin(self) -> str:
        """As the browser reaches it."""
        return self.behind_tls or self.url


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def bind(address: Address) -> Iterator[socket.socket]:
    """The socket of an address, listening.

    Raises:
        ConfigurationError: somebody else has it, or this machine has no such address.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        opened = socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        raise ConfigurationError(
            f"{address.host} port {address.port} cannot be listened on: {error.strerror}"
        ) from None
    with opened:
        yield opened


def refuse_port_in_use(address: Address) -> None:
    """Tell a taken port before a server is started, which would only say so in its log.

    Raises:
        ConfigurationError: as `taken`; who answers there is not ours.
    """
    with bind(address):
        return
