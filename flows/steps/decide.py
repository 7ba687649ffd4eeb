"""Decide: policies propose from the facts, the guard judges, the ledger remembers."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import dataframely as dy
import polars as pl

from actions.guard import judge
from contracts.actions import LeftAlone
from contracts.codes import COUNTED_GUARDS, IMPERSONAL_WRITES, PolicyMode
from contracts.personal import DECIDED_BY, purposes
from contracts.tables import PriceFact, TableKind, table_of
from flows.steps.blocked import Blocked, each
from flows.steps.build import derive
from flows.steps.earned import record_decision, why_not_auto
from flows.steps.edits import file_of, record_edit
from flows.steps.guard_facts import derived_table, facts, with_channel_bounds, with_clearance_floors
from flows.steps.home import Home
from flows.steps.shop import Shop

_SAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a policy came to in a shop: new actions per state."""

    shop_id: str
    policy: str
    mode: PolicyMode
    run_id: str
    as_of: dt.datetime
    states: dict[str, int]
    left_alone: tuple[LeftAlone, ...]
    held_back: str | None = None
    """Why it acts by approval though it is set to `auto`, in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """What a policy proposes for a shop, how the guard judges it, and what it leaves alone."""

    moment: dt.datetime
    is_past: bool
    mode: PolicyMode
    is_about_goods: bool
    """It writes nothing that would name a customer."""
    judged: pl.DataFrame
    holds: pl.DataFrame
    held_back: str | None


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

    def decide_one(shop: Shop) -> list[Decided]:
        return [
            _decide(home, shop, name, run_id=run_id, as_of=as_of)
            for name in home.policies_of(shop, policy)
        ]

    return [
        row for rows in each(home.select(shop_id), "decide", decide_one, blocked) for row in rows
    ]


def _decide(
    home: Home, shop: Shop, name: str, *, run_id: str, as_of: dt.datetime | None
) -> Decided:
    found = consider(home, shop, name, as_of=as_of)
    if not found.is_past:
        record_edit(home, file_of(name), at=found.moment)
        record_decision(home, shop, name, found.mode, at=found.moment)
    states = home.ledger.record(found.judged, run_id=run_id, at=found.moment)
    counts = _count_left_alone(found, shop, name)
    if not found.is_past:
        home.left_alone.record(shop.id, name, counts, at=found.moment)
    return Decided(
        shop_id=shop.id,
        policy=name,
        mode=found.mode,
        run_id=run_id,
        as_of=found.moment,
        states=states,
        left_alone=counts,
        held_back=found.held_back,
    )


def consider(home: Home, shop: Shop, name: str, *, as_of: dt.datetime | None = None) -> Considered:
    """What a policy comes to, on the facts of now or of an earlier moment; nothing is recorded.

    Raises:
        ConfigurationError: nothing has been built yet.
    """
    policy = home.policy(shop, name)
    newest = home.data_as_of(shop)
    moment = min(as_of or newest, newest)
    is_past = moment < newest
    why = None if is_past else why_not_auto(home, shop, name, at=newest)
    wanted = policy.mode if why is None else PolicyMode.APPROVE
    mode = PolicyMode.SHADOW if is_past else capped_mode(wanted, home, shop, newest)
    tables = derive(home, shop, as_of=moment) if is_past else {}
    inputs = _inputs(home, shop, policy.module.INPUTS, tables, as_of=moment)
    for argument, schema in policy.module.INPUTS.items():
        if schema is not PriceFact:
            continue
        inputs[argument] = with_clearance_floors(home, shop, inputs[argument])
        if not is_past:
            inputs[argument] = with_channel_bounds(
                home, shop, inputs[argument], limits=policy.limits, at=moment
            )
    stated = {
        **inputs,
        "params": policy.params,
        "economics": shop.economics,
        "as_of": moment,
        "time_zone": shop.settings.time_zone,
    }
    proposals = policy.module.propose(**stated)
    targets = proposals["target_id"].to_list()
    order_ids = proposals.select(pl.coalesce("parent_id", "target_id")).to_series().to_list()
    judged = judge(
        proposals,
        facts(home, shop, name, at=moment, tables=tables, targets=targets, order_ids=order_ids),
        limits=policy.limits,
        economics=shop.economics,
        mode=mode,
        at=moment,
    )
    holds = policy.module.holds(**stated)
    return Considered(
        moment=moment,
        is_past=is_past,
        mode=mode,
        is_about_goods=IMPERSONAL_WRITES.issuperset(policy.module.WRITES),
        judged=judged,
        holds=holds,
        held_back=why,
    )


def _inputs(
    home: Home,
    shop: Shop,
    declared: Mapping[str, type[dy.Schema]],
    tables: Mapping[str, pl.DataFrame],
    *,
    as_of: dt.datetime,
) -> dict[str, pl.LazyFrame]:
    """What a policy reads, by argument; of `tables` those that were made for the moment."""

    def rows(schema: type[dy.Schema]) -> pl.LazyFrame:
        name = table_of(schema).name
        return tables[name].lazy() if name in tables else _input(home, shop, schema, as_of=as_of)

    return {
        argument: _readable(home, schema, rows(schema)) for argument, schema in declared.items()
    }


def _count_left_alone(found: Considered, shop: Shop, policy: str) -> tuple[LeftAlone, ...]:
    """Holds, and what was refused for others' sake, by reason, the most first."""
    is_counted = pl.col("guard").is_in(COUNTED_GUARDS)
    rows = pl.concat(
        [
            found.holds.select("sku_id", reason="reason_code"),
            found.judged.filter(is_counted).select("sku_id", reason="guard"),
        ]
    )
    # A person's order or code is named nowhere, nor by the article that was in it.
    named = pl.col("sku_id") if found.is_about_goods else pl.lit(None, pl.String)
    samples = named.drop_nulls().unique(maintain_order=True).head(_SAMPLES)
    counts = rows.group_by("reason").agg(targets=pl.len(), samples=samples)
    return tuple(
        LeftAlone(
            shop_id=shop.id,
            policy=policy,
            reason=row["reason"],
            targets=row["targets"],
            samples=tuple(row["samples"]),
            decided_at=found.moment,
        )
        for row in counts.sort(-pl.col("targets").cast(pl.Int64), "reason").to_dicts()
    )


def capped_mode(mode: PolicyMode, home: Home, shop: Shop, now: dt.datetime) -> PolicyMode:
    """A Chinese shop without a current campaign of its own acts at most after approval.

    Platforms there lock prices for weeks around a sale and punish a cut in between; the calendar of
    another shop proves nothing about this one's.
    """
    has_calendar = any(
        campaign.concerns(shop.id) and campaign.ends_at > now
        for campaign in home.settings.campaigns
    )
    if mode is PolicyMode.AUTO and shop.settings.currency == "CNY" and not has_calendar:
        return PolicyMode.APPROVE
    return mode


def _readable(home: Home, schema: type[dy.Schema], rows: pl.LazyFrame) -> pl.LazyFrame:
    """Rows with the codes and numbers in clear that are written to whom they belong."""
    if not DECIDED_BY & set(purposes(schema).values()):
        return rows
    return home.keys.vault.open_lazily(rows.collect(), table_of(schema).name, only=DECIDED_BY)


def _input(home: Home, shop: Shop, schema: type[dy.Schema], *, as_of: dt.datetime) -> pl.LazyFrame:
    """A table that a policy reads; a canonical one that no source fills is empty."""
    table = table_of(schema)
    if table.kind is TableKind.DERIVED:
        return derived_table(home, shop, table.name)
    return home.scan(table.name, shop, as_of=as_of)
