"""Whom a policy acted on, and whom it left alone to compare."""

from collections.abc import Mapping

import polars as pl
from sqlalchemy import func, select

from contracts.codes import ActionState
from warehouse.database import Database
from warehouse.models import actions as table

HOLDOUT = "holdout"
_SENT = (
    ActionState.SENT, ActionState.CONFIRMED, ActionState.UNKNOWN, ActionState.REVERTED
)  # fmt: skip
_SCHEMA: Mapping[str, pl.DataType] = {
    "unit_id": pl.String(),
    "guard": pl.String(),
    "state": pl.String(),
    "window_start": pl.Datetime("us", "UTC"),
}


def arms(database: Database, *, shop_id: str, policy: str) -> pl.DataFrame:
    """SKUs, or members by pseudonym, of either arm (unit_id, is_left_alone, since).

    Both are those for which a write was proposed that no other guard refused, on days on which the
    policy sent something: they differ by the draw alone. It counts whether it was proposed, not
    whether a person approved it, since a person may pick. Who was in both arms is in none.
    """
    query = select(
        func.coalesce(table.c.member_id, table.c.sku_id),
        table.c.guard,
        table.c.state,
        table.c.window_start,
    ).where(table.c.shop_id == shop_id, table.c.policy == policy, table.c.undoes.is_(None))
    with database.read() as connection:
        rows = [tuple(row) for row in connection.execute(query)]
    found = pl.DataFrame(rows, schema=_SCHEMA, orient="row").drop_nulls("unit_id")
    is_left_alone = pl.col("guard").eq_missing(HOLDOUT)
    is_offered = pl.col("guard").is_null() & (pl.col("state") != ActionState.SHADOW)
    acted = found.filter(pl.col("state").is_in(_SENT)).select("window_start").unique()
    return (
        found.filter(is_left_alone | is_offered)
        .join(acted, on="window_start", how="semi")
        .group_by("unit_id")
        .agg(
            is_left_alone=is_left_alone.all(),
            is_mixed=is_left_alone.any() & ~is_left_alone.all(),
            since=pl.col("window_start").min(),
        )
        .filter(~pl.col("is_mixed"))
        .drop("is_mixed")
    )
