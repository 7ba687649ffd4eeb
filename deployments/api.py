"""A home's running server, asked without Prefect's own client, whose import takes seconds."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from contracts.errors import TransientSourceError

TAG = "shopkeeper"
"""What our deployments are marked with."""

_PAGE = 200  # Prefect's own limit


@contextmanager
def client(address: str, auth: str) -> Iterator[httpx.Client]:
    """What the UI sends with each request: the password and its token against forged posts.

    Raises:
        TransientSourceError: nothing answers as a Prefect server does.
    """
    user, _, password = auth.partition(":")
    mine = str(uuid.uuid4())
    try:
        with httpx.Client(base_url=f"{address}/api", auth=(user, password), timeout=60) as api:
            told = api.get("/csrf-token", params={"client": mine}).raise_for_status().json()
            api.headers.update({"Prefect-Csrf-Token": told["token"], "Prefect-Csrf-Client": mine})
            yield api
    except (httpx.HTTPError, KeyError, ValueError) as error:
        name = type(error).__name__
        raise TransientSourceError(f"the Prefect server at {address} fails: {name}") from None


def found(api: httpx.Client, kind: str, **chosen: Any) -> list[dict[str, Any]]:
    """Everything of a kind that fits."""
    rows: list[dict[str, Any]] = []
    while True:
        asked = {**chosen, "limit": _PAGE, "offset": len(rows)}
        page = api.post(f"/{kind}/filter", json=asked).raise_for_status().json()
        rows += page
        if len(page) < _PAGE:
            return rows


def first(api: httpx.Client, kind: str, **chosen: Any) -> dict[str, Any] | None:
    """The first of a kind that fits."""
    answer = api.post(f"/{kind}/filter", json={**chosen, "limit": 1}).raise_for_status().json()
    return next(iter(answer), None)
