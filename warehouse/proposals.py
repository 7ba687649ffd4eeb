"""How judged proposals enter the ledger."""

import datetime as dt
import hashlib
from collections import Counter
from typing import Any

import polars as pl
from sqlalchemy import Connection, insert, select

from contracts.actions import Judged
from contracts.codes import LIVE_STATES, ActionState
from warehouse.events import Event, append
from warehouse.models import actions as table
from warehouse.transitions import SYSTEM, current, move

_GROUP = ("policy", "shop_id", "window_start")
_CONTENT = ("policy", "shop_id", "target_id", "window_start", "after_value", "before_value")
_COULD_ACT = (ActionState.PROPOSED, ActionState.APPROVED)
_KNOWN = {"action_id": pl.String, "target_id": pl.String, "state": pl.String}


def record(
    connection: Connection, judged: pl.DataFrame, *, run_id: str, at: dt.datetime
) -> dict[str, int]:
    """Write judged proposals (schema `Judged`) that are not there; count of them per state."""
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
    """Proposals of one policy, shop and window; those that were new, as they entered."""
    known = _known(connection, group)
    fresh = rows.join(known, on="action_id", how="anti", maintain_order="left")
    if fresh.is_empty():
        return fresh
    waiting = known.filter(pl.col("state") == ActionState.PROPOSED).join(
        fresh, on="target_id", how="semi"
    )
    replaced = current(connection, waiting["action_id"].to_list()).values()
    message = "a newer proposal of the same window has other values"
    move(
        connection, replaced, ActionState.SUPERSEDED, by=SYSTEM, at=at, set_={"message": message}
    )  # fmt: skip
    live = known.filter(pl.col("state").is_in(LIVE_STATES))["target_id"]
    entered = _superseded_by(live, fresh)
    connection.execute(insert(table), _as_rows(entered, run_id=run_id, at=at))
    append(connection, [_event(row, at=at) for row in entered.iter_rows(named=True)])
    return entered


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
