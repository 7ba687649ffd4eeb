"""What the shop's resources have in common: lists, single documents, writes and batches of them."""

from collections.abc import Callable
from typing import Any, ClassVar, Final

import polars as pl

from sandbox.kit.errors import RefusedError
from sandbox.woocommerce.calls import Call, Reply, Row
from sandbox.woocommerce.errors import ERRORS, answer, not_emulated
from sandbox.woocommerce.listing import Collection, link, page_of

MAX_BATCH: Final = 100
EDITS: Final = ("POST", "PUT", "PATCH")
Handler = Callable[[Call], Reply]


class Resource:
    """A kind of document, by what its subclass says and gives.

    `allows` are the operations that it has, `batches` the writes that a batch of it may hold.
    `kind` names it in the writes that are kept, by the `target` column, and a new one by the field
    `named_by` or what stands for it. `frame` are its rows in the world, `missing` the refusal of an
    id that nothing has, with another status at an update. What has no trash says in `no_trash` how
    a deletion is refused that is not for good.
    """

    kind: ClassVar[str]
    frame: ClassVar[str]
    collection: ClassVar[Collection]
    allows: ClassVar[str]
    batches: ClassVar[str] = ""
    missing: ClassVar[str]
    missing_at_update: ClassVar[int] = 404
    no_trash: ClassVar[str] = ""
    target: ClassVar[str]
    named_by: ClassVar[tuple[str, object]]

    def operations(self) -> dict[str, dict[str, Handler]]:
        """The operations by what follows the address of the resource, and by method."""
        offered: tuple[tuple[str, str, tuple[str, ...], Handler], ...] = (
            ("list", "", ("GET",), self.list_all),
            ("create", "", ("POST",), self.create),
            ("batch", "/batch", EDITS, self.batch),
            ("get", "/{key:int}", ("GET",), self.get),
            ("update", "/{key:int}", EDITS, self.update),
            ("delete", "/{key:int}", ("DELETE",), self.delete),
        )
        found: dict[str, dict[str, Handler]] = {}
        for name, path, methods, handler in offered:
            if name in self.allows.split():
                found.setdefault(path, {}).update(dict.fromkeys(methods, handler))
        return found

    def rows(self, call: Call) -> pl.DataFrame:
        """All rows under the address."""
        found: pl.DataFrame = getattr(call.shop.world, self.frame)
        return found

    def chosen(self, call: Call, rows: pl.DataFrame) -> pl.DataFrame:
        """What of the rows is listed, by the parameters of this resource alone."""
        return rows

    def document(self, call: Call, row: Row) -> Row:
        """The document of a row."""
        raise NotImplementedError

    def checked(self, call: Call, row: Row | None, given: Row) -> Any:
        """What is to be written onto a row, or as a new one; a refusal is kept with the writes."""
        raise NotImplementedError

    def insert(self, call: Call, written: Any) -> int:
        """Write a new one; returns its id."""
        raise NotImplementedError

    def write(self, call: Call, key: int, written: Any) -> None:
        """Write onto a row."""
        raise NotImplementedError

    def check_deletion(self, call: Call, key: int) -> None:
        """Refuse what cannot be deleted here."""

    def touch(self, call: Call, key: int) -> None:
        """Date a row anew that went into the trash."""

    def forget(self, call: Call, row: Row) -> None:
        """What follows when a row is gone for good."""

    def documents(self, call: Call, rows: pl.DataFrame) -> list[Row]:
        """The documents of rows, in their order."""
        return [self.document(call, row) for row in rows.iter_rows(named=True)]

    def found(self, call: Call, key: int, *, status: int = 404) -> pl.DataFrame:
        """The row with this id, in a frame.

        Raises:
            RefusedError: `status`, nothing has it.
        """
        rows = self.rows(call).filter(pl.col(self.collection.key) == key)
        if rows.is_empty():
            refused = ERRORS(self.missing)
            refused.entry["status"] = status
            raise refused
        return rows

    def shown(self, call: Call, key: int) -> Row:
        """The document with this id."""
        [found] = self.documents(call, self.found(call, key))
        return found

    def list_all(self, call: Call) -> Reply:
        """A page of the list."""
        page, headers, around = page_of(
            self.chosen(call, self.rows(call)), call.params, self.collection, zone=call.shop.zone,
            repeat=call.shop.faults.spend("duplicate_pages"),
        )  # fmt: skip
        headers |= link(f"{call.home}{call.path}", call.params, around)
        return Reply(self.documents(call, page), headers=headers)

    def get(self, call: Call) -> Reply:
        """One document."""
        return Reply(self.shown(call, call.key))

    def create(self, call: Call) -> Reply:
        """Make a new one."""
        found = self.created(call, call.body)
        return Reply(found, 201, {"Location": found["_links"]["self"][0]["href"]})

    def update(self, call: Call) -> Reply:
        """Change one."""
        return Reply(self.updated(call, call.key, call.body))

    def delete(self, call: Call) -> Reply:
        """Delete one: into the trash, or for good."""
        return Reply(self.deleted(call, call.key, is_forced=call.is_forced))

    def created(self, call: Call, given: Row) -> Row:
        """Make a new one and answer it."""
        with call.shop.refusing(f"create_{self.kind}", given.get(*self.named_by), given):
            written = self.checked(call, None, given)
        return self.shown(call, self.insert(call, written))

    def updated(self, call: Call, key: int, given: Row) -> Row:
        """Change one and answer it."""
        with call.shop.refusing(f"set_{self.kind}", key, given):
            row = self.found(call, key, status=self.missing_at_update).row(0, named=True)
            written = self.checked(call, row, given)
        self.write(call, key, written)
        return self.shown(call, key)

    def deleted(self, call: Call, key: int, *, is_forced: bool) -> Row:
        """Delete one and answer what it was, or is in the trash."""
        shop, world = call.shop, call.shop.world
        with shop.refusing(f"delete_{self.kind}", key, {}):
            rows = self.found(call, key)
            self.check_deletion(call, key)
            if not is_forced and self.no_trash:
                raise ERRORS("no_trash", what=self.no_trash)
            if not is_forced and shop.kept.status[self.frame].get(key) == "trash":
                raise ERRORS("trashed")
        row = rows.row(0, named=True)
        if is_forced:
            [found] = self.documents(call, rows)
            others = pl.col(self.collection.key) != key
            setattr(world, self.frame, getattr(world, self.frame).filter(others))
            world.version += 1
            self.forget(call, row)
        else:
            shop.kept.status[self.frame][key] = "trash"
            self.touch(call, key)
            found = self.shown(call, key)
        after = None if self.no_trash else {"is_forced": is_forced}
        shop.record(f"delete_{self.kind}", row[self.target], after)
        return found

    def batch(self, call: Call) -> Reply:
        """Do up to 100 writes one by one; one that is refused is a row with an `error`, in a 200.

        Raises:
            RefusedError: 413, more than 100.
        """
        rows = {name: call.body.get(name) or [] for name in ("create", "update", "delete")}
        if sum(map(len, rows.values())) > MAX_BATCH:
            raise ERRORS("batch", most=MAX_BATCH)
        return Reply(
            {
                name: [self._written(call, name, given) for given in several]
                for name, several in rows.items()
                if several
            }
        )

    def _written(self, call: Call, name: str, given: Any) -> Row:
        key = {"create": 0, "delete": given}[name] if name != "update" else given.get("id", 0)
        number = int(key) if str(key).isdigit() else 0
        try:
            if name not in self.batches.split():
                raise not_emulated("this write in a batch")
            if name == "create":
                return self.created(call, given)
            if name == "update":
                return self.updated(call, number, given)
            is_forced = bool(self.no_trash) or call.is_forced
            return self.deleted(call, number, is_forced=is_forced)
        except RefusedError as refused:
            return {"id": key, "error": answer(refused)}
