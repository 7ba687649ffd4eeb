import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.rows import Split, split
from connectors.base.mapping import Mapper
from contracts.codes import QuarantineReason
from contracts.streams import Context, Mapped, Quarantined, Reject
from contracts.tables import CompetitorOffer, Price, TrafficDaily

Rows = Callable[..., pl.DataFrame]
READ_AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
LATER = dt.datetime(2026, 11, 20, 11, tzinfo=dt.UTC)


def reasons(result: Split) -> dict[str, set[str]]:
    return {
        row["document_id"]: {entry["reason"] for entry in json.loads(row["reasons"])}
        for row in result.bad.iter_rows(named=True)
    }


def rejected(table: str, document_id: str, reason: str, column: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "table": [table],
            "document_id": [document_id],
            "reason": [reason],
            "column": [column],
            "detail": ["12.345"],
            "raw": [None],
        },
        schema=Reject.create_empty().schema,
    )


def test_a_good_reading_passes_untouched(orders: Rows, lines: Rows, context: Context) -> None:
    frames = {"orders": orders(), "order_lines": lines()}
    result = split(Mapped(frames), context)
    assert result.bad.is_empty()
    assert all(result.good[name] is frame for name, frame in frames.items())


@pytest.mark.parametrize(
    ("order", "line", "reason"),
    [
        ({}, {"unit_price_minor": 1}, "penny_price"),
        ({}, {"quantity_units": None}, "missing_value"),
        ({}, {"quantity_units": 10_000_001}, "out_of_bounds"),
        ({}, {"line_kind": "gift"}, "out_of_bounds"),
        ({}, {"line_kind": "present"}, "unknown_code"),
        ({}, {"currency": "EUR"}, "foreign_currency"),
        ({"paid_at": READ_AT + dt.timedelta(minutes=6)}, {}, "future_instant"),
        ({"placed_at": READ_AT + dt.timedelta(days=365)}, {}, "future_instant"),
        ({"payment_status": "paid_by_favour"}, {}, "unknown_code"),
    ],
)
def test_a_bad_row_holds_its_whole_order_and_no_other(
    orders: Rows, lines: Rows, context: Context, order: Any, line: Any, reason: str
) -> None:
    frames = {
        "orders": orders(order, {"order_id": "2"}),
        "order_lines": lines(line, {"order_id": "2", "line_id": "2-1"}),
    }
    result = split(Mapped(frames), context)
    assert reasons(result) == {"1": {reason}}
    assert result.bad["table"].to_list() == ["orders"]
    assert result.good["orders"]["order_id"].to_list() == ["2"]
    assert result.good["order_lines"]["order_id"].to_list() == ["2"]


@pytest.mark.parametrize(
    ("order", "line"),
    [
        ({"paid_at": READ_AT + dt.timedelta(minutes=5)}, {}),
        ({"goods_minor": 0}, {"line_kind": "gift", "unit_price_minor": 0, "total_minor": 0}),
        ({"goods_minor": 2}, {"line_kind": "sample", "unit_price_minor": 1, "total_minor": 2}),
        ({"member_id": None}, {"sku_id": None}),
        ({"stated_goods_minor": 1001}, {}),
        ({}, {"line_kind": "difference", "unit_price_minor": 1, "total_minor": 1}),
    ],
)
def test_what_the_trade_allows_passes(
    orders: Rows, lines: Rows, context: Context, order: Any, line: Any
) -> None:
    result = split(Mapped({"orders": orders(order), "order_lines": lines(line)}), context)
    assert result.bad.is_empty()


def test_an_unreadable_amount_is_told_once_and_kept_as_it_was_mapped(
    orders: Rows, lines: Rows, context: Context
) -> None:
    rejects = rejected("order_lines", "1", "unreadable_money", "total_minor")
    frames = {"orders": orders(), "order_lines": lines({"total_minor": None})}
    result = split(Mapped(frames, rejects), context)
    assert reasons(result) == {"1": {"unreadable_money"}}
    payload = json.loads(result.bad["payload"][0])
    assert payload["orders"][0]["goods_minor"] == 1000
    assert payload["order_lines"][0]["total_minor"] is None


def test_two_versions_of_an_order_in_one_reading_are_both_fine(
    orders: Rows, lines: Rows, context: Context
) -> None:
    frames = {
        "orders": orders({}, {"source_updated_at": LATER, "goods_minor": 500}),
        "order_lines": lines({}, {"source_updated_at": LATER, "total_minor": 500}),
    }
    assert split(Mapped(frames), context).bad.is_empty()


def test_one_version_that_says_two_things_is_a_duplicate(
    orders: Rows, lines: Rows, context: Context
) -> None:
    frames = {"orders": orders({}, {"member_id": "m2"}), "order_lines": lines()}
    assert reasons(split(Mapped(frames), context)) == {"1": {"duplicate_key"}}


def test_the_same_row_twice_is_no_duplicate(orders: Rows, lines: Rows, context: Context) -> None:
    assert split(Mapped({"orders": orders({}, {})}), context).bad.is_empty()


def test_a_line_without_its_order_is_held(orders: Rows, lines: Rows, context: Context) -> None:
    frames = {"orders": orders().clear(), "order_lines": lines()}
    result = split(Mapped(frames), context)
    assert reasons(result) == {"1": {"missing_value"}}
    assert result.good["order_lines"].is_empty()


def test_a_row_that_could_not_even_be_mapped_is_still_counted(context: Context) -> None:
    rejects = rejected("costs", "line 7", "unreadable_row", "unit_cost")
    result = split(Mapped({}, rejects), context)
    assert reasons(result) == {"line 7": {"unreadable_row"}}
    assert result.bad["payload"].to_list() == ["{}"]


@pytest.mark.parametrize(("price", "is_held"), [(0, False), (1, True), (2, False)])
def test_a_listing_price_of_a_penny_is_held(context: Context, price: int, is_held: bool) -> None:
    raw = pl.DataFrame({"price": [price]})
    mapped = (
        Mapper(context)
        .add(
            Price,
            raw,
            listing_id=pl.lit("v1"),
            observed_at=pl.lit(LATER),
            currency=pl.lit("USD"),
            price_minor=pl.col("price"),
        )
        .done()
    )
    assert split(mapped, context).bad.is_empty() is not is_held


def test_an_observation_without_its_key_is_named_by_what_is_left(context: Context) -> None:
    mapped = (
        Mapper(context)
        .add(
            CompetitorOffer,
            pl.DataFrame({"seen": [None]}, schema={"seen": pl.Datetime("us", "UTC")}),
            sku_id=pl.lit("s1"),
            competitor_id=pl.lit("c1"),
            observed_at=pl.col("seen"),
            currency=pl.lit("USD"),
            price_minor=pl.lit(100),
            shipping_minor=pl.lit(0),
            is_in_stock=pl.lit(value=True),
            fulfilment=pl.lit("seller"),
        )
        .done()
    )
    assert reasons(split(mapped, context)) == {"s1|c1|?": {"missing_value"}}


def test_two_exports_of_one_day_are_two_versions(context: Context) -> None:
    days = _two_exports()
    assert split(Mapped({"traffic_daily": days}), context).bad.is_empty()
    same = days.with_columns(source_updated_at=pl.lit(LATER))
    assert reasons(split(Mapped({"traffic_daily": same}), context)) == {
        "2026-11-20|search": {"duplicate_key"}
    }


def _two_exports() -> pl.DataFrame:
    types = {name: column.dtype for name, column in TrafficDaily.columns().items()}
    row = {
        "shop_id": "demo",
        "read_at": READ_AT,
        "mapping_version": 1,
        "traffic_date": dt.date(2026, 11, 20),
        "traffic_source": "search",
        "views_units": 20,
    }
    return pl.DataFrame(
        [
            {**row, "source_updated_at": LATER, "content_hash": 1, "visitors_units": 9},
            {**row, "source_updated_at": READ_AT, "content_hash": 2, "visitors_units": 10},
        ],
        schema=types,
    )


def test_a_detail_shows_amounts_and_codes_but_no_text_or_name(
    orders: Rows, lines: Rows, context: Context
) -> None:
    frames = {"orders": orders({"member_id": "", "currency": "EUR"})}
    entries = json.loads(split(Mapped(frames), context).bad["reasons"][0])
    fields = {entry["column"]: entry["detail"] for entry in entries}
    assert fields == {"member_id": "min_length", "currency": "not USD: EUR"}


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["USD", "EUR"])), max_size=12))
def test_every_row_goes_to_exactly_one_shelf(rows: list[tuple[int, str]]) -> None:
    context = Context("demo", "USD", "UTC", READ_AT)
    raw = pl.DataFrame(rows, schema={"order": pl.Int64, "currency": pl.String}, orient="row")
    mapped = (
        Mapper(context)
        .add(
            Price,
            raw,
            listing_id=pl.col("order").cast(pl.String),
            observed_at=pl.lit(LATER),
            currency=pl.col("currency"),
            price_minor=pl.lit(100),
        )
        .done()
    )
    result = split(mapped, context)
    held = [json.loads(text)["prices"] for text in result.bad["payload"]]
    assert result.good["prices"].height + sum(map(len, held)) == mapped.frames["prices"].height
    Quarantined.validate(result.bad)
    good_ids = set(result.good["prices"]["listing_id"])
    assert good_ids.isdisjoint(row["listing_id"] for rows in held for row in rows)
    assert {entry for found in reasons(result).values() for entry in found} <= {
        str(QuarantineReason.FOREIGN_CURRENCY),
        str(QuarantineReason.DUPLICATE_KEY),  # one listing, one instant, two prices
    }
