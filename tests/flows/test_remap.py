"""A mapping that has changed: landing is replayed, and the platform is not asked."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import polars as pl
import pytest

from connectors.base.declaration import Connector, Stream
from connectors.shopify import codes
from contracts.codes import PaymentStatus
from contracts.errors import ConfigurationError
from contracts.streams import Context, Mapped, Page
from flows.steps.check import mappings
from flows.steps.doctor import doctor
from flows.steps.home import Home
from flows.steps.pull import pull
from flows.steps.remap import remap, stale
from tests.flows.conftest import Merchant
from tests.flows.test_bad_data import order, reasons
from tests.flows.test_loop import differences

NEW_CODE = "SETTLED_BY_INVOICE"


def next_release(home: Home, change: Callable[[Stream], Stream] = lambda one: one) -> None:
    """Let the shop's connector be the one of the next release: its mapping of orders is newer."""
    shop = home.shop("demo")

    def released(connector: Connector) -> Connector:
        streams = tuple(
            replace(change(one), mapping_version=one.mapping_version + 1)
            if one.name == "orders"
            else one
            for one in connector.streams
        )
        return replace(connector, streams=streams)

    sources = tuple(replace(one, connector=released(one.connector)) for one in shop.sources)
    home.shops["demo"] = replace(shop, sources=sources)


def shipping_found(stream: Stream) -> Stream:
    """A mapping that finds seven cents of shipping where the old one saw none."""

    def mapped(pages: Iterable[Page], context: Context) -> Mapped:
        found = stream.to_canonical(pages, context)
        orders = found.frames["orders"].with_columns(shipping_minor=pl.lit(7, pl.Int64))
        return replace(found, frames={**found.frames, "orders": orders})

    return replace(stream, to_canonical=mapped)


def shipping(home: Home) -> list[int]:
    orders = home.scan("orders", home.shop("demo")).collect()
    return sorted(orders["shipping_minor"].unique())


def test_a_fixed_mapping_releases_a_quarantined_order_and_asks_nobody(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = merchant.tamper("status", status=NEW_CODE)["order_id"]
    with merchant.open() as home:
        pull(home, stream="orders")
        assert "unknown_code" in reasons(home)[order_id]
        monkeypatch.setitem(codes.PAYMENT_STATUS, NEW_CODE, PaymentStatus.PAID)
        next_release(home)
        monkeypatch.delenv("WORLD_TOKEN")  # nobody who asks could sign in
        orders = next(one for one in remap(home) if one.stream == "orders")
        assert orders.readings > 0
        assert orders.missing == ()
        assert order_id not in reasons(home)
        assert order(home, order_id)["payment_status"].to_list() == ["paid"]
        assert differences(home, merchant).is_empty()
        assert stale(home, home.shop("demo")) == []


def test_every_order_is_as_the_new_mapping_has_it_and_in_its_newest_version(
    merchant: Merchant,
) -> None:
    with merchant.open() as home:
        pull(home, stream="orders")
        merchant.tamper("remove_line")
        pull(home, stream="orders")
        before = home.scan("order_lines", home.shop("demo")).collect()
        assert shipping(home) == [0]
        next_release(home, shipping_found)
        remap(home, stream="orders")
        assert shipping(home) == [7]
        after = home.scan("order_lines", home.shop("demo")).collect()
        keys = ["order_id", "line_id", "quantity_units", "total_minor", "source_updated_at"]
        assert after.select(keys).sort(keys).equals(before.select(keys).sort(keys))
        (of_before,) = before["mapping_version"].unique()
        assert after["mapping_version"].unique().to_list() == [of_before + 1]
        assert differences(home, merchant).is_empty()


def test_replaying_again_changes_nothing(merchant: Merchant) -> None:
    with merchant.open() as home:
        pull(home, stream="orders")
        next_release(home, shipping_found)
        remap(home)
        versions = home.lake.versions()
        assert [one.readings for one in remap(home) if one.readings] == []
        everything = remap(home, stream="orders", is_all=True)
        assert [one.rows > 0 for one in everything] == [True]
        assert home.lake.versions() == versions


def test_what_landing_no_longer_holds_is_listed_and_left_as_it_is(merchant: Merchant) -> None:
    with merchant.open() as home:
        pull(home, stream="orders")
        held = home.scan("orders", home.shop("demo")).collect().sort("order_id")
        for manifest in (merchant.folder / "data").rglob("readings/demo/orders/*.json"):
            manifest.unlink()
        next_release(home, shipping_found)
        (orders,) = remap(home, stream="orders")
        assert orders.readings == 0
        assert orders.missing
        left = home.scan("orders", home.shop("demo")).collect().sort("order_id")
        assert left.equals(held)
        assert stale(home, home.shop("demo")) == []  # there is nothing to be done about it


def test_check_and_doctor_say_in_one_sentence_that_readings_are_stale(merchant: Merchant) -> None:
    with merchant.open() as home:
        pull(home, stream="orders")
        shop = home.shop("demo")
        assert mappings(home, shop) == []
        next_release(home)
        shop = home.shop("demo")
        (reported,) = mappings(home, shop)
        assert (reported.table, reported.passed, reported.is_blocking) == ("orders", False, False)
        assert "build --remap" in reported.measured
        home.checks.record([reported])
        wrong = [one for one in doctor(home) if not one.passed]
        assert [(one.subject, one.detail) for one in wrong] == [
            ("mapping of orders", reported.measured)
        ]
        remap(home)
        assert [one.passed for one in mappings(home, shop)] == [True]


def test_a_stream_that_does_not_exist_is_not_replayed(merchant: Merchant) -> None:
    with merchant.open() as home, pytest.raises(ConfigurationError, match="no stream 'order'"):
        remap(home, stream="order")
