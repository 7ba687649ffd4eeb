"""Prices of the catalogue: more digits than are charged, none, and nothing at all."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.rows import split
from tests.connectors.woocommerce.recorded import CONTEXT, page, product
from tests.connectors.woocommerce.test_woocommerce_mapping import only, products


@given(units=st.integers(0, 10**9), more=st.integers(0, 9999))
def test_a_price_of_more_digits_is_the_nearest_that_is_charged_and_keeps_its_text(
    units: int, more: int
) -> None:
    text = f"{units // 100}.{units % 100:02d}{more:04d}"
    row = only(products(page("products", product(21, price=text, on_sale=False))), "prices")
    exact = Decimal(text).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert row["price_minor"] == int(exact * 100)
    assert row["price_text"] == (text if more else None)


@pytest.mark.parametrize("text", ["cheap", "1,000.00", "-1.00", "1e3", "12.50 "])
def test_a_price_that_is_none_is_held(text: str) -> None:
    rejects = products(page("products", product(21, price=text))).rejects
    assert rejects.select("table", "column", "reason").rows() == [
        ("prices", "price_minor", "unreadable_money")
    ]


def test_a_free_product_is_sold_for_nothing_and_is_no_glitch() -> None:
    free = page("products", product(21, price="0.00", regular_price="0.00", on_sale=False))
    parted = split(products(free), CONTEXT)
    assert parted.bad.is_empty()
    assert parted.good["prices"]["price_minor"].to_list() == [0]
    glitch = page("products", product(21, price="0.01", on_sale=False))
    assert split(products(glitch), CONTEXT).bad.height == 1
