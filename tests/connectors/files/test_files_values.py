"""What a cell's text means is declared; what cannot be read exactly is named, never guessed."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from connectors.base.mapping import Parsed
from connectors.files.cells import parsed
from connectors.files.columns import Column
from contracts.columns import rate
from contracts.streams import PART, Mapped
from tests.connectors.files.exports import (
    COSTS,
    EXPORTED,
    OFFERS,
    TRAFFIC,
    changed,
    export,
    file_of,
    mapped,
    page,
    reasons,
)

MONEY = "unreadable_money"


def of_files(result: Mapped) -> list[tuple[str, str | None]]:
    """Reason and column of rejects, all of which are told of a file."""
    assert all(document.startswith(PART) for document, _, _ in reasons(result))
    return [(reason, column) for _, reason, column in reasons(result)]


def cost_of(text: str, **options: Any) -> int | None:
    """The cost that one cell is read as; null when its document is rejected for it."""
    body = f'sku,from,cost\nA,2026-11-01,"{text}"\n'
    result = mapped(page(changed(COSTS, "unit_cost_minor", **options), body))
    cost: int | None = result.frames["costs"]["unit_cost_minor"].item()
    named = reasons(result) == [("A|2026-11-01", MONEY, "unit_cost_minor")]
    assert named is (cost is None)
    return cost


@pytest.mark.parametrize(
    ("text", "options", "cost"),
    [
        ("12.30", {}, 1230),
        ("１２．３０", {}, 1230),
        ("　12.30 ", {}, 1230),
        ("1,234.50", {"thousands": True}, 123450),
        ("１，２３４．５０", {"thousands": True}, 123450),
        ("1.2万", {"wan": True}, 1_200_000),
        ("1.234567万", {"wan": True}, 1_234_567),
        ("1,234.5万", {"wan": True, "thousands": True}, 1_234_500_000),
        ("0.0001亿", {"wan": True}, 1_000_000),
        ("¥12.30", {"yuan": True}, 1230),
        ("￥ 1,234.50", {"yuan": True, "thousands": True}, 123450),
        ("12.30元", {"yuan": True}, 1230),
        ("1230", {"unit": "minor"}, 1230),
        ("12300", {"unit": "mill"}, 1230),
        ("12300000", {"unit": "micros"}, 1230),
    ],
)
def test_cost_is_read_in_the_declared_unit(text: str, options: dict[str, Any], cost: int) -> None:
    assert cost_of(text, **options) == cost


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("1,234.50", {}),
        ("12,34.50", {"thousands": True}),
        ("12,50", {"thousands": True}),
        ("1.2万", {}),
        ("1.2345678万", {"wan": True}),
        ("万", {"wan": True}),
        ("12.345", {}),
        ("¥12.30", {}),
        ("$12.30", {"yuan": True}),
        ("¥1,234.50", {"yuan": True}),
        ("#N/A", {}),
        ("1e3", {}),
        ("12.30", {"unit": "minor"}),
        ("12305", {"unit": "mill"}),
        ("12300001", {"unit": "micros"}),
        ("9" * 30, {"unit": "micros"}),
    ],
)
def test_cost_that_is_not_exact_names_its_document(text: str, options: dict[str, Any]) -> None:
    assert cost_of(text, **options) is None


def test_each_row_has_the_exponent_of_its_own_currency() -> None:
    layout = changed(COSTS, "currency", column="cur", codes={"日元": "JPY", "美元": "USD"})
    body = "sku,from,cost,cur\nA,2026-11-01,12,日元\nB,2026-11-01,12,美元\n"
    costs = mapped(page(layout, body)).frames["costs"]
    assert costs.select("currency", "unit_cost_minor").rows() == [("JPY", 12), ("USD", 1200)]


@pytest.mark.parametrize("currency", ["usd", "US Dollar", "12"])
def test_unknown_currency_is_named_and_its_amount_is_not_read(currency: str) -> None:
    layout = changed(COSTS, "currency", column="cur")
    result = mapped(page(layout, f"sku,from,cost,cur\nA,2026-11-01,12,{currency}\n"))
    assert [(reason, column) for _, reason, column in reasons(result)] == [
        ("unknown_code", "currency"),
        (MONEY, "unit_cost_minor"),
    ]


def test_empty_cost_is_missing_and_the_rest_goes_on() -> None:
    result = mapped(page(COSTS, "sku,from,cost\nA,2026-11-01,\nB,2026-11-01,2.00\n"))
    assert reasons(result) == [("A|2026-11-01", "missing_value", "unit_cost_minor")]
    assert result.frames["costs"]["unit_cost_minor"].to_list() == [None, 200]


@pytest.mark.parametrize(
    ("row", "reason", "column", "said"),
    [
        (",2026-11-01,1.00\n", "missing_value", "sku_id", "1 rows without it"),
        ("B,soon,2.00\n", "unreadable_row", "valid_from", "1 rows without it, such as soon"),
    ],
)
def test_row_without_its_key_is_told_of_its_file_and_the_others_go_on(
    row: str, reason: str, column: str, said: str
) -> None:
    given = page(COSTS, f"sku,from,cost\nA,2026-11-01,1.00\n{row}")
    result = mapped(given)
    assert result.frames["costs"]["sku_id"].to_list() == ["A"]
    assert reasons(result) == [(f"part:{file_of(given)}", reason, column)]
    assert result.rejects["detail"].item() == said


@pytest.mark.parametrize(
    ("text", "sku"),
    [
        ("0012", "0012"),
        (" 12\t", "12"),
        ("'0012", "0012"),
        ('=""0012""', "0012"),
        ("6.92E+12", None),
    ],
)
def test_code_of_a_sku_survives_what_spreadsheets_do(text: str, sku: str | None) -> None:
    result = mapped(page(COSTS, f'sku,from,cost\n"{text}",2026-11-01,1.00\n'))
    assert result.frames["costs"]["sku_id"].to_list() == [one for one in [sku] if one]
    assert of_files(result) == ([] if sku else [("unreadable_row", "sku_id")])


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("2026-11-01", None, dt.date(2026, 11, 1)),
        ("２０２６-１１-０１", None, dt.date(2026, 11, 1)),
        ("20261101", "%Y%m%d", dt.date(2026, 11, 1)),
        ("2026年11月1日", "%Y年%m月%d日", dt.date(2026, 11, 1)),
        ("2026/11/1", ("%Y年%m月%d日", "%Y/%m/%d"), dt.date(2026, 11, 1)),
        ("46327", "excel", dt.date(2026, 11, 1)),
        ("44865", "excel-1904", dt.date(2026, 11, 1)),
        ("2026-02-30", None, None),
        ("01/11/2026", None, None),
        ("2026-11-01 08:00", None, None),
        ("46327.5", "excel", None),
    ],
)
def test_day_is_read_in_the_declared_format(
    text: str, form: str | tuple[str, ...] | None, day: dt.date | None
) -> None:
    layout = changed(COSTS, "valid_from", format=form)
    result = mapped(page(layout, f"sku,from,cost\nA,{text},1.00\n"))
    assert result.frames["costs"]["valid_from"].to_list() == [one for one in [day] if one]
    assert of_files(result) == ([] if day else [("unreadable_row", "valid_from")])


@pytest.mark.parametrize(
    ("text", "rule", "instant"),
    [
        ("2026-11-19 08:00", "reject", dt.datetime(2026, 11, 19, 13, tzinfo=dt.UTC)),
        ("2026-11-01 01:30", "earlier", dt.datetime(2026, 11, 1, 5, 30, tzinfo=dt.UTC)),
        ("2026-11-01 01:30", "later", dt.datetime(2026, 11, 1, 6, 30, tzinfo=dt.UTC)),
        ("2026-11-01 01:30", "reject", None),
        ("2026-03-08 02:30", "earlier", None),
        ("yesterday", "earlier", None),
    ],
)
def test_local_time_follows_the_declared_rule(
    text: str, rule: str, instant: dt.datetime | None
) -> None:
    layout = OFFERS | {"ambiguous": rule}
    result = mapped(page(layout, f"sku,rival,seen,price,stock,by\nA,R,{text},1.00,有,自营\n"))
    seen = result.frames["competitor_offers"]["observed_at"].to_list()
    assert seen == [one for one in [instant] if one]
    assert of_files(result) == ([] if instant else [("unreadable_row", "observed_at")])


@pytest.mark.parametrize(
    ("text", "form", "instant"),
    [
        ("46345.333333333336", "excel", dt.datetime(2026, 11, 19, 13, tzinfo=dt.UTC)),
        ("46345.354861111111", "excel", dt.datetime(2026, 11, 19, 13, 31, tzinfo=dt.UTC)),
        ("46345", "excel", dt.datetime(2026, 11, 19, 5, tzinfo=dt.UTC)),
        ("44883.333333333336", "excel-1904", dt.datetime(2026, 11, 19, 13, tzinfo=dt.UTC)),
        ("46327.0625", "excel", None),
        ("46345.33.1", "excel", None),
        ("4.63E+04", "excel", None),
    ],
)
def test_instant_is_read_from_a_spreadsheets_serial_number(
    text: str, form: str, instant: dt.datetime | None
) -> None:
    layout = changed(OFFERS, "observed_at", format=form)
    result = mapped(page(layout, f"sku,rival,seen,price,stock,by\nA,R,{text},1.00,有,自营\n"))
    seen = result.frames["competitor_offers"]["observed_at"].to_list()
    assert seen == [one for one in [instant] if one]


def test_instant_with_an_offset_needs_no_rule() -> None:
    layout = changed(OFFERS, "observed_at", format="iso")
    body = "sku,rival,seen,price,stock,by\nA,R,2026-11-01T01:30:00-05:00,1.00,无,商家\n"
    offer = mapped(page(layout, body)).frames["competitor_offers"].row(0, named=True)
    assert offer["observed_at"] == dt.datetime(2026, 11, 1, 6, 30, tzinfo=dt.UTC)
    assert (offer["is_in_stock"], offer["fulfilment"]) == (False, "seller")


@pytest.mark.parametrize(
    ("stock", "by", "column"), [("少", "自营", "is_in_stock"), ("有", "代发", "fulfilment")]
)
def test_unknown_code_is_named_with_its_value(stock: str, by: str, column: str) -> None:
    body = f"sku,rival,seen,price,stock,by\nA,R,2026-11-19 08:00,1.00,{stock},{by}\n"
    result = mapped(page(OFFERS, body))
    assert [row[1:] for row in reasons(result)] == [("unknown_code", column)]
    assert result.rejects["detail"].item() in (stock, by)


@pytest.mark.parametrize(
    ("text", "options", "visitors"),
    [
        ("1234", {}, 1234),
        ("12.00", {}, 12),
        ("1,234", {"thousands": True}, 1234),
        ("3.5万", {"wan": True}, 35000),
        ("1,234", {}, None),
        ("12.5", {}, None),
        ("1e3", {}, None),
    ],
)
def test_count_is_whole_or_named(text: str, options: dict[str, Any], visitors: int | None) -> None:
    layout = changed(TRAFFIC, "visitors_units", **options)
    result = mapped(page(layout, f'day,source,visitors\n2026-11-01,search,"{text}"\n'))
    assert result.frames["traffic_daily"]["visitors_units"].item() == visitors
    wanted = [] if visitors else [("2026-11-01|search", "unreadable_number", "visitors_units")]
    assert reasons(result) == wanted


@pytest.mark.parametrize(
    ("text", "options", "stayed", "bounced"),
    [
        ("60.5", {}, 7260.0, 7260),
        ("40%", {"percent": True}, 48.0, 48),
        ("33.3%", {"percent": True}, 39.96, 40),
        ("many", {}, None, None),
    ],
)
def test_a_mean_of_visitors_is_held_as_what_all_of_them_come_to(
    text: str, options: dict[str, Any], stayed: float | None, bounced: int | None
) -> None:
    of_all = {"column": "mean", "times": ["visitors"], **options}
    columns = TRAFFIC["tables"]["traffic_daily"]["columns"]
    added = {**columns, "dwell_seconds": of_all, "bounced_units": of_all}
    layout = TRAFFIC | {"tables": {"traffic_daily": {"columns": added}}}
    result = mapped(page(layout, f"day,source,visitors,mean\n2026-11-01,search,120,{text}\n"))
    (row,) = result.frames["traffic_daily"].to_dicts()
    assert (row["dwell_seconds"], row["bounced_units"]) == (pytest.approx(stayed), bounced)
    assert len(reasons(result)) == (0 if bounced else 2)


@pytest.mark.parametrize(
    ("text", "hour"), [("9", 9), ("09", 9), ("23:00-23:59", 23), ("noon", None), ("930", None)]
)
def test_an_hour_of_the_day_is_a_number_or_the_beginning_of_a_span(
    text: str, hour: int | None
) -> None:
    columns = {
        "traffic_date": {"column": "day"},
        "hour": {"column": "hour"},
        "traffic_source": {"constant": "all"},
        "visitors_units": {"constant": 5},
    }
    layout = TRAFFIC | {"tables": {"traffic_hourly": {"columns": columns}}}
    frame = mapped(page(layout, f"day,hour\n2026-11-01,{text}\n")).frames["traffic_hourly"]
    assert frame["hour"].to_list() == ([] if hour is None else [hour])


@pytest.mark.parametrize(
    ("text", "percent", "share"),
    [
        ("12.5%", True, 0.125),
        ("12.5", True, 0.125),
        ("0.125", False, 0.125),
        ("12.5%", False, None),
    ],
)
def test_percent_is_a_fraction_where_declared(
    text: str, percent: bool, share: float | None
) -> None:
    column = parsed(Column(column="x", percent=percent), rate("Share"), export(TRAFFIC))
    assert isinstance(column, Parsed)
    assert pl.DataFrame({"x": [text]}).select(column.value).item() == share


def test_empty_cell_is_read_as_the_default() -> None:
    layout = changed(COSTS, "unit_cost_minor", default="1.50")
    result = mapped(page(layout, "sku,from,cost\nA,2026-11-01,\n"))
    assert result.frames["costs"]["unit_cost_minor"].to_list() == [150]
    assert reasons(result) == []


def test_day_and_instant_of_the_files_name_stand_where_the_export_names_none() -> None:
    dated = COSTS["tables"]["costs"]["columns"] | {"valid_from": {"stamp": True}}
    layout = COSTS | {"tables": {"costs": {"columns": dated}}}
    costs = mapped(page(layout, "sku,cost\nA,1.00\n")).frames["costs"]
    # Midnight in UTC is the evening before in the zone of the file.
    assert costs["valid_from"].to_list() == [dt.date(2026, 11, 19)]
    seen = OFFERS["tables"]["competitor_offers"]["columns"] | {"observed_at": {"stamp": True}}
    layout = OFFERS | {"tables": {"competitor_offers": {"columns": seen}}}
    offers = mapped(page(layout, "sku,rival,price,stock,by\nA,R,1.00,有,自营\n"))
    assert offers.frames["competitor_offers"]["observed_at"].to_list() == [EXPORTED]


def test_value_holds_only_for_rows_that_meet_its_condition() -> None:
    code = {
        "column": "spare",
        "when_empty": "sku",
        "otherwise": {"column": "sku", "plus": ["size"]},
    }
    columns = COSTS["tables"]["costs"]["columns"] | {"sku_id": code}
    layout = COSTS | {"tables": {"costs": {"columns": columns}}}
    body = "sku,size,spare,from,cost\nA,L,X,2026-11-01,1\n,L,X,2026-11-01,1\nB,,X,2026-11-01,1\n"
    result = mapped(page(layout, body))
    assert result.frames["costs"]["sku_id"].to_list() == ["A:L", "X"]
    assert of_files(result) == [("unreadable_row", "sku_id")]
