"""What the account's resources have in common: lists, single ones, and writes onto them."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from sandbox.klaviyo.account import Account, Call, Row
from sandbox.klaviyo.bodies import Body, parsed
from sandbox.klaviyo.documents import Reply, answer, look, page_of, target
from sandbox.klaviyo.errors import invalid, not_found


class Resource:
    """A type of resource, by what its subclass says and gives.

    `kind` names it in refusals and in the writes that are kept; `new` and `change` are the bodies
    that write it. A filter on the first name of `alias` looks at the attribute of the second, and
    on a name in `pointers` at the id of a relationship.
    """

    kind: ClassVar[str]
    new: ClassVar[Any] = None
    change: ClassVar[Any] = None
    created: ClassVar[int] = 201
    alias: ClassVar[tuple[str, str]] = ("", "")
    pointers: ClassVar[str] = ""

    def rows(self, account: Account) -> dict[str, Row]:
        """All of them by id."""
        raise NotImplementedError

    def shown(self, call: Call, row: Row) -> Row:
        """A row as it is answered."""
        return row

    def included(self, call: Call, rows: Sequence[Row]) -> Iterable[Row]:
        """What may be included with rows."""
        return ()

    def look(self, row: Row, name: str) -> list[Any]:
        """The values of a field that a filter or an order looks at."""
        if name in self.pointers.split():
            return [target(row, re.sub("[._]id$", "", name))]
        return look(row, self.alias[1] if name == self.alias[0] else name)

    def insert(self, account: Account, given: Body) -> str:
        """Make a new one; returns its id."""
        raise NotImplementedError

    def write(self, account: Account, row: Row, given: Body) -> Row:
        """Write onto a row; returns what was written."""
        raise NotImplementedError

    def remove(self, account: Account, key: str) -> None:
        """Remove one."""
        del self.rows(account)[key]

    def target(self, row: Row) -> str:
        """How the writes that are kept name a row."""
        return str(row["id"])

    def found(self, account: Account, key: str) -> Row:
        """The row with an id.

        Raises:
            RefusedError: 404, nothing has it.
        """
        row = self.rows(account).get(key)
        if row is None:
            raise not_found(self.kind.replace("_", " "), key)
        return row

    def list_all(self, call: Call) -> Reply:
        """A page of the list."""
        page, links = page_of(self.rows(call.account).values(), call, look=self.look)
        shown = [self.shown(call, row) for row in page]
        return answer(call, shown, self.included(call, page), links=links)

    def get(self, call: Call, *, key: str | None = None, status: int = 200) -> Reply:
        """One resource."""
        row = self.found(call.account, call.key if key is None else key)
        return answer(call, self.shown(call, row), self.included(call, [row]), status=status)

    def create(self, call: Call) -> Reply:
        """Make a new one."""
        key = self.insert(call.account, parsed(call.body, self.new))
        return self.get(call, key=key, status=self.created)

    def update(self, call: Call) -> Reply:
        """Change one."""
        row = self.found(call.account, call.key)
        given = parsed(call.body, self.change)
        if given["id"] != call.key:
            raise invalid("The id is not that of the path.", pointer="/data/id")
        changes = self.write(call.account, row, given)
        call.account.record(f"set_{self.kind}", self.target(row), changes)
        return self.get(call)

    def delete(self, call: Call) -> Reply:
        """Remove one."""
        self.found(call.account, call.key)
        self.remove(call.account, call.key)
        call.account.record(f"delete_{self.kind}", call.key, None)
        return Reply(204)
