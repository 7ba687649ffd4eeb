"""Which failures a task may try again."""

from prefect import State

from contracts.errors import TransientSourceError


def is_transient(_task: object, _run: object, state: State[object]) -> bool:
    """Only what the platform may answer differently a little later."""
    return isinstance(state.result(raise_on_failure=False), TransientSourceError)
