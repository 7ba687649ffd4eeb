"""The mapping kit: nothing unreadable is dropped, equal documents hash alike."""

import datetime as dt

import polars as pl
import pytest

from checks.rows import split
from connectors.base.mapping import Mapper, coded, first_of, money, pieces, utc, whole
from contracts.codes import QuarantineReason
from contracts.streams import Context, Mapped
from contracts.tables import TABLES, Member, OrderLine, Price, Table, TableKind

READ_AT = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
CONTEXT = Context("shop", "USD", "America/New_York", READ_AT)
ROW = {
    "id": "7",
    "joined": "2026-01-01T00:00:00Z",
    "orders": "3",
    "spent": "12.30",
    "at": "2026-02-01T00:00:00Z",
}


def members(*rows: dict[str, str], context: Context = CONTEXT) -> Mapped:
    raw = pl.DataFrame(list(rows), schema=dict.fromkeys(ROW, pl.String))
    mapper = Mapper(context).add(
        Member,
        raw,
        member_id=pl.col("id"),
        joined_at=utc("joined"),
        orders_count=whole("orders"),
        currency=pl.lit("USD"),
        spent_minor=money("spent", "USD"),
        source_updated_at=utc("at"),
    )
    return mapper.done()


def test_a_row_is_valid_for_its_table() -> None:
    mapped = members(ROW)
    assert Member.is_valid(mapped.frames["members"])
    assert mapped.frames["members"]["spent_minor"].to_list() == [1230]
    assert mapped.rejects.is_empty()


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("spent", "1,234.50", QuarantineReason.UNREADABLE_MONEY),
        ("spent", "12.345", QuarantineReason.UNREADABLE_MONEY),
        ("joined", "yesterday", QuarantineReason.UNREADABLE_TIME),
        ("joined", "2026-01-01T00:00:00", QuarantineReason.UNREADABLE_TIME),
        ("orders", "3.5", QuarantineReason.UNREADABLE_NUMBER),
    ],
)
def test_an_unreadable_value_keeps_its_row_and_names_its_document(
    column: str, value: str, reason: QuarantineReason
) -> None:
    mapped = members({**ROW, "id": "8"}, {**ROW, column: value})
    assert mapped.frames["members"].height == 2
    reject = mapped.rejects.to_dicts()
    assert [(row["document_id"], row["reason"], row["detail"]) for row in reject] == [
        ("7", reason, value)
    ]


def test_a_null_is_missing_and_not_unreadable() -> None:
    raw = pl.DataFrame({"code": ["PAID", None, "LENT"]})
    parsed = coded("code", {"PAID": "paid"})
    bad = raw.select(parsed.raw.is_not_null() & parsed.value.is_null()).to_series()
    assert bad.to_list() == [False, False, True]


def test_a_document_answered_twice_is_one() -> None:
    assert members(ROW, ROW).frames["members"].height == 1


def test_reading_again_later_gives_the_same_hash_and_a_change_another() -> None:
    later = Context("shop", "USD", "America/New_York", READ_AT + dt.timedelta(days=1))
    first, again = members(ROW), members(ROW, context=later)
    changed = members({**ROW, "spent": "12.31"})
    hashes = [mapped.frames["members"]["content_hash"].item() for mapped in (first, again, changed)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_two_different_facts_of_one_instant_both_stay() -> None:
    raw = pl.DataFrame({"price": ["1.00", "2.00", "2.00"]})
    mapped = (
        Mapper(CONTEXT)
        .add(
            Price,
            raw,
            listing_id=pl.lit("1"),
            observed_at=pl.lit(READ_AT),
            currency=pl.lit("USD"),
            price_minor=money("price", "USD"),
        )
        .done()
    )
    assert sorted(mapped.frames["prices"]["price_minor"]) == [100, 200]


def test_a_connector_can_reject_for_a_reason_of_its_own() -> None:
    mapper = Mapper(CONTEXT)
    mapper.reject(Member, pl.Series(["7"]), QuarantineReason.UNREADABLE_ROW, detail="row 3")
    assert mapper.done().rejects.select("table", "document_id", "reason").to_dicts() == [
        {"table": "members", "document_id": "7", "reason": "unreadable_row"}
    ]


@pytest.mark.parametrize(
    ("told", "counted"),
    [("1.5", 2), ("2", 2), ("-0.5", -1), ("0", 0), (None, None), ("1e-9", 1), ("2.0000", 2)],
)
def test_a_part_of_a_piece_counts_as_one(told: str | None, counted: int | None) -> None:
    raw = pl.DataFrame({"pieces": [told]}, schema={"pieces": pl.String})
    assert raw.select(pieces("pieces").value).item() == counted


@pytest.mark.parametrize("told", ["many", "NaN", "inf", "1e300"])
def test_what_is_no_number_of_pieces_is_named(told: str) -> None:
    raw = pl.DataFrame({"pieces": [told], "order": ["1"]})
    mapper = Mapper(CONTEXT).add(
        OrderLine, raw, order_id=pl.col("order"), quantity_units=pieces("pieces")
    )
    assert mapper.done().rejects.select("reason", "column").row(0) == (
        "unreadable_number",
        "quantity_units",
    )


def test_the_first_rule_that_holds_decides_and_one_that_cannot_be_told_does_not() -> None:
    raw = pl.DataFrame({"a": [1, 2, 3, None], "b": ["w", "x", "y", "z"]})
    kind = first_of((pl.col("a") > 2, "a"), (pl.col("a") > 1, pl.col("b")), otherwise="none")
    assert raw.select(kind=kind)["kind"].to_list() == ["none", "x", "a", "none"]


SLICES = [one for one in TABLES.values() if one.kind is TableKind.SLICE]


@pytest.mark.parametrize("table", SLICES, ids=lambda one: one.name)
def test_the_row_that_says_a_slice_is_empty_is_legal_in_every_table(table: Table) -> None:
    day = pl.DataFrame({name: [dt.date(2026, 11, 1)] for name in table.slice_by[:1]})
    codes = {name: ["campaign" if name == "ad_level" else "x"] for name in table.slice_by[1:]}
    slices = day.with_columns(**{name: pl.Series(value) for name, value in codes.items()})
    slices = slices if table.slice_by else pl.DataFrame(height=1)
    mapped = Mapper(CONTEXT).add_empty(table.schema, slices, pl.lit(CONTEXT.read_at)).done()
    passed = split(mapped, CONTEXT)
    assert passed.bad.is_empty()
    assert passed.good[table.name]["deleted_at"].to_list() == [CONTEXT.read_at]
