"""Writing to a WooCommerce shop: prices, stock, coupons, reviews, orders, and batches of them."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.woocommerce_shop import API, Woo, opened


@pytest.fixture
def woo() -> Iterator[Woo]:
    with opened() as own:
        yield own


@pytest.fixture(scope="module")
def shared() -> Iterator[Woo]:
    with opened() as own:
        yield own


@pytest.fixture
def key(woo: Woo) -> int:
    return int(woo.world.products["product_id"][0])


def in_world(woo: Woo, key: int, *columns: str) -> tuple[Any, ...]:
    product = woo.world.product(key)
    assert product is not None
    return tuple(product[column] for column in columns)


PRICE = ("price_minor", "compare_at_minor")


def test_a_regular_price_is_set_read_back_and_kept(woo: Woo, key: int) -> None:
    done = woo.send("PUT", f"/products/{key}", regular_price="12.34")
    assert (done["price"], done["regular_price"], done["sale_price"]) == ("12.34", "12.34", "")
    assert woo.get(f"/products/{key}") == done
    assert in_world(woo, key, *PRICE) == (1234, None)
    clock = woo.world.clock.strftime("%Y-%m-%dT%H:%M:%S")
    assert done["date_modified_gmt"] == clock
    [write] = woo.world.writes
    assert write == {
        "at": f"{clock}Z",
        "channel": "woocommerce",
        "kind": "set_price",
        "target": str(key),
        "after": {"price_minor": 1234, "compare_at_minor": None},
        "applied": True,
    }


def test_a_sale_price_is_in_force_while_it_is_lower_and_ends_when_emptied(
    woo: Woo, key: int
) -> None:
    done = woo.send("PUT", f"/products/{key}", regular_price="10.00", sale_price="8.00")
    assert (done["price"], done["on_sale"]) == ("8.00", True)
    assert in_world(woo, key, *PRICE) == (800, 1000)
    higher = woo.send("PUT", f"/products/{key}", sale_price="11.00")
    assert (higher["price"], higher["sale_price"], higher["on_sale"]) == ("10.00", "11.00", False)
    ended = woo.send("PUT", f"/products/{key}", sale_price="")
    assert (ended["price"], ended["sale_price"]) == ("10.00", "")
    assert in_world(woo, key, *PRICE) == (1000, None)


@given(minor=st.integers(0, 10**9))
@settings(max_examples=20, deadline=None)
def test_every_price_in_cents_survives_the_way_there_and_back(shared: Woo, minor: int) -> None:
    key = int(shared.world.products["product_id"][0])
    price = str(Decimal(minor) / 100)
    done = shared.send("PUT", f"/products/{key}", regular_price=price)
    assert Decimal(done["price"]) * 100 == minor
    assert in_world(shared, key, "price_minor") == (minor,)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"regular_price": 12.34}, "rest_invalid_param"),
        ({"sale_price": 1}, "rest_invalid_param"),
        ({"regular_price": "cheap"}, "rest_invalid_param"),
        ({"regular_price": "-1"}, "rest_invalid_param"),
        ({"stock_quantity": "many"}, "rest_invalid_param"),
        ({"manage_stock": "maybe"}, "rest_invalid_param"),
    ],
)
def test_a_wrong_value_changes_nothing_and_is_kept_as_refused(
    woo: Woo, key: int, body: dict[str, Any], code: str
) -> None:
    before = woo.world.products
    assert woo.error("PUT", f"/products/{key}", json=body) == (400, code)
    assert woo.world.products is before
    assert [(write["applied"], write["error"]) for write in woo.world.writes] == [(False, code)]


def test_stock_is_set_and_can_be_no_longer_managed(woo: Woo, key: int) -> None:
    done = woo.send("PUT", f"/products/{key}", stock_quantity=0)
    assert (done["stock_quantity"], done["stock_status"]) == (0, "outofstock")
    assert in_world(woo, key, "on_hand_units", "stock_updated_at") == (0, woo.world.clock)
    free = woo.send("PUT", f"/products/{key}", manage_stock=False)
    assert (free["stock_quantity"], free["stock_status"]) == (None, "instock")
    ignored = woo.send("PUT", f"/products/{key}", stock_quantity=7)
    assert ignored["stock_quantity"] is None
    managed = woo.send("PUT", f"/products/{key}", manage_stock=True, stock_quantity=7)
    assert managed["stock_quantity"] == 7


def test_what_the_sandbox_cannot_change_is_said_aloud(woo: Woo, key: int) -> None:
    body = {"name": "Other"}
    assert woo.error("PUT", f"/products/{key}", json=body) == (501, "sandbox_not_emulated")
    assert woo.error("PUT", "/products/1", json={}) == (400, "woocommerce_rest_product_invalid_id")
    broken = {"content": b"{", "headers": {"content-type": "application/json"}}
    assert woo.error("PUT", f"/products/{key}", **broken) == (400, "rest_invalid_json")


def test_a_batch_answers_200_with_an_error_for_each_row_that_failed(woo: Woo, key: int) -> None:
    rows = [{"id": key, "regular_price": 5.5}, {"id": 1, "regular_price": "1.00"}]
    done = woo.send("POST", "/products/batch", update=rows)["update"]
    assert done[0]["regular_price"] == "5.50"
    assert done[1] == {
        "id": 1,
        "error": {
            "code": "woocommerce_rest_product_invalid_id",
            "message": "Invalid ID.",
            "data": {"status": 400},
        },
    }
    assert [write["applied"] for write in woo.world.writes] == [True, False]


@pytest.mark.parametrize(("rows", "status"), [(100, 200), (101, 413)])
def test_a_batch_has_at_most_a_hundred_rows(shared: Woo, rows: int, status: int) -> None:
    keys = shared.world.products["product_id"].to_list()[:rows]
    body = {"update": [{"id": key, "stock_quantity": 5} for key in keys]}
    before = len(shared.world.writes)
    response = shared.http.post(API + "/products/batch", json=body)
    assert response.status_code == status
    assert len(shared.world.writes) - before == (rows if status == 200 else 0)
    if status == 413:
        assert response.json()["code"] == "woocommerce_rest_request_entity_too_large"


def test_a_coupon_is_created_once_found_changed_and_deleted(woo: Woo) -> None:
    response = woo.http.post(
        API + "/coupons",
        json={
            "code": "BACK10",
            "discount_type": "percent",
            "amount": "10",
            "usage_limit": 1,
            "email_restrictions": ["a@example.com"],
            "date_expires": "2026-12-01T00:00:00",
        },
    )
    assert response.status_code == 201
    made = response.json()
    assert response.headers["location"].endswith(f"/coupons/{made['id']}")
    assert (made["code"], made["amount"], made["discount_type"]) == ("back10", "10.00", "percent")
    assert (made["date_expires"], made["date_expires_gmt"]) == (
        "2026-12-01T00:00:00", "2026-11-30T23:00:00",
    )  # fmt: skip
    assert made["email_restrictions"] == ["a@example.com"]
    row = woo.world.discounts.filter(pl.col("discount_id") == made["id"]).row(0, named=True)
    assert (row["percentage"], row["amount_minor"], row["usage_limit"]) == (0.1, None, 1)
    again = {"code": "bAcK10", "amount": "5"}
    exists = (400, "woocommerce_rest_coupon_code_already_exists")
    assert woo.error("POST", "/coupons", json=again) == exists
    assert woo.get("/coupons", code="BACK10") == [made]
    changed = woo.send("PUT", f"/coupons/{made['id']}", amount="7.50", discount_type="fixed_cart")
    assert (changed["amount"], changed["discount_type"]) == ("7.50", "fixed_cart")
    assert woo.error("DELETE", f"/coupons/{made['id']}") == (
        501, "woocommerce_rest_trash_not_supported",
    )  # fmt: skip
    gone = woo.http.delete(API + f"/coupons/{made['id']}", params={"force": "true"})
    assert gone.json() == changed
    assert woo.get("/coupons", code="back10") == []
    kinds = [(write["kind"], write["applied"]) for write in woo.world.writes]
    assert kinds == [
        ("create_coupon", True), ("create_coupon", False), ("set_coupon", True),
        ("delete_coupon", False), ("delete_coupon", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "rest_missing_callback_param"),
        ({"code": " "}, "rest_missing_callback_param"),
        ({"code": "x", "id": 5}, "woocommerce_rest_shop_coupon_exists"),
        ({"code": "x", "discount_type": "gift"}, "rest_invalid_param"),
        ({"code": "x", "amount": "-1"}, "coupon_invalid_amount"),
        (
            {"code": "x", "amount": "101", "discount_type": "percent"},
            "coupon_invalid_amount",
        ),
        ({"code": "x", "date_expires": "soon"}, "rest_invalid_param"),
        ({"code": "x", "usage_limit": "often"}, "rest_invalid_param"),
    ],
)
def test_a_wrong_coupon_is_refused(woo: Woo, body: dict[str, Any], code: str) -> None:
    before = woo.world.discounts.height
    assert woo.error("POST", "/coupons", json=body) == (400, code)
    assert woo.world.discounts.height == before


def test_coupons_in_a_batch_succeed_and_fail_by_themselves(woo: Woo) -> None:
    codes = [{"code": code, "amount": "3"} for code in ("one", "two", "ONE")]
    rows = woo.send("POST", "/coupons/batch", create=codes)["create"]
    assert [row.get("code") for row in rows] == ["one", "two", None]
    assert rows[2]["id"] == 0
    assert rows[2]["error"]["code"] == "woocommerce_rest_coupon_code_already_exists"
    gone = woo.send("POST", "/coupons/batch", delete=[rows[0]["id"], 1])["delete"]
    assert gone[0]["code"] == "one"
    assert gone[1]["error"]["data"] == {"status": 404}


def test_a_review_is_held_back_and_has_no_reply(woo: Woo) -> None:
    review = woo.get("/products/reviews", per_page=1)[0]
    path = f"/products/reviews/{review['id']}"
    held = woo.send("PUT", path, status="hold", rating=1, review="Mild & fresh")
    assert (held["status"], held["rating"], held["review"]) == ("hold", 1, "Mild & fresh")
    assert woo.get(path)["review"] == "<p>Mild &amp; fresh</p>\n"
    listed = [each["id"] for each in woo.pages("/products/reviews", per_page=100)]
    assert review["id"] not in listed
    assert [each["id"] for each in woo.get("/products/reviews", status="hold")] == [review["id"]]
    assert woo.error("PUT", path, json={"reply": "Thanks"}) == (501, "sandbox_not_emulated")
    woo.send("PUT", path, status="approved")
    assert len(woo.pages("/products/reviews", per_page=100)) == len(listed) + 1


def order_of(woo: Woo, **values: Any) -> dict[str, Any]:
    customer = woo.world.customers["household_id"][0]
    products = woo.world.products["product_id"].to_list()[:2]
    lines = [{"product_id": product, "quantity": 2} for product in products]
    return {"customer_id": customer, "set_paid": True, "line_items": lines, **values}


def test_an_order_over_the_api_is_at_the_prices_in_force_and_leaves_the_shelf(woo: Woo) -> None:
    body = order_of(woo)
    keys = [line["product_id"] for line in body["line_items"]]
    for key in keys:
        woo.send("PUT", f"/products/{key}", regular_price="2.50", stock_quantity=10)
    made = woo.send("POST", "/orders", **body)
    assert (made["total"], made["status"]) == ("10.00", "processing")
    assert woo.get(f"/orders/{made['id']}") == made
    assert woo.get("/orders", per_page=1)[0]["id"] == made["id"]
    assert [in_world(woo, key, "on_hand_units") for key in keys] == [(8,), (8,)]


def test_a_refused_order_row_names_the_draft_it_left_behind(woo: Woo) -> None:
    wrong = order_of(woo, coupon_lines=[{"code": "nonesuch"}])
    unknown = order_of(woo, line_items=[{"quantity": 1}])
    rows = woo.send("POST", "/orders/batch", create=[wrong, order_of(woo), unknown])["create"]
    error = rows[0]["error"]
    assert rows[0]["id"] == 0
    assert error["code"] == "woocommerce_rest_invalid_coupon"
    draft = error["data"]["new_draft_order_id"]
    assert rows[1]["id"] > draft
    assert rows[2]["error"]["code"] == "woocommerce_rest_required_product_reference"
    assert "new_draft_order_id" not in rows[2]["error"]["data"]
    assert draft not in woo.world.orders["order_id"].to_list()


def test_a_write_that_is_only_answered_changes_nothing(woo: Woo, key: int) -> None:
    before = in_world(woo, key, *PRICE)
    woo.faults.unapplied = 1
    done = woo.send("PUT", f"/products/{key}", regular_price="77.77")
    assert done["price"] == "77.77"
    assert in_world(woo, key, *PRICE) == before
    assert woo.world.writes[0]["applied"] is False
    assert woo.send("PUT", f"/products/{key}", regular_price="77.77")["price"] == "77.77"
    assert in_world(woo, key, *PRICE) == (7777, None)
