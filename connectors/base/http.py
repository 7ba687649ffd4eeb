"""One HTTP client per account: https, pinned hosts, no redirects, bounds, quiet logs."""

import datetime as dt
import email.utils
import ipaddress
import logging
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from connectors.base.deadline import PATIENCE_SECONDS, Wait, seconds_for
from connectors.base.retry import NotAppliedError, ThrottledError, TokenRejectedError
from contracts.errors import (
    ConfigurationError,
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)

if TYPE_CHECKING:  # what asks nobody, such as a build, need not wait for httpx to be imported
    import httpx

_MEBIBYTE = 2**20
_MOST_REFUSAL = 64 * 2**10
_FORM = "application/x-www-form-urlencoded;charset=utf-8"

Refusal = Callable[[int, Mapping[str, str], bytes], ShopkeeperError | None]
"""Told status (200 too), headers and the body's first 64 KiB; the error that they mean, null: the
status decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """A successful answer, read whole. Header names are in any case."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def at(self) -> dt.datetime:
        """The platform's clock when it answered.

        Raises:
            SourceContractError: the answer has no readable Date header.
        """
        return dt.datetime.fromtimestamp(server_time(self.headers), dt.UTC)


def addresses(host: str) -> list[str]:
    """IP addresses of a host name, by the system's resolver."""
    return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, None)})


def error_of(status: int, *, retry_after: float | None = None) -> ShopkeeperError | None:
    """The error that an HTTP status means, null for success; the only place that decides it."""
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    message = f"the platform answered HTTP {status}"
    if retry_after is not None:
        message += f" and asks to wait {retry_after:g} s"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ThrottledError(message, retry_after=retry_after)
    if status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY) or status >= 500:
        return TransientSourceError(message, retry_after=retry_after)
    if status < HTTPStatus.BAD_REQUEST:
        return SourceRejectedError(f"{message}: a redirect, which is never followed")
    message += "; look at token, permissions and the shop's state"
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return TokenRejectedError(message)
    return SourceRejectedError(message)


def stated_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that `Retry-After` asks for; when it gives a date, the backoff decides."""
    try:
        return max(0.0, float(headers["retry-after"]))
    except (KeyError, ValueError):
        return None


def server_time(headers: Mapping[str, str]) -> float:
    """The server's clock from its `Date` header, in seconds since 1970.

    Raises:
        SourceContractError: there is none, or it is unreadable.
    """
    parsed = email.utils.parsedate_tz(headers.get("date", ""))
    if parsed is None:
        raise SourceContractError("an answer has no readable Date header")
    return float(email.utils.mktime_tz(parsed))


@cache
def _public_authorities() -> ssl.SSLContext:
    """Read once in a process: it takes longer than most requests."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


class Http:
    """Requests of one account. Credentials travel only to `base_url`, never to a download.

    Args:
        base_url: scheme and host; https, but for the loopback of a sandbox.
        download_hosts: other hosts that files may come from; one that begins with a dot stands for
            all hosts below it.
        headers: sent with every request, credentials included.
        ca_file: own certificate authority; null: the public ones.
        timeout: seconds of a single wait.
        patience: seconds that a small answer may take in all, see `seconds_for`.
        refusal: what a platform's own error means, asked before the status decides.
        transport, resolve: replaced in tests.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str],
        download_hosts: Sequence[str] = (),
        is_sandbox: bool = False,
        timeout: float = 60.0,
        patience: float = PATIENCE_SECONDS,
        ca_file: Path | None = None,
        transport: "httpx.BaseTransport | None" = None,
        resolve: Callable[[str], list[str]] = addresses,
        refusal: Refusal | None = None,
    ) -> None:
        import httpx

        from connectors.base.transport import PatientTransport

        for name in ("httpx", "httpcore"):  # they log URLs, which hold tokens and signatures
            logging.getLogger(name).setLevel(logging.WARNING)
        self._base = httpx.URL(base_url)
        self._hosts = {self._base.host, *(one for one in download_hosts if one[:1] != ".")}
        self._suffixes = tuple(one for one in download_hosts if one[:1] == ".")
        self._is_sandbox = is_sandbox
        self._resolve = resolve
        self._refusal = refusal
        self._headers = dict(headers)
        self._checked: set[str] = set()
        self._timeout, self._patience = timeout, patience
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),
            follow_redirects=False,
            trust_env=False,
            headers={"accept-encoding": "gzip"},
            transport=transport or PatientTransport(_trusted(ca_file)),
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        most: int = 64,
    ) -> HttpAnswer:
        """Ask with the account's credentials; at most `most` MiB come back.

        `params` are added to the path's own; `headers` are for this request alone.

        Raises:
            ShopkeeperError: by `refusal`, else by `error_of`.
            NotAppliedError: the platform was never reached.
            TransientSourceError: the connection broke or timed out after it was reached.
            ConfigurationError: the path leads to another origin.
        """
        url = self._base.join(path)
        if _origin(url) != _origin(self._base):
            raise ConfigurationError("a link leaves the platform's origin; it is not followed")
        sent = {**self._headers, **(headers or {})}
        if content_type is not None:
            sent["content-type"] = content_type
        for name, value in params:
            url = url.copy_add_param(name, value)
        request = self._client.build_request(method, url, content=body, headers=sent)
        bytes_most = most * _MEBIBYTE
        with self._sent(request, most=bytes_most, refusal=self._refusal) as response:
            answer = b"".join(_bounded(response, bytes_most))
            if self._refusal is not None:  # many platforms answer errors with HTTP 200
                told = answer[:_MOST_REFUSAL]
                error = self._refusal(response.status_code, response.headers, told)
                if error is not None:
                    raise error
            return HttpAnswer(status=response.status_code, body=answer, headers=response.headers)

    def get(
        self,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        most: int = 64,
    ) -> HttpAnswer:
        """Read; as `request`."""
        return self.request("GET", path, params=params, headers=headers, most=most)

    def post(
        self,
        path: str,
        body: bytes,
        *,
        content_type: str = "application/json",
        params: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        most: int = 64,
    ) -> HttpAnswer:
        """Send a body; as `request`."""
        return self.request(
            "POST",
            path,
            params=params,
            body=body,
            content_type=content_type,
            headers=headers,
            most=most,
        )

    def post_form(
        self,
        path: str,
        fields: Sequence[tuple[str, str]],
        *,
        params: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        most: int = 64,
    ) -> HttpAnswer:
        """Send fields as a form, in UTF-8; as `request`."""
        body = urlencode(fields).encode()
        return self.post(path, body, content_type=_FORM, params=params, headers=headers, most=most)

    def follow(
        self, url: str, *, headers: Mapping[str, str] | None = None, most: int = 64
    ) -> HttpAnswer:
        """Read the next page that an answer links to, whole or relative; as `request`.

        Raises:
            ConfigurationError: the link leaves the platform's origin, where credentials stay.
        """
        return self.get(url, headers=headers, most=most)

    def download(self, url: str, *, most: int) -> Iterator[bytes]:
        """Stream a file of at most `most` bytes, without credentials.

        Raises:
            ConfigurationError: the link leaves the platform's hosts.
            ShopkeeperError: by `error_of`, and as `request`.
        """
        with self._sent(self._client.build_request("GET", url), most=most) as response:
            yield from _bounded(response, most)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @contextmanager
    def _sent(
        self, request: "httpx.Request", *, most: int, refusal: Refusal | None = None
    ) -> "Iterator[httpx.Response]":
        import httpx

        self._guard(request.url)
        seconds = seconds_for(most, patience=self._patience)
        wait = Wait.of(self._timeout, seconds)
        request.extensions["timeout"] |= {"read": wait, "write": wait}
        late = f"an answer was not whole after {seconds:.4g} s"
        try:
            response = self._client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotAppliedError(f"no connection ({type(error).__name__})") from None
        except httpx.TransportError as error:
            told = late if wait.is_over else f"no answer ({type(error).__name__})"
            raise TransientSourceError(told) from None
        try:
            refused = _refused(response, refusal)
            if refused is not None:
                raise refused
            yield response
        except (httpx.TransportError, httpx.DecodingError) as error:
            told = late if wait.is_over else f"an answer broke off ({type(error).__name__})"
            raise TransientSourceError(told) from None
        finally:
            response.close()

    def _guard(self, url: "httpx.URL") -> None:
        """Refuse what leaves the platform: scheme, host, or an address inside our own network."""
        if url.host not in self._hosts and not url.host.endswith(self._suffixes):
            raise ConfigurationError("a link leaves the platform's hosts; it is not followed")
        if self._is_sandbox:
            if _origin(url) != _origin(self._base):
                raise ConfigurationError("a sandbox's link leaves its origin; it is not followed")
        elif url.scheme != "https" or url.port is not None:
            raise ConfigurationError("a platform is reached by https on its standard port only")
        if url.host not in self._checked:
            self._check_addresses(url.host)
            self._checked.add(url.host)

    def _check_addresses(self, host: str) -> None:
        try:
            found = [ipaddress.ip_address(address) for address in self._resolve(host)]
        except OSError:
            raise NotAppliedError("the platform's host name does not resolve") from None
        if self._is_sandbox and not all(address.is_loopback for address in found):
            raise ConfigurationError("a sandbox is reached on the loopback address only")
        if not self._is_sandbox and not all(address.is_global for address in found):
            raise ConfigurationError("the platform's host name leads into a private network")


def _trusted(ca_file: Path | None) -> ssl.SSLContext:
    """The authorities that a certificate may be from: one of our own, else the public ones."""
    if ca_file is not None:
        return ssl.create_default_context(cafile=ca_file)
    return _public_authorities()


def _origin(url: "httpx.URL") -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _refused(response: "httpx.Response", refusal: Refusal | None) -> ShopkeeperError | None:
    """The error that an answer of an error's status means."""
    error = error_of(response.status_code, retry_after=stated_wait(response.headers))
    if error is None or refusal is None:
        return error
    return refusal(response.status_code, response.headers, _beginning(response)) or error


def _beginning(response: "httpx.Response") -> bytes:
    """What can be read of an error's body; that it breaks off changes nothing of the error."""
    import httpx

    held = b""
    try:
        for chunk in _unpacked(response):
            held += chunk
            if len(held) >= _MOST_REFUSAL:
                break
    except (httpx.TransportError, httpx.DecodingError, SourceContractError):
        pass
    return held[:_MOST_REFUSAL]


def _bounded(response: "httpx.Response", most: int) -> Iterator[bytes]:
    """At most `most` bytes, unpacked."""
    held = 0
    for chunk in _unpacked(response):
        held += len(chunk)
        if held > most:
            raise SourceContractError(f"an answer is larger than {most} bytes")
        yield chunk


def _unpacked(response: "httpx.Response") -> Iterator[bytes]:
    """An answer's pieces. Of gzip one grows a thousandfold at worst; zstd has no such bound, so it
    is not read."""
    if response.headers.get("content-encoding", "identity") not in ("gzip", "identity"):
        raise SourceContractError("an answer is packed in another way than was asked for")
    yield from response.iter_bytes()
