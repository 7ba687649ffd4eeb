"""The connector against a real Medusa: `make real-shops`. Judged by what the server itself says."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from connectors.medusa import CONNECTOR
from connectors.medusa.client import MedusaClient, MedusaSettings
from contracts.actions import Live
from contracts.codes import Audience, OutcomeState, WriteKind
from contracts.money import exponent
from flows.steps.build import build
from flows.steps.opening import open_home
from flows.steps.pull import pull
from tests.connectors.medusa.real import PRICES, Market, missing, server
from tests.connectors.medusa.real_trade import (
    PREPARED,
    change,
    minor,
    prices_of,
    read,
    sent,
    settle,
    terms_of,
    trade,
)
from tests.flows.conftest import KEYS

pytestmark = [
    pytest.mark.real_shop,
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]
CURRENCIES = tuple(PRICES)
every_currency = pytest.mark.parametrize("currency", CURRENCIES)
Shops = dict[str, MedusaClient]


@pytest.fixture(scope="module")
def market() -> Iterator[Market]:
    """A shop with orders in every state that it knows."""
    with server() as (url, key):
        opened = Market(url, key)
        for currency in CURRENCIES:
            trade(opened, currency)
        settle()
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def shops(market: Market) -> Iterator[Shops]:
    """Our clients, by currency."""
    settings = {"is_sandbox": True, "base_url": market.url, "requests_per_second": 100}
    settings |= {"secret_key": market.key}
    opened = {
        currency: MedusaClient(MedusaSettings.model_validate(settings | {"region_id": region}))
        for currency, region in market.regions.items()
    }
    yield opened
    for client in opened.values():
        client.close()


# ---- reading ------------------------------------------------------------------------------------

_TOLD = (
    "status,total,credit_line_total,item_total,item_tax_total,tax_total,shipping_total,"
    "shipping_tax_total,discount_subtotal,*items,payment_collections.captured_amount,"
    "payment_collections.refunded_amount,payment_status"
)


@every_currency
def test_orders_are_those_of_the_server_with_its_own_totals(
    market: Market, shops: Shops, currency: str
) -> None:
    told = market.rows("orders", region_id=market.regions[currency], fields=f"id,{_TOLD}")
    frames = read(shops[currency], "orders")
    ours = {row["order_id"]: row for row in frames["orders"].iter_rows(named=True)}
    assert set(ours) == {one["id"] for one in told}
    wrong = []
    for one in told:
        order, lines = ours[one["id"]], frames["order_lines"].filter(order_id=one["id"])
        wanted = {"goods_units": sum(line["quantity"] for line in one["items"])}
        returned = sum(line["return_received_total"] for line in one["items"])
        charged = one["total"] + one["credit_line_total"] + returned
        wanted |= {"total_minor": minor(charged, currency)}
        collections = one.get("payment_collections") or []
        back = sum(part["refunded_amount"] or 0 for part in collections)
        wanted |= {"refunded_minor": minor(back, currency)}
        if not returned:
            goods = one["item_total"] - one["item_tax_total"]
            wanted |= {
                "goods_minor": minor(goods, currency),
                "stated_goods_minor": minor(goods, currency),
                "tax_minor": minor(one["tax_total"], currency),
                "discount_minor": minor(one["discount_subtotal"], currency),
            }
        wrong += [
            f"{one['id']} {one['status']}: {name} is {order[name]}, not {value}"
            for name, value in wanted.items()
            if order[name] != value
        ]
        assert lines["total_minor"].sum() == order["goods_minor"]
    assert wrong == []
    refunds = frames["refunds"].group_by("order_id").agg(pl.col("refunded_minor").sum())
    paid_back = {key: row["refunded_minor"] for key, row in ours.items() if row["refunded_minor"]}
    assert dict(refunds.iter_rows()) == paid_back
    assert paid_back


@every_currency
def test_an_order_stays_as_it_was_placed_whatever_came_back(
    market: Market, shops: Shops, currency: str
) -> None:
    """Two of two pieces were returned: the server's own total is without them."""
    frames = read(shops[currency], "orders")
    codes, orders = frames["order_coupons"], frames["orders"]
    kept = frames["order_lines"].filter(pl.col("current_units") < pl.col("quantity_units"))
    assert kept["quantity_units"].to_list() == [2]
    assert kept["current_units"].to_list() == [0]
    two = minor(2 * PRICES[currency], currency)
    assert kept["total_minor"].to_list() == [two]
    owner = orders.join(kept, on="order_id", how="semi").row(0, named=True)
    assert owner["goods_minor"] == 2 * two
    assert (owner["payment_status"], owner["fulfilment_status"]) == (
        "partially_refunded",
        "fulfilled",
    )
    parcel = frames["shipments"].filter(order_id=owner["order_id"]).row(0, named=True)
    assert parcel["carrier_code"] == "ups"
    assert parcel["shipped_at"] is not None
    cancelled = orders.filter(pl.col("cancelled_at").is_not_null())
    assert set(cancelled["payment_status"]) == {"voided", "refunded"}
    assert set(cancelled["goods_minor"]) == {minor(PRICES[currency], currency)}
    assert {one.split("-")[0] for one in codes["coupon_code"]} == {"TEN", "SHIP"}
    # An edit that is not paid yet makes no order unpaid.
    assert "partially_paid" not in set(orders["payment_status"])
    case = read(shops[currency], "returns")["refund_cases"].row(0, named=True)
    assert (case["case_status"], case["returned_units"]) == ("closed", 2)
    assert case["asked_minor"] == minor(2 * PRICES[currency] * 1.19, currency)


def test_all_other_lists_are_read_whole(market: Market, shops: Shops) -> None:
    """By the server's own counts."""
    frames = {name: read(shops["eur"], name) for name in ("products", "stock", "customers")}
    counts = {
        "listings": market.get("product-variants", limit=1)["count"],
        "members": market.get("customers", limit=1)["count"],
    }
    found = {table: frame.height for one in frames.values() for table, frame in one.items()}
    assert {table: found[table] for table in counts} == counts
    ours = frames["products"]["prices"].filter(pl.col("listing_id").is_in(market.variants))
    assert ours["price_minor"].to_list() == [1999, 1999]
    stock = frames["stock"]["stock_levels"].filter(sku_id=market.skus[0]).row(0, named=True)
    item = market.rows("inventory-items", "inventory_items", sku=market.skus[0])[0]
    level = market.get(f"inventory-items/{item['id']}/location-levels")["inventory_levels"][0]
    assert stock["on_hand_units"] == level["stocked_quantity"]
    assert stock["available_units"] == level["available_quantity"]
    coupons = read(shops["eur"], "promotions")["coupons"]
    assert coupons.height == market.get("promotions", limit=1)["count"]
    assert coupons.filter(coupon_code=f"TEN-eur-{market.run}")["discount_rate"].to_list() == [0.1]


@pytest.mark.parametrize("kind", PREPARED)
def test_a_change_is_told_by_the_next_reading_and_is_newer(
    market: Market, shops: Shops, kind: str
) -> None:
    prepare, move, wanted = PREPARED[kind]
    order = market.order("eur", (0, 2))
    prepare(market, order)
    settle()
    before = read(shops["eur"], "orders")["orders"].filter(order_id=order).row(0, named=True)
    since = shops["eur"].now()
    move(market, order)
    settle()
    found = read(shops["eur"], "orders", since)["orders"].filter(order_id=order)
    after = found.row(0, named=True)
    assert {name: after[name] for name in wanted} == wanted
    assert after["source_updated_at"] > before["source_updated_at"]


@every_currency
def test_a_price_is_written_read_back_and_undone_and_no_other_is_lost(
    market: Market, shops: Shops, currency: str
) -> None:
    client, variant = shops[currency], market.variants[1]
    all_before, before = prices_of(market, variant), minor(PRICES[currency], currency)
    up = change(variant, before, before + 1, currency=currency.upper())
    found = sent(client, WriteKind.SET_PRICE, up)
    assert found == Live(value=before + 1, currency=currency.upper())
    others = [one for one in prices_of(market, variant) if one not in all_before]
    assert others == [
        (currency, float(Decimal(before + 1).scaleb(-exponent(currency.upper()))), None)
    ]
    down = replace(up, before=before + 1, after=before, is_undo=True)
    sent(client, WriteKind.SET_PRICE, down)
    assert prices_of(market, variant) == all_before


def test_what_a_price_list_decides_is_read_and_left_to_a_person(
    market: Market, shops: Shops
) -> None:
    client, variant = shops["eur"], market.variants[1]
    prices = [{"variant_id": variant, "amount": 15, "currency_code": "eur"}]
    body = {"title": "Sale", "description": "x", "status": "active", "type": "sale"}
    made = market.post("price-lists", **body, prices=prices)["price_list"]["id"]
    try:
        price = read(shops["eur"], "products")["prices"].filter(listing_id=variant)
        assert price.select("price_minor", "list_price_minor").row(0) == (1500, 1999)
        write = CONNECTOR.write(WriteKind.SET_PRICE)
        assert write is not None
        (outcome,) = write.send(client, [change(variant, 1500, 1600, currency="EUR")])
        assert outcome.state is OutcomeState.REJECTED
    finally:
        market.delete(f"price-lists/{made}")


def test_stock_is_written_read_back_and_undone_beside_what_is_reserved(
    market: Market, shops: Shops
) -> None:
    client, sku = shops["eur"], market.skus[0]
    write = CONNECTOR.write(WriteKind.SET_STOCK)
    assert write is not None
    assert write.live is not None
    before = write.live(client, [change(sku, None, 0)])[sku]
    assert isinstance(before, Live)
    assert before.value < 1_000  # pieces are reserved
    more = change(sku, before.value, 77, parent_id=market.place)
    assert sent(client, WriteKind.SET_STOCK, more) == Live(value=77, currency=None)
    (late,) = write.send(client, [more])
    assert late.state is OutcomeState.REJECTED
    undo = replace(more, before=77, after=before.value, is_undo=True)
    assert sent(client, WriteKind.SET_STOCK, undo) == before


def test_a_code_holds_for_whom_and_for_what_it_says_and_is_closed(
    market: Market, shops: Shops
) -> None:
    client, me = shops["jpy"], market.customers[1]["id"]
    code = f"ME-{market.run}"
    made = change(
        code,
        None,
        700,
        currency="JPY",
        payload=terms_of(min_spend_minor=5000, usage_limit=5),
        member_id="m",
        recipient=me,
    )
    found = sent(client, WriteKind.CREATE_COUPON, made)
    assert found is not None
    assert (found.value, found.currency) == (700, "JPY")
    assert found.terms is not None
    assert found.terms["audience"] == Audience.MEMBER
    assert found.terms["minimum_minor"] == 5000
    assert market.cart("jpy", 2, code, as_customer=1)["discount_total"] == 700  # tax included
    assert market.cart("jpy", 1, code, as_customer=1)["discount_total"] == 0
    assert market.cart("jpy", 2, code, as_customer=2)["discount_total"] == 0
    listed = read(shops["jpy"], "promotions")["coupons"].filter(coupon_code=code)
    assert listed.select("discount_minor", "limit_units").row(0) == (700, 5)
    closed = sent(client, WriteKind.CREATE_COUPON, replace(made, before=700, after=0))
    assert closed is not None
    assert closed.value == 0
    assert market.cart("jpy", 2, code, as_customer=1).get("discount_total", 0) == 0


def test_a_rate_holds_for_its_goods_up_to_its_largest_order(market: Market, shops: Shops) -> None:
    client, code = shops["jpy"], f"RATE-{market.run}"
    terms = terms_of(max_spend_minor=8000, listing_ids=(market.variants[0],))
    found = sent(client, WriteKind.CREATE_COUPON, change(code, None, 1250, payload=terms))
    assert found is not None
    assert (found.value, found.currency) == (1250, None)
    two, three = (market.cart("jpy", pieces, code, as_customer=1) for pieces in (2, 3))
    assert two["discount_total"] == pytest.approx(0.125 * two["original_item_total"])
    assert three["discount_total"] == 0
    other = terms_of(listing_ids=(market.variants[1],))
    sent(client, WriteKind.CREATE_COUPON, change(f"O{code}", None, 1250, payload=other))
    assert market.cart("jpy", 2, f"O{code}", as_customer=1)["discount_total"] == 0


# ---- the loop -----------------------------------------------------------------------------------

_SHOP = """
name = "Medusa"
currency = "{currency}"
time_zone = "Europe/Berlin"
history_from = {first}

[sources.medusa]
base_url = "{url}"
is_sandbox = true
secret_key = "env:MEDUSA_TEST_KEY"
region_id = "{region}"
requests_per_second = 100

[economics]
fee_rate = 0.03
min_margin_rate = 0.05
"""


@every_currency
def test_the_loop_reads_and_builds_what_the_server_earned(
    market: Market, currency: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDUSA_TEST_KEY", market.key)
    for folder in ("shops", "policies", "keys"):
        (tmp_path / folder).mkdir()
    for name, key in KEYS.items():
        (tmp_path / "keys" / f"{name}.key").write_text(key, encoding="utf-8")
    (tmp_path / "shopkeeper.toml").write_text("", encoding="utf-8")
    first = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=2)
    shop = _SHOP.format(
        currency=currency.upper(), first=first, url=market.url, region=market.regions[currency]
    )
    (tmp_path / "shops" / "real.toml").write_text(shop, encoding="utf-8")
    settle()
    told = market.rows("orders", region_id=market.regions[currency], fields=f"id,{_TOLD}")
    paid = [
        one
        for one in told
        if one["payment_status"]
        in ("captured", "partially_captured", "partially_refunded", "refunded")
    ]
    with open_home(tmp_path) as home:
        rows = pull(home)
        assert [row for row in rows if row.quarantined or row.blocked] == []
        assert all(row.rows for row in rows), rows
        build(home)
        again = pull(home)
        assert [row for row in again if row.quarantined or row.blocked] == []
        kpis = home.scan("kpis_daily", home.shop("real")).collect()
    goods = sum(
        minor(
            one["item_total"]
            - one["item_tax_total"]
            + sum(line["return_received_total"] for line in one["items"]) / 1.19,
            currency,
        )
        for one in paid
    )
    assert kpis["gmv_minor"].sum() == goods
    assert kpis["orders_count"].sum() == len(paid)
