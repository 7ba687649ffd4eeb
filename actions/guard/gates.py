"""Gates: what a write rests on passed its checks and is fresh; alerts pass them all."""

import datetime as dt

import polars as pl

from actions.guard.facts import GuardFacts
from actions.guard.limits import Limits
from actions.guard.refusals import IS_PRICE, Rule, refuse, sentence


def gated(
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
        Rule("check_failed", pl.col("failure").is_not_null(), pl.col("failure")),
        _stale("prices", oldest_price, f"{limits.max_price_age_hours:g} hours"),
        _stale("costs", oldest_cost, f"{limits.max_cost_age_days:g} days"),
    ).drop("failure", "prices_read_at", "costs_read_at")


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


def _stale(table: str, oldest: dt.datetime, limit: str) -> Rule:
    read_at = pl.col(f"{table}_read_at")
    seen = read_at.dt.strftime("%Y-%m-%d %H:%M UTC")
    return Rule(
        "stale_input",
        IS_PRICE & (read_at.is_null() | (read_at < oldest)),
        sentence(f"{table} were last read at {{}}, at most {limit} ago is allowed", seen),
    )
