"""Two hand-overs under one waybill are one parcel, and it left when the first one did."""

import datetime as dt

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from checks.rows import split
from connectors.base.mapping import Mapper
from contracts.streams import Context, Mapped
from contracts.tables import Shipment

AT = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
CONTEXT = Context("s", "USD", "UTC", AT + dt.timedelta(days=30))
Sent = tuple[str, str, int | None, int | None]


def mapped(sent: list[Sent]) -> Mapped:
    types = {"order": pl.String, "number": pl.String, "shipped": pl.Int64, "delivered": pl.Int64}
    raw = pl.DataFrame(sent, schema=types, orient="row")
    return (
        Mapper(CONTEXT)
        .add(
            Shipment,
            raw,
            order_id=pl.col("order"),
            created_date=pl.lit(AT.date()),
            shipment_id=pl.format("dhl:{}", "number"),
            carrier_code=pl.lit("dhl"),
            tracking_number=pl.col("number"),
            shipped_at=pl.lit(AT) + pl.duration(hours="shipped"),
            delivered_at=pl.lit(AT) + pl.duration(hours="delivered"),
        )
        .done()
    )


def test_two_fulfilments_an_hour_apart_under_one_waybill_are_one_parcel() -> None:
    (parcel,) = mapped([("1", "W", 2, None), ("1", "W", 1, 30)]).frames["shipments"].to_dicts()
    assert parcel["shipped_at"] == AT + dt.timedelta(hours=1)
    assert parcel["delivered_at"] == AT + dt.timedelta(hours=30)


_HOURS = st.none() | st.integers(0, 99)
_SENT = st.lists(
    st.tuples(st.sampled_from("12"), st.sampled_from("VW"), _HOURS, _HOURS), max_size=8
)


@given(_SENT.flatmap(lambda sent: st.tuples(st.just(sent), st.permutations(sent))))
def test_no_waybill_holds_its_order_in_whatever_order_it_is_told(
    orders: tuple[list[Sent], list[Sent]],
) -> None:
    sent, shuffled = orders
    once, again = mapped(sent), mapped(shuffled)
    assert split(once, CONTEXT).bad.is_empty()
    parcels = {(order, number) for order, number, _, _ in sent}
    assert once.frames["shipments"].height == len(parcels)
    key = ["order_id", "shipment_id"]
    assert once.frames["shipments"].sort(key).equals(again.frames["shipments"].sort(key))
