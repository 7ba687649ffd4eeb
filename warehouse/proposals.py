"""How judged proposals enter the ledger."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

import polars as pl
from sqlalchemy import Connection, bindparam, or_, select, update

from contracts.actions import Judged, content_hashes
from contracts.codes import COUNTED_GUARDS, LIVE_STATES, ActionState
from warehouse.bulk import insert_columns
from warehouse.events import LedgerEvent, append
from warehouse.models import actions as table
from warehouse.transitions import SYSTEM, current, move, supersede_orphans
from warehouse.words import marked_columns

_GROUP = ("policy", "shop_id", "window_start")
_CONTENT = ("policy", "shop_id", "target_id", "window_start", "after_value", "before_value")
# Part of the id only where there is one: what has none keeps the id it always had.
_MORE = ("payload", "member_id", "channel", "purpose", "needs")
_VERDICT = (
    "state", "guard", "guard_reason", "approved_by", "run_id", "decided_at", "updated_at"
)  # fmt: skip
# What is judged again is written as it is proposed now, whatever became of its row meanwhile.
_WRITTEN = ("write_kind", "parent_id", "currency", "before_value", "after_value", *_MORE)
_COULD_ACT = (ActionState.PROPOSED, ActionState.APPROVED)
_ROWS_AT_ONCE = 5_000
_KNOWN = {
    "action_id": pl.String,
    "target_id": pl.String,
    "state": pl.String,
    "guard": pl.String,
}
# The same proposal is judged again when the mode, a limit, a check or a stop has changed.
_JUDGED_AGAIN = (ActionState.SHADOW, ActionState.REFUSED)


def record(
    connection: Connection, judged: pl.DataFrame, *, run_id: str, at: dt.datetime
) -> dict[str, int]:
    """Write judged proposals (schema `Judged`); count per state of what is new or has moved.

    A proposal that is there as shadow or refused takes its new state; any other is left alone.
    What a guard of `COUNTED_GUARDS` refused is no row of its own, unless its target has one.
    """
    counts: Counter[str] = Counter()
    identified = with_action_ids(_worth_a_row(connection, judged)).unique(
        "action_id", keep="first", maintain_order=True
    )
    for group, rows in identified.group_by(_GROUP, maintain_order=True):
        entered = _record_group(connection, group, rows, run_id=run_id, at=at)
        counts.update(entered["state"].to_list())
    return dict(counts)


def _worth_a_row(connection: Connection, judged: pl.DataFrame) -> pl.DataFrame:
    is_counted = pl.col("guard").is_in(COUNTED_GUARDS).fill_null(value=False)
    groups = judged.filter(is_counted).select(_GROUP).unique().rows()
    known = [
        _known_proposals(connection, group).select("target_id").unique().with_columns(
            pl.lit(value).alias(name) for name, value in zip(_GROUP, group, strict=True)
        )
        for group in groups
    ]  # fmt: skip
    if not known:
        return judged
    there = pl.concat(known).with_columns(is_there=True)
    joined = judged.join(there, on=[*_GROUP, "target_id"], how="left", maintain_order="left")
    return joined.filter(~is_counted | pl.col("is_there")).drop("is_there")


def with_action_ids(proposals: pl.DataFrame) -> pl.DataFrame:
    """Add `action_id` and `needs`: the same proposal has the same ids in every run.

    `needs` is the id of the proposal that `needs_target_id` names; null where that is not among
    them, or itself needs another.
    """
    needs_none = pl.col("needs_target_id").is_null()
    first = _with_ids(
        proposals.filter(needs_none).with_columns(needs=pl.lit(None, dtype=pl.String))
    )
    needed = first.select(*_GROUP, needs_target_id="target_id", needs="action_id").unique(
        [*_GROUP, "needs_target_id"], keep="first", maintain_order=True
    )
    places = proposals.with_row_index("place")
    ids = _with_ids(
        places.filter(~needs_none).join(
            needed, on=[*_GROUP, "needs_target_id"], how="left", maintain_order="left"
        )
    ).select("place", "action_id", "needs")
    own = places.filter(needs_none).select("place").with_columns(first.select("action_id", "needs"))
    return places.join(pl.concat([own, ids]), on="place", maintain_order="left").drop("place")


def _with_ids(proposals: pl.DataFrame) -> pl.DataFrame:
    content = proposals.select(
        pl.concat_str([_as_text(name, proposals.schema[name]) for name in _CONTENT], separator="|")
        + pl.concat_str([_if_there(name) for name in _MORE])
    ).to_series()
    ids = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in content]
    return proposals.with_columns(pl.Series("action_id", ids, dtype=pl.String))


def _if_there(name: str) -> pl.Expr:
    return pl.format(f"|{name}={{}}", pl.col(name)).fill_null("")


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    text = column.dt.to_string("iso:strict") if dtype.is_temporal() else column.cast(pl.String)
    return text.fill_null("")


def _record_group(
    connection: Connection,
    group: tuple[Any, ...],
    rows: pl.DataFrame,
    *,
    run_id: str,
    at: dt.datetime,
) -> pl.DataFrame:
    """Proposals of one policy, shop and window; those that are new or moved, as they entered."""
    known = _known_proposals(connection, group)
    live = known.filter(pl.col("state").is_in(LIVE_STATES))["target_id"]
    fresh = rows.join(known, on="action_id", how="anti", maintain_order="left")
    again = _judged_again(rows, known, live)
    newcomers = pl.concat([fresh, again])
    if newcomers.is_empty():
        return newcomers
    waiting = known.filter(pl.col("state") == ActionState.PROPOSED).join(
        newcomers, on="target_id", how="semi"
    )
    replaced = current(connection, waiting["action_id"].to_list()).values()
    message = "a newer proposal of the same window has other values"
    move(
        connection, replaced, ActionState.SUPERSEDED, by=SYSTEM, at=at, set_={"message": message}
    )  # fmt: skip
    entered = _superseded_by(live, fresh)
    moved = again.with_columns(message=pl.lit(None, pl.String))
    for write, some in ((_enter, entered), (_move_again, moved)):
        for part in some.iter_slices(_ROWS_AT_ONCE):
            columns = _columns(part, run_id=run_id, at=at)
            write(connection, columns)
            append(connection, _events(columns, at=at))
    everything = pl.concat([entered, moved])
    supersede_orphans(connection, everything["needs"].drop_nulls().to_list(), at=at)
    return everything


def _judged_again(rows: pl.DataFrame, known: pl.DataFrame, live: pl.Series) -> pl.DataFrame:
    """Proposals whose verdict changed; none of a target that a live action has."""
    before = known.filter(pl.col("state").is_in(_JUDGED_AGAIN)).select(
        "action_id", was="state", was_guard="guard"
    )
    is_other = (pl.col("state") != pl.col("was")) | pl.col("guard").ne_missing(pl.col("was_guard"))
    is_free = ~pl.col("target_id").is_in(live.implode())
    return (
        rows.join(before, on="action_id", maintain_order="left")
        .filter(is_other & is_free)
        .select(rows.columns)
    )


def _enter(connection: Connection, columns: Mapping[str, list[Any]]) -> None:
    insert_columns(connection, table, columns)


def _move_again(connection: Connection, columns: Mapping[str, list[Any]]) -> None:
    names = (*_VERDICT, *_WRITTEN)
    bound = ("of_id", *(f"new_{name}" for name in names))
    rows = zip(*(columns[name] for name in ("action_id", *names)), strict=True)
    connection.execute(
        update(table)
        # No IN: a statement that runs for many rows cannot expand a list.
        .where(
            table.c.action_id == bindparam("of_id"),
            or_(*(table.c.state == state for state in _JUDGED_AGAIN)),
        )
        .values({name: bindparam(f"new_{name}") for name in names} | {"message": None}),
        [dict(zip(bound, row, strict=True)) for row in rows],
    )


def _known_proposals(connection: Connection, group: tuple[Any, ...]) -> pl.DataFrame:
    columns = [table.c[name] for name in _KNOWN]
    same_group = [table.c[name] == value for name, value in zip(_GROUP, group, strict=True)]
    query = select(*columns).where(*same_group, table.c.undoes.is_(None))
    rows = [tuple(row) for row in connection.execute(query)]
    return pl.DataFrame(rows, schema=_KNOWN, orient="row")


def _superseded_by(live: pl.Series, fresh: pl.DataFrame) -> pl.DataFrame:
    """Where a live action has the target already, the newcomer may not act.

    Nor may one that needs what was not proposed.
    """
    could_act = pl.col("state").is_in(_COULD_ACT)
    is_late = could_act & pl.col("target_id").is_in(live.implode())
    is_alone = could_act & pl.col("needs_target_id").is_not_null() & pl.col("needs").is_null()
    return fresh.with_columns(
        state=pl.when(is_late | is_alone)
        .then(pl.lit(str(ActionState.SUPERSEDED)))
        .otherwise("state"),
        message=pl.when(is_late)
        .then(pl.lit("an earlier action of the same window is in force"))
        .when(is_alone)
        .then(pl.lit("what it needs first was not proposed")),
    )


def _columns(entered: pl.DataFrame, *, run_id: str, at: dt.datetime) -> dict[str, list[Any]]:
    """What is stored of proposals, by column."""
    by_policy = pl.when(pl.col("state") == ActionState.APPROVED).then(pl.lit("policy"))
    columns = [name for name in Judged.column_names() if name != "needs_target_id"]
    rows = entered.select("action_id", "message", "needs", *columns, approved_by=by_policy)
    same = {"run_id": run_id, "decided_at": at, "updated_at": at, "fence": 0}
    return marked_columns(rows) | {name: [value] * rows.height for name, value in same.items()}


def _events(columns: Mapping[str, list[Any]], *, at: dt.datetime) -> list[LedgerEvent]:
    rows = zip(*columns.values(), strict=True)
    return [_event(dict(zip(columns, row, strict=True)), at=at) for row in rows]


def _event(row: Mapping[str, Any], *, at: dt.datetime) -> LedgerEvent:
    details = {
        "policy": row["policy"],
        "version": row["policy_version"],
        "shop": row["shop_id"],
        "before": row["before_value"],
        "after": row["after_value"],
        "currency": row["currency"],
        "reason": row["reason_code"],
        "guard": row["guard"],
    }
    if row["sku_id"] is not None and row["member_id"] is None:
        # An article is nobody's; an order, a parcel or a code is somebody's, and is not named here.
        details |= {"target": row["target_id"], "guard_reason": row["guard_reason"]}
    people = ("channel", "purpose", "exposure_minor", "needs")
    details |= {name: row[name] for name in people if row[name] is not None}
    # An event outlives an erasure: it proves what was written without repeating it.
    details |= content_hashes(row)
    return LedgerEvent(
        kind=row["state"], subject=row["action_id"], by=SYSTEM, at=at, details=details
    )
