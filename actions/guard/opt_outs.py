"""Opt-outs: what became of our messages takes back what a member allowed before."""

from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from actions.guard.facts import CONSENT_SCHEMA
from contracts.bounces import GONE, code_in, is_of_sender
from contracts.codes import ConsentStatus, DeliveryStatus, Purpose

_WAY: Final = ["shop_id", "member_id", "channel"]
_CONSENT: Final = [*_WAY, "purpose"]
_DAY: Final = ["shop_id", "day"]

# Of a kept list one address in fifty is gone by the time it is written to; where one in ten is,
# large hosts stop taking mail of that sender. Ten, since of a handful half may be gone by chance.
MOST_GONE_RATE: Final = 0.1
LEAST_GONE: Final = 10

ANSWER_SCHEMA: Mapping[str, pl.DataType] = {
    "shop_id": pl.String(),
    "member_id": pl.String(),
    "channel": pl.String(),
    "purpose": pl.String(),
    "day": pl.Date(),
    "delivery_status": pl.String(),
    "diagnostic": pl.String(),
    "at": pl.Datetime("us", "UTC"),
}
"""One row per answer to a message of ours: to whom, by which way and for what it was sent, on which
day (UTC) that was decided, and what became of it when."""

DAY_SCHEMA: Mapping[str, pl.DataType] = {
    "shop_id": pl.String(),
    "day": pl.Date(),
    "messages": pl.Int64(),
}
"""One row per shop and day: how many messages were sent."""


def unreachable(answers: pl.DataFrame) -> pl.DataFrame:
    """Those of the answers that say that nobody reads at the address."""
    return _bounces(answers, lambda told: code_in(told) in GONE)


def sender_refusals(answers: pl.DataFrame) -> pl.DataFrame:
    """Those of the answers that refuse the sender: no recipient is meant."""
    return _bounces(answers, is_of_sender)


def flood_days(answers: pl.DataFrame, sent: pl.DataFrame) -> pl.DataFrame:
    """Days of `sent` (schema `DAY_SCHEMA`) with too many gone for it to be the addresses' fault.

    A name server that fails, or a host that is set up wrongly, says of everybody that they are
    gone. Each day is judged by itself, so the next one that is as usual counts again. Has `gone`
    beside the schema's columns.
    """
    counts = unreachable(answers).group_by(_DAY).agg(gone=pl.len())
    days = sent.join(counts, on=_DAY).sort(_DAY)
    rate = pl.col("gone") / pl.col("messages")
    return days.filter(pl.col("gone") >= LEAST_GONE, rate > MOST_GONE_RATE)


def in_force(consents: pl.DataFrame, answers: pl.DataFrame, flooded: pl.DataFrame) -> pl.DataFrame:
    """Consents (schema `CONSENT_SCHEMA`) after the answers; the last one holds.

    An address that does not exist and a complaint withdraw the channel for every purpose; an
    unsubscription withdraws marketing, and what the message was for. A consent given later holds
    again. An address that is gone takes nothing back on a day that is `flooded`. `consents` has
    `consented_at` beside the columns of its schema.
    """
    blamed = unreachable(answers).join(flooded, on=_DAY, how="anti")
    withdrawn = (
        _withdrawals(answers, blamed).group_by(_CONSENT).agg(withdrawn_at=pl.col("at").max())
    )
    joined = consents.join(withdrawn, on=_CONSENT, how="full", coalesce=True)
    is_withdrawn = pl.col("withdrawn_at").is_not_null() & (
        pl.col("consented_at").is_null() | (pl.col("consented_at") <= pl.col("withdrawn_at"))
    )
    status = pl.when(is_withdrawn).then(pl.lit(str(ConsentStatus.WITHDRAWN)))
    return joined.with_columns(consent_status=status.otherwise("consent_status")).select(
        CONSENT_SCHEMA.keys()
    )


def _bounces(answers: pl.DataFrame, is_said: Callable[[str | None], bool]) -> pl.DataFrame:
    found = [is_said(diagnostic) for diagnostic in answers["diagnostic"]]
    is_meant = pl.Series(found, dtype=pl.Boolean)
    return answers.filter(is_meant, pl.col("delivery_status") == DeliveryStatus.BOUNCED)


def _withdrawals(answers: pl.DataFrame, blamed: pl.DataFrame) -> pl.DataFrame:
    """Member, channel and purpose of what is allowed no longer, and since when."""
    status = pl.col("delivery_status")
    is_known = pl.col("member_id").is_not_null() & pl.col("channel").is_not_null()
    over = pl.concat([blamed, answers.filter(status == DeliveryStatus.COMPLAINED)])
    purposes = pl.DataFrame({"purpose": [str(one) for one in Purpose]})
    everything = over.filter(is_known).drop("purpose").join(purposes, how="cross")
    left = answers.filter(is_known, status == DeliveryStatus.UNSUBSCRIBED)
    marketing = left.with_columns(purpose=pl.lit(str(Purpose.MARKETING)))
    columns = [*_CONSENT, "at"]
    return pl.concat(
        [
            everything.select(columns),
            marketing.select(columns),
            left.filter(pl.col("purpose").is_not_null()).select(columns),
        ]
    )
