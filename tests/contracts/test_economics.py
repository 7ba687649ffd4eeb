"""The floor protects the margin: rows of the reference, and the law behind them."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.economics import Economics, floor_minor, grid_down, margin_minor


def floor(cost: int | None, economics: Economics) -> int | None:
    frame = pl.DataFrame({"cost": [cost]}, schema={"cost": pl.Int64})
    value: int | None = frame.select(floor_minor(pl.col("cost"), economics)).item()
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
        assert economics.received_rate <= margin
        return
    paid = pl.Series("paid", [price * (1 - worst), (price - step) * (1 - worst)])
    earned = margin_minor(pl.col("paid"), pl.lit(cost), economics) - margin * pl.col("paid")
    at_floor, below = paid.to_frame().select(earned).to_series()
    assert at_floor >= -1e-3
    assert below < 1e-3
    assert pl.select(grid_down(pl.lit(float(price)), economics)).item() == price
