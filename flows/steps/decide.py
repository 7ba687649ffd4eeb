"""Decide: policies propose from the facts, the guard judges, the ledger remembers."""

import datetime as dt
import uuid
from dataclasses import dataclass

import dataframely as dy
import polars as pl

from actions.guard import judge
from contracts.codes import Mode
from contracts.tables import TableKind, table_of
from flows.steps.blocked import Blocked, each
from flows.steps.build import derive
from flows.steps.guard_facts import built, facts
from flows.steps.home import Home, Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a policy came to in a shop: new actions per state."""

    shop_id: str
    policy: str
    mode: Mode
    run_id: str
    as_of: dt.datetime
    states: dict[str, int]


def decide(
    home: Home,
    *,
    shop_id: str | None = None,
    policy: str | None = None,
    as_of: dt.datetime | None = None,
    blocked: list[Blocked] | None = None,
) -> list[Decided]:
    """Run the policies of a shop, or of all; one run id for all of it.

    Deciding again on the same facts adds nothing: an action's id derives from its content. With an
    `as_of` before the newest reading, only what was known then is read, and only shadow rows are
    written.

    Raises:
        ConfigurationError: no such shop or policy, or nothing has been built yet.
    """
    run_id = uuid.uuid4().hex

    def one(shop: Shop) -> list[Decided]:
        return [
            _decide(home, shop, name, run_id=run_id, as_of=as_of)
            for name in home.policies_of(shop, policy)
        ]

    return [row for rows in each(home.select(shop_id), "decide", one, blocked) for row in rows]


def _decide(
    home: Home, shop: Shop, name: str, *, run_id: str, as_of: dt.datetime | None
) -> Decided:
    policy = home.policy(shop, name)
    newest = home.data_as_of(shop)
    moment = min(as_of or newest, newest)
    is_past = moment < newest
    mode = Mode.SHADOW if is_past else capped(policy.mode, home, shop, newest)
    tables = derive(home, shop, as_of=moment) if is_past else {}
    inputs = {
        argument: (
            tables[table_of(schema).name].lazy()
            if table_of(schema).name in tables
            else _input(home, shop, schema, as_of=moment)
        )
        for argument, schema in policy.module.INPUTS.items()
    }
    proposals = policy.module.propose(
        **inputs,
        params=policy.params,
        economics=shop.economics,
        as_of=moment,
        time_zone=shop.settings.time_zone,
    )
    judged = judge(
        proposals,
        facts(
            home,
            shop,
            name,
            at=moment,
            tables=tables,
            targets=proposals["target_id"].to_list(),
        ),
        limits=policy.limits,
        economics=shop.economics,
        mode=mode,
        at=moment,
    )
    states = home.ledger.record(judged, run_id=run_id, at=moment)
    return Decided(
        shop_id=shop.id, policy=name, mode=mode, run_id=run_id, as_of=moment, states=states
    )


def capped(mode: Mode, home: Home, shop: Shop, now: dt.datetime) -> Mode:
    """A Chinese shop without a current campaign of its own acts at most after approval.

    Platforms there lock prices for weeks around a sale and punish a cut in between; the calendar of
    another shop says nothing about this one's.
    """
    has_calendar = any(
        campaign.concerns(shop.id) and campaign.ends_at > now
        for campaign in home.settings.campaigns
    )
    if mode is Mode.AUTO and shop.settings.currency == "CNY" and not has_calendar:
        return Mode.APPROVE
    return mode


def _input(home: Home, shop: Shop, schema: type[dy.Schema], *, as_of: dt.datetime) -> pl.LazyFrame:
    """A table that a policy reads; a canonical one that no source fills is empty."""
    table = table_of(schema)
    if table.kind is TableKind.DERIVED:
        return built(home, shop, table.name)
    return home.scan(table.name, shop, as_of=as_of)
