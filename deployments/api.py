"""A home's running server, asked without Prefect's own client, whose import takes seconds."""

import ssl
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from contracts.errors import TransientSourceError

TAG = "shopkeeper"
"""What our deployments are marked with."""

_PAGE = 200  # Prefect's own limit
_BUSY_SECONDS = 60
_BUSY_PAUSE_SECONDS = 0.5


class _Patient(httpx.HTTPTransport):
    """Asks again while the server is busy: it answers 503 when its SQLite is locked, undone."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        deadline = time.monotonic() + _BUSY_SECONDS
        while True:
            answer = super().handle_request(request)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                return answer
            answer.close()
            time.sleep(_BUSY_PAUSE_SECONDS)


def proven(url: str, certificate: Path, *, timeout: float) -> httpx.Client:
    """A client that sends nothing to a listener without the certificate's key."""
    patient = _Patient(verify=ssl.create_default_context(cafile=certificate), trust_env=False)
    return httpx.Client(base_url=url, transport=patient, timeout=timeout, trust_env=False)


@contextmanager
def client(url: str, auth: str, certificate: Path) -> Iterator[httpx.Client]:
    """What the UI sends with each request: the password and its token against forged posts.

    Raises:
        TransientSourceError: what answers is not our server, or nothing does.
    """
    user, _, password = auth.partition(":")
    mine = str(uuid.uuid4())
    try:
        with proven(url, certificate, timeout=60) as api:
            api.auth = httpx.BasicAuth(user, password)
            token = api.get("/csrf-token", params={"client": mine}).raise_for_status().json()
            api.headers.update({"Prefect-Csrf-Token": token["token"], "Prefect-Csrf-Client": mine})
            yield api
    except (httpx.HTTPError, KeyError, ValueError) as error:
        name = type(error).__name__
        raise TransientSourceError(f"the Prefect server at {url} fails: {name}") from None


def found(api: httpx.Client, kind: str, **chosen: Any) -> list[dict[str, Any]]:
    """Everything of a kind that fits."""
    rows: list[dict[str, Any]] = []
    while True:
        query = {**chosen, "limit": _PAGE, "offset": len(rows)}
        page = api.post(f"/{kind}/filter", json=query).raise_for_status().json()
        rows += page
        if len(page) < _PAGE:
            return rows


def first(api: httpx.Client, kind: str, **chosen: Any) -> dict[str, Any] | None:
    """The first of a kind that fits."""
    answer = api.post(f"/{kind}/filter", json={**chosen, "limit": 1}).raise_for_status().json()
    return next(iter(answer), None)
