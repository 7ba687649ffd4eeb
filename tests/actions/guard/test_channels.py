"""One SKU in several shops: how far prices may lie apart, and in which order they stay."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.guard import channel_bounds
from actions.guard.facts import CHANNEL_PRICE_SCHEMA
from contracts.fx import FX_SCHEMA

TODAY = dt.date(2026, 11, 20)


def prices(*rows: tuple[str, str, int], sku: str = "SKU-1") -> pl.DataFrame:
    listed = [(shop, sku, currency, price) for shop, currency, price in rows]
    return pl.DataFrame(listed, schema=dict(CHANNEL_PRICE_SCHEMA), orient="row")


def rates(**of: float) -> pl.DataFrame:
    rows = [(currency, rate, TODAY) for currency, rate in of.items()]
    return pl.DataFrame(rows, schema=dict(FX_SCHEMA), orient="row")


@pytest.mark.parametrize(
    ("other", "guard"),
    [(970, None), (1385, None), (1386, "channel_gap"), (700, None)],
)
def test_a_price_stays_within_the_gap_of_the_other_shops(
    case: Any, other: int, guard: str | None
) -> None:
    # 9.70 is 30 % below 13.857; a cut from 10.00 comes nearer to whatever is cheaper.
    assert case.knowing(channel_prices=prices(("south", "USD", other))).guards() == [guard]


@pytest.mark.parametrize(("other", "guard"), [(793, None), (792, "channel_gap")])
def test_a_raise_stays_within_the_gap_as_well(case: Any, other: int, guard: str | None) -> None:
    raised = case.proposing(after_value=1030)
    assert raised.knowing(channel_prices=prices(("south", "USD", other))).guards() == [guard]


def test_a_gap_that_is_there_already_may_be_narrowed_and_not_widened(case: Any) -> None:
    far = {"channel_prices": prices(("south", "USD", 500))}
    assert case.knowing(**far).guards() == [None]
    assert case.proposing(after_value=1030).knowing(**far).guards() == ["channel_gap"]


def test_the_worst_of_several_shops_decides_and_is_named(case: Any) -> None:
    known = {"channel_prices": prices(("south", "USD", 980), ("east", "USD", 2000))}
    one = case.knowing(**known)
    assert one.guards() == ["channel_gap"]
    assert "9.70 USD" in one.reason()
    assert "20.00 USD in shop east" in one.reason()


def test_another_sku_has_another_price(case: Any) -> None:
    known = {"channel_prices": prices(("south", "USD", 5000), sku="SKU-2")}
    assert case.knowing(**known).guards() == [None]


def test_prices_in_another_currency_are_compared_by_the_dated_rate(case: Any) -> None:
    south = {"channel_prices": prices(("south", "CNY", 7000)), "fx": rates(USD=7.0, CNY=1.0)}
    assert case.knowing(**south).guards() == [None]
    dear = {**south, "channel_prices": prices(("south", "CNY", 9800))}
    assert case.knowing(**dear).guards() == ["channel_gap"]
    yen = {"channel_prices": prices(("south", "JPY", 1500)), "fx": rates(USD=7.0, JPY=0.047)}
    assert case.knowing(**yen).guards() == [None]


@pytest.mark.parametrize(
    ("known", "guard"),
    [
        ({}, "fx_missing"),
        ({"fx": rates(USD=7.0)}, "fx_missing"),
        ({"fx": rates(CNY=1.0)}, "fx_missing"),
        ({"fx": rates(USD=7.0, CNY=1.0).with_columns(rate_date=TODAY - dt.timedelta(3))}, None),
        (
            {"fx": rates(USD=7.0, CNY=1.0).with_columns(rate_date=TODAY - dt.timedelta(4))},
            "fx_stale",
        ),
    ],
)
def test_without_a_rate_of_these_days_nothing_is_compared_and_nothing_sent(
    case: Any, known: dict[str, Any], guard: str | None
) -> None:
    south = {"channel_prices": prices(("south", "CNY", 7000))}
    assert case.knowing(**south, **known).guards() == [guard]


def test_the_gap_may_be_left_open(case: Any) -> None:
    far = {"channel_prices": prices(("south", "CNY", 99_999))}
    assert case.limited(max_channel_gap_rate=0).knowing(**far).guards() == [None]


@pytest.mark.parametrize(
    ("order", "other", "guard"),
    [
        (["north", "south"], 960, None),
        (["north", "south"], 970, None),
        (["north", "south"], 980, "channel_order"),
        (["south", "north"], 960, None),
        (["south", "north"], 980, None),
        ([], 980, None),
        (["south", "east"], 980, None),
    ],
)
def test_the_order_of_channels_stays(
    case: Any, order: list[str], other: int, guard: str | None
) -> None:
    # North goes from 10.00 to 9.70; the dearest shop stands first.
    known = {"channel_prices": prices(("south", "USD", other)), "channel_order": order}
    assert case.knowing(**known).guards() == [guard]


def test_a_cheaper_shop_is_not_raised_past_a_dearer_one(case: Any) -> None:
    known = {
        "channel_prices": prices(("south", "USD", 1010)),
        "channel_order": ["south", "north"],
    }
    assert case.proposing(after_value=1010).knowing(**known).guards() == [None]
    assert case.proposing(after_value=1020).knowing(**known).guards() == ["channel_order"]


def test_the_gap_is_looked_at_again_at_the_door(case: Any, refused: Any) -> None:
    assert refused(case.knowing(channel_prices=prices(("south", "USD", 970)))) == []
    assert refused(case.knowing(channel_prices=prices(("south", "USD", 2000)))) == ["channel_gap"]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    other=st.integers(700, 1400),
    price=st.integers(700, 1400),
    gap=st.sampled_from([0, 0.05, 0.3]),
    order=st.permutations(["north", "south", "east"]).map(lambda shops: shops[:2]),
    currency=st.sampled_from(["USD", "CNY"]),
)
def test_within_the_bounds_told_beforehand_a_price_passes_and_a_step_beyond_it_does_not(
    case: Any, other: int, price: int, gap: float, order: list[str], currency: str
) -> None:
    """So that a policy proposes what passes; where shops stand at parity, one of them can move."""
    known = {
        "channel_prices": prices(("south", currency, other)),
        "channel_order": order,
        "fx": rates(USD=1.0, CNY=0.5),
    }
    loose: dict[str, float] = {
        "max_step_rate": 1,
        "max_day_rate": 1,
        "max_week_rate": 1,
        "max_quarter_rate": 10,
    }
    loose |= {"bottom_rate": 0.01, "ceiling_rate": 5, "max_mean_change_rate": 1}
    priced = (
        case.knowing(**known)
        .limited(max_channel_gap_rate=gap, **loose)
        .priced(price_minor=price, unit_cost_minor=100)
    )
    bounds = channel_bounds(priced.facts().price_facts, priced.facts(), limits=priced.limits)
    low, high = bounds.select("channel_low_minor", "channel_high_minor").row(0)

    def guards(after: int) -> list[str | None]:
        found: list[str | None] = priced.proposing(before_value=price, after_value=after).guards()
        return found

    is_within = (low is None or low <= price) and (high is None or price <= high)
    for bound, beyond in ((low, -1), (high, 1)):
        if is_within and bound not in (None, price):  # else what narrows a gap passes
            assert guards(bound) == [None]
            assert guards(bound + beyond) in (["channel_gap"], ["channel_order"])
