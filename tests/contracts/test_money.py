"""Money is converted exactly or not at all."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import SourceContractError
from contracts.money import (
    amount_text,
    exponent,
    format_amount,
    format_minor,
    parse_minor,
    to_minor,
)


def in_a_column(amount: str, currency: str) -> int | None:
    found: int | None = pl.select(to_minor(pl.lit(amount), currency)).item()
    return found


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.30", "USD", 1230),
        ("12.3", "USD", 1230),
        ("12", "USD", 1200),
        ("12.3000", "CNY", 1230),
        ("-0.05", "EUR", -5),
        ("5980", "JPY", 5980),
        ("5980.00", "JPY", 5980),
        ("1.234", "KWD", 1234),
        ("0.00", "USD", 0),
    ],
)
def test_decimal_text_becomes_minor_units_of_its_currency(
    amount: str, currency: str, minor: int
) -> None:
    assert parse_minor(amount, currency) == in_a_column(amount, currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("12.345", "USD"),
        ("0.005", "USD"),
        ("5.5", "JPY"),
        ("1,234.50", "USD"),
        ("1e3", "USD"),
        ("", "USD"),
        (" 12", "USD"),
        ("¥12", "CNY"),
        ("NaN", "USD"),
        ("9999999999999999", "USD"),
    ],
)
def test_what_is_too_precise_or_unreadable_is_refused_and_not_rounded(
    amount: str, currency: str
) -> None:
    assert in_a_column(amount, currency) is None
    with pytest.raises(SourceContractError):
        parse_minor(amount, currency)


def test_a_column_keeps_its_good_rows_beside_unreadable_ones() -> None:
    frame = pl.DataFrame({"amount": ["1.10", "x", None, "2.005"]})
    assert frame.select(to_minor("amount", "USD")).to_series().to_list() == [110, None, None, None]


@given(st.integers(-(10**12), 10**12), st.sampled_from(["USD", "JPY", "KWD", "CNY"]))
def test_an_amount_written_as_text_reads_back_the_same(minor: int, currency: str) -> None:
    text = format_minor(minor, currency)
    assert Decimal(text).scaleb(exponent(currency)) == minor
    assert parse_minor(text, currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1234567, "USD", "12,345.67 USD"),
        (-1234567, "CNY", "-12,345.67 CNY"),
        (-5, "EUR", "-0.05 EUR"),
        (123456, "JPY", "123,456 JPY"),
        (1000000, "KWD", "1,000.000 KWD"),
        (0, "USD", "0.00 USD"),
    ],
)
def test_people_read_one_notation(minor: int, currency: str, text: str) -> None:
    assert format_amount(minor, currency) == text


_AMOUNTS = st.tuples(
    st.integers(-(10**12), 10**12), st.sampled_from(["USD", "JPY", "KWD", "CNY", "ZZZ"])
)


@settings(max_examples=60)
@given(st.lists(_AMOUNTS, min_size=1))
def test_a_column_of_amounts_reads_as_each_of_them(amounts: list[tuple[int, str]]) -> None:
    frame = pl.DataFrame(amounts, schema=["minor", "currency"], orient="row")
    texts = frame.select(amount_text(pl.col("minor"), pl.col("currency"))).to_series()
    assert texts.to_list() == [format_amount(*amount) for amount in amounts]


def test_what_has_no_currency_is_a_number_and_what_has_no_amount_is_null() -> None:
    schema = {"minor": pl.Int64, "currency": pl.String}
    frame = pl.DataFrame({"minor": [1234, None], "currency": [None, "USD"]}, schema=schema)
    texts = frame.select(amount_text(pl.col("minor"), pl.col("currency"))).to_series()
    assert texts.to_list() == ["1,234", None]


_TEXTS = st.from_regex(r"-?[0-9]{0,17}(\.[0-9]{0,5})?x?", fullmatch=True)


@settings(max_examples=60)
@given(_TEXTS, st.sampled_from(["USD", "JPY", "KWD"]))
def test_one_text_is_read_as_a_column_of_them_is(text: str, currency: str) -> None:
    from_column = in_a_column(text, currency)
    if from_column is None:
        with pytest.raises(SourceContractError):
            parse_minor(text, currency)
    else:
        assert parse_minor(text, currency) == from_column


def test_a_currency_is_three_capital_letters() -> None:
    with pytest.raises(SourceContractError, match="ISO 4217"):
        exponent("usd")
