"""Parcels: every order that is not cancelled is sent once, and most arrive when promised."""

from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from sandbox.world.draws import among, between, uniform
from sandbox.world.seed import INSTANT

PARCEL_IDS: Final = 5_000_000_000_000
"""A parcel's id is its order's plus this."""
FIRST_DAY: Final = 2
LAST_DAY: Final = 5
"""The promise: from the start of the second to the end of the fifth local day after the order."""
LONGEST: Final = timedelta(days=LAST_DAY + 10)
"""From an order to the last event of its parcel it is never longer."""
CARRIERS: Final = (
    ("yuantong", "YT", 0.36),
    ("zhongtong", "7", 0.30),
    ("shunfeng", "SF", 0.15),
    ("jd", "JD", 0.12),
    ("ems", "9", 0.07),
)
# Share of parcels, then the hours from the promise to the end for those that miss it.
FATES: Final = (
    ("on_time", 0.937, 0, 0),
    ("delayed", 0.044, 6, 96),
    ("stuck", 0.010, 24, 168),
    ("lost", 0.004, 24, 48),
    ("returned", 0.005, 24, 120),
)
# Per fate: when on the way from sent (0) to ended (1), kuaidi100's state, and what is told.
_STEPS: Final = {
    "on_time": (
        (0.0, 1, "快件已揽收"),
        (0.2, 0, "快件已从始发分拨中心发出"),
        (0.6, 0, "快件已到达目的地分拨中心"),
        (0.92, 5, "快件派送中"),
        (1.0, 3, "快件已签收"),
    ),
    "delayed": (
        (0.0, 1, "快件已揽收"),
        (0.2, 0, "快件已从始发分拨中心发出"),
        (0.4, 7, "快件已转投其他网点"),
        (0.5, 2, "因天气原因，快件派送延误"),
        (0.8, 0, "快件已到达目的地分拨中心"),
        (0.95, 5, "快件派送中"),
        (1.0, 3, "快件已签收"),
    ),
    "stuck": (
        (0.0, 1, "快件已揽收"),
        (0.08, 0, "快件已从始发分拨中心发出"),
        (0.96, 0, "快件已到达目的地分拨中心"),
        (0.98, 5, "快件派送中"),
        (1.0, 3, "快件已签收"),
    ),
    "lost": (
        (0.0, 1, "快件已揽收"),
        (0.1, 0, "快件已从始发分拨中心发出"),
        (1.0, 2, "快件疑似遗失，正在核实"),
    ),
    "returned": (
        (0.0, 1, "快件已揽收"),
        (0.15, 0, "快件已从始发分拨中心发出"),
        (0.35, 5, "快件派送中"),
        (0.4, 14, "收件人拒收"),
        (0.45, 6, "快件退回中"),
        (1.0, 4, "退件已签收"),
    ),
}


def promised(orders: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Orders with the span promised for delivery: `deliver_from_at`, `deliver_by_at`."""
    local = pl.col("created_at").dt.convert_time_zone(zone).dt.truncate("1d")
    return orders.with_columns(
        deliver_from_at=local.dt.offset_by(f"{FIRST_DAY}d").dt.convert_time_zone("UTC"),
        deliver_by_at=local.dt.offset_by(f"{LAST_DAY + 1}d").dt.convert_time_zone("UTC")
        - timedelta(seconds=1),
    )


def voyages(orders: pl.DataFrame, *, until: datetime) -> pl.DataFrame:
    """Parcels sent before `until`, with what is still to come: `fate` and `ended_at`."""
    ids = orders["order_id"]
    fate = among(uniform(ids, "fate"), [share for _, share, _, _ in FATES])
    carrier = among(uniform(ids, "carrier"), [share for _, _, share in CARRIERS])
    way = pl.Series(uniform(ids, "way") * 0.6 + 0.35)
    low, high = (np.array([fate[at] for fate in FATES], dtype=np.float64)[fate] for at in (2, 3))
    late = pl.Series(((low + (high - low) * uniform(ids, "late")) * 3600).astype(np.int64))
    sent = orders.select(
        "order_id",
        "household_id",
        parcel_id=pl.col("order_id") + PARCEL_IDS,
        carrier=pl.Series([name for name, _, _ in CARRIERS])[carrier],
        prefix=pl.Series([prefix for _, prefix, _ in CARRIERS])[carrier],
        fate=pl.Series([name for name, _, _, _ in FATES])[fate],
        shipped_at=pl.col("created_at") + between(ids, "sent", 4, 40),
        promised_at="deliver_by_at",
        is_cancelled=pl.col("cancelled_at").is_not_null(),
        way=way,
        late=late,
    )
    left = (pl.col("promised_at") - pl.col("shipped_at")).dt.total_seconds()
    in_time = pl.col("shipped_at") + pl.duration(seconds=(left * pl.col("way")).cast(pl.Int64))
    too_late = pl.col("promised_at") + pl.duration(seconds="late")
    return (
        sent.filter(~pl.col("is_cancelled") & (pl.col("shipped_at") < until))
        .with_columns(
            number=_number(),
            ended_at=pl.when(pl.col("fate") == "on_time").then(in_time).otherwise(too_late),
        )
        .drop("prefix", "way", "late", "is_cancelled")
    )


def parcels(voyages: pl.DataFrame, *, until: datetime) -> pl.DataFrame:
    """Grain: parcel, one per order; `delivered_at` is null when it has not been signed for."""
    arrives = ~pl.col("fate").is_in(["lost", "returned"])
    arrived = arrives & (pl.col("ended_at") < until)
    return voyages.select(
        "parcel_id",
        "order_id",
        "household_id",
        "carrier",
        "number",
        "shipped_at",
        "promised_at",
        delivered_at=pl.when(arrived).then("ended_at"),
    )


def parcel_events(voyages: pl.DataFrame, *, until: datetime) -> pl.DataFrame:
    """Grain: event of a parcel, in time's order within each: `state` is kuaidi100's number."""
    steps = pl.DataFrame(
        [(fate, *step) for fate, steps in _STEPS.items() for step in steps],
        schema={"fate": pl.String, "share": pl.Float64, "state": pl.Int64, "text": pl.String},
        orient="row",
    )
    span = (pl.col("ended_at") - pl.col("shipped_at")).dt.total_seconds()
    at = pl.col("shipped_at") + pl.duration(seconds=(span * pl.col("share")).cast(pl.Int64))
    return (
        voyages.select("number", "fate", "shipped_at", "ended_at")
        .lazy()
        .join(steps.lazy(), on="fate", maintain_order="left_right")
        .select("number", "state", "text", at=at.cast(INSTANT))
        .filter(pl.col("at") < until)
        .select("number", "at", "state", "text")
        .collect()
    )


def _number() -> pl.Expr:
    """Unique among all channels: the household's last digit is the channel's own."""
    digits = pl.col("order_id") % 1_000_000 * 1_000_000 + pl.col("order_id") // 1_000_000
    own = (pl.col("household_id") % 10).cast(pl.String)
    return pl.concat_str("prefix", own, digits.cast(pl.String).str.zfill(12))
