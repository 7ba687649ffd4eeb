"""A client of the Klaviyo dialect for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from sandbox.klaviyo import MEDIA, REVISION, Credentials, Faults, routes
from sandbox.serving import serving
from sandbox.world.world import World

KEY = "pk_of_a_test"


@dataclass
class Hand:
    """A clock that stands still until it is moved."""

    seconds: float = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass(frozen=True)
class Marketer:
    """A client of the dialect, and what stands behind it."""

    http: httpx.Client
    world: World
    faults: Faults
    clock: Hand = field(default_factory=Hand)

    def get(self, path: str, **parameters: str) -> httpx.Response:
        """GET; `page_size` means `page[size]`."""
        names = {
            "page_size": "page[size]",
            "additional": "additional-fields[profile]",
            "cursor": "page[cursor]",
        }
        given = {names.get(name, name): value for name, value in parameters.items()}
        return self.http.get(path, params=given)

    def all(self, path: str, **parameters: str) -> list[dict[str, Any]]:
        """All resources of a list, following whole links."""
        response = self.get(path, **parameters)
        found: list[dict[str, Any]] = []
        while True:
            assert response.status_code == 200, response.text
            found.extend(response.json()["data"])
            following = response.json()["links"].get("next")
            if following is None:
                return found
            self.clock.seconds += 60
            response = self.http.get(following)

    def error(self, response: httpx.Response, status: int) -> dict[str, Any]:
        """The only error of a refusal."""
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == MEDIA
        [error] = response.json()["errors"]
        assert {"id", "code", "title", "detail", "source"} <= set(error)
        found: dict[str, Any] = error
        return found

    def coupon(self, name: str = "WINBACK") -> str:
        """Create a coupon; returns its id."""
        body = {"data": {"type": "coupon", "attributes": {"external_id": name}}}
        created = self.http.post("/api/coupons", json=body)
        assert created.status_code == 201, created.text
        return name

    def code(self, code: str, **attributes: Any) -> httpx.Response:
        """Ask for a code of the coupon WINBACK."""
        return self.http.post("/api/coupon-codes", json={"data": code_data(code, **attributes)})

    def kinds(self) -> list[tuple[str, str, bool]]:
        """What was written so far."""
        return [(one["kind"], one["target"], one["applied"]) for one in self.world.writes]


def code_data(code: str, *, coupon: str = "WINBACK", **attributes: Any) -> dict[str, Any]:
    """A code to be created."""
    return {
        "type": "coupon-code",
        "attributes": {"unique_code": code, **attributes},
        "relationships": {"coupon": {"data": {"type": "coupon", "id": coupon}}},
    }


def event(name: str, *, profile: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    """An event to be created; `profile` holds its attributes."""
    return {
        "data": {
            "type": "event",
            "attributes": {
                "properties": {"code": "A1"},
                "metric": {"data": {"type": "metric", "attributes": {"name": name}}},
                "profile": {"data": {"type": "profile", "attributes": profile}},
                **attributes,
            },
        }
    }


@contextmanager
def marketer(world: World, *, clock: Hand | None = None) -> Iterator[Marketer]:
    """Serve the dialect over a world."""
    faults, clock = Faults(), clock or Hand()
    with serving(routes(world, Credentials(KEY), clock=clock, faults=faults)) as origin:
        headers = {
            "Authorization": f"Klaviyo-API-Key {KEY}",
            "revision": REVISION,
            "Content-Type": MEDIA,
        }
        with httpx.Client(base_url=origin, headers=headers, timeout=30) as http:
            yield Marketer(http, world, faults, clock)
