"""Errors of a mutation, as the platform lists them."""

from dataclasses import dataclass


class Plain(dict[str, object]):
    """An answer keyed by field name; rows from a projection are keyed as the document asks."""


@dataclass(frozen=True)
class WriteRefusedError(Exception):
    """A write is refused with a `userErrors` entry; nothing of it was applied."""

    code: str
    message: str
    field: tuple[str, ...] = ()

    def entry(self) -> Plain:
        """The entry of `userErrors`."""
        return Plain(code=self.code, message=self.message, field=list(self.field) or None)
