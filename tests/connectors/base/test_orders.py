"""What all orders have in common: sums, dates of the family, refunds, fees and parcels."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from connectors.base import orders
from connectors.base.frames import PARENT, ROW
from connectors.base.mapping import Mapper, Parsed, coded, money, utc
from contracts.streams import Context, Mapped

NOON = dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC)
CONTEXT = Context("shop", "EUR", "Europe/Berlin", NOON)


def heads(*placed: str) -> pl.DataFrame:
    documents = pl.DataFrame({"id": range(len(placed)), "placed": placed}).with_row_index(ROW)
    return orders.with_heads(
        documents, order_id=pl.col("id"), placed=utc("placed"), updated=utc("placed"),
        currency="EUR",
    )  # fmt: skip


def children(**columns: Any) -> pl.DataFrame:
    return pl.DataFrame(columns, schema_overrides={PARENT: pl.UInt32})


def beside(head: pl.DataFrame, **columns: Any) -> pl.DataFrame:
    return head.select(orders.HEAD).hstack(pl.DataFrame(columns))


def mapped(add: Any) -> Mapped:
    mapper = Mapper(CONTEXT)
    add(orders.OrderTables(mapper))
    return mapper.done()


def test_a_sum_is_unknown_as_soon_as_one_of_its_amounts_is() -> None:
    amounts = children(parent_row=[0, 0, 1, 1], minor=[1, 2, 3, None])
    found = orders.with_sums(heads(*["2026-11-16T12:00:00Z"] * 3), amounts,
                             total=orders.known_sum("minor"))  # fmt: skip
    assert found["total"].to_list() == [3, None, None]


def test_an_order_is_dated_by_the_newest_of_its_family() -> None:
    at = [NOON + dt.timedelta(hours=hours) for hours in (1, 3, -1)]
    added = children(parent_row=[0, 0, 1], at=at)
    found = orders.with_newest(heads(*["2026-11-16T12:00:00Z"] * 3), added, pl.col("at"))
    assert found[orders.UPDATED_AT].to_list() == [at[1], NOON, NOON]


@pytest.mark.parametrize(
    ("total", "back", "status"),
    [(10, 0, "paid"), (10, 4, "partially_refunded"), (10, 10, "refunded"), (0, 0, "paid")],
)
def test_what_went_back_of_a_paid_order_says_where_its_money_stands(
    total: int, back: int, status: str
) -> None:
    assert pl.select(orders.status_of_paid(pl.lit(total), pl.lit(back))).item() == status


@pytest.mark.parametrize(
    ("gross", "quantity", "each"), [(1000, 3.0, 333), (5, 2.0, 2), (500, 0.0, 500), (None, 1, None)]
)
def test_a_piece_costs_its_share_of_the_line(
    gross: int | None, quantity: float, each: int | None
) -> None:
    value = pl.lit(gross, dtype=pl.Int64)
    assert pl.select(orders.unit_price(value, pl.lit(quantity))).item() == each


def test_an_order_without_a_readable_date_is_named() -> None:
    rejects = mapped(lambda tables: tables.orders(heads("soon"))).rejects
    assert set(rejects["column"]) == {"placed_at", "source_updated_at"}
    assert set(rejects["document_id"]) == {"0"}


def test_a_fee_is_a_line_of_its_order_and_no_goods() -> None:
    fees = beside(heads("2026-11-16T12:00:00Z"), fee=["tip"], amount=["1.50"])
    (line,) = (
        mapped(
            lambda tables: tables.fees(fees, line_id=pl.col("fee"), total=money("amount", "EUR"))
        )
        .frames["order_lines"]
        .to_dicts()
    )
    assert (line["order_id"], line["line_kind"], line["total_minor"]) == ("0", "fee", 150)
    assert line["created_date"] == NOON.date()


def test_parcels_without_a_number_or_not_sent_are_left_out_and_unknown_states_are_named() -> None:
    raw = beside(
        heads(*["2026-11-16T12:00:00Z"] * 4),
        carrier=["DHL"] * 4,
        number=[" 1 ", None, "3", "4"],
        state=["sent", "sent", "open", "lost"],
    )
    state = coded("state", {"sent": "yes", "open": "no"})
    found = mapped(
        lambda tables: tables.parcels(
            raw, carrier=pl.col("carrier"), number=pl.col("number"), is_sent=state
        )
    )
    parcels = found.frames["shipments"]
    assert parcels["shipment_id"].to_list() == ["dhl:1", None]
    assert parcels["tracking_number"].to_list() == ["1", "4"]
    assert found.rejects.select("document_id", "reason").rows() == [("3", "unknown_code")]


def test_refunds_and_codes_carry_the_currency_and_the_version_of_their_order() -> None:
    raw = beside(heads("2026-11-16T12:00:00Z"), number=["5"], at=["2026-11-17T00:00:00Z"],
                 minor=[100])  # fmt: skip
    back = Parsed(pl.col("minor"), pl.col("minor"), money("at", "EUR").reason)

    def add(tables: orders.OrderTables) -> None:
        tables.refunds(raw, refund_id=pl.col("number"), refunded_at=utc("at"), refunded_minor=back)
        tables.codes(raw, pl.col("number"))

    found = mapped(add).frames
    (refund,), (code,) = found["refunds"].to_dicts(), found["order_coupons"].to_dicts()
    assert (refund["currency"], refund["refunded_minor"]) == ("EUR", 100)
    assert refund["source_updated_at"] == code["source_updated_at"] == NOON
