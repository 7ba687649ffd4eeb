"""How steps of a run that are made at once end."""

import asyncio

import pytest

from flows.outcome import results_of


async def after(turns: int, end: str | Exception, ended: list[str]) -> str:
    """Ends after some turns of the loop, with a result or a failure."""
    for _ in range(turns):
        await asyncio.sleep(0)
    ended.append(str(end))
    if isinstance(end, Exception):
        raise end
    return end


def test_steps_made_at_once_give_their_results_in_the_order_of_the_steps() -> None:
    ended: list[str] = []
    steps = results_of(after(3, "checked", ended), after(1, "built", ended))
    assert asyncio.run(steps) == ["checked", "built"]
    assert ended == ["built", "checked"]


def test_a_step_that_fails_lets_the_one_beside_it_end_before_the_run_fails() -> None:
    ended: list[str] = []
    steps = results_of(after(1, ValueError("no"), ended), after(5, "built", ended))
    with pytest.raises(ValueError, match="no"):
        asyncio.run(steps)
    assert ended == ["no", "built"]
