"""Guard facts: all that the guard reads about a shop, gathered from lake, ledger and settings."""

import datetime as dt
from collections.abc import Sequence
from typing import cast

import dataframely as dy
import polars as pl

from actions.guard import HISTORY_STATES, GuardFacts, Limits, channel_bounds, history_of
from actions.guard.facts import (
    CAMPAIGN_SCHEMA,
    CHANNEL_PRICE_SCHEMA,
    CONSENT_SCHEMA,
    CONTACT_SCHEMA,
    ORDER_SCHEMA,
    READING_SCHEMA,
)
from actions.policies import repricing
from actions.policies.registry import Policy
from contracts.actions import Action
from contracts.clearance import Clearance, clearing
from contracts.codes import IMPERSONAL_WRITES, WriteKind
from contracts.errors import ConfigurationError
from contracts.tables import (
    Order,
    Parcel,
    Refund,
    RefundCase,
    Review,
    Shipment,
    table_of,
)
from flows.steps.home import Home, SchemaT
from flows.steps.opt_outs import consents
from flows.steps.policies import ShopPolicy
from flows.steps.rates import rates
from flows.steps.recipients import contacts
from flows.steps.shop import Shop
from transforms.order_states import order_states

_HISTORY = 28  # days from which the breaker learns what a usual run is
_PRICED = dt.timedelta(days=90)  # within which the guard bounds what becomes of a price
_FEW = 1_000  # targets that are selected by name: a chunk at the door, not a catalogue
_ONCE = (WriteKind.REQUEST_REVIEW, WriteKind.SEND_MESSAGE)


def facts(
    home: Home,
    shop: Shop,
    policy: str,
    *,
    at: dt.datetime,
    tables: dict[str, pl.DataFrame] | None = None,
    targets: Sequence[str] = (),
    order_ids: Sequence[str] | None = None,
) -> GuardFacts:
    """All that the guard reads about a shop for one policy; `tables` instead of the built ones.

    `targets` are those of the proposals: what was written to them before, however long ago, counts
    for what is done once for life. `order_ids` are the orders that a review may be requested of,
    None: all.
    """
    resolved = home.policy(shop, policy)
    module = resolved.module
    given = tables or {}
    built_tables = {
        name: given[name] if name in given else derived_table(home, shop, name).collect()
        for name in ("price_facts", "stock_facts")
    }
    people = _people(home, shop, module)
    is_priced = WriteKind.SET_PRICE in module.WRITES and not given
    is_asking = WriteKind.REQUEST_REVIEW in module.WRITES
    since = at - dt.timedelta(days=_days(resolved.limits))
    earlier = (
        home.ledger.find(shop_id=shop.id, states=HISTORY_STATES, targets=targets, write_kinds=_ONCE)
        if set(_ONCE) & set(module.WRITES)
        else []
    )
    return GuardFacts(
        depends=module.DEPENDS,
        now=home.now(shop),
        price_facts=built_tables["price_facts"],
        stock_facts=built_tables["stock_facts"],
        readings=_readings(home, shop),
        history=history_of(
            [
                *_older_prices(home, shop, module, targets, since=at - _PRICED, until=since),
                *home.ledger.find(shop_id=shop.id, states=HISTORY_STATES, since=since),
            ]
        ),
        earlier=history_of(earlier),
        failed=[check for check in home.checks.latest(shop_id=shop.id) if not check.passed],
        campaigns=campaigns(home, shop),
        switches=home.ledger.switches(),
        platforms=_platforms(shop),
        coupon_terms=_coupon_terms(shop),
        time_zones={shop.id: shop.settings.time_zone},
        contacts=people[0],
        consents=people[1],
        orders=_orders(home, shop, at, order_ids)
        if is_asking
        else pl.DataFrame(schema=ORDER_SCHEMA),
        channel_prices=_channel_prices(home, shop)
        if is_priced
        else pl.DataFrame(schema=CHANNEL_PRICE_SCHEMA),
        channel_order=home.settings.channels.order,
        fx=rates(home, at),
        clearance=_clearance(resolved),
        holdout_salt=home.settings.holdout.salt,
        holdout_share=home.settings.holdout.share_rate,
    )


def with_channel_bounds(
    home: Home, shop: Shop, prices: pl.LazyFrame, *, limits: Limits, at: dt.datetime
) -> pl.LazyFrame:
    """Price facts of a shop with the bounds that its SKUs' prices in the other shops set."""
    known = GuardFacts(
        depends=(),
        channel_prices=_channel_prices(home, shop),
        channel_order=home.settings.channels.order,
        fx=rates(home, at),
    )
    return channel_bounds(prices.collect(), known, limits=limits).lazy()


def with_clearance_floors(home: Home, shop: Shop, prices: pl.LazyFrame) -> pl.LazyFrame:
    """Price facts of a shop with the floor of what its repricing clears, as far as it may lose."""
    if repricing.NAME not in home.policies_of(shop, None):
        return prices
    resolved = home.policy(shop, repricing.NAME)
    clearance = _clearance(resolved).losing_at_most(resolved.limits.clearance_loss_rate)
    floor = clearing(clearance, shop.economics)["clearance_floor_minor"]
    return prices.with_columns(clearance_floor_minor=floor)


def _clearance(policy: ShopPolicy) -> Clearance:
    """What the settings of a policy clear: of repricing alone, whatever another calls its own."""
    params = policy.params
    return params.clearing if isinstance(params, repricing.Params) else Clearance()


def derived_table(home: Home, shop: Shop, table: str) -> pl.LazyFrame:
    """A derived table of a shop.

    Raises:
        ConfigurationError: it was not built yet.
    """
    if table not in home.readings.versions():
        raise ConfigurationError(f"{table} is not built yet: run `shopkeeper build`")
    return home.scan(table, shop)


def _days(limits: Limits) -> int:
    return max(_HISTORY, limits.coupon_days, limits.message_days, limits.budget_days)


def _older_prices(
    home: Home,
    shop: Shop,
    module: Policy,
    targets: Sequence[str],
    *,
    since: dt.datetime,
    until: dt.datetime,
) -> list[Action]:
    """Price changes from before the rest of the history, of a few targets or of all."""
    if WriteKind.SET_PRICE not in module.WRITES or since >= until:
        return []
    return home.ledger.find(
        shop_id=shop.id,
        states=HISTORY_STATES,
        write_kinds=(WriteKind.SET_PRICE,),
        targets=targets if 0 < len(targets) <= _FEW else None,
        since=since,
        until=until,
    )


def _platforms(shop: Shop) -> dict[tuple[str, str], str]:
    """Who writes what; what nobody writes stands under the shop's platform."""
    return {
        (shop.id, str(kind)): (shop.writer(kind) or shop.platform).connector.name
        for kind in WriteKind
    }


def _coupon_terms(shop: Shop) -> dict[str, frozenset[str]]:
    """What the source that makes the shop's codes can keep of their terms."""
    source = shop.writer(WriteKind.CREATE_COUPON)
    write = source.connector.write(WriteKind.CREATE_COUPON) if source else None
    return {shop.id: write.carries} if write else {}


def _people(home: Home, shop: Shop, module: Policy) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Contacts and consents, where the policy writes to people at all."""
    if set(module.WRITES) <= IMPERSONAL_WRITES:
        return pl.DataFrame(schema=CONTACT_SCHEMA), pl.DataFrame(schema=CONSENT_SCHEMA)
    return contacts(home, shop), consents(home, shop)


def _orders(
    home: Home, shop: Shop, at: dt.datetime, order_ids: Sequence[str] | None
) -> pl.DataFrame:
    def of_wanted_orders(schema: type[SchemaT]) -> dy.LazyFrame[SchemaT]:
        rows = home.read(schema, shop, as_of=at)
        if order_ids is None:
            return rows
        # With a Python list every day's file would be tested for each of its ids.
        wanted = pl.Series(order_ids, dtype=pl.String).implode()
        return cast("dy.LazyFrame[SchemaT]", rows.filter(pl.col("order_id").is_in(wanted)))

    states = order_states(
        of_wanted_orders(Order),
        of_wanted_orders(Refund),
        of_wanted_orders(RefundCase),
        of_wanted_orders(Shipment),
        home.read(Parcel, shop, as_of=at),
        of_wanted_orders(Review),
        at=at,
    )
    return states.select(ORDER_SCHEMA.keys()).collect()


def _channel_prices(home: Home, shop: Shop) -> pl.DataFrame:
    """Prices in force in the merchant's other shops, of what is linked to a SKU."""
    others = [other for other in home.shops.values() if other.id != shop.id]
    frames = [
        derived_table(home, other, "price_facts")
        .filter(pl.col("sku_id").is_not_null())
        .select(CHANNEL_PRICE_SCHEMA.keys())
        .collect()
        for other in others
    ]
    return pl.concat([pl.DataFrame(schema=CHANNEL_PRICE_SCHEMA), *frames])


def _readings(home: Home, shop: Shop) -> pl.DataFrame:
    newest = home.readings.newest(shop.id)
    rows = [
        (shop.id, table_of(schema).name, newest[stream.name])
        for _, stream in shop.streams()
        if stream.name in newest
        for schema in stream.tables
    ]
    return pl.DataFrame(rows, schema=READING_SCHEMA, orient="row")


def campaigns(home: Home, shop: Shop) -> pl.DataFrame:
    """The spans of the settings that concern a shop (schema `CAMPAIGN_SCHEMA`)."""
    every_sku: list[str | None] = [None]
    rows = [
        (shop.id, sku, campaign.starts_at, campaign.ends_at, campaign.name)
        for campaign in home.settings.campaigns
        if campaign.concerns(shop.id)
        for sku in (campaign.skus or every_sku)
    ]
    return pl.DataFrame(rows, schema=CAMPAIGN_SCHEMA, orient="row")
