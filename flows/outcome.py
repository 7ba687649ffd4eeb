"""How a flow run ends: a run that stopped at some rung is told apart from one that did it all."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, cast

from prefect import Flow, State
from prefect.states import Completed

from flows.steps.blocked import Blocked, raise_if_nothing_was_done

HELD = "Held"
_MOST_TOLD = 5


def ended(result: Any, blocked: Sequence[Blocked]) -> Any:
    """The result as it is; with something stopped, as a state that is named Held and says what.

    Raises:
        ShopkeeperError: something was stopped and nothing was done.
    """
    raise_if_nothing_was_done(blocked, done=bool(result))
    return held(result, [one.told for one in blocked])


def held(result: Any, told: Sequence[str]) -> Any:
    """The same for sentences."""
    if not told:
        return result
    more = [f"and {len(told) - _MOST_TOLD} more"] if len(told) > _MOST_TOLD else []
    return Completed(name=HELD, message="\n".join([*told[:_MOST_TOLD], *more]), data=result)


async def results_of(*steps: Coroutine[Any, Any, Any]) -> list[Any]:
    """What several steps come to, made at once; all have ended when the first failure is raised."""
    found = await asyncio.gather(*steps, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return found


async def result_of(step: Flow[..., Any], *args: Any, told: list[str]) -> Any:
    """Run a flow inside another; what it says was stopped is added to `told`."""
    run = cast("Any", step)  # Prefect types a flow's call without the state that it can return
    state: State[Any] = await run(*args, return_state=True)
    if state.name == HELD and state.message:
        told += state.message.splitlines()
    return await state.aresult()
