"""Shares of an amount add up to it, whatever the weights are."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.shares import shared_out

AMOUNT, WEIGHT = pl.col("amount"), pl.col("weight")


def shares(amount: int | None, weights: list[int | None]) -> list[int | None]:
    """The shares of one group, beside another one that must not matter."""
    own = pl.DataFrame({"group": 1, "amount": [amount] * len(weights), "weight": weights})
    other = pl.DataFrame({"group": 2, "amount": [7, 7], "weight": [3, 4]})
    both = pl.concat([own, other], how="vertical_relaxed")
    found = both.with_columns(share=shared_out(AMOUNT, WEIGHT, "group"))
    assert found.filter(group=2)["share"].to_list() == [3, 4]
    return found.filter(group=1)["share"].to_list()


def test_a_remainder_goes_where_most_is_left_over() -> None:
    assert shares(1_001, [6_000, 1_000, 0]) == [858, 143, 0]
    assert shares(100, [1, 1, 1]) == [34, 33, 33]


def test_without_weights_rows_share_alike() -> None:
    assert shares(5, [0, 0]) == [3, 2]


def test_what_cannot_be_read_gives_no_share() -> None:
    assert shares(None, [1, 2]) == [None, None]
    assert shares(5, [1, None]) == [None, None]


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=9))
def test_shares_add_up_and_are_near_their_part(amount: int, weights: list[int]) -> None:
    found = shares(amount, list(weights))
    told = [one for one in found if one is not None]
    assert sum(told) == amount
    total = sum(weights)
    for share, weight in zip(told, weights, strict=True):
        exact = amount * weight / total if total else amount / len(weights)
        assert abs(share - exact) < 1 + amount * 1e-12
