"""How far a long piece of work is, while it runs."""

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]
"""Told the name of a piece of work, how much of it is done, and how much there is if known."""


def silent(_name: str, _done: int, _total: int | None) -> None:
    """Progress that nobody watches."""
