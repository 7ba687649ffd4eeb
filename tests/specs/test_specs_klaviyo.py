"""The Klaviyo dialect under attack, judged by the official documents."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from sandbox.klaviyo import OPERATIONS, REVISION
from sandbox.klaviyo.operations import UNSCOPED, Operation
from sandbox.world.world import World, build
from tests.sandbox.klaviyo_calls import good_calls
from tests.sandbox.klaviyo_client import KEY, Hand, Marketer, marketer
from tests.sandbox.merchant import TODAY
from tests.specs.attack import SPECS, Target, attack, document_of, tell

pytestmark = [
    pytest.mark.fuzz,
    pytest.mark.skipif(
        not SPECS.exists(), reason="the platform's specs lie outside the repository"
    ),
]


class Leaping(Hand):
    """Whenever it is asked, another minute has begun, so that no window is ever full."""

    def __call__(self) -> float:
        self.seconds += 60
        return self.seconds


@cache
def _built() -> World:
    return build(TODAY, days=35, households=30)


def month() -> World:
    """A world with reviews; frames are replaced, never altered, so they are shared."""
    return replace(_built(), writes=[], lock=threading.RLock())


@pytest.fixture
def shop() -> Iterator[Marketer]:
    with marketer(month(), clock=Leaping()) as found:
        yield found


@pytest.mark.parametrize(
    "served", [one for one in OPERATIONS if one.name != "get_accounts"], ids=lambda one: one.name
)
def test_nothing_is_found(shop: Marketer, served: Operation) -> None:
    path, given = good_calls(shop)[served.name]
    target = Target(served.name, served.path, path, given.get("params", {}), given.get("json"))
    methods = {one.method for one in OPERATIONS if one.path == served.path}
    part = served.path.split("/")[2]
    file = "coupons" if part.startswith("coupon") else part
    document = document_of(
        f"klaviyo/{file}", target, served=methods | UNSCOPED.get(served.path, frozenset())
    )
    needed = {"filter": target.query["filter"]} if served.required else {}
    tell(document, target, only=needed | {"revision": REVISION})
    let_options_be_valid(document)
    headers = {"Authorization": f"Klaviyo-API-Key {KEY}"}
    outcome = attack(document, target, origin=str(shop.http.base_url), headers=headers)
    outcome.assert_spotless()


def let_options_be_valid(node: Any) -> None:
    """Mend a document in place: `send_options` is one of three schemas that are the same one.

    What fits one fits all three, so nothing could ever be right.
    """
    for name, inner in node.items() if isinstance(node, dict) else enumerate(node):
        if name == "send_options":
            inner["anyOf"] = inner.pop("oneOf")
        if isinstance(inner, dict | list):
            let_options_be_valid(inner)
