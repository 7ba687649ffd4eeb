"""Which failures a task may try again."""

from prefect import State

from contracts.errors import BusyError, TransientSourceError


def is_transient(_task: object, _run: object, state: State[object]) -> bool:
    """Only what the platform, or another process of ours, may answer differently a little later."""
    failure = state.result(raise_on_failure=False)
    return isinstance(failure, TransientSourceError | BusyError)
