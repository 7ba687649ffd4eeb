"""Resources of a REST API: rows that are listed, shown and written at addresses."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Generic, TypeVar

C = TypeVar("C")
Row = dict[str, Any]
_EDIT: Final = "POST PUT PATCH"
_OPERATIONS: Final = {
    "list_all": ("", "GET"),
    "create": ("", "POST"),
    "batch": ("/batch", _EDIT),
    "get": ("/{key}", "GET"),
    "update": ("/{key}", _EDIT),
    "delete": ("/{key}", "DELETE"),
}


@dataclass(frozen=True)
class Reply:
    """What is answered; a body of None is empty."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Resource(ABC, Generic[C]):
    """A kind of row, for the calls of a dialect.

    A dialect says once how its resources are listed and deleted, what a call asks for (`_asked`:
    the key in its path, its body), what becomes of the refusal of a write (`_refusing`) and how
    what is shown is answered (`_reply`). A resource says what is shown of a key (`_shown`), what
    may be written (`_checked`: onto a row, or without one as a new one) and how that is done
    (`_write`, and `_insert`, which returns the new key). `kind` names it, `allows` are its
    operations, `answers_new` is the status of the answer to a new one.
    """

    kind: ClassVar[str]
    allows: ClassVar[str]
    answers_new: ClassVar[int] = 201

    @abstractmethod
    def _asked(self, call: C) -> tuple[Any, Any]: ...

    @abstractmethod
    def _reply(self, call: C, shown: Row, status: int) -> Reply: ...

    def _refusing(self, call: C, verb: str, key: Any, given: Any) -> AbstractContextManager[None]:
        return nullcontext()

    @abstractmethod
    def _shown(self, call: C, key: Any) -> Row: ...

    def _row(self, call: C, key: Any) -> Row:
        """The row to be changed, by default what is shown."""
        return self._shown(call, key)

    def _checked(self, call: C, row: Row | None, given: Any) -> Any:
        raise NotImplementedError

    def _insert(self, call: C, written: Any) -> Any:
        raise NotImplementedError

    def _write(self, call: C, row: Row, written: Any) -> None:
        raise NotImplementedError

    def operations(self, key: str = "{key}") -> dict[str, dict[str, Callable[[C], Reply]]]:
        """The operations by method, by what follows the address of the resource."""
        found: dict[str, dict[str, Callable[[C], Reply]]] = {}
        for name in self.allows.split():
            path, methods = _OPERATIONS[name]
            handlers = dict.fromkeys(methods.split(), getattr(self, name))
            found.setdefault(path.format(key=key), {}).update(handlers)
        return found

    def get(self, call: C) -> Reply:
        """One of them."""
        key, _ = self._asked(call)
        return self._reply(call, self._shown(call, key), 200)

    def create(self, call: C) -> Reply:
        """Make a new one."""
        _, given = self._asked(call)
        return self._reply(call, self._created(call, given), self.answers_new)

    def update(self, call: C) -> Reply:
        """Change one."""
        return self._reply(call, self._updated(call, *self._asked(call)), 200)

    def _created(self, call: C, given: Any) -> Row:
        with self._refusing(call, "create", None, given):
            written = self._checked(call, None, given)
        return self._shown(call, self._insert(call, written))

    def _updated(self, call: C, key: Any, given: Any) -> Row:
        with self._refusing(call, "set", key, given):
            row = self._row(call, key)
            written = self._checked(call, row, given)
        self._write(call, row, written)
        return self._shown(call, key)
