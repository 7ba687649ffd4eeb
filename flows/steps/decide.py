"""Decide: policies propose from the facts, the guard judges, the ledger remembers."""

import datetime as dt
import uuid
from dataclasses import dataclass

import polars as pl

from actions.guard import HISTORY_STATES, GuardFacts, history_of, judge
from actions.guard.facts import CAMPAIGN_SCHEMA, READING_SCHEMA
from contracts.codes import Mode
from contracts.errors import ConfigurationError
from contracts.tables import table_of
from flows.steps.build import derive
from flows.steps.home import Home, Shop

_HISTORY = dt.timedelta(days=28)  # from which the breaker tells what a usual run is


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
) -> list[Decided]:
    """Run the policies of a shop, or of all; one run id for all of it.

    Deciding again on the same facts adds nothing: an action's id derives from its content. With an
    `as_of` before the newest reading, only what was known then is read, and only shadow rows are
    written.

    Raises:
        ConfigurationError: no such shop or policy, or nothing has been built yet.
    """
    run_id = uuid.uuid4().hex
    return [
        _decide(home, shop, name, run_id=run_id, as_of=as_of)
        for shop in home.select(shop_id)
        for name in home.policies_of(shop, policy)
    ]


def _decide(
    home: Home, shop: Shop, name: str, *, run_id: str, as_of: dt.datetime | None
) -> Decided:
    module, settings, params, limits = home.policies[name]
    newest = home.data_as_of(shop)
    moment = min(as_of or newest, newest)
    is_past = moment < newest
    mode = Mode.SHADOW if is_past else capped(settings.mode_of(shop.id), home, shop, newest)
    tables = derive(home, shop, as_of=moment) if is_past else {}
    inputs = {
        argument: (
            tables[table_of(schema).name].lazy()
            if is_past
            else _built(home, shop, table_of(schema).name)
        )
        for argument, schema in module.INPUTS.items()
    }
    proposals = module.propose(
        **inputs,
        params=params,
        economics=shop.economics,
        as_of=moment,
        time_zone=shop.settings.time_zone,
    )
    judged = judge(
        proposals,
        facts(home, shop, name, at=moment, tables=tables),
        limits=limits,
        economics=shop.economics,
        mode=mode,
        at=moment,
    )
    states = home.ledger.record(judged, run_id=run_id, at=moment)
    return Decided(
        shop_id=shop.id, policy=name, mode=mode, run_id=run_id, as_of=moment, states=states
    )


def capped(mode: Mode, home: Home, shop: Shop, now: dt.datetime) -> Mode:
    """A Chinese shop without a current campaign calendar acts at most after approval.

    Platforms there lock prices for weeks around a sale and punish a cut in between.
    """
    has_calendar = any(campaign.ends_at > now for campaign in home.settings.campaigns)
    if mode is Mode.AUTO and shop.settings.currency == "CNY" and not has_calendar:
        return Mode.APPROVE
    return mode


def _built(home: Home, shop: Shop, table: str) -> pl.LazyFrame:
    if table not in home.readings.versions():
        raise ConfigurationError(f"{table} is not built yet: run `shopkeeper build`")
    return home.scan(table, shop)


def facts(
    home: Home,
    shop: Shop,
    policy: str,
    *,
    at: dt.datetime,
    tables: dict[str, pl.DataFrame] | None = None,
) -> GuardFacts:
    """All that the guard reads about a shop for one policy; `tables` instead of the built ones."""
    module = home.policies[policy][0]
    given = tables or {}
    built = {
        name: given[name] if name in given else _built(home, shop, name).collect()
        for name in ("price_facts", "stock_facts")
    }
    past = home.ledger.find(shop_id=shop.id, states=HISTORY_STATES, since=at - _HISTORY)
    failed = [check for check in home.checks.latest(shop_id=shop.id) if not check.passed]
    return GuardFacts(
        depends=module.DEPENDS,
        price_facts=built["price_facts"],
        stock_facts=built["stock_facts"],
        readings=_readings(home, shop),
        history=history_of(past),
        failed=failed,
        campaigns=_campaigns(home, shop),
        switches=home.ledger.switches(),
        platforms={shop.id: shop.platform.connector.name},
        holdout_salt=home.settings.holdout.salt,
        holdout_share=home.settings.holdout.share_rate,
    )


def _readings(home: Home, shop: Shop) -> pl.DataFrame:
    newest = home.readings.newest(shop.id)
    rows = [
        (shop.id, table_of(schema).name, newest[stream.name])
        for _, stream in shop.streams()
        if stream.name in newest
        for schema in stream.tables
    ]
    return pl.DataFrame(rows, schema=READING_SCHEMA, orient="row")


def _campaigns(home: Home, shop: Shop) -> pl.DataFrame:
    every_sku: list[str | None] = [None]
    rows = [
        (shop.id, sku, campaign.starts_at, campaign.ends_at, campaign.name)
        for campaign in home.settings.campaigns
        if not campaign.shops or shop.id in campaign.shops
        for sku in (campaign.skus or every_sku)
    ]
    return pl.DataFrame(rows, schema=CAMPAIGN_SCHEMA, orient="row")
