"""Products fall into the classes of the trade, by what is usual in their category."""

from typing import Any

import polars as pl
import pytest

from transforms.explanation.classes import LEAST_PEERS, LEAST_VISITORS, product_classes

Row = dict[str, Any]
SCHEMA = {
    "shop_id": pl.String,
    "product_id": pl.String,
    "category": pl.String,
    "visitors_units": pl.Int64,
    "orders_count": pl.Int64,
    "gmv_minor": pl.Int64,
    "margin_minor": pl.Int64,
}


def product(sku: str, visitors: int | None, orders: int, margin: float | None, **more: Any) -> Row:
    """A product of the shop's only category; `margin` is its rate, of 100 per order."""
    gmv = 100 * orders
    left = None if margin is None else round(gmv * margin)
    named = {"shop_id": "s", "product_id": sku, "category": "tea", "visitors_units": visitors}
    return {**named, "orders_count": orders, "gmv_minor": gmv, "margin_minor": left, **more}


def peers(count: int = 12) -> list[Row]:
    """Products from 1,000 visitors up, all of 5 % and of margins from 20 % up."""
    return [product(f"p{n}", 1000 + 100 * n, 50 + 5 * n, 0.2 + 0.01 * n) for n in range(count)]


def classes(*rows: Row) -> dict[str, tuple[str | None, str | None]]:
    """Class and gap by SKU."""
    found = product_classes(pl.LazyFrame(rows, schema=SCHEMA)).collect()
    return {
        sku: (one, gap)
        for sku, one, gap in found.select("product_id", "product_class", "gap").iter_rows()
    }


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (product("x", 500, 100, 0.25), "star"),
        (product("x", 5000, 1000, 0.25), "conversion"),
        (product("x", 1500, 60, 0.9), "profit"),
        (product("x", 5000, 200, 0.05), "traffic"),
        (product("x", 1500, 60, 0.05), "core"),
        (product("x", 1000, 40, 0.25), "core"),
        # Upper and lower quarter, not half.
        (product("x", 5000, 200, 0.24), "core"),
        (product("x", 1500, 60, 0.27), "core"),
        (product("x", 1600, 64, 0.05), "core"),
        # Of several classes the first counts.
        (product("x", 500, 100, 0.9), "star"),
        (product("x", 5000, 1000, 0.9), "conversion"),
        (product("x", 5000, 200, 0.9), "profit"),
    ],
)
def test_a_product_is_of_the_first_class_that_fits(row: Row, expected: str) -> None:
    assert classes(row, *peers())["x"] == (expected, None)


def test_few_visits_prove_no_conversion() -> None:
    lucky = product("x", LEAST_VISITORS - 1, 60, 0.25)
    assert classes(lucky, *peers())["x"] == ("core", None)
    enough = product("x", LEAST_VISITORS, 60, 0.25)
    assert classes(enough, *peers())["x"] == ("star", None)
    # 6 of 100 is more than 5 %, but not surely so.
    assert classes(product("x", 100, 6, 0.25), *peers())["x"] == ("core", None)


@pytest.mark.parametrize(
    ("row", "gap"),
    [
        (product("x", None, 5, 0.9), "no_visitors"),
        (product("x", 0, 0, 0.9), "no_base"),
        (product("x", 10, 11, 0.9), "above_one"),
        (product("x", 1500, 60, None), "cost_missing"),
    ],
)
def test_what_is_not_known_gives_no_class_but_a_reason(row: Row, gap: str) -> None:
    assert classes(row, *peers())["x"] == (None, gap)


def test_a_cost_that_is_not_known_hides_no_class_that_does_not_ask_for_it() -> None:
    rows = [product("star", 500, 100, None), product("conversion", 5000, 1000, None)]
    found = classes(*rows, *peers())
    assert [found[one] for one in ("star", "conversion")] == [("star", None), ("conversion", None)]
    assert classes(product("x", 1500, 0, None, gmv_minor=0), *peers())["x"] == ("core", None)


def test_a_category_is_its_own_measure_and_a_small_one_is_measured_by_the_shop() -> None:
    gold = [
        {
            **one,
            "product_id": f"g{n}",
            "category": "gold",
            "margin_minor": one["gmv_minor"] * 9 // 10,
        }
        for n, one in enumerate(peers())
    ]
    middling = product("x", 1500, 60, 0.5)
    assert classes(middling, *gold, *peers())["x"] == ("profit", None)
    assert classes({**middling, "category": "gold"}, *gold, *peers())["x"] == ("core", None)
    for count, expected in ((LEAST_PEERS - 1, "core"), (LEAST_PEERS, "profit")):
        few = [{**one, "category": "cups"} for one in peers(count - 1)]
        found = classes({**middling, "category": "cups"}, *few, *gold)
        assert found["x"] == (expected, None)


def test_shops_are_no_measure_of_each_other_and_no_category_is_one() -> None:
    other = [{**one, "shop_id": "t", "margin_minor": one["gmv_minor"]} for one in peers()]
    assert classes(product("x", 1500, 60, 0.9), *peers(), *other)["x"] == ("profit", None)
    bare = [{**one, "category": None} for one in (product("x", 1500, 60, 0.9), *peers())]
    assert classes(*bare)["x"] == ("profit", None)
