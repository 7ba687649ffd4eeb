"""What every policy does the same way: the decision window, the numbers, the holds."""

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl

from contracts.actions import Proposal
from contracts.columns import identifier, text


class Hold(dy.Schema):
    """A target that a policy left alone, and why.

    Grain: (policy, shop_id, target_id, reason_code). On Taobao an order of one line and the review
    of that line have the same id.
    """

    policy = identifier("Policy's name", key=True)
    shop_id = identifier("Our id of the shop", key=True)
    target_id = identifier("What would have been written", key=True)
    sku_id = identifier("The seller's code; null: it is about no single SKU", nullable=True)
    reason_code = identifier("Why nothing is proposed", key=True)
    numbers = text("JSON object of the numbers the reason names")


def day_window(as_of: dt.datetime, time_zone: str) -> tuple[dt.datetime, dt.datetime]:
    """The shop-local day of `as_of` as UTC instants [start, end); 23 or 25 hours long twice a year.

    Raises:
        ValueError: `as_of` has no zone.
    """
    return midnight(as_of, time_zone), midnight(as_of, time_zone, days_later=1)


def midnight(as_of: dt.datetime, time_zone: str, *, days_later: int = 0) -> dt.datetime:
    """When the shop-local day of `as_of`, or one so many days later, begins, in UTC.

    Raises:
        ValueError: `as_of` has no zone.
    """
    if as_of.tzinfo is None:
        raise ValueError("as_of has a time zone")
    zone = ZoneInfo(time_zone)
    day = as_of.astimezone(zone).date() + dt.timedelta(days=days_later)
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)


def json_of(columns: Iterable[str]) -> pl.Expr:
    """The columns as one JSON object per row; instants and days as ISO text."""
    return pl.struct(*columns).struct.json_encode()


def evidence_of(facts: type[dy.Schema]) -> pl.Expr:
    """The row of facts that led here, as one JSON object; it names no member.

    The ledger keeps evidence for good, and a member who is forgotten is taken out of `member_id`.
    """
    kinds = {name: (column.metadata or {}).get("kind") for name, column in facts.columns().items()}
    return json_of(name for name, kind in kinds.items() if kind != "member")


def proposals(ordered: pl.LazyFrame, *, max_proposals: int | None) -> dy.DataFrame[Proposal]:
    """Valid proposals in the order given, at most `max_proposals` per shop.

    Columns that may be null and are not given are.
    """
    given = ordered.collect_schema().names()
    ordered = ordered.with_columns(
        pl.lit(None, dtype=column.dtype).alias(name)
        for name, column in Proposal.columns().items()
        if name not in given and column.nullable
    )
    if max_proposals is not None:
        ordered = ordered.filter(pl.int_range(pl.len()).over("shop_id") < max_proposals)
    return Proposal.validate(ordered.select(Proposal.column_names()).collect(), cast=True)
