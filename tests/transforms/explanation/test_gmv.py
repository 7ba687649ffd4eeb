"""What moved GMV adds up to its change, to the last minor unit."""

import math
from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.explanation.gmv import (
    ORDERS,
    UNITS,
    VISITORS,
    Chain,
    gmv_effects,
    lmdi,
    waterfall,
)


def effects(before: list[float], after: list[float]) -> tuple[float | None, ...]:
    values = lmdi([pl.lit(x) for x in before], [pl.lit(x) for x in after])
    row: tuple[float | None, ...] = pl.select(*(v.alias(str(i)) for i, v in enumerate(values))).row(
        0
    )
    return row


def test_k1_gmv_from_60000_to_63000() -> None:
    expected = (11210.551957, -11210.551957, 3000.0)
    assert effects([10000, 0.03, 200], [12000, 0.025, 210]) == pytest.approx(expected, abs=1e-6)


def test_k3_only_the_order_value_moved() -> None:
    expected = (0.0, 0.0, 6000.0)
    assert effects([10000, 0.03, 200], [10000, 0.03, 220]) == pytest.approx(expected, abs=1e-6)


def test_a_day_without_visitors_has_no_decomposition() -> None:
    assert effects([0, 0.03, 200], [10000, 0.03, 220]) == (None, None, None)


_FACTOR = st.floats(0.01, 10_000)


@settings(max_examples=25, deadline=None)
@given(before=st.tuples(_FACTOR, _FACTOR, _FACTOR), after=st.tuples(_FACTOR, _FACTOR, _FACTOR))
def test_effects_add_up_to_the_change(before: tuple[float, ...], after: tuple[float, ...]) -> None:
    old, new = before[0] * before[1] * before[2], after[0] * after[1] * after[2]
    total = sum(effect or 0.0 for effect in effects(list(before), list(after)))
    assert total == pytest.approx(new - old, rel=1e-6, abs=1e-6 * max(old, new))


Side = tuple[int | None, ...]


def segments(chain: Chain, *of: tuple[Side, Side]) -> pl.LazyFrame:
    """Segments a, b, … with the quantities of the span before and of the span."""
    columns = [f"{name}{suffix}" for suffix in ("_before", "") for name in chain.quantities]
    values = [(*before, *after) for before, after in of]
    frame = pl.LazyFrame(values, schema=dict.fromkeys(columns, pl.Int64), orient="row")
    return frame.with_row_index("segment").with_columns(
        pl.lit("s").alias("shop_id"), pl.col("segment").cast(pl.String)
    )


def split(chain: Chain, *of: tuple[Side, Side]) -> list[dict[str, int]]:
    """What moved each segment, by effect."""
    found = gmv_effects(segments(chain, *of), chain).collect()
    return [
        dict(own.select("effect", "effect_minor").iter_rows())
        for own in found.partition_by("segment", maintain_order=True)
    ]


def test_a_shop_as_a_whole_is_moved_by_visitors_conversion_and_aov() -> None:
    (whole,) = split(VISITORS, ((10_000, 300, 6_000_000), (12_000, 300, 6_300_000)))
    assert whole == {
        "visitors": 1_121_055, "mix": 0, "conversion": -1_121_055, "aov": 300_000, "entry_exit": 0,
    }  # fmt: skip


def test_cheaper_goods_that_sell_a_larger_part_are_mix_and_no_price() -> None:
    dear, cheap = split(UNITS, ((50, 50_000), (25, 25_000)), ((50, 5_000), (75, 7_500)))
    assert dear == {"units": 0, "mix": -25_000, "price": 0, "entry_exit": 0}
    assert cheap == {"units": 0, "mix": 2_500, "price": 0, "entry_exit": 0}


def test_what_is_new_or_gone_moves_gmv_by_that_alone() -> None:
    found = split(
        ORDERS,
        ((None, None), (2, 500)),
        ((3, 900), (0, 0)),
        ((1, 100), (1, 130)),
    )
    assert [one["entry_exit"] for one in found] == [500, -900, 0]
    assert [sum(one.values()) for one in found] == [500, -900, 30]
    assert found[0] == {"orders": 0, "mix": 0, "aov": 0, "entry_exit": 500}


Known = Sequence[tuple[tuple[int, int, int], tuple[int, int, int]]]
QUANTITIES = st.tuples(st.integers(0, 10**5), st.integers(0, 10**4), st.integers(0, 10**9))
SPANS = st.lists(st.tuples(QUANTITIES, QUANTITIES), min_size=1, max_size=5)


def slowly(of: Known) -> list[dict[str, float]]:
    """The exact effects, by the formula as it is printed."""
    whole = [sum(one[span][0] for one in of) for span in (0, 1)]
    found: list[dict[str, float]] = []
    for sides in of:
        if min(*sides[0], *sides[1]) <= 0:
            found.append({"entry_exit": sides[1][2] - sides[0][2]})
            continue
        factors = [
            (all_, n / all_, orders / n, gmv / orders)
            for all_, (n, orders, gmv) in zip(whole, sides, strict=True)
        ]
        old, new = sides[0][2], sides[1][2]
        weight = old if old == new else (new - old) / math.log(new / old)
        logs = [weight * math.log(b / a) for a, b in zip(*factors, strict=True)]
        found.append(dict(zip(("visitors", "mix", "conversion", "aov"), logs, strict=True)))
    return found


@settings(max_examples=40, deadline=None)
@given(of=SPANS)
def test_effects_add_up_to_the_change_of_every_segment_to_the_last_minor_unit(
    of: Known,
) -> None:
    found = split(VISITORS, *of)
    changes = [after[2] - before[2] for before, after in of]
    assert [sum(one.values()) for one in found] == changes
    for one, slow in zip(found, slowly(of), strict=True):
        for effect, exact in slow.items():
            assert one[effect] == pytest.approx(exact, abs=1.5, rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(of=SPANS)
def test_bars_lead_from_one_span_to_the_other(of: Known) -> None:
    effects = gmv_effects(segments(VISITORS, *of), VISITORS).collect()
    before, after = (sum(one[span][2] for one in of) for span in (0, 1))
    bars = waterfall(effects, gmv_before_minor=before)
    ends = [before, *bars["end_minor"]]
    assert bars["start_minor"].to_list() == ends[:-1]
    assert ends[-1] == after
    assert 0 not in bars["effect_minor"].to_list()
