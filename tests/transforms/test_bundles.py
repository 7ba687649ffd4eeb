"""A bundle takes of the shelf what it is made of, and is as much in stock as its parts allow."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.bundles import DEEPEST, PIECES_SCHEMA, explode
from contracts.economics import Confirmed
from contracts.tables import (
    BundlePart,
    Inbound,
    Listing,
    OpenOrder,
    PriceFact,
    SalesDaily,
    StockFact,
    StockLevel,
    SupplyTerms,
    Velocity,
)
from transforms.bundles import alone_rates, articles, pieces_sold, with_bundle_spans
from transforms.costs import with_bundle_costs
from transforms.stock import stock_facts
from transforms.velocity import velocity

LAST = date(2026, 11, 28)
AS_OF = datetime(2026, 11, 29, 12, tzinfo=UTC)
Row = dict[str, Any]
Parts = dict[tuple[str, str], int]


def table(parts: Parts) -> pl.DataFrame:
    rows = [("s", bundle, part, units) for (bundle, part), units in parts.items()]
    return pl.DataFrame(rows, schema=PIECES_SCHEMA, orient="row")


def pieces(parts: Parts) -> pl.LazyFrame:
    rows = [
        {"shop_id": "s", "sku_id": bundle, "part_sku_id": part, "part_units": units}
        for (bundle, part), units in parts.items()
    ]
    return articles(BundlePart.sample(overrides=rows).lazy())


def held(parts: Parts) -> tuple[Parts, set[str]]:
    """Articles of each bundle with their pieces, and bundles without end."""
    found, endless = explode(table(parts))
    rows = found.drop("shop_id").iter_rows()
    return {(bundle, part): units for bundle, part, units in rows}, set(endless["sku_id"])


def test_a_bundle_in_a_bundle_is_taken_apart_to_the_articles_on_the_shelf() -> None:
    parts = {("BOX", "SET"): 2, ("BOX", "tea"): 1, ("SET", "tea"): 3, ("SET", "cup"): 4}
    assert held(parts)[0] == {
        ("BOX", "tea"): 7, ("BOX", "cup"): 8, ("SET", "tea"): 3, ("SET", "cup"): 4,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "endless"),
    [
        ({("A", "A"): 1}, {"A"}),
        ({("A", "B"): 1, ("B", "C"): 2, ("C", "A"): 1}, {"A", "B", "C"}),
        ({("A", "B"): 1, ("B", "A"): 2, ("B", "tea"): 1, ("OUT", "A"): 1}, {"A", "B", "OUT"}),
    ],
)
def test_a_bundle_that_holds_itself_has_no_articles_and_takes_those_of_no_other(
    parts: Parts, endless: set[str]
) -> None:
    assert held({**parts, ("GOOD", "tea"): 2}) == ({("GOOD", "tea"): 2}, endless)


def test_ten_bundles_within_each_other_are_taken_apart_and_eleven_are_not() -> None:
    nested = {(f"{level}", f"{level + 1}"): 2 for level in range(DEEPEST)}
    assert held(nested)[0][("0", f"{DEEPEST}")] == 2**DEEPEST
    assert held({**nested, ("top", "0"): 1})[1] == {"top"}


_LINKS = st.tuples(st.integers(0, 5), st.integers(1, 3)).map(lambda one: (one[0], sum(one)))


@given(st.dictionaries(_LINKS, st.integers(1, 4), max_size=9))
@settings(max_examples=60, deadline=None)
def test_articles_are_those_that_taking_apart_one_by_one_finds(links: dict[Any, int]) -> None:
    parts = {(f"{bundle}", f"{part}"): units for (bundle, part), units in links.items()}
    bundles = {bundle for bundle, _ in parts}

    def taken_apart(sku: str, times: int) -> list[tuple[str, int]]:
        if sku not in bundles:
            return [(sku, times)]
        inner = [(part, times * n) for (bundle, part), n in parts.items() if bundle == sku]
        return [one for part, n in inner for one in taken_apart(part, n)]

    expected: Parts = {}
    for bundle in bundles:
        for part, units in taken_apart(bundle, 1):
            expected[bundle, part] = expected.get((bundle, part), 0) + units
    assert held(parts) == (expected, set())


def sold(sku: str, units: int, day: date = LAST) -> Row:
    return {"shop_id": "s", "sku_id": sku, "sales_date": day, "sold_units": units}


def sales(rows: list[Row]) -> Any:
    return SalesDaily.sample(overrides=rows).lazy()


def test_what_a_bundle_takes_counts_for_its_part_and_the_bundle_keeps_its_own_sales() -> None:
    left = pieces_sold(
        sales([sold("tea", 5), sold("SET", 2), sold("mug", 9), sold("SET", 1, date(2026, 11, 1))]),
        pieces({("SET", "tea"): 3, ("SET", "cup"): 1}),
    )
    rows = left.filter(pl.col("sales_date") == LAST).select("sku_id", "sold_units").collect()
    assert dict(rows.iter_rows()) == {"tea": 11, "cup": 2, "SET": 2, "mug": 9}
    assert left.collect()["sold_units"].sum() == 24 + 1 + 3 + 1


def test_the_forecast_of_a_part_is_its_own_demand_and_what_its_bundles_take() -> None:
    days = [LAST - timedelta(days=back) for back in range(56)]
    rows = [one for day in days for one in (sold("tea", 4, day), sold("SET", 2, day))]
    made = pieces({("SET", "tea"): 3})
    assert speed_of(rows, made) == {"tea": 10.0, "SET": 2.0}
    bulk = [row if row != sold("SET", 2) else sold("SET", 200) for row in rows]
    assert speed_of(bulk, made) == {"tea": 10.0, "SET": 2.0}  # a bulk order of sets is one of tea


def speed_of(rows: list[Row], made: pl.LazyFrame, out: pl.LazyFrame | None = None) -> Row:
    spans = pl.LazyFrame(schema=SPANS) if out is None else out
    events = pl.LazyFrame(schema={"shop_id": pl.String, "sku_id": pl.String, "event_date": pl.Date})
    frame = velocity(
        pieces_sold(sales(rows), made), spans, events, as_of_date=LAST, window_days=56
    ).collect()
    return dict(frame.select("sku_id", pl.col("daily_units").round(6)).iter_rows())


SPANS = {
    "shop_id": pl.String, "sku_id": pl.String, "first_date": pl.Date, "last_date": pl.Date,
}  # fmt: skip


def test_a_bundle_is_out_of_stock_while_one_of_its_parts_is() -> None:
    span = (date(2026, 11, 3), date(2026, 11, 9))
    spans = pl.LazyFrame([("s", "tea", *span), ("t", "cup", *span)], schema=SPANS, orient="row")
    found = with_bundle_spans(spans, pieces({("SET", "tea"): 3, ("SET", "cup"): 1})).collect()
    assert set(found.iter_rows()) == {
        ("s", "tea", *span), ("t", "cup", *span), ("s", "SET", *span),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "rate"),
    [
        ([sold("tea", 4), sold("SET", 4)], 0.25),
        ([sold("SET", 4)], 0.0),
        ([sold("tea", 4)], 1.0),
        ([sold("tea", 4), sold("SET", 4, date(2026, 9, 1))], 1.0),
        ([sold("tea", 4), sold("SET", 4), sold("tea", 9, date(2026, 9, 1))], 0.25),
    ],
)
def test_the_share_that_is_sold_alone_is_of_the_days_looked_back(
    rows: list[Row], rate: float
) -> None:
    since = LAST - timedelta(days=55)
    found = alone_rates(sales(rows), pieces({("SET", "tea"): 3}), since=since, until=LAST)
    assert found.collect().rows() == [("s", "tea", rate)]


def facts(
    stock: dict[str, int],
    parts: Parts,
    *,
    speeds: dict[str, float] | None = None,
    listings: list[Row] | None = None,
) -> dict[str, Row]:
    levels = [
        {"shop_id": "s", "sku_id": sku, "warehouse_id": "w", "observed_at": AS_OF}
        | {"read_at": AS_OF, "on_hand_units": units + 1, "available_units": units}
        for sku, units in stock.items()
    ]
    sells = [
        {"shop_id": "s", "sku_id": sku, "daily_units": daily, "daily_sd_units": 1.0}
        for sku, daily in (speeds or {}).items()
    ]
    frame = stock_facts(
        StockLevel.sample(overrides=levels).lazy(),
        Velocity.sample(overrides=sells).lazy(),
        listings=Listing.sample(overrides=listings or []).lazy(),
        prices=PriceFact.create_empty().lazy(),
        supply_terms=SupplyTerms.create_empty().lazy(),
        inbound=Inbound.create_empty().lazy(),
        orders=OpenOrder.create_empty().lazy(),
        as_of=AS_OF,
        time_zone="UTC",
        pieces=pieces(parts),
    )
    return {row["sku_id"]: row for row in StockFact.validate(frame.collect()).to_dicts()}


@pytest.mark.parametrize(
    ("stock", "available"),
    [
        ({"tea": 10, "cup": 9}, 3),
        ({"tea": 10, "cup": 2}, 2),
        ({"tea": 2, "cup": 9}, 0),
        ({"tea": 10, "cup": 0}, 0),
        ({"tea": -1, "cup": 5}, -1),
        ({"tea": 10}, None),
        ({"tea": 10, "cup": 9, "SET": 70}, 3),  # what a platform shows of it counts nothing twice
    ],
)
def test_a_bundle_is_in_stock_as_often_as_its_parts_allow(
    stock: dict[str, int], available: int | None
) -> None:
    found = facts(stock, {("SET", "tea"): 3, ("SET", "cup"): 1})
    assert found["SET"]["available_units"] == available
    assert (found["SET"]["is_bundle"], found["tea"]["is_bundle"]) == (True, False)
    assert found["tea"]["available_units"] == stock["tea"]


def test_a_part_without_listing_or_stock_that_bundles_take_is_told() -> None:
    found = facts({"tea": 10}, {("SET", "tea"): 1, ("SET", "cup"): 1}, speeds={"cup": 2.0})
    assert (found["cup"]["available_units"], found["cup"]["daily_units"]) == (None, 2.0)


@pytest.mark.parametrize(("of_the_set", "is_gone"), [("active", False), ("archived", True)])
def test_an_article_off_sale_that_a_bundle_on_sale_holds_is_not_discontinued(
    of_the_set: str, is_gone: bool
) -> None:
    listings = [
        {"shop_id": "s", "sku_id": sku, "listing_id": sku, "listing_status": status}
        | {"deleted_at": None}
        for sku, status in (("tea", "archived"), ("SET", of_the_set))
    ]
    found = facts({"tea": 10}, {("SET", "tea"): 1}, listings=listings)
    assert found["tea"]["is_discontinued"] == is_gone


def costs(
    stated: dict[str, int | None], parts: Parts, *, last: int | None = None, **confirmed: Any
) -> dict[str, tuple[int | None, int | None, str]]:
    """Cost in use, the one that waits, and the currency, per SKU."""
    in_use = pl.LazyFrame(
        [("s", sku, "EUR", None, None, cost, None) for sku, cost in stated.items()],
        schema={
            "shop_id": pl.String, "sku_id": pl.String, "cost_currency": pl.String,
            "cost_rate_date": pl.Date, "cost_fx_rate": pl.Float64, "unit_cost_minor": pl.Int64,
            "unconfirmed_cost_minor": pl.Int64,
        },
        orient="row",
    )  # fmt: skip
    known = pl.LazyFrame(
        [] if last is None else [("s", "SET", last)],
        schema={"shop_id": pl.String, "sku_id": pl.String, "known_minor": pl.Int64},
        orient="row",
    )
    found = with_bundle_costs(
        in_use,
        pieces(parts),
        known=known,
        currency="CNY",
        confirmed=Confirmed(**confirmed),
        max_jump_rate=0.3,
        max_fall_rate=0.1,
    ).collect()
    return {
        row["sku_id"]: (
            row["unit_cost_minor"], row["unconfirmed_cost_minor"], row["cost_currency"],
        )
        for row in found.to_dicts()
    }  # fmt: skip


SET = {("SET", "tea"): 3, ("SET", "cup"): 1}


def test_a_bundle_without_a_cost_of_its_own_costs_what_its_parts_do() -> None:
    assert costs({"tea": 200, "cup": 50}, SET)["SET"] == (650, None, "CNY")
    assert costs({"tea": 200, "cup": 50, "SET": 600}, SET)["SET"] == (600, None, "EUR")


def test_a_bundle_of_a_part_without_a_cost_has_none_and_names_the_currency_that_has_no_rate() -> (
    None
):
    assert costs({"tea": 200}, SET)["SET"] == (None, None, "CNY")
    assert costs({"tea": 200, "cup": None}, SET)["SET"] == (None, None, "EUR")
    assert costs({"tea": 10**13, "cup": 1}, SET)["SET"] == (None, None, "CNY")


def test_a_sum_that_jumps_waits_until_a_person_confirms_it() -> None:
    stated: dict[str, int | None] = {"tea": 20, "cup": 50}
    assert costs(stated, SET, last=650)["SET"] == (650, 110, "CNY")
    assert costs(stated, SET, last=115)["SET"] == (110, None, "CNY")
    assert costs(stated, SET, last=650, costs={"SET": 110})["SET"] == (110, None, "CNY")


def test_without_bundles_nothing_changes() -> None:
    rows = [sold("tea", 5), sold("mug", 9)]
    none = pieces({})
    assert dict(
        pieces_sold(sales(rows), none).select("sku_id", "sold_units").collect().iter_rows()
    ) == {"tea": 5, "mug": 9}
    assert alone_rates(sales(rows), none, since=LAST, until=LAST).collect().is_empty()
    assert costs({"tea": 200}, {}) == {"tea": (200, None, "EUR")}
    assert facts({"tea": 10}, {})["tea"]["is_bundle"] is False
