"""How judged proposals enter the ledger."""

import datetime as dt
import hashlib
from collections import Counter
from typing import Any

import polars as pl
from sqlalchemy import Connection, bindparam, insert, or_, select, update

from contracts.actions import Judged
from contracts.codes import LIVE_STATES, ActionState
from warehouse.events import Event, append
from warehouse.models import actions as table
from warehouse.transitions import SYSTEM, current, move

_GROUP = ("policy", "shop_id", "window_start")
_CONTENT = ("policy", "shop_id", "target_id", "window_start", "after_value", "before_value")
_COULD_ACT = (ActionState.PROPOSED, ActionState.APPROVED)
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
    """
    counts: Counter[str] = Counter()
    identified = with_action_ids(judged).unique("action_id", keep="first", maintain_order=True)
    for group, rows in identified.group_by(_GROUP, maintain_order=True):
        entered = _record_group(connection, group, rows, run_id=run_id, at=at)
        counts.update(entered["state"].to_list())
    return dict(counts)


def with_action_ids(proposals: pl.DataFrame) -> pl.DataFrame:
    """Add `action_id`: the same proposal has the same id in every run."""
    content = proposals.select(
        pl.concat_str([_as_text(name, proposals.schema[name]) for name in _CONTENT], separator="|")
    ).to_series()
    ids = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in content]
    return proposals.with_columns(pl.Series("action_id", ids, dtype=pl.String))


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
    known = _known(connection, group)
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
    if entered.height:
        connection.execute(insert(table), _as_rows(entered, run_id=run_id, at=at))
    _move_again(connection, again, run_id=run_id, at=at)
    everything = pl.concat([entered, again.with_columns(message=pl.lit(None, pl.String))])
    append(connection, [_event(row, at=at) for row in everything.iter_rows(named=True)])
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


def _move_again(
    connection: Connection, again: pl.DataFrame, *, run_id: str, at: dt.datetime
) -> None:
    if again.is_empty():
        return
    names = ("state", "guard", "guard_reason", "approved_by", "run_id", "decided_at", "updated_at")
    rows = _as_rows(again.with_columns(message=pl.lit(None, pl.String)), run_id=run_id, at=at)
    connection.execute(
        update(table)
        # No IN: a statement that runs for many rows cannot expand a list.
        .where(
            table.c.action_id == bindparam("of_id"),
            or_(*(table.c.state == state for state in _JUDGED_AGAIN)),
        )
        .values({name: bindparam(f"new_{name}") for name in names} | {"message": None}),
        [
            {"of_id": row["action_id"], **{f"new_{name}": row[name] for name in names}}
            for row in rows
        ],
    )


def _known(connection: Connection, group: tuple[Any, ...]) -> pl.DataFrame:
    columns = [table.c[name] for name in _KNOWN]
    same_group = [table.c[name] == value for name, value in zip(_GROUP, group, strict=True)]
    query = select(*columns).where(*same_group, table.c.undoes.is_(None))
    rows = [tuple(row) for row in connection.execute(query)]
    return pl.DataFrame(rows, schema=_KNOWN, orient="row")


def _superseded_by(live: pl.Series, fresh: pl.DataFrame) -> pl.DataFrame:
    """Where a live action has the target already, the newcomer may not act."""
    is_late = pl.col("target_id").is_in(live.implode()) & pl.col("state").is_in(_COULD_ACT)
    reason = "an earlier action of the same window is in force"
    return fresh.with_columns(
        state=pl.when(is_late).then(pl.lit(str(ActionState.SUPERSEDED))).otherwise("state"),
        message=pl.when(is_late).then(pl.lit(reason)),
    )


def _as_rows(entered: pl.DataFrame, *, run_id: str, at: dt.datetime) -> list[dict[str, Any]]:
    by_policy = pl.when(pl.col("state") == ActionState.APPROVED).then(pl.lit("policy"))
    return (
        entered.select("action_id", "message", *Judged.column_names())
        .with_columns(
            approved_by=by_policy,
            run_id=pl.lit(run_id),
            decided_at=pl.lit(at),
            updated_at=pl.lit(at),
            fence=pl.lit(0),
        )
        .to_dicts()
    )


def _event(row: dict[str, Any], *, at: dt.datetime) -> Event:
    details = {
        "policy": row["policy"],
        "version": row["policy_version"],
        "shop": row["shop_id"],
        "target": row["target_id"],
        "before": row["before_value"],
        "after": row["after_value"],
        "currency": row["currency"],
        "reason": row["reason_code"],
        "guard": row["guard"],
        "guard_reason": row["guard_reason"],
    }
    return Event(kind=row["state"], subject=row["action_id"], by=SYSTEM, at=at, details=details)
