"""Elasticities: rows of the reference, and what a shop's own weeks are turned into."""

import math
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from contracts.tables import Elasticity, Listing, SalesDaily
from transforms.elasticity import elasticities, pooled_slopes, slopes

BAYESM = Path(__file__).parents[3] / "shared/data/bayesm"
NEEDS_DATA = pytest.mark.skipif(not BAYESM.is_dir(), reason="needs ../shared/data/bayesm")
MONDAY = date(2026, 1, 5)
Row = dict[str, Any]


def cheese() -> pl.LazyFrame:
    raw = pl.scan_csv(BAYESM / "cheese.csv")
    return raw.select("RETAILER", y=pl.col("VOLUME").log(), x=pl.col("PRICE").log(), z="DISP")


@NEEDS_DATA
def test_p16_cheese_pooled() -> None:
    whole = cheese().with_columns(all=pl.lit(1))
    row = slopes(whole, ["all"], y="y", x="x", control="z").collect().row(0, named=True)
    assert (row["n"], row["slope"], row["slope_se"], row["of_control"]) == (
        5_555,
        pytest.approx(-1.25758, abs=1e-4),
        pytest.approx(0.05806, abs=1e-4),
        pytest.approx(0.51320, abs=1e-4),
    )
    means = whole.select(pl.col("x", "y", "z").mean()).collect().row(0, named=True)
    intercept = means["y"] - row["slope"] * means["x"] - row["of_control"] * means["z"]
    assert intercept == pytest.approx(9.37119, abs=1e-4)


@NEEDS_DATA
def test_p17_cheese_der_simonian_laird_over_88_retailers() -> None:
    fitted = slopes(cheese(), ["RETAILER"], y="y", x="x", control="z").with_columns(all=pl.lit(1))
    found = pooled_slopes(fitted, ["all"]).collect().row(0, named=True)
    assert found["slopes"] == 88
    expected = {"fixed_mean": -2.0119, "between": 0.5600, "mean": -2.1341, "mean_se": 0.0890}
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-3)
    assert found["q"] == pytest.approx(877.46, abs=1e-2)


@NEEDS_DATA
def test_p13_orange_juice_within_brands() -> None:
    """Brand dummies are what is left of each brand's mean."""
    raw = pl.read_parquet(BAYESM / "orangejuice_yx.parquet")
    juice = pl.concat(
        raw.filter(brand=brand).select(
            "brand", y="logmove", x=(pl.col(f"price{brand}") * 64).log(), all=pl.lit(1)
        )
        for brand in (1, 5, 10)
    )
    names = ("x", "y")
    within = juice.with_columns(pl.col(name) - pl.col(name).mean().over("brand") for name in names)
    flat = within.lazy().with_columns(z=pl.lit(0.0))
    row = slopes(flat, ["all"], y="y", x="x", control="z").collect().row(0, named=True)
    assert (row["n"], row["slope"]) == (28_947, pytest.approx(-3.1387, abs=1e-4))
    level = pl.col("y").mean() - row["slope"] * pl.col("x").mean()
    left = dict(juice.group_by("brand").agg(level.alias("left")).iter_rows())
    expected = {10: 10.8288, 5: 10.8288 + 0.8702, 1: 10.8288 + 1.5299}
    assert left == pytest.approx(expected, abs=1e-4)


def weeks(
    sku: str, prices: list[int], *, elasticity: float, category: str = "c", noise: float = 0.05
) -> list[Row]:
    """A sale a week at these prices, with a wiggle that follows no price."""
    return [
        {
            "shop_id": "s",
            "sku_id": sku,
            "sales_date": MONDAY + timedelta(weeks=week, days=2),
            "sold_units": (units := max(1, round(4_000 * (price / 1000) ** elasticity * wiggle))),
            "gift_units": 0,
            "gmv_minor": price * units,
        }
        for week, price in enumerate(prices)
        for wiggle in [math.exp(noise * math.sin(2.4 * week + len(sku)))]
    ]


def learnt(rows: list[Row], categories: dict[str, str], *, weeks_later: int = 40) -> dict[str, Row]:
    listed = [
        {"shop_id": "s", "listing_id": sku, "sku_id": sku, "category": category}
        for sku, category in categories.items()
    ]
    frame = elasticities(
        SalesDaily.sample(overrides=rows).lazy(),
        Listing.sample(overrides=listed).lazy(),
        as_of_date=MONDAY + timedelta(weeks=weeks_later, days=-1),
    )
    return {row["sku_id"]: row for row in Elasticity.validate(frame.collect()).to_dicts()}


STEADY = [1000] * 28


def swings(seed: int, among: tuple[int, ...] = (900, 1000, 1100)) -> list[int]:
    """Four weeks each at prices of its own, in an order of its own: no two SKUs move together."""
    prices = [*among, *random.Random(seed).choices(among, k=28 - len(among))]
    random.Random(seed + 1).shuffle(prices)
    return prices


def test_a_sku_is_drawn_to_its_category_as_far_as_its_own_weeks_are_uncertain() -> None:
    truth = {"A": -1.5, "BB": -2.0, "CCC": -2.5, "DDDD": -3.0}
    rows = [row for sku, e in truth.items() for row in weeks(sku, swings(len(sku)), elasticity=e)]
    found = learnt([*rows, *weeks("steady", STEADY, elasticity=-2)], dict.fromkeys(truth, "c"))
    for sku, elasticity in truth.items():
        assert found[sku]["elasticity_source"] == "own"
        assert found[sku]["elasticity"] == pytest.approx(elasticity, abs=0.4)
        raw, drawn = found[sku]["slope"], found[sku]["elasticity"]
        mean = found["steady"]["elasticity"]
        assert min(raw, mean) <= drawn <= max(raw, mean)
    assert found["steady"]["elasticity_source"] == "category"
    assert -3 < found["steady"]["elasticity"] < -1.5
    assert found["steady"]["elasticity_sd"] > found["A"]["elasticity_sd"]


@pytest.mark.parametrize(
    ("prices", "is_own"),
    [
        (swings(7), True),
        (swings(7)[:20], True),
        (swings(7)[:19], False),
        (swings(7, (900, 1100)), False),
        (swings(7, (990, 1000, 1010)), False),
    ],
)
def test_few_weeks_few_prices_or_prices_close_together_say_nothing_of_their_own(
    prices: list[int], is_own: bool
) -> None:
    others = [row for n in (1, 2) for row in weeks("B" * n, swings(n), elasticity=-2)]
    found = learnt([*weeks("A", prices, elasticity=-2), *others], {})
    assert (found["A"]["elasticity_source"] == "own") is is_own


def test_a_category_of_its_own_learns_from_three_and_from_the_shop_below() -> None:
    many = [row for n in range(3) for row in weeks(f"a{n}", swings(n), elasticity=-4)]
    few = [row for n in range(2) for row in weeks(f"bb{n}", swings(9 + n), elasticity=-1.5)]
    quiet = [row for sku in ("of a", "of b") for row in weeks(sku, STEADY, elasticity=-1)]
    kinds = {"a0": "a", "a1": "a", "a2": "a", "bb0": "b", "bb1": "b", "of a": "a", "of b": "b"}
    found = learnt([*many, *few, *quiet], kinds)
    assert found["of a"]["elasticity"] == pytest.approx(-4, abs=0.3)
    assert -3.8 < found["of b"]["elasticity"] < -2


def test_a_season_of_the_whole_shop_is_no_answer_to_a_price() -> None:
    """Every year in the same weeks all sell thrice as much, and one of them is cheaper then."""
    season = [1.0] * 14 + [3.0] * 14
    prices = [1000, 1010, 990, 1000, 1005, 995, 1000] * 2 + [900, 910, 890, 900, 905, 895, 900] * 2
    rows = [
        {**row, "sold_units": round(row["sold_units"] * season[week]),
         "gmv_minor": row["gmv_minor"] * season[week]}
        for sku, told in (("A", prices), *((f"x{n}", STEADY) for n in range(6)), ("BB", swings(5)))
        for week, row in enumerate(weeks(sku, told, elasticity=-2, noise=0.01))
    ]  # fmt: skip
    found = learnt([{**row, "gmv_minor": round(row["gmv_minor"])} for row in rows], {})
    # Three times the pieces at nine tenths of the price would be a slope of -12.
    assert -5 < found["A"]["slope"] < 0


def test_a_shop_without_a_sound_slope_has_nothing_to_learn_from() -> None:
    assert learnt(weeks("A", STEADY, elasticity=-2), {}) == {}


def test_a_shop_has_the_same_elasticities_to_the_last_digit_however_its_sales_are_stored() -> None:
    rng = random.Random(4)
    sales = SalesDaily.sample(
        overrides=[
            {
                "shop_id": "s",
                "sku_id": f"{sku}",
                "sales_date": MONDAY + timedelta(weeks=week, days=rng.randrange(7)),
                "sold_units": rng.randrange(1, 40),
                "gift_units": 0,
                "gmv_minor": rng.randrange(1_000, 90_000),
            }
            for sku in range(30)
            for week in range(40)
        ]
    )
    until, none = MONDAY + timedelta(weeks=41), Listing.create_empty().lazy()
    first, *others = (
        elasticities(
            SalesDaily.cast(sales.sample(fraction=1, shuffle=True, seed=seed)).lazy(),
            none,
            as_of_date=until,
        )
        .collect()
        .sort("sku_id")
        for seed in range(4)
    )
    assert first["slope"].null_count() == 0
    assert all(other.equals(first) for other in others)
