"""Documents that real shops sent and that once ended a reading: each costs at most itself."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from checks.rows import Split, split
from connectors.base.isolation import map_documents
from connectors.woocommerce import CONNECTOR
from contracts.streams import Context, Page
from tests.connectors.woocommerce.recorded import CONTEXT, line, order, page, product

CASES = Path(__file__).parents[4] / "shared/cases"


def loaded(stream: str, *pages: Page, context: Context = CONTEXT) -> Split:
    """What of a reading would be stored, and what is held."""
    found = CONNECTOR.stream(stream)
    assert found is not None
    return split(map_documents(found, lambda: pages, context), context)


def case(name: str) -> Split:
    path = CASES / f"{name}.json"
    if not path.exists():
        pytest.skip("the cases lie outside the repository")
    lines = path.read_text(encoding="utf-8").splitlines()
    told: dict[str, Any] = json.loads("\n".join(one for one in lines if not one.startswith("//")))
    read_at = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    context = Context("shop", told["currency"], told["zone"], read_at)
    pages = [Page(json.dumps(one["body"]).encode(), one["part"]) for one in told["pages"]]
    return loaded(told["stream"], *pages, context=context)


def rows(found: Split, table: str, *columns: str) -> list[tuple[Any, ...]]:
    assert found.bad.is_empty(), found.bad
    return sorted(found.good[table].select(columns).rows())


def test_case_01_a_plug_in_makes_categories_null() -> None:
    assert rows(case("01-woo-categories-null"), "listings", "listing_id", "category") == [
        ("7", "Light"),
        ("8", None),
    ]


def test_case_02_a_draft_has_no_date_of_its_own() -> None:
    found = rows(case("02-woo-draft-date-null"), "listings", "listing_id", "created_at")
    assert found == [
        ("7", dt.datetime(2026, 2, 1, 10, tzinfo=dt.UTC)),
        ("8", dt.datetime(2026, 10, 1, 10, tzinfo=dt.UTC)),
    ]


def test_case_04_a_net_price_has_four_decimals() -> None:
    found = case("04-woo-net-price-4-decimals")
    assert rows(found, "prices", "listing_id", "price_minor", "price_text") == [
        ("7", 5417, "54.1667"),
        ("8", 1250, None),
    ]


def test_case_06_goods_sold_by_weight_count_as_pieces_and_their_money_exactly() -> None:
    found = case("06-woo-decimal-quantity")
    assert rows(found, "orders", "order_id", "goods_minor") == [("11", 1875)]
    assert rows(found, "order_lines", "quantity_units", "unit_price_minor", "total_minor") == [
        (2, 1250, 1875)
    ]


EMPTIED = [
    ("products", product(8), field)
    for field in (
        "sku", "price", "regular_price", "on_sale", "date_created_gmt", "manage_stock",
        "stock_quantity", "categories", "brands",
    )
] + [
    ("orders", order(8, fee_lines=[]), field)
    for field in ("date_paid_gmt", "date_completed_gmt", "customer_id", "coupon_lines", "fee_lines")
]  # fmt: skip


@pytest.mark.parametrize(
    ("stream", "document", "field"), EMPTIED, ids=lambda given: given if str(given) == given else ""
)
def test_what_a_document_may_do_without_is_null_and_the_document_loads(
    stream: str, document: dict[str, Any], field: str
) -> None:
    found = loaded(stream, page(stream, product(7) if stream == "products" else order(7)))
    both = loaded(stream, page(stream, document | {field: None}))
    assert found.bad.is_empty()
    assert both.bad.is_empty(), both.bad["reasons"].to_list()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("line_items", None),
        ("refunds", None),
        ("line_items", {}),
        ("date_created_gmt", None),
        ("status", None),
        ("total", None),
        ("total", []),
        ("line_items", [line(80) | {"quantity": None}]),
        ("line_items", [line(80) | {"total": None}]),
        ("line_items", [line(80) | {"total": {}}]),
    ],
)
def test_an_order_that_does_not_say_what_it_holds_is_held_alone_and_whole(
    field: str, value: Any
) -> None:
    found = loaded("orders", page("orders", order(7), order(8) | {field: value}, order(9)))
    assert found.good["orders"]["order_id"].to_list() == ["7", "9"]
    assert set(found.good["order_lines"]["order_id"]) == {"7", "9"}
    assert found.bad.select("table", "document_id").rows() == [("orders", "8")]


@pytest.mark.parametrize(
    ("written", "price"), [(12.5, 1250), (54.1667, 5417), (12, 1200), ("12.50", 1250)]
)
def test_an_amount_is_read_as_text_or_as_a_number(written: Any, price: int) -> None:
    found = loaded("products", page("products", product(7, price=written, on_sale=False, sku=700)))
    assert rows(found, "prices", "price_minor") == [(price,)]
    assert rows(found, "listings", "sku_id") == [("700",)]
