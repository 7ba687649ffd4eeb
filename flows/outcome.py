"""How a flow run ends: what was blocked at some rung shows in the state, beside full success."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, cast

from prefect import Flow, State
from prefect.states import Completed

from flows.steps.blocked import Blocked, raise_if_nothing_was_done

HELD = "Held"
_MOST_TOLD = 5


def with_blocked(result: Any, blocked: Sequence[Blocked]) -> Any:
    """The result as it is; with something stopped, as a state named Held with the sentences.

    Raises:
        ShopkeeperError: something was stopped and nothing was done.
    """
    raise_if_nothing_was_done(blocked, done=bool(result))
    return as_held_state(result, [one.summary for one in blocked])


def as_held_state(result: Any, sentences: Sequence[str]) -> Any:
    """The same, from sentences."""
    if not sentences:
        return result
    more = [f"and {len(sentences) - _MOST_TOLD} more"] if len(sentences) > _MOST_TOLD else []
    return Completed(name=HELD, message="\n".join([*sentences[:_MOST_TOLD], *more]), data=result)


async def results_of(*steps: Coroutine[Any, Any, Any]) -> list[Any]:
    """What several steps come to, made at once; all have ended when the first failure is raised."""
    found = await asyncio.gather(*steps, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return found


async def result_of(step: Flow[..., Any], *args: Any, stopped: list[str]) -> Any:
    """Run a flow inside another; the sentences of its Held state are added to `stopped`."""
    run = cast("Any", step)  # Prefect types a flow's call without the state that it can return
    state: State[Any] = await run(*args, return_state=True)
    if state.name == HELD and state.message:
        stopped += state.message.splitlines()
    return await state.aresult()
