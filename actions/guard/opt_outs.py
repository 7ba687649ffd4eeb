"""Opt-outs: what became of our messages takes back what a member allowed before."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from actions.guard.facts import CONSENT_SCHEMA
from contracts.codes import ConsentStatus, DeliveryStatus, Purpose

_WAY: Final = ["shop_id", "member_id", "channel"]
_CONSENT: Final = [*_WAY, "purpose"]
# RFC 3463: bad address, mailbox disabled, no such domain. Other permanent failures, such as a
# message that is too large or a sender on a block list, say nothing of the recipient.
_GONE: Final = r"\b5\.(?:1\.\d{1,3}|2\.1|4\.4)\b"

ANSWER_SCHEMA: Mapping[str, pl.DataType] = {
    "shop_id": pl.String(),
    "member_id": pl.String(),
    "channel": pl.String(),
    "purpose": pl.String(),
    "delivery_status": pl.String(),
    "diagnostic": pl.String(),
    "at": pl.Datetime("us", "UTC"),
}
"""One row per message of ours that was answered: to whom, by which way and for what it was sent,
and what became of it when."""


def in_force(consents: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Consents (schema `CONSENT_SCHEMA`) after the answers; what is said last holds.

    An address that does not exist and a complaint withdraw the channel for every purpose; an
    unsubscription withdraws marketing, and what the message was for. A consent given later holds
    again. `consents` has `consented_at` beside the columns of its schema.
    """
    withdrawn = _withdrawn(answers).group_by(_CONSENT).agg(withdrawn_at=pl.col("at").max())
    joined = consents.join(withdrawn, on=_CONSENT, how="full", coalesce=True)
    is_withdrawn = pl.col("withdrawn_at").is_not_null() & (
        pl.col("consented_at").is_null() | (pl.col("consented_at") <= pl.col("withdrawn_at"))
    )
    status = pl.when(is_withdrawn).then(pl.lit(str(ConsentStatus.WITHDRAWN)))
    return joined.with_columns(consent_status=status.otherwise("consent_status")).select(
        CONSENT_SCHEMA.keys()
    )


def _withdrawn(answers: pl.DataFrame) -> pl.DataFrame:
    """Member, channel and purpose of what is allowed no longer, and since when."""
    status = pl.col("delivery_status")
    is_gone = (status == DeliveryStatus.BOUNCED) & pl.col("diagnostic").str.contains(_GONE)
    is_over = is_gone.fill_null(value=False) | (status == DeliveryStatus.COMPLAINED)
    known = answers.filter(pl.col("member_id").is_not_null(), pl.col("channel").is_not_null())
    purposes = pl.DataFrame({"purpose": [str(one) for one in Purpose]})
    everything = known.filter(is_over).drop("purpose").join(purposes, how="cross")
    left = known.filter(status == DeliveryStatus.UNSUBSCRIBED)
    marketing = left.with_columns(purpose=pl.lit(str(Purpose.MARKETING)))
    columns = [*_CONSENT, "at"]
    return pl.concat(
        [
            everything.select(columns),
            marketing.select(columns),
            left.filter(pl.col("purpose").is_not_null()).select(columns),
        ]
    )
