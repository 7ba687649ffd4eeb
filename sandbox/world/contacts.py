"""Contacts: how members may be reached, and whether they agreed to it."""

from datetime import datetime
from typing import Final

import polars as pl

from sandbox.world.channels import Channel
from sandbox.world.draws import between, uniform
from sandbox.world.seed import INSTANT

AGREED_RATE: Final = 0.72
WITHDRAWN_RATE: Final = 0.2
OTHER_LANGUAGE_RATE: Final = 0.1
AWAY_RATE: Final = 0.1
ZONE_AWAY: Final = {"en": "America/Denver", "zh-CN": "Asia/Urumqi"}


def contacts(customers: pl.DataFrame, channel: Channel, *, until: datetime) -> pl.DataFrame:
    """Grain: household. `consent` is granted, withdrawn or never; `consented_at` is its grant's."""
    ids = customers["household_id"]
    other = pl.Series(uniform(ids, "language") < OTHER_LANGUAGE_RATE)
    away = pl.Series(uniform(ids, "zone") < AWAY_RATE)
    second = "en" if channel.language == "zh-CN" else "zh-CN"
    frame = customers.select(
        "household_id",
        "email",
        "first_name",
        language=pl.when(other).then(pl.lit(second)).otherwise(pl.lit(channel.language)),
        time_zone=pl.when(away)
        .then(pl.lit(ZONE_AWAY[channel.language]))
        .otherwise(pl.lit(channel.zone)),
        consent=pl.lit("never"),
        consented_at=pl.lit(None, dtype=INSTANT),
        updated_at="created_at",
        created_at="created_at",
    )
    return changed(frame.drop("created_at"), customers, until=until)


def changed(
    contacts: pl.DataFrame,
    customers: pl.DataFrame,
    *,
    since: datetime | None = None,
    until: datetime,
) -> pl.DataFrame:
    """Contacts after what members decided in [since, until): some agree, and some withdraw.

    Whom the merchant has unsubscribed in between stays so.
    """
    ids = customers["household_id"]
    known = customers.select(
        "household_id",
        agreed_at=pl.when(pl.Series(uniform(ids, "agreed") < AGREED_RATE)).then(
            pl.col("created_at") + between(ids, "agreeing", 0, 24 * 120)
        ),
    ).with_columns(
        left_at=pl.when(pl.Series(uniform(ids, "left") < WITHDRAWN_RATE)).then(
            pl.col("agreed_at") + between(ids, "leaving", 24, 24 * 400)
        )
    )
    agrees, leaves = (
        pl.col(name).is_between(since or datetime.min.replace(tzinfo=until.tzinfo), until, "left")
        for name in ("agreed_at", "left_at")
    )
    frame = contacts.join(known, on="household_id", how="left", maintain_order="left")
    grant = agrees & (pl.col("consent") == "never")
    frame = frame.with_columns(
        consent=pl.when(grant).then(pl.lit("granted")).otherwise("consent"),
        consented_at=pl.when(grant).then("agreed_at").otherwise("consented_at"),
        updated_at=pl.when(grant).then("agreed_at").otherwise("updated_at"),
    )
    withdrawal = leaves & (pl.col("consent") == "granted")
    return frame.with_columns(
        consent=pl.when(withdrawal).then(pl.lit("withdrawn")).otherwise("consent"),
        updated_at=pl.when(withdrawal).then("left_at").otherwise("updated_at"),
    ).drop("agreed_at", "left_at")
