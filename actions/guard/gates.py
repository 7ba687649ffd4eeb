"""Gates: what a write rests on passed its checks and is fresh; alerts pass them all."""

import datetime as dt

import polars as pl

from actions.guard.facts import GuardFacts
from actions.guard.limits import Limits
from actions.guard.refusals import IS_PRICE, GuardRule, refuse, sentence
from contracts.codes import WriteKind


def check_gates(
    frame: pl.DataFrame, facts: GuardFacts, *, limits: Limits, at: dt.datetime
) -> pl.DataFrame:
    """Refuse writes of a shop whose inputs failed a blocking check or are older than allowed."""
    joined = (
        frame.join(_failures(facts), on="shop_id", how="left", maintain_order="left")
        .join(_read(facts, "prices"), on="shop_id", how="left", maintain_order="left")
        .join(_read(facts, "costs"), on="shop_id", how="left", maintain_order="left")
    )
    oldest_price = at - dt.timedelta(hours=limits.max_price_age_hours)
    oldest_cost = at - dt.timedelta(days=limits.max_cost_age_days)
    return refuse(
        joined,
        GuardRule("check_failed", pl.col("failure").is_not_null(), pl.col("failure")),
        _stale("prices", oldest_price, f"{limits.max_price_age_hours:g} hours"),
        _stale("costs", oldest_cost, f"{limits.max_cost_age_days:g} days"),
    ).drop("failure", "prices_read_at", "costs_read_at")


def with_input_warnings(
    frame: pl.DataFrame, facts: GuardFacts, *, limits: Limits, at: dt.datetime
) -> pl.DataFrame:
    """Say of alerts, which nothing holds, that what they rest on is stale or failed a check."""
    oldest = (facts.now or at) - dt.timedelta(hours=limits.max_alert_age_hours)
    known = facts.readings.filter(pl.col("table").is_in(facts.depends))
    # What was read least recently, of the tables that the shop has a reading of.
    last = known.group_by("shop_id", "table").agg(pl.col("read_at").max()).sort("read_at", "table")
    stale = last.group_by("shop_id", maintain_order=True).first().filter(pl.col("read_at") < oldest)
    seen = pl.col("read_at").dt.strftime("%Y-%m-%d %H:%M UTC")
    notes = stale.select(
        "shop_id",
        stale=pl.format(
            "the data are stale: {} were last read at {}; look before you act",
            pl.col("table").str.replace_all("_", " "),
            seen,
        ),
    )
    doubt = pl.format("the data may be wrong: {}", pl.col("failure"))
    is_alert = pl.col("write_kind") == WriteKind.NONE
    joined = frame.join(notes, on="shop_id", how="left", maintain_order="left").join(
        _failures(facts), on="shop_id", how="left", maintain_order="left"
    )
    note = pl.when(is_alert & pl.col("guard").is_null()).then(pl.coalesce("stale", doubt))
    return joined.with_columns(guard_reason=pl.coalesce("guard_reason", note)).select(frame.columns)


def _failures(facts: GuardFacts) -> pl.DataFrame:
    """The first failed blocking check per shop among the tables that the policy reads."""
    rows = [
        (
            failed.shop_id,
            f"{failed.check} of {failed.table} measured {failed.measured}, limit {failed.limit}",
        )
        for failed in facts.failed
        if not failed.passed and failed.is_blocking and failed.table in facts.depends
    ]
    schema = {"shop_id": pl.String, "failure": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").unique(
        "shop_id", keep="first", maintain_order=True
    )


def _read(facts: GuardFacts, table: str) -> pl.DataFrame:
    readings = facts.readings.filter(pl.col("table") == table)
    return readings.group_by("shop_id").agg(pl.col("read_at").max().alias(f"{table}_read_at"))


def _stale(table: str, oldest: dt.datetime, limit: str) -> GuardRule:
    read_at = pl.col(f"{table}_read_at")
    seen = read_at.dt.strftime("%Y-%m-%d %H:%M UTC")
    return GuardRule(
        "stale_input",
        IS_PRICE & (read_at.is_null() | (read_at < oldest)),
        sentence(f"{table} were last read at {{}}, at most {limit} ago is allowed", seen),
    )
