"""A query string as PHP reads it, which decides what is signed and what is asked."""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

_BRACKETED = re.compile(r"([^\[\]]+)\[([^\[\]]*)\]")


@dataclass
class Params:
    """Parameters by name; one written with brackets keeps its elements in order of appearance.

    `elements` maps a name to its elements by full name: {"page": {"page": "2"}, "status":
    {"status[0]": "completed", "status[1]": "processing"}}. An element without an index gets the
    next one, and of a name that is given twice the last value counts.
    """

    elements: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, query: str) -> "Params":
        """Read a query string."""
        params = cls()
        for name, value in parse_qsl(query, keep_blank_values=True):
            params.add(name, value)
        return params

    def add(self, name: str, value: str) -> None:
        """Add one parameter as PHP does."""
        match = _BRACKETED.fullmatch(name)
        if match is None:
            self.elements[name] = {name: value}
            return
        top, index = match[1], match[2]
        own = self.elements.setdefault(top, {})
        own.pop(top, None)
        own[f"{top}[{index or _next_index(top, own)}]"] = value

    def text(self, name: str, default: str = "") -> str:
        """The value of a plain parameter."""
        return self.elements.get(name, {}).get(name, default)

    def listed(self, name: str) -> list[str]:
        """The values of a list: elements in brackets, or one text with commas between them."""
        own = self.elements.get(name, {})
        if name in own:
            return [part for part in re.split(r"[,\s]+", own[name]) if part]
        return list(own.values())

    def has(self, name: str) -> bool:
        """Whether the parameter was given at all."""
        return name in self.elements


def _next_index(top: str, own: dict[str, str]) -> int:
    used = [name[len(top) + 1 : -1] for name in own]
    return max((int(index) + 1 for index in used if index.isdigit()), default=0)
