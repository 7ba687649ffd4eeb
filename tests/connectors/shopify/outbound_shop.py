"""A shop whose answers are scripted, and what became of each item sent to it."""

from collections.abc import Callable
from typing import Any

from contracts.actions import Change

Opened = Callable[..., Any]


def change(number: int, *, product: str | None = "1", after: int = 499) -> Change:
    return Change(
        action_id=f"a{number}",
        target_id=str(number),
        parent_id=product,
        before=399,
        after=after,
        currency="USD",
    )


def states(outcomes: list[Any]) -> dict[str, str]:
    return {outcome.action_id: str(outcome.state) for outcome in outcomes}
