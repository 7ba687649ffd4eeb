"""What the account's resources have in common: lists, single ones, and writes onto them."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from sandbox.kit import resources as kit
from sandbox.kit.resources import Reply
from sandbox.klaviyo.account import Account, Call, Row
from sandbox.klaviyo.bodies import Body, parsed
from sandbox.klaviyo.documents import answer, look, page_of, target
from sandbox.klaviyo.errors import invalid, not_found


class Resource(kit.Resource[Call]):
    """A type of resource, by what its subclass says and gives.

    `kind` names it in refusals and in the writes that are kept, where `_target` names a row; `new`
    and `change` are the bodies that write it, `_made` returns the id of a new one, `_changed` what
    was written onto a row. A filter on the first name of `alias` looks at the
    attribute of the second, and on a name in `pointers` at the id of a relationship.
    """

    new: ClassVar[Any] = None
    change: ClassVar[Any] = None
    alias: ClassVar[tuple[str, str]] = ("", "")
    pointers: ClassVar[str] = ""

    def rows(self, account: Account) -> dict[str, Row]:
        """All of them by id."""
        raise NotImplementedError

    def found(self, account: Account, key: str) -> Row:
        """The row with an id.

        Raises:
            RefusedError: 404, nothing has it.
        """
        row = self.rows(account).get(key)
        if row is None:
            raise not_found(self.kind.replace("_", " "), key)
        return row

    def visible(self, call: Call, row: Row) -> Row:
        """A row as it is answered."""
        return row

    def _included(self, call: Call, rows: Sequence[Row]) -> Iterable[Row]:
        return ()

    def _look(self, row: Row, name: str) -> list[Any]:
        if name in self.pointers.split():
            return [target(row, re.sub("[._]id$", "", name))]
        return look(row, self.alias[1] if name == self.alias[0] else name)

    def _target(self, row: Row) -> str:
        return str(row["id"])

    def _remove(self, account: Account, key: str) -> None:
        del self.rows(account)[key]

    def _made(self, account: Account, given: Body) -> str:
        raise NotImplementedError

    def _changed(self, account: Account, row: Row, given: Body) -> Row:
        raise NotImplementedError

    def _asked(self, call: Call) -> tuple[str, bytes]:
        return call.key, call.body

    def _shown(self, call: Call, key: str) -> Row:
        return self.found(call.account, key)

    def _reply(self, call: Call, shown: Row, status: int) -> Reply:
        included = self._included(call, [shown])
        return answer(call, self.visible(call, shown), included, status=status)

    def _checked(self, call: Call, row: Row | None, given: bytes) -> Body:
        found = parsed(given, self.new if row is None else self.change)
        if row is not None and found["id"] != call.key:
            raise invalid("The id is not that of the path.", pointer="/data/id")
        return found

    def _insert(self, call: Call, written: Body) -> str:
        return self._made(call.account, written)

    def _write(self, call: Call, row: Row, written: Body) -> None:
        changes = self._changed(call.account, row, written)
        call.account.record(f"set_{self.kind}", self._target(row), changes)

    def list_all(self, call: Call) -> Reply:
        """A page of the list."""
        page, links = page_of(self.rows(call.account).values(), call, look=self._look)
        shown = [self.visible(call, row) for row in page]
        return answer(call, shown, self._included(call, page), links=links)

    def delete(self, call: Call) -> Reply:
        """Remove one."""
        self.found(call.account, call.key)
        self._remove(call.account, call.key)
        call.account.record(f"delete_{self.kind}", call.key, None)
        return Reply(status=204)
