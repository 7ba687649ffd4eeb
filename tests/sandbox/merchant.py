"""A client of the sandbox for tests."""

import threading
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

import httpx

from sandbox.world.world import World, build

TODAY = date(2026, 11, 22)
TOKEN = "token-of-a-test"
PATH = "/admin/api/2026-10/graphql.json"


@dataclass(frozen=True)
class Merchant:
    """A client of the sandbox and the world behind it."""

    http: httpx.Client
    world: World

    def answer(self, document: str, **variables: Any) -> dict[str, Any]:
        """The whole answer to a document."""
        response = self.http.post(PATH, json={"query": document, "variables": variables})
        assert response.status_code == 200
        found: dict[str, Any] = response.json()
        return found

    def data(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        found = self.answer(document, **variables)
        assert "errors" not in found, found["errors"]
        data: dict[str, Any] = found["data"]
        return data

    def orders(self, fields: str, *, query: str = "", page: int = 5) -> list[dict[str, Any]]:
        """All orders a query finds, page by page."""
        document = (
            "query($q: String, $n: Int!, $after: String) {"
            "orders(first: $n, after: $after, query: $q, sortKey: UPDATED_AT) {"
            f"pageInfo {{ hasNextPage endCursor }} nodes {{ {fields} }} }} }}"
        )
        found: list[dict[str, Any]] = []
        after = None
        while True:
            answer = self.data(document, q=query, n=page, after=after)["orders"]
            found.extend(answer["nodes"])
            if not answer["pageInfo"]["hasNextPage"]:
                return found
            after = answer["pageInfo"]["endCursor"]

    def tamper(self, op: str, **request: Any) -> dict[str, Any]:
        """Plant a fault."""
        response = self.http.post("/world/tamper", json={"op": op, **request})
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    def days(self) -> list[dict[str, Any]]:
        """The scoreboard of all days."""
        found: list[dict[str, Any]] = self.http.get("/truth/days").json()
        return found


@cache
def _built() -> World:
    return build(TODAY, days=7, households=60)


def small_world() -> World:
    """A week of sixty households; frames are replaced, never altered, so they can be shared."""
    return replace(_built(), writes=[], spoiled=[], lock=threading.RLock())
