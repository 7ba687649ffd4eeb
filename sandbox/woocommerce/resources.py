"""What the shop's resources have in common: lists, single documents, writes and batches of them."""

from contextlib import AbstractContextManager
from typing import Any, ClassVar, Final

import polars as pl

from sandbox.kit import resources as kit
from sandbox.kit.errors import RefusedError
from sandbox.kit.resources import Reply
from sandbox.woocommerce.calls import Call, Row
from sandbox.woocommerce.errors import ERRORS, answer, not_emulated
from sandbox.woocommerce.listing import Collection, page_of

MAX_BATCH: Final = 100


class Resource(kit.Resource[Call]):
    """A kind of document, by what its subclass says and gives.

    `batches` are the writes that a batch of it may hold. In the writes that are kept the `target`
    column names it, and a new one the field `named_by` or what stands for it. `frame` are its rows
    in the world, `missing` the refusal of an id that nothing has, with another status at an update.
    What has no trash says in `no_trash` how a deletion is refused that is not for good.

    `_rows` are those under the address of a call, `_chosen` what its parameters ask for of them;
    `_touch` dates a row that went into the trash, `_forget` sees to what belongs to one that is
    gone for good.
    """

    frame: ClassVar[str]
    collection: ClassVar[Collection]
    batches: ClassVar[str] = ""
    missing: ClassVar[str]
    missing_at_update: ClassVar[int] = 404
    no_trash: ClassVar[str] = ""
    target: ClassVar[str]
    named_by: ClassVar[tuple[str, object]]

    def _rows(self, call: Call) -> pl.DataFrame:
        found: pl.DataFrame = getattr(call.shop.world, self.frame)
        return found

    def _chosen(self, call: Call, rows: pl.DataFrame) -> pl.DataFrame:
        return rows

    def _documents(self, call: Call, rows: pl.DataFrame) -> list[Row]:
        return [self._document(call, row) for row in rows.iter_rows(named=True)]

    def _document(self, call: Call, row: Row) -> Row:
        raise NotImplementedError

    def _check_deletion(self, call: Call, key: int) -> None:
        pass

    def _touch(self, call: Call, key: int) -> None:
        pass

    def _forget(self, call: Call, row: Row) -> None:
        pass

    def _asked(self, call: Call) -> tuple[int, Row]:
        return call.key, call.body

    def _reply(self, call: Call, shown: Row, status: int) -> Reply:
        at = {"Location": shown["_links"]["self"][0]["href"]} if status == self.answers_new else {}
        return Reply(shown, status, at)

    def _refusing(
        self, call: Call, verb: str, key: object, given: Row
    ) -> AbstractContextManager[None]:
        target = given.get(*self.named_by) if verb == "create" else key
        return call.shop.refusing(f"{verb}_{self.kind}", target, given)

    def _row(self, call: Call, key: int) -> Row:
        return self.found(call, key, status=self.missing_at_update).row(0, named=True)

    def _shown(self, call: Call, key: int) -> Row:
        [found] = self._documents(call, self.found(call, key))
        return found

    def found(self, call: Call, key: int, *, status: int = 404) -> pl.DataFrame:
        """The row with this id, in a frame.

        Raises:
            RefusedError: `status`, nothing has it.
        """
        rows = self._rows(call).filter(pl.col(self.collection.key) == key)
        if rows.is_empty():
            refused = ERRORS(self.missing)
            refused.entry["status"] = status
            raise refused
        return rows

    def list_all(self, call: Call) -> Reply:
        """A page of the list."""
        rows = self._chosen(call, self._rows(call))
        page, headers = page_of(rows, call, self.collection)
        return Reply(self._documents(call, page), headers=headers)

    def delete(self, call: Call) -> Reply:
        """Delete one: into the trash, or for good."""
        return Reply(self._deleted(call, call.key, is_forced=call.is_forced))

    def batch(self, call: Call) -> Reply:
        """Do up to 100 writes one by one; one that is refused is a row with an `error`, in a 200.

        Raises:
            RefusedError: 413, more than 100.
        """
        rows = {name: call.body.get(name) or [] for name in ("create", "update", "delete")}
        if sum(map(len, rows.values())) > MAX_BATCH:
            raise ERRORS("batch", most=MAX_BATCH)
        done: dict[str, list[Row]] = {}
        for name, several in rows.items():
            if several:
                done[name] = [self._done(call, name, given) for given in several]
        return Reply(done)

    def _done(self, call: Call, name: str, given: Any) -> Row:
        key = given.get("id", 0) if name == "update" else given
        number = int(key) if str(key).isdigit() else 0
        try:
            if name not in self.batches.split():
                raise not_emulated("this write in a batch")
            if name == "create":
                return self._created(call, given)
            if name == "update":
                return self._updated(call, number, given)
            is_forced = bool(self.no_trash) or call.is_forced
            return self._deleted(call, number, is_forced=is_forced)
        except RefusedError as refused:
            return {"id": 0 if name == "create" else key, "error": answer(refused)}

    def _deleted(self, call: Call, key: int, *, is_forced: bool) -> Row:
        shop, world = call.shop, call.shop.world
        with shop.refusing(f"delete_{self.kind}", key, {}):
            rows = self.found(call, key)
            self._check_deletion(call, key)
            if not is_forced and self.no_trash:
                raise ERRORS("no_trash", what=self.no_trash)
            if not is_forced and shop.kept.status[self.frame].get(key) == "trash":
                raise ERRORS("trashed")
        row = rows.row(0, named=True)
        if is_forced:
            [found] = self._documents(call, rows)
            others = pl.col(self.collection.key) != key
            setattr(world, self.frame, getattr(world, self.frame).filter(others))
            world.version += 1
            self._forget(call, row)
        else:
            shop.kept.status[self.frame][key] = "trash"
            self._touch(call, key)
            found = self._shown(call, key)
        after = None if self.no_trash else {"is_forced": is_forced}
        shop.record(f"delete_{self.kind}", row[self.target], after)
        return found
