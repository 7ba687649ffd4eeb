"""Reading a WooCommerce shop: windows, pages that drift, dates twice, money that adds up."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.world.demand import advance
from tests.sandbox.woocommerce_shop import API, Woo, opened, world_of_woo

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(scope="module")
def woo() -> Iterator[Woo]:
    with opened() as own:
        yield own


@pytest.fixture
def own_woo() -> Iterator[Woo]:
    """A shop of the test's own, to be changed."""
    with opened() as own:
        yield own


def text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S")


def cents(amount: str) -> int:
    return int(Decimal(amount) * 100)


def test_all_orders_of_the_world_are_listed_once(woo: Woo) -> None:
    found = woo.pages("/orders", per_page=100, orderby="id", order="asc", _fields="id,total")
    paid = pl.col("original_minor") - pl.col("automatic_minor") - pl.col("code_minor")
    rows = woo.world.orders.sort("order_id").select("order_id", paid.alias("paid")).rows()
    assert [(order["id"], cents(order["total"])) for order in found] == rows


def test_an_order_adds_up_and_has_its_skus_coupon_and_buyer(woo: Woo) -> None:
    row = woo.world.orders.filter(pl.col("code_minor") > 0).row(0, named=True)
    order = woo.get(f"/orders/{row['order_id']}")
    lines = order["line_items"]
    assert cents(order["total"]) == sum(cents(line["total"]) for line in lines)
    off = sum(cents(line["subtotal"]) - cents(line["total"]) for line in lines)
    assert cents(order["discount_total"]) == off == row["automatic_minor"] + row["code_minor"]
    assert [(line["code"], cents(line["discount"])) for line in order["coupon_lines"]] == [
        (row["code"].lower(), row["code_minor"])
    ]
    assert all(line["sku"] == str(line["product_id"]) for line in lines)
    assert all(
        line["price"] * line["quantity"] == pytest.approx(float(line["total"])) for line in lines
    )
    assert order["currency"] == "EUR"
    assert order["customer_id"] == row["household_id"]
    assert (order["total_tax"], order["shipping_total"]) == ("0.00", "0.00")


def test_dates_are_given_in_the_sites_zone_and_as_gmt(woo: Woo) -> None:
    order = woo.get("/orders", per_page=1)[0]
    created = woo.world.order(order["id"])
    assert created is not None
    assert order["date_created_gmt"] == text(created["created_at"])
    assert order["date_created"] == text(created["created_at"].astimezone(BERLIN))
    assert order["date_modified_gmt"] == text(created["updated_at"])


def test_dp_changes_the_decimals_of_orders_only_when_asked(woo: Woo) -> None:
    key = woo.world.orders["order_id"][0]
    two, four = woo.get(f"/orders/{key}"), woo.get(f"/orders/{key}", dp=4)
    assert four["total"] == two["total"] + "00"


@given(offset=st.integers(0, 20 * 24 * 3600), span=st.integers(1, 5 * 24 * 3600))
@settings(max_examples=25, deadline=None)
def test_a_window_in_gmt_holds_what_changed_strictly_inside(
    woo: Woo, offset: int, span: int
) -> None:
    start = woo.world.clock - timedelta(days=21) + timedelta(seconds=offset)
    end = start + timedelta(seconds=span)
    found = woo.pages(
        "/orders", per_page=100, dates_are_gmt="true", _fields="id", orderby="modified",
        order="asc", modified_after=text(start), modified_before=text(end),
    )  # fmt: skip
    inside = (pl.col("updated_at") > start) & (pl.col("updated_at") < end)
    rows = woo.world.orders.filter(inside).sort("updated_at", "order_id")
    assert [order["id"] for order in found] == rows["order_id"].to_list()


def test_a_bound_is_the_sites_time_unless_said_to_be_gmt(woo: Woo) -> None:
    row = woo.world.orders.sort("updated_at").row(woo.world.orders.height // 2, named=True)
    local, gmt = text(row["updated_at"].astimezone(BERLIN)), text(row["updated_at"])
    assert local != gmt

    def newest_before(**asked: str) -> Any:
        return woo.get("/orders", orderby="modified", per_page=1, _fields="date_modified_gmt",
                       **asked)[0]["date_modified_gmt"]  # fmt: skip

    exact = newest_before(modified_before=gmt, dates_are_gmt="true")
    assert exact < gmt
    assert newest_before(modified_before=local) == exact
    assert newest_before(modified_before=f"{gmt}Z") == exact
    # With an offset the bound is turned into the site's time first, and then taken for GMT.
    late = newest_before(modified_before=f"{gmt}Z", dates_are_gmt="true")
    assert exact < late < local


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"per_page": 101}, "per_page"),
        ({"per_page": 0}, "per_page"),
        ({"per_page": "many"}, "per_page"),
        ({"page": 0}, "page"),
        ({"modified_after": "2026-11-01"}, "modified_after"),
        ({"modified_after": "2026-13-01T00:00:00"}, "modified_after"),
        ({"modified_before": "yesterday"}, "modified_before"),
        ({"orderby": "total"}, "orderby"),
        ({"order": "up"}, "order"),
        ({"status": "done"}, "status"),
    ],
)
def test_a_parameter_out_of_bounds_is_named(woo: Woo, params: dict[str, Any], name: str) -> None:
    response = woo.http.get(API + "/orders", params=params)
    assert response.status_code == 400
    assert response.json()["code"] == "rest_invalid_param"
    assert list(response.json()["data"]["params"]) == [name]


def test_totals_and_links_lead_from_page_to_page_and_end(woo: Woo) -> None:
    total = woo.world.orders.height
    first = woo.http.get(API + "/orders", params={"per_page": 100, "status": "any"})
    assert first.headers["X-WP-Total"] == str(total)
    assert first.headers["X-WP-TotalPages"] == str(-(-total // 100))
    assert "prev" not in first.links
    second = woo.http.get(first.links["next"]["url"])
    assert {order["id"] for order in second.json()}.isdisjoint(
        order["id"] for order in first.json()
    )
    assert re.search(r"[?&]page=1(&|$)", second.links["prev"]["url"])
    beyond = woo.http.get(API + "/orders", params={"per_page": 100, "page": 10**6})
    assert (beyond.status_code, beyond.json()) == (200, [])
    assert "next" not in beyond.links


def test_an_offset_page_skips_an_order_when_one_before_it_moves_away(own_woo: Woo) -> None:
    asked = {"per_page": 50, "orderby": "modified", "order": "asc", "_fields": "id"}
    before = own_woo.pages("/orders", **asked)
    own_woo.world.set_order(before[0]["id"], updated_at=own_woo.world.clock)
    second = own_woo.get("/orders", page=2, **asked)
    assert second == before[51:101]


def test_an_offset_page_repeats_orders_when_new_ones_come_before_it(own_woo: Woo) -> None:
    world = own_woo.world
    world.products = world.products.with_columns(
        hourly_rate=pl.lit(0.02), on_hand_units=pl.lit(10_000, dtype=pl.Int64)
    )
    asked = {"per_page": 50, "orderby": "modified", "order": "desc", "_fields": "id"}
    first = own_woo.get("/orders", page=1, **asked)
    advance(world, 2)
    second = own_woo.get("/orders", page=2, **asked)
    assert {row["id"] for row in first} & {row["id"] for row in second}


@pytest.mark.parametrize(
    ("status", "where"),
    [
        ("cancelled", pl.col("cancelled_at").is_not_null()),
        ("refunded", pl.col("financial_status") == "REFUNDED"),
    ],
)
def test_orders_are_filtered_by_status(woo: Woo, status: str, where: pl.Expr) -> None:
    found = woo.pages("/orders", status=status, per_page=100)
    own = woo.world.orders.filter(where)["order_id"].to_list()
    assert own
    assert sorted(order["id"] for order in found) == sorted(own)
    assert {order["status"] for order in found} == {status}
    both = woo.pages("/orders", per_page=100, _fields="status",
                     **{"status[]": [status, "completed"]})  # fmt: skip
    assert {order["status"] for order in both} == {status, "completed"}


def test_a_refund_stands_in_its_order_in_the_orders_list_and_in_the_flat_list(woo: Woo) -> None:
    row = woo.world.refunds.row(0, named=True)
    amount, path = row["amount_minor"], f"/orders/{row['order_id']}"
    [inside] = woo.get(path)["refunds"]
    assert (inside["id"], cents(inside["total"])) == (row["refund_id"], -amount)
    [listed] = woo.get(f"{path}/refunds")
    assert woo.get(f"{path}/refunds/{row['refund_id']}") == listed
    assert cents(listed["amount"]) == amount
    assert sum(cents(line["total"]) for line in listed["line_items"]) == -amount
    flat = woo.pages("/refunds", per_page=100)
    assert len(flat) == woo.world.refunds.height
    [own] = [refund for refund in flat if refund["id"] == row["refund_id"]]
    assert own == listed | {"parent_id": row["order_id"]}
    sold = {line["id"] for line in woo.get(path)["line_items"]}
    marks = [meta["value"] for line in listed["line_items"] for meta in line["meta_data"]]
    assert {int(value) for value in marks} <= sold


def test_a_product_is_simple_and_sold_at_its_price(woo: Woo) -> None:
    row = woo.world.products.row(3, named=True)
    product = woo.get(f"/products/{row['product_id']}")
    assert (product["type"], product["sku"]) == ("simple", str(row["product_id"]))
    assert cents(product["price"]) == cents(product["regular_price"]) == row["price_minor"]
    assert (product["sale_price"], product["on_sale"]) == ("", False)
    assert product["stock_quantity"] == row["on_hand_units"]
    assert woo.get("/products", sku=f"{row['product_id']},1") == [product]
    assert woo.get(f"/products/{row['product_id']}/variations") == []


def test_products_that_changed_are_found(own_woo: Woo) -> None:
    key = own_woo.world.products["product_id"][0]
    own_woo.world.set_product(key, updated_at=own_woo.world.clock)
    since = text(own_woo.world.clock - timedelta(seconds=1))
    found = own_woo.get("/products", modified_after=since, dates_are_gmt="true")
    assert [product["id"] for product in found] == [key]


def test_customers_are_listed_by_name_and_no_date_filters_them(woo: Woo) -> None:
    total = woo.world.customers.height
    future = {"modified_after": "2099-01-01T00:00:00", "after": "2099-01-01T00:00:00"}
    found = woo.pages("/customers", per_page=100, **future)
    assert len(found) == total
    names = [customer["first_name"] for customer in found]
    assert names == sorted(names)
    one = found[0]
    assert woo.get("/customers", email=one["email"]) == [one]
    assert woo.get(f"/customers/{one['id']}") == one


def test_reviews_have_html_and_a_date_of_creation_only(woo: Woo) -> None:
    found = woo.pages("/products/reviews", per_page=100)
    assert len(found) == woo.world.reviews.height > 0
    row = woo.world.reviews.filter(pl.col("review_id") == found[0]["id"]).row(0, named=True)
    assert found[0]["rating"] == row["stars"]
    assert found[0]["review"] == f"<p>{row['text']}</p>\n"
    assert found[0]["date_created_gmt"] == text(row["created_at"])
    assert "date_modified" not in found[0]
    after = text(row["created_at"].astimezone(BERLIN) - timedelta(seconds=1))
    newer = woo.get("/products/reviews", after=after, per_page=100)
    assert {review["id"] for review in newer} == {
        key for key, at in woo.world.reviews.select("review_id", "created_at").rows()
        if at >= row["created_at"]
    }  # fmt: skip


def test_coupons_are_in_lower_case_and_found_by_code(woo: Woo) -> None:
    codes = woo.world.discounts["code"].to_list()
    assert any(code != code.lower() for code in codes)
    found = woo.pages("/coupons", per_page=100)
    assert sorted(coupon["code"] for coupon in found) == sorted(code.lower() for code in codes)
    assert woo.get("/coupons", code=codes[0].upper()) == [
        coupon for coupon in found if coupon["code"] == codes[0].lower()
    ]


def test_the_doctor_finds_currency_decimals_and_zone(woo: Woo) -> None:
    status = woo.get("/system_status")
    assert status["settings"]["currency"] == "EUR"
    assert status["settings"]["number_of_decimals"] == 2
    assert status["environment"]["default_timezone"] == "UTC"
    site = woo.http.get("/wp-json/").json()
    assert (site["timezone_string"], site["gmt_offset"]) == ("Europe/Berlin", 1.0)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/orders/1", "woocommerce_rest_shop_order_invalid_id"),
        ("/orders/1/refunds", "woocommerce_rest_invalid_order_id"),
        ("/products/1", "woocommerce_rest_product_invalid_id"),
        ("/coupons/1", "woocommerce_rest_shop_coupon_invalid_id"),
        ("/customers/1", "wc_user_invalid_id"),
        ("/products/reviews/1", "woocommerce_rest_review_invalid_id"),
        ("/baskets", "rest_no_route"),
        ("/orders/abc", "rest_no_route"),
    ],
)
def test_what_does_not_exist_is_404_with_its_code(woo: Woo, path: str, code: str) -> None:
    assert woo.error("GET", path) == (404, code)


def test_fields_pick_parts_of_a_document(woo: Woo) -> None:
    [order] = woo.get("/orders", per_page=1, _fields="id,billing.country,line_items.sku")
    assert list(order) == ["id", "billing", "line_items"]
    assert order["billing"] == {"country": "DE"}
    assert all(list(line) == ["sku"] for line in order["line_items"])


def test_include_and_its_order(woo: Woo) -> None:
    keys = woo.world.orders["order_id"].to_list()[:3]
    asked = ",".join(str(key) for key in reversed(keys))
    found = woo.get("/orders", include=asked, orderby="include", _fields="id")
    assert [order["id"] for order in found] == keys[::-1]
    rest = woo.http.get(API + "/orders", params={"exclude": asked})
    assert rest.headers["X-WP-Total"] == str(woo.world.orders.height - 3)


def test_every_answer_carries_the_worlds_clock(woo: Woo) -> None:
    date = woo.http.get(API).headers["date"]
    assert datetime.strptime(date, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC) == (
        woo.world.clock
    )


def test_planted_faults_are_used_up(own_woo: Woo) -> None:
    own_woo.faults.statuses[:] = [503]
    busy = own_woo.http.get(API + "/orders")
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "1")
    own_woo.faults.html_pages = 1
    page = own_woo.http.get(API + "/orders")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    first = own_woo.get("/orders", per_page=10, page=1, _fields="id")
    own_woo.faults.duplicate_pages = 1
    assert own_woo.get("/orders", per_page=10, page=2, _fields="id") == first
    assert own_woo.get("/orders", per_page=10, page=2, _fields="id") != first


def test_a_shop_without_decimals_writes_whole_euros() -> None:
    with opened(world_of_woo(), decimals=0) as woo:
        order = woo.get("/orders", per_page=1)[0]
        assert re.fullmatch(r"\d+", order["total"])
        assert woo.get("/system_status")["settings"]["number_of_decimals"] == 0
