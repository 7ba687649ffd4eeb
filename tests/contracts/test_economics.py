"""The floor protects the margin: rows of the reference, and the law behind them."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.economics import (
    ANY_PIECE,
    Economics,
    Piece,
    SaleCosts,
    best_price,
    floor_minor,
    grid_down,
    margin_minor,
    net_receipt,
)


def floor(cost: int | None, economics: Economics, piece: Piece = ANY_PIECE) -> int | None:
    frame = pl.DataFrame({"cost": [cost]}, schema={"cost": pl.Int64})
    value: int | None = frame.select(floor_minor(pl.col("cost"), economics, piece)).item()
    return value


def test_p1_floor_without_vat_rounds_up_to_the_cent() -> None:
    # 10 USD at 7.2, shipping 8, fixed 2: 82 / 0.85 = 96.470588.
    economics = Economics(
        fee_rate=0.05, min_margin_rate=0.10, shipping_minor=800, fixed_fee_minor=200
    )
    assert floor(7200, economics) == 9648


def test_p2_floor_takes_vat_out_of_the_price() -> None:
    economics = Economics(
        fee_rate=0.05, min_margin_rate=0.15, vat_rate=0.13, shipping_minor=600, fixed_fee_minor=60
    )
    assert floor(6000, economics) == 9724  # 97.232558
    fine = floor(
        6_000_000,
        economics.model_copy(update={"shipping_minor": 600_000, "fixed_fee_minor": 60_000}),
    )
    assert fine == 9_723_256


def test_floor_stands_on_the_price_after_the_worst_discount() -> None:
    plain = Economics(fee_rate=0.1, min_margin_rate=0.1)
    funded = Economics(fee_rate=0.1, min_margin_rate=0.1, worst_discount_rate=0.2)
    assert (floor(800, plain), floor(800, funded)) == (1000, 1250)


def test_the_observed_discount_stands_where_the_shop_states_none() -> None:
    observed = Piece(discount=pl.lit(0.2))
    plain = Economics(fee_rate=0.1, min_margin_rate=0.1)
    stated = plain.model_copy(update={"worst_discount_rate": 0.5})
    assert (floor(800, plain), floor(800, plain, observed)) == (1000, 1250)
    assert floor(800, stated, observed) == 2000
    assert floor(800, plain, Piece(discount=pl.lit(None, dtype=pl.Float64))) == 1000


def test_net_receipt_is_what_a_sale_leaves_after_discounts_fees_tax_shipping_and_returns() -> None:
    economics = Economics(
        fee_rate=0.05,
        vat_rate=0.25,
        min_margin_rate=0,
        shipping_minor=600,
        fixed_fee_minor=40,
        return_rate=0.1,
        return_cost_minor=900,
    )
    # A tenth off leaves 90.00; 0.05 of it and the fifth that is VAT go, then 6.00, 0.40, 0.90.
    piece = Piece(discount=pl.lit(0.1))
    left = pl.select(net_receipt(pl.lit(10_000), economics, piece)).item()
    assert left == pytest.approx(9_000 * 0.75 - 600 - 40 - 90)
    assert floor(round(left), economics, piece) == 10_000


def test_fees_shipping_and_returns_are_the_skus_else_the_categorys_else_the_shops() -> None:
    economics = Economics(
        fee_rate=0.1,
        min_margin_rate=0.1,
        shipping_minor=100,
        by_category={"books": SaleCosts(fee_rate=0.3, return_rate=0.5, return_cost_minor=200)},
        by_sku={"A": SaleCosts(shipping_minor=0)},
    )
    found = {
        (sku, category): floor(600, economics, Piece(sku=pl.lit(sku), category=pl.lit(category)))
        for sku in ("A", "B")
        for category in ("books", None)
    }
    assert found == {
        ("B", None): 875,  # (600 + 100) / .8
        ("A", None): 750,
        ("B", "books"): 1334,  # (600 + 100 + half of 200) / .6
        ("A", "books"): 1167,
    }


@pytest.mark.parametrize(
    ("elasticity", "price"),
    [
        (-1.2, 442.1053),
        (-1.5, 221.0526),
        (-2.0, 147.3684),
        (-2.5, 122.8070),
        (-3.0, 110.5263),
        (-5.0, 92.1053),
    ],
)
def test_p4_the_price_of_the_largest_profit(elasticity: float, price: float) -> None:
    economics = Economics(fee_rate=0.05, min_margin_rate=0)
    found = pl.select(best_price(pl.lit(7_000), pl.lit(elasticity), economics)).item()
    assert found / 100 == pytest.approx(price, abs=1e-4)
    nowhere = best_price(pl.lit(7_000), pl.lit(-1.0), economics)
    assert pl.select(nowhere).item() is None


def test_floor_ends_as_the_shop_prices_end() -> None:
    economics = Economics(
        fee_rate=0.1, min_margin_rate=0.1, price_step_minor=100, price_ending_minor=99
    )
    assert [floor(cost, economics) for cost in (799, 800, 880)] == [999, 1099, 1199]


def test_whole_quotients_are_not_pushed_up_a_step() -> None:
    assert floor(85, Economics(fee_rate=0.05, min_margin_rate=0.10)) == 100


def test_no_floor_without_cost_or_when_fees_exceed_the_price() -> None:
    assert floor(None, Economics(fee_rate=0.05, min_margin_rate=0.10)) is None
    assert floor(100, Economics(fee_rate=0.6, min_margin_rate=0.4)) is None


def test_ending_must_fit_the_step() -> None:
    with pytest.raises(ValueError, match="less than price_step_minor"):
        Economics(fee_rate=0, min_margin_rate=0, price_step_minor=10, price_ending_minor=10)


@given(
    cost=st.integers(1, 10**9),
    fee=st.floats(0, 0.4),
    vat=st.floats(0, 0.3),
    margin=st.floats(0, 0.3),
    worst=st.floats(0, 0.5),
    step=st.integers(1, 100),
)
def test_at_the_floor_the_margin_is_earned_and_one_step_lower_it_is_not(
    cost: int, fee: float, vat: float, margin: float, worst: float, step: int
) -> None:
    economics = Economics(
        fee_rate=fee,
        vat_rate=vat,
        min_margin_rate=margin,
        worst_discount_rate=worst,
        price_step_minor=step,
    )
    price = floor(cost, economics)
    if price is None:
        assert 1 - fee - vat / (1 + vat) - margin <= 1e-6
        return
    asked = pl.Series("asked", [price, price - step], dtype=pl.Float64)
    paid = pl.col("asked") * (1 - worst)
    earned = margin_minor(pl.col("asked"), pl.lit(cost), economics) - margin * paid
    at_floor, below = asked.to_frame().select(earned).to_series()
    assert at_floor >= -1e-3
    assert below < 1e-3
    assert pl.select(grid_down(pl.lit(float(price)), economics)).item() == price
