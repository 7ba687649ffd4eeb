"""What a WooCommerce shop does as a real 11.0.1 did: trash, sales by the clock, variations."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from sandbox.woocommerce import Family, routes
from sandbox.woocommerce.webhooks import Webhook
from tests.sandbox.woocommerce_shop import API, CREDENTIALS, KEY, Woo, opened, week_of_woo

PARENT = 900_001


@pytest.fixture
def woo() -> Iterator[Woo]:
    with opened(week_of_woo()) as own:
        yield own


@pytest.fixture
def old_woo() -> Iterator[Woo]:
    """A shop long enough open for refunds and reviews."""
    with opened() as own:
        yield own


@pytest.fixture(scope="module")
def shared() -> Iterator[Woo]:
    with opened(week_of_woo()) as own:
        yield own


@pytest.fixture
def family() -> Iterator[tuple[Woo, list[int]]]:
    """A shop in which two products are variations; the second has no code of its own."""
    world = week_of_woo()
    keys = world.products["product_id"].to_list()[:2]
    own = Family(PARENT, "PARENT", {keys[0]: "OWN-1", keys[1]: ""})
    with opened(world, families=(own,)) as woo:
        yield woo, keys


def text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S")


def key_of(woo: Woo) -> int:
    return int(woo.world.products["product_id"][0])


def test_an_end_of_a_coupon_is_the_sites_time_unless_it_says_otherwise_and_its_twin_is_only_read(
    woo: Woo,
) -> None:
    made = woo.send("POST", "/coupons", code="a", date_expires_gmt="2026-12-01T00:00:00")
    assert made["date_expires"] is None
    path = f"/coupons/{made['id']}"
    local = woo.send("PUT", path, date_expires="2026-12-01T00:00:00")
    assert local["date_expires_gmt"] == "2026-11-30T23:00:00"
    exact = woo.send("PUT", path, date_expires="2026-12-01T00:00:00Z")
    assert exact["date_expires_gmt"] == "2026-12-01T00:00:00"
    assert woo.send("PUT", path, date_expires_gmt="2020-01-01T00:00:00")["date_expires_gmt"] == (
        "2026-12-01T00:00:00"
    )


def test_the_index_of_the_site_is_open_and_refuses_a_key_that_opens_the_shop() -> None:
    app = Starlette(routes=routes(week_of_woo(), CREDENTIALS))

    async def statuses() -> list[int]:
        transport, found = httpx.ASGITransport(app), list[int]()
        async with httpx.AsyncClient(transport=transport, base_url="https://shop.example") as http:
            for path, auth in (
                ("/wp-json/", None), ("/wp-json/", (KEY.key, KEY.secret)),
                (f"{API}/orders", (KEY.key, KEY.secret)), (API, (KEY.key, KEY.secret)),
            ):  # fmt: skip
                found.append((await http.get(path, auth=auth)).status_code)
        return found

    assert asyncio.run(statuses()) == [200, 401, 200, 200]


def test_a_sale_is_on_by_the_clock_and_its_price_in_force_once_the_job_has_run(woo: Woo) -> None:
    key, world = key_of(woo), woo.world
    begins, ends = world.clock + timedelta(hours=1), world.clock + timedelta(hours=3)
    days = {"date_on_sale_from_gmt": text(begins), "date_on_sale_to_gmt": text(ends)}
    path = f"/products/{key}"
    made = woo.send("PUT", path, regular_price="10.00", sale_price="8.00", **days)
    assert (made["price"], made["on_sale"]) == ("10.00", False)
    woo.faults.late_jobs = True
    world.clock += timedelta(hours=2)
    disagreeing = woo.get(path)
    assert (disagreeing["price"], disagreeing["on_sale"]) == ("10.00", True)
    woo.faults.late_jobs = False
    agreeing = woo.get(path)
    assert (agreeing["price"], agreeing["on_sale"]) == ("8.00", True)
    assert agreeing["date_modified_gmt"] == text(world.clock) > made["date_modified_gmt"]
    world.clock += timedelta(hours=2)
    over = woo.get(path)
    assert (over["price"], over["sale_price"], over["date_on_sale_to_gmt"]) == ("10.00", "", None)
    assert [write["kind"] for write in world.writes] == ["set_price"]


def test_a_price_keeps_more_digits_than_the_currency_has(woo: Woo) -> None:
    path = f"/products/{key_of(woo)}"
    made = woo.send("PUT", path, regular_price="54.1667")
    assert (made["price"], made["regular_price"]) == ("54.1667", "54.1667")
    product = woo.world.product(key_of(woo))
    assert product is not None
    assert product["price_minor"] == 5417


def test_stock_below_zero_is_owed_where_backorders_are_taken(woo: Woo) -> None:
    made = woo.send(
        "PUT", f"/products/{key_of(woo)}", manage_stock=True, stock_quantity=-3, backorders="yes"
    )
    assert (made["stock_quantity"], made["stock_status"]) == (-3, "onbackorder")
    assert (made["backorders_allowed"], made["backordered"]) == (True, True)


def test_an_order_in_the_trash_is_listed_there_alone_and_dated_anew(woo: Woo) -> None:
    key = woo.world.orders.sort("updated_at")["order_id"][0]
    gone = woo.http.delete(f"{API}/orders/{key}").json()
    assert (gone["status"], gone["date_modified_gmt"]) == ("trash", text(woo.world.clock))
    any_of_them = {one["id"] for one in woo.pages("/orders", per_page=100, _fields="id")}
    assert key not in any_of_them
    assert [one["id"] for one in woo.get("/orders", status="trash")] == [key]
    assert woo.error("DELETE", f"/orders/{key}")[0] == 410
    assert woo.http.delete(f"{API}/orders/{key}?force=true").status_code == 200
    assert woo.error("GET", f"/orders/{key}")[0] == 404


def test_a_status_and_lines_are_written_by_hand(woo: Woo) -> None:
    order = woo.get("/orders", per_page=1)[0]
    line, path = order["line_items"][0], f"/orders/{order['id']}"
    raised = f"{float(line['subtotal']) + 5:.2f}"
    edit = {"id": line["id"], "total": raised, "quantity": 1.5}
    done = woo.send("PUT", path, line_items=[edit], fee_lines=[{"name": "Tip", "total": "2.00"}])
    assert (done["line_items"][0]["total"], done["line_items"][0]["quantity"]) == (raised, 1.5)
    assert [fee["total"] for fee in done["fee_lines"]] == ["2.00"]
    parts = [*done["line_items"], *done["fee_lines"]]
    assert sum(round(100 * float(one["total"])) for one in parts) == round(
        100 * float(done["total"])
    )
    assert woo.send("PUT", path, status="checkout-draft")["status"] == "checkout-draft"
    assert woo.error("PUT", path, json={"status": "shipped"}) == (400, "rest_invalid_param")


def test_a_deleted_refund_leaves_its_order_its_status_and_date(old_woo: Woo) -> None:
    woo = old_woo
    row = woo.world.refunds.row(0, named=True)
    path = f"/orders/{row['order_id']}"
    before = woo.get(path)
    refund = f"{API}{path}/refunds/{row['refund_id']}"
    assert woo.http.delete(refund).status_code == 501
    assert woo.http.delete(refund, params={"force": "true"}).status_code == 200
    after = woo.get(path)
    assert [one["id"] for one in before["refunds"]] == [row["refund_id"]]
    assert after["refunds"] == []
    assert (after["status"], after["date_modified_gmt"]) == (
        before["status"], before["date_modified_gmt"],
    )  # fmt: skip


def test_a_draft_has_no_date_of_its_own_and_a_product_in_the_trash_is_not_listed(woo: Woo) -> None:
    key = key_of(woo)
    draft = woo.send("PUT", f"/products/{key}", status="draft")
    assert (draft["status"], draft["date_created_gmt"]) == ("draft", None)
    assert [one["id"] for one in woo.get("/products", status="draft")] == [key]
    woo.http.delete(f"{API}/products/{key}")
    assert woo.get("/products", include=str(key)) == []
    assert [one["id"] for one in woo.get("/products", status="trash")] == [key]
    woo.http.delete(f"{API}/products/{key}", params={"force": "true"})
    assert woo.error("GET", f"/products/{key}")[0] == 404


def test_people_and_reviews_are_deleted_for_good(old_woo: Woo) -> None:
    woo = old_woo
    member, review = woo.get("/customers", per_page=1)[0], woo.get("/products/reviews")[0]
    assert woo.http.delete(f"{API}/customers/{member['id']}").status_code == 501
    for path in (f"/customers/{member['id']}", f"/products/reviews/{review['id']}"):
        assert woo.http.delete(API + path, params={"force": "true"}).status_code == 200
        assert woo.error("GET", path)[0] == 404


def test_a_variation_shows_its_products_code_and_a_list_of_codes_finds_its_own(
    family: tuple[Woo, list[int]],
) -> None:
    woo, keys = family
    listed = {one["id"]: one for one in woo.pages("/products", per_page=100)}
    assert listed[PARENT]["type"] == "variable"
    assert set(keys).isdisjoint(listed)
    shown = {one["id"]: one["sku"] for one in woo.get(f"/products/{PARENT}/variations")}
    assert shown == {keys[0]: "OWN-1", keys[1]: "PARENT"}
    found = woo.get("/products", sku="OWN-1,PARENT")
    assert {(one["id"], one["type"]) for one in found} == {
        (PARENT, "variable"), (keys[0], "variation"),
    }  # fmt: skip


def test_variations_are_written_under_their_product_only(family: tuple[Woo, list[int]]) -> None:
    woo, keys = family
    rows = [{"id": key, "regular_price": "7.00"} for key in keys]
    done = woo.send("POST", f"/products/{PARENT}/variations/batch", update=rows)["update"]
    assert [one["price"] for one in done] == ["7.00", "7.00"]
    refused = woo.send("POST", "/products/batch", update=rows)["update"]
    assert {one["error"]["code"] for one in refused} == {"woocommerce_rest_invalid_product_id"}
    order = next(
        one
        for one in woo.pages("/orders", per_page=100)
        if any(line["variation_id"] for line in one["line_items"])
    )
    line = next(one for one in order["line_items"] if one["variation_id"])
    assert line["product_id"] == PARENT
    assert line["sku"] == ("OWN-1" if line["variation_id"] == keys[0] else "PARENT")


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/orders", {"search": "Ada"}),
        ("/orders", {"product": 1}),
        ("/orders", {"status[]": ["any", "trash"]}),
        ("/orders", {"context": "edit"}),
        ("/products", {"category": 15}),
        ("/products", {"stock_status": "onbackorder"}),
        ("/coupons", {"search": "x"}),
        ("/products/categories", {}),
        ("/reports/sales", {}),
        ("/webhooks", {}),
    ],
)
def test_what_is_not_emulated_is_said_aloud(shared: Woo, path: str, params: dict[str, Any]) -> None:
    assert shared.error("GET", path, params=params) == (501, "sandbox_not_emulated")


@pytest.mark.parametrize(
    ("path", "params"),
    [("/products", {"status": "sold"}), ("/products", {"type": "gift"})],
)
def test_a_value_that_a_list_does_not_know_is_refused(
    shared: Woo, path: str, params: dict[str, Any]
) -> None:
    assert shared.error("GET", path, params=params) == (400, "rest_invalid_param")


def test_faults_of_a_site_are_planted(woo: Woo) -> None:
    woo.faults.bodies[:] = ["warning", "byte_order_mark", "html"]
    for _ in range(3):
        spoilt = woo.http.get(f"{API}/coupons")
        assert (spoilt.status_code, spoilt.headers["content-type"]) == (200, "application/json")
        assert spoilt.content[:1] not in (b"[", b"{")
    woo.faults.missing_totals = 1
    assert "x-wp-total" not in woo.http.get(f"{API}/coupons").headers
    assert "x-wp-total" in woo.http.get(f"{API}/coupons").headers
    woo.faults.plain_permalinks = True
    assert woo.http.get(f"{API}/coupons", follow_redirects=False).status_code == 301


def test_a_new_webhook_tries_its_address_unsigned() -> None:
    headers, body = Webhook(12, "order.updated", "whsec", "https://shop.example/").ping()
    assert body == b"webhook_id=12"
    assert headers == {"content-type": "application/x-www-form-urlencoded"}
