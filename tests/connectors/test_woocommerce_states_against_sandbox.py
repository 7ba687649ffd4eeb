"""A known order in every state that it may end in, variations, sales and codes: over real HTTP."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from connectors.base.declaration import facts_of
from connectors.woocommerce import CONNECTOR
from contracts.actions import Change, Live
from contracts.codes import OutcomeState, WriteKind
from contracts.errors import SourceRejectedError
from contracts.payloads import CouponTerms, encode, term_instant
from contracts.streams import Mapped
from contracts.tables import TABLES, Order
from sandbox.woocommerce import Family
from tests.connectors.woocommerce.shop import Shop, client_of, shop_of, two_products, url_of
from tests.sandbox.woocommerce_shop import API, USER, opened, week_of_woo
from transforms.sales import counted_orders
from warehouse.merge import merge_documents

FAMILY = [name for name, table in TABLES.items() if table.document == ("order_id",)]
ACCEPTED, REJECTED = OutcomeState.ACCEPTED, OutcomeState.REJECTED
PARENT = 900_001


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A shop whose clock is moved, which signatures would not bear."""
    user = {"access": "application_password", "user": USER[0], "application_password": USER[1]}
    with opened(week_of_woo()) as woo, client_of(url_of(woo), **user) as client:
        yield Shop(woo, client)


class Shelf:
    """Orders as the lake holds them after each reading."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.held: dict[str, pl.DataFrame] = {
            name: TABLES[name].schema.create_empty() for name in FAMILY
        }

    def pull(self, stream: str = "orders", *given: object) -> Mapped:
        mapped = self.shop.pulled(stream, *given)
        read = {name: mapped.frames.get(name, self.held[name].clear()) for name in FAMILY}
        merged = merge_documents(self.held, read)
        self.held = {name: outcome.rows for name, outcome in merged.items()}
        return mapped

    def of(self, table: str, key: int) -> list[dict[str, Any]]:
        is_live = pl.col("deleted_at").is_null() & (pl.col("order_id") == str(key))
        return self.held[table].filter(is_live).to_dicts()

    def order(self, key: int) -> dict[str, Any]:
        (row,) = self.of("orders", key)
        return row

    def counts(self, key: int) -> bool:
        """Whether the order counts in GMV."""
        held = self.held["orders"].filter(pl.col("order_id") == str(key))
        return counted_orders(held.lazy().pipe(Order.cast)).collect().height == 1


def paid_order(shop: Shop) -> int:
    """An order that was paid, not sent and not refunded."""
    found = shop.woo.pages("/orders", status="completed", per_page=100)
    key = next(int(one["id"]) for one in found if not one["refunds"])
    shop.world.set_order(key, fulfillment_status="UNFULFILLED")
    return key


@pytest.mark.parametrize(
    ("status", "payment", "fulfilment", "is_cancelled", "counts"),
    [
        ("completed", "paid", "fulfilled", False, True),
        ("on-hold", "paid", "on_hold", False, True),
        ("cancelled", "paid", "not_required", True, True),
        ("refunded", "refunded", "not_required", False, True),
        ("failed", "voided", "not_required", False, False),
        ("trash", "voided", "not_required", True, False),
        ("checkout-draft", "voided", "not_required", False, False),
    ],
)
def test_a_known_order_is_seen_in_each_state_that_it_may_end_in(
    shop: Shop, status: str, payment: str, fulfilment: str, is_cancelled: bool, counts: bool
) -> None:
    shelf, key = Shelf(shop), paid_order(shop)
    shelf.pull()
    assert shelf.order(key)["payment_status"] == "paid"
    assert shelf.counts(key)
    shop.world.clock += dt.timedelta(minutes=1)
    if status == "trash":
        assert shop.woo.http.delete(f"{API}/orders/{key}").status_code == 200
    else:
        shop.woo.send("PUT", f"/orders/{key}", status=status)
    shelf.pull()
    row = shelf.order(key)
    assert (row["payment_status"], row["fulfilment_status"]) == (payment, fulfilment)
    assert (row["cancelled_at"] is not None) is is_cancelled
    assert shelf.counts(key) is counts


def test_a_deleted_refund_is_gone_from_the_lake_though_its_order_did_not_change() -> None:
    user = {"access": "application_password", "user": USER[0], "application_password": USER[1]}
    with opened() as woo, client_of(url_of(woo), **user) as client:
        shop = Shop(woo, client)
        recent = pl.col("created_at").is_between(
            woo.world.clock - dt.timedelta(days=20), woo.world.clock - dt.timedelta(days=2)
        )
        row = woo.world.refunds.filter(recent).row(0, named=True)
        key, shelf = row["order_id"], Shelf(shop)
        shelf.pull()
        assert len(shelf.of("refunds", key)) == 1
        known = shelf.held["refunds"].filter(pl.col("deleted_at").is_null())
        woo.http.delete(f"{API}/orders/{key}/refunds/{row['refund_id']}?force=true")
        woo.world.clock += dt.timedelta(minutes=1)
        read = shelf.pull("lost_refunds", known)
        assert read.frames["orders"]["order_id"].to_list() == [str(key)]
        assert shelf.of("refunds", key) == []
        assert shelf.order(key)["refunded_minor"] == 0
        shelf.pull()
        assert shelf.of("refunds", key) == []


def test_an_order_out_of_the_trash_is_an_order_again(shop: Shop) -> None:
    shelf, key = Shelf(shop), paid_order(shop)
    for step in ("trash", "processing"):
        shop.world.clock += dt.timedelta(minutes=1)
        if step == "trash":
            shop.woo.http.delete(f"{API}/orders/{key}")
        else:
            shop.woo.send("PUT", f"/orders/{key}", status=step)
        shelf.pull()
    assert shelf.counts(key)
    assert shelf.order(key)["cancelled_at"] is None


def test_fees_parts_of_pieces_and_raised_lines_are_read_to_the_cent(shop: Shop) -> None:
    key = paid_order(shop)
    line = shop.woo.get(f"/orders/{key}")["line_items"][0]
    edit = {"id": line["id"], "quantity": 1.5, "total": "99.99"}
    fees = [{"name": "Tip", "total": "2.00"}, {"name": "Bonus", "total": "-1.00"}]
    shop.woo.send("PUT", f"/orders/{key}", line_items=[edit], fee_lines=fees)
    shelf = Shelf(shop)
    assert shelf.pull().rejects.is_empty()
    lines = {one["line_id"]: one for one in shelf.of("order_lines", key)}
    mine = lines[str(line["id"])]
    assert (mine["quantity_units"], mine["total_minor"], mine["discount_minor"]) == (2, 9999, 0)
    kinds = [one["line_kind"] for one in lines.values() if one["total_minor"] == 200]
    assert "fee" in kinds
    goods = sum(one["total_minor"] for one in lines.values() if one["line_kind"] != "fee")
    assert shelf.order(key)["goods_minor"] == goods


def varied() -> tuple[Any, list[int]]:
    """A world two of whose products, sold often, are variations; the second has no code."""
    world = week_of_woo()
    often = world.lines.group_by("product_id").len().sort("len", descending=True)
    keys = often["product_id"].to_list()[:2]
    return world, keys


def test_an_inherited_code_links_nothing_on_listings_stock_and_lines_of_orders() -> None:
    world, keys = varied()
    family = Family(PARENT, "PARENT", {keys[0]: "OWN-1", keys[1]: ""})
    with shop_of(world, families=(family,)) as shop:
        products = shop.pulled("products")
        orders = shop.pulled("orders").frames["order_lines"]
        assert products.rejects.is_empty()
        listings = dict(products.frames["listings"].select("listing_id", "sku_id").iter_rows())
        assert (listings[str(keys[0])], listings[str(keys[1])]) == ("OWN-1", None)
        assert "PARENT" not in products.frames["stock_levels"]["sku_id"].to_list()
        for key, code in zip(keys, ("OWN-1", None), strict=True):
            sold = orders.filter(listing_id=str(key))
            assert sold.height > 0
            assert set(sold["sku_id"]) == {code}


@pytest.mark.parametrize("shared", [None, 7])
def test_two_listings_under_one_code_are_given_neither_stock_nor_price_by_it(
    shared: int | None,
) -> None:
    world, keys = varied()
    family = Family(PARENT, "PARENT", dict.fromkeys(keys, ""), shared_units=shared)
    with shop_of(world, families=(family,)) as shop:
        wanted = Change(
            action_id="a", target_id="PARENT", parent_id=None, before=shared, after=5, currency=None
        )
        assert shop.live(WriteKind.SET_STOCK, wanted) == {}
        assert shop.send(WriteKind.SET_STOCK, wanted)[0].state is REJECTED
        assert shop.world.writes == []


def test_a_variation_is_repriced_by_its_own_number_and_taken_back() -> None:
    world, keys = varied()
    family = Family(PARENT, "PARENT", {keys[0]: "OWN-1", keys[1]: ""})
    with shop_of(world, families=(family,)) as shop:
        product = shop.world.product(keys[1])
        assert product is not None
        before = product["price_minor"]
        for old, new in ((before, before + 30), (before + 30, before)):
            one = Change(
                action_id="a", target_id=str(keys[1]), parent_id=str(PARENT), before=old, after=new,
                currency="EUR",
            )  # fmt: skip
            assert shop.send(WriteKind.SET_PRICE, one)[0].state is ACCEPTED
            assert shop.live(WriteKind.SET_PRICE, one) == {one.target_id: (new, "EUR")}


def test_no_price_is_written_while_a_sales_clock_and_its_price_disagree(shop: Shop) -> None:
    key, world = int(two_products(shop)[0]["product_id"]), shop.world
    begins = world.clock + dt.timedelta(hours=1)
    days = {"date_on_sale_from_gmt": begins.strftime("%Y-%m-%dT%H:%M:%S")}
    shop.woo.send("PUT", f"/products/{key}", regular_price="10.00", sale_price="8.00", **days)
    world.clock += dt.timedelta(hours=2)
    shop.woo.faults.late_jobs = True
    lower = Change(
        action_id="a", target_id=str(key), parent_id=None, before=1000, after=900, currency="EUR"
    )
    assert shop.live(WriteKind.SET_PRICE, lower) == {str(key): (1000, "EUR")}
    assert shop.send(WriteKind.SET_PRICE, lower)[0].state is REJECTED
    shop.woo.faults.late_jobs = False
    on_sale = Change(
        action_id="b", target_id=str(key), parent_id=None, before=800, after=700, currency="EUR"
    )
    assert shop.send(WriteKind.SET_PRICE, on_sale)[0].state is ACCEPTED
    shown = shop.woo.get(f"/products/{key}")
    assert (shown["regular_price"], shown["sale_price"]) == ("10.00", "7.00")


def test_a_net_price_is_read_as_charged_repriced_and_taken_back(shop: Shop) -> None:
    key = int(two_products(shop)[0]["product_id"])
    shop.woo.send("PUT", f"/products/{key}", regular_price="54.1667")
    prices = shop.pulled("products").frames["prices"].filter(listing_id=str(key))
    assert prices.select("price_minor", "price_text").rows() == [(5417, "54.1667")]
    for old, new in ((5417, 5400), (5400, 5417)):
        one = Change(
            action_id="a", target_id=str(key), parent_id=None, before=old, after=new, currency="EUR"
        )
        assert shop.send(WriteKind.SET_PRICE, one)[0].state is ACCEPTED
        assert shop.live(WriteKind.SET_PRICE, one) == {str(key): (new, "EUR")}


def test_a_shop_tells_how_many_decimals_it_charges_in() -> None:
    with shop_of(week_of_woo(), decimals=0) as shop:
        assert facts_of(shop.client) == {"price_decimals": 0}


@pytest.mark.parametrize("zone", ["Europe/Berlin"])
def test_a_code_ends_when_it_was_said_to_whatever_the_sites_zone_and_closes(
    shop: Shop, zone: str
) -> None:
    assert shop.world.zone == zone
    now = shop.client.now()
    terms = CouponTerms(
        title="Back", starts_at=now, ends_at=now + dt.timedelta(days=7), usage_limit=3,
        min_spend_minor=2000,
    )  # fmt: skip
    create = Change(
        action_id="a", target_id="BACK-1", parent_id=None, before=None, after=500, currency="EUR",
        payload=encode(terms),
    )  # fmt: skip
    assert shop.send(WriteKind.CREATE_COUPON, create)[0].state is ACCEPTED
    write = CONNECTOR.write(WriteKind.CREATE_COUPON)
    assert write is not None
    assert write.live is not None
    live = write.live(shop.client, [create])["BACK-1"]
    assert live == Live(
        value=500,
        currency="EUR",
        terms={
            "ends_at": term_instant(terms.ends_at), "limit_units": 3, "per_customer_units": 1,
            "minimum_minor": 2000, "maximum_minor": None, "is_alone": True,
            "audience": "everybody",
        },
    )  # fmt: skip
    shop.world.clock += dt.timedelta(days=8)
    assert shop.live(WriteKind.CREATE_COUPON, create) == {"BACK-1": (0, "EUR")}


def test_a_site_that_spoils_answers_in_passing_loses_nothing(shop: Shop) -> None:
    before = shop.pulled("coupons").frames["coupons"].height
    shop.woo.faults.bodies[:] = ["warning", "byte_order_mark", "html"]
    assert shop.pulled("coupons").frames["coupons"].height == before


def test_plain_permalinks_are_told_in_one_sentence(shop: Shop) -> None:
    shop.woo.faults.plain_permalinks = True
    with pytest.raises(SourceRejectedError, match="permalinks are plain"):
        shop.client.check()
