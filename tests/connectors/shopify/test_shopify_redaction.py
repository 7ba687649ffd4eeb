"""A customer taken out of raw pages, wherever they stand."""

import json

from connectors.shopify.redaction import redact
from contracts.streams import Page

JO, BO = "gid://shopify/Customer/7", "gid://shopify/Customer/71"
JO_ORDER = {
    "id": "gid://shopify/Order/1",
    "customer": {"id": JO, "defaultAddress": {"phone": "+49 30 1234567"}},
    "shippingAddress": {"name": "Jo Doe"},
    "note": "for Jo Doe",
    "lineItems": {"nodes": [{"id": "gid://shopify/LineItem/1"}]},
}
BO_ORDER = {
    "id": "gid://shopify/Order/2",
    "customer": {"id": BO},
    "note": "ring Bo",
    "tags": [None],
}


def page(value: object) -> Page:
    return Page(json.dumps(value).encode(), "page")


def is_jo(platform_id: str) -> bool:
    return platform_id == "7"


def test_an_order_loses_its_customer_and_what_says_who_they_are_and_keeps_the_rest() -> None:
    found = redact(page({"orders": {"nodes": [JO_ORDER, BO_ORDER]}}), is_jo)
    jo, bo = json.loads(found.page.body)["orders"]["nodes"]
    assert bo == BO_ORDER
    assert jo == {
        "id": JO_ORDER["id"],
        "customer": None,
        "shippingAddress": None,
        "note": None,
        "lineItems": JO_ORDER["lineItems"],
    }
    assert "Jo Doe" in json.dumps(found.removed)
    assert "+49 30 1234567" in json.dumps(found.removed)


def test_a_customers_own_record_is_gone_from_its_list_at_any_depth() -> None:
    body = {"customers": {"nodes": [{"id": JO, "email": "jo@example.com"}, {"id": BO}]}}
    nested = {"data": [{"deep": {"edges": [{"node": {"id": JO}}]}}, body]}
    found = redact(page(nested), is_jo)
    assert json.loads(found.page.body) == {
        "data": [{"deep": {"edges": [{"node": None}]}}, {"customers": {"nodes": [{"id": BO}]}}]
    }


def test_a_bulk_file_loses_the_customers_lines_and_those_that_belong_to_them() -> None:
    lines = [{"id": JO}, {"__parentId": JO, "city": "Bonn"}, {"id": BO}, JO_ORDER]
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    found = redact(Page(body, "bulk"), is_jo)
    kept = [json.loads(line) for line in found.page.body.splitlines()]
    assert [line.get("id") for line in kept] == [BO, JO_ORDER["id"]]
    assert kept[1]["customer"] is None


def test_a_page_that_names_only_others_stays_byte_for_byte() -> None:
    other = Page(json.dumps(BO_ORDER, indent=3).encode(), "page")
    assert redact(other, is_jo).page is other


def test_an_id_whose_slashes_are_escaped_is_found() -> None:
    escaped = json.dumps({"nodes": [{"id": JO}]}).replace("/", "\\/").encode()
    assert json.loads(redact(Page(escaped, "page"), is_jo).page.body) == {"nodes": []}
