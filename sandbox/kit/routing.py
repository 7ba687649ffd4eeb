"""Paths and methods to operations, and what of them a platform has but the dialect does not."""

import re
from collections.abc import Mapping
from typing import Final, Generic, TypeVar

from sandbox.kit.errors import ErrorTable

T = TypeVar("T")
# A parameter holds no slash; as {name:any} it holds any sign, as {name:int} digits alone.
_PLACE: Final = re.compile(r"{(\w+)(:any|:int)?}")
_SIGNS: Final = {None: "[^/]+", ":any": ".*", ":int": r"\d+"}


class Routing(Generic[T]):
    """Operations by template and method: `{"/orders/{id}/refunds": {"GET": ...}}`.

    `errors` has the rows `no_path`, `no_method` (with a place `method` and `allow`) and
    `not_emulated` (with a place `what`), which `real` matches: paths that the platform has.
    """

    def __init__(
        self, table: Mapping[str, Mapping[str, T]], errors: ErrorTable, *, real: str | None = None
    ) -> None:
        self._table = [(_compiled(template), methods) for template, methods in table.items()]
        self._errors = errors
        self._real = re.compile(real or r"(?!)")

    def find(self, method: str, path: str) -> tuple[T, dict[str, str]]:
        """The operation of a request, and the parameters of its path.

        Raises:
            RefusedError: `no_path`, `no_method` or `not_emulated`.
        """
        allowed: dict[str, None] = {}
        for template, methods in self._table:
            if match := template.fullmatch(path):
                if method in methods:
                    return methods[method], match.groupdict()
                allowed |= dict.fromkeys(methods)
        if self._real.fullmatch(path):
            raise self._errors("not_emulated", what=f"{method} {path}")
        if allowed:
            raise self._errors("no_method", method=method, allow=", ".join(allowed))
        raise self._errors("no_path", path=path)


def _compiled(template: str) -> re.Pattern[str]:
    parts, end = [], 0
    for place in _PLACE.finditer(template):
        parts.append(re.escape(template[end : place.start()]))
        parts.append(f"(?P<{place[1]}>{_SIGNS[place[2]]})")
        end = place.end()
    return re.compile("".join(parts) + re.escape(template[end:]), re.DOTALL)
