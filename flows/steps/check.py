"""Check: suites over what was loaded, freshness by the platform's clock, what is usual."""

import datetime as dt
from collections.abc import Iterator
from typing import cast

import dataframely as dy
import polars as pl

from checks.costs import confirmed_costs
from checks.freshness import freshness
from checks.gates import run_suites
from checks.goods import goods
from checks.listings import single_codes
from checks.orders import order_sums, order_times
from checks.payments import case_amounts, payments, payouts
from checks.readings import check_quarantine, future_instants, set_aside, unknown_fields
from checks.stock import stock_moves
from checks.totals import totals
from contracts.checks import CheckResult
from contracts.codes import QuarantineReason
from contracts.tables import BundlePart, Listing, table_of
from flows.steps.blocked import Blocked, each
from flows.steps.derived import costs
from flows.steps.home import Home
from flows.steps.named_skus import named_skus_exist
from flows.steps.opt_outs import bounces
from flows.steps.progress import Progress, silent
from flows.steps.remap import stale
from flows.steps.shop import Shop
from flows.steps.usual import as_usual
from flows.steps.views import View
from transforms.bundles import articles
from transforms.listings import shared_codes

MAX_LAG = dt.timedelta(hours=26)  # a day and the time a daily schedule may be late
_RECENT = dt.timedelta(days=7)


def check(
    home: Home,
    *,
    shop_id: str | None = None,
    progress: Progress = silent,
    blocked: list[Blocked] | None = None,
    has_docs: bool = True,
) -> list[CheckResult]:
    """Check a shop or all; results are recorded, and failed blocking ones hold actions.

    Suites run over rows that came with readings since the last check, or over all of a table that
    was never checked; `has_docs`: and write what they found as pages.
    """

    def check_one(shop: Shop) -> list[CheckResult]:
        progress("check", shops.index(shop), len(shops))
        found = [
            *_suites(home, shop, has_docs=has_docs),
            *_fresh(home, shop),
            *as_usual(home, shop),
            *_goods(home, shop),
            *order_checks(home, shop),
            *_shared_codes(home, shop),
            *_costs(home, shop),
            *mappings(home, shop),
            *bounces(home, shop),
            *named_skus_exist(home, shop),
            *readings(home, shop),
        ]
        home.checks.record(found)
        return found

    shops = home.select(shop_id)
    results = [row for rows in each(shops, "check", check_one, blocked) for row in rows]
    progress("check", len(shops), len(shops))
    return results


def _tables(shop: Shop) -> list[str]:
    return list(
        dict.fromkeys(
            table_of(schema).name for _, stream in shop.streams() for schema in stream.tables
        )
    )


def _suites(home: Home, shop: Shop, *, has_docs: bool) -> list[CheckResult]:
    now = home.data_as_of(shop)
    last = {
        result.table: result
        for result in home.checks.latest(shop_id=shop.id)
        if result.check == "suite"
    }
    due = {
        table: (
            frame.filter(pl.col("read_at") > last[table].checked_at)
            if table in last and last[table].passed
            else frame
        )
        for table in _tables(shop)
        if table in home.readings.versions()
        for frame in [home.scan(table, shop)]
    }
    some = {table: frame for table, frame in due.items() if not frame.head(1).collect().is_empty()}
    if not some:
        return []
    docs = home.folder / "data" / "data-docs" / shop.id
    return run_suites(shop.id, some, docs_folder=docs if has_docs else None, checked_at=now)


def _fresh(home: Home, shop: Shop) -> list[CheckResult]:
    """Freshness of what was read, by the clock of each source."""
    read = home.readings.newest(shop.id)
    now = home.now(shop)
    return [
        freshness(shop.id, table_of(schema).name, read.get(stream.name), now=now, max_lag=MAX_LAG)
        for _, stream in shop.streams()
        for schema in stream.tables
    ]


def _goods(home: Home, shop: Shop) -> list[CheckResult]:
    """What platforms state beside what their lines add up to."""
    if "orders" not in home.readings.versions():
        return []
    orders = home.scan("orders", shop)
    currency = shop.settings.currency
    return goods(shop.id, orders, currency=currency, checked_at=home.data_as_of(shop))


def order_checks(home: Home, shop: Shop) -> list[CheckResult]:
    """Whether orders agree with their lines, with themselves, with money, stock and totals."""
    if not {"orders", "order_lines"} <= home.readings.versions().keys():
        return []
    orders, now = home.scan("orders", shop), home.data_as_of(shop)
    lines, currency = home.scan("order_lines", shop), shop.settings.currency
    found = [
        order_sums(shop.id, orders, lines, currency=currency, checked_at=now),
        order_times(shop.id, orders, checked_at=now),
        *_money(home, shop, orders, now),
        *_stock(home, shop, orders, lines, now),
    ]
    if "daily_totals" not in home.readings.versions():
        return found
    days, zone = home.scan("daily_totals", shop), shop.settings.time_zone
    since = shop.settings.history_from
    if since is not None:  # a platform tells of days before, of which no order was to be read
        days = days.filter(pl.col("total_date") >= since)
    return found + totals(
        shop.id, days, orders, lines, time_zone=zone, currency=currency, checked_at=now
    )


def _money(home: Home, shop: Shop, orders: pl.LazyFrame, now: dt.datetime) -> Iterator[CheckResult]:
    """Whether what was received, paid back and paid out agrees with the orders."""
    filled, currency = set(_tables(shop)) & home.readings.versions().keys(), shop.settings.currency
    refunds = home.scan("refunds", shop)
    yield payments(shop.id, orders, refunds, currency=currency, checked_at=now)
    if "refund_cases" in filled:
        yield case_amounts(shop.id, orders, home.scan("refund_cases", shop), checked_at=now)
    if "settlements" in filled:
        entries = home.scan("settlements", shop)
        yield payouts(shop.id, orders, entries, currency=currency, checked_at=now)


def _stock(
    home: Home, shop: Shop, orders: pl.LazyFrame, lines: pl.LazyFrame, now: dt.datetime
) -> list[CheckResult]:
    """Whether stock moved as goods were sold, up to the last instant at which both were read."""
    read, parts = home.readings.newest(shop.id), home.scan("bundle_parts", shop)
    of_table: dict[str, list[dt.datetime]] = {"orders": [], "stock_levels": []}
    for _, stream in shop.streams():
        for name in {table_of(schema).name for schema in stream.tables} & of_table.keys():
            of_table[name] += [read[stream.name]] if stream.name in read else []
    if not all(of_table.values()):
        return []
    return stock_moves(
        shop.id,
        home.scan("stock_levels", shop),
        orders,
        lines,
        until=min(max(instants) for instants in of_table.values()),
        checked_at=now,
        pieces=articles(cast("dy.LazyFrame[BundlePart]", parts)),
    )


def readings(home: Home, shop: Shop) -> list[CheckResult]:
    """Whether what was read was loaded, by table: set aside, quarantined, or with unknown fields.

    The share in quarantine is that of the last days; a snapshot holds all there is each time.
    """
    now = home.data_as_of(shop)
    aside: dict[str, list[str]] = {}
    for one in home.readings.set_aside(shop_id=shop.id):
        aside.setdefault(one.reading.stream, []).append(one.failure)
    unknown = home.reading_totals.unknown_fields(shop.id)
    shares = home.reading_totals.shares(shop.id, since=now - _RECENT)
    future = _of_the_future(home, shop)
    feeding: dict[str, list[str]] = {}
    for _, stream in shop.streams():
        for schema in stream.tables:
            feeding.setdefault(table_of(schema).name, []).append(stream.name)
    found = []
    for table, streams in feeding.items():
        failures = [sentence for name in streams for sentence in aside.get(name, [])]
        rows, quarantined_rows = (
            sum(shares.get(name, (0, 0))[at] for name in streams) for at in (0, 1)
        )
        names = sorted({field for name in streams for field in unknown.get(name, [])})
        found += [
            set_aside(shop.id, table, failures, checked_at=now),
            check_quarantine(
                shop.id, table, rows=rows, quarantined_rows=quarantined_rows, checked_at=now
            ),
            unknown_fields(shop.id, table, names, checked_at=now),
            future_instants(shop.id, table, future.get(table, 0), checked_at=now),
        ]
    return found


def _of_the_future(home: Home, shop: Shop) -> dict[str, int]:
    """Documents in quarantine for an instant after their reading, by table."""
    counts = home.quarantine.counts(shop_id=shop.id)
    future = counts.filter(pl.col("reason") == QuarantineReason.FUTURE_INSTANT)
    return dict(future.select("table", "documents_units").iter_rows())


def _shared_codes(home: Home, shop: Shop) -> list[CheckResult]:
    """SKU codes that several listings of the shop bear."""
    if "listings" not in home.readings.versions():
        return []
    shared = shared_codes(home.read(Listing, shop))
    return [single_codes(shop.id, shared, checked_at=home.data_as_of(shop))]


def _costs(home: Home, shop: Shop) -> list[CheckResult]:
    """Costs that wait for a person."""
    if "costs" not in home.readings.versions():
        return []
    now = home.data_as_of(shop)
    return [
        confirmed_costs(
            shop.id,
            costs(View.of(home, shop, now)),
            currency=shop.settings.currency,
            max_jump_rate=shop.economics.max_cost_jump_rate,
            max_fall_rate=shop.economics.max_cost_fall_rate,
            checked_at=now,
        )
    ]


def mappings(home: Home, shop: Shop) -> list[CheckResult]:
    """Streams to be replayed, since their mapping has changed; and those that no longer are."""
    old = {one.stream: one for one in stale(home, shop)}
    reported = {
        one.table
        for one in home.checks.latest(shop_id=shop.id)
        if one.check == "mapping" and not one.passed
    }
    return [
        CheckResult(
            shop_id=shop.id,
            table=table,
            check="mapping",
            passed=stream.name not in old,
            measured=old[stream.name].sentence if stream.name in old else "0 readings",
            limit="no reading of an older mapping",
            checked_at=home.data_as_of(shop),
            is_blocking=False,
        )
        for _, stream in shop.streams()
        for table in [table_of(stream.tables[0]).name]
        if stream.name in old or table in reported
    ]
