"""How late a parcel is, and which ones are worth a question to their carrier."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.codes import ParcelStatus
from contracts.tables import Contact, OpenParcel, Order, Parcel, ParcelFact, Shipment
from transforms.parcels import open_parcels, parcel_facts

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
Row = dict[str, Any]


def ago(**span: float) -> datetime:
    return AS_OF - timedelta(**span)


def order(order_id: str = "o1", **more: Any) -> Row:
    row = {"shop_id": "s", "order_id": order_id, "member_id": "m", "is_test": False}
    dates = {"created_date": ago(days=6).date(), "cancelled_at": None, "deliver_by_at": None}
    return {**row, **dates, "payment_status": "paid", **more}


def shipment(order_id: str = "o1", number: str = "YT1", **more: Any) -> Row:
    name = {"carrier_code": "yuantong", "tracking_number": number}
    row = {"shop_id": "s", "order_id": order_id, "shipment_id": f"yuantong:{number}", **name}
    dates = {"shipped_at": ago(days=5), "promised_at": ago(days=1), "delivered_at": None}
    return {**row, "created_date": ago(days=6).date(), **dates, **more}


def parcel(number: str = "YT1", **more: Any) -> Row:
    row = {"shop_id": "s", "shipment_id": f"yuantong:{number}", "parcel_status": "in_transit"}
    dates = {"last_event_at": ago(hours=60), "delivered_at": None, "read_at": ago(hours=2)}
    return {**row, **dates, **more}


def contact(**more: Any) -> Row:
    row = {"shop_id": "s", "member_id": "m", "channel": "email", "address": "m@example.com"}
    return {**row, "language": "zh-CN", **more}


def facts(
    shipments: list[Row],
    orders: list[Row] | None = None,
    parcels: list[Row] | None = None,
    contacts: list[Row] | None = None,
) -> list[Row]:
    frame = parcel_facts(
        Order.sample(overrides=[order()] if orders is None else orders).lazy(),
        Shipment.sample(overrides=shipments).lazy(),
        parcels=Parcel.sample(overrides=parcels or []).lazy(),
        contacts=Contact.sample(overrides=contacts or []).lazy(),
        as_of=AS_OF,
    )
    return ParcelFact.validate(frame.sort("order_id", "shipment_id").collect()).to_dicts()


def fact(*args: Any, **more: Any) -> Row:
    rows = facts(*args, **more)
    assert len(rows) == 1
    return rows[0]


def asked(rows: list[Row], parcels: list[Row] | None = None) -> list[str]:
    """Tracking numbers that a carrier is asked about."""
    known = ParcelFact.sample(overrides=rows)
    carried = Parcel.sample(overrides=parcels or [])
    frame = open_parcels(known.lazy(), parcels=carried.lazy(), as_of=AS_OF)
    return OpenParcel.validate(frame.collect())["tracking_number"].to_list()


def under_way(order_id: str = "o1", number: str = "YT1", **more: Any) -> Row:
    name = {"carrier_code": "yuantong", "tracking_number": number}
    row = {"shop_id": "s", "order_id": order_id, "shipment_id": f"yuantong:{number}", **name}
    dates = {"shipped_at": ago(days=5), "promised_at": ago(days=1), "delivered_at": None}
    return {**row, **dates, "parcel_status": None, **more}


def test_a_parcel_under_way_is_late_by_the_hours_since_its_promise() -> None:
    row = fact([shipment()], parcels=[parcel()])
    assert (row["late_hours"], row["silent_hours"]) == (24.0, 60.0)
    assert (row["parcel_status"], row["delivered_at"]) == ("in_transit", None)


def test_a_parcel_that_arrived_is_late_by_the_hours_to_its_arrival() -> None:
    late = parcel(parcel_status="delivered", delivered_at=ago(hours=20))
    early = parcel(parcel_status="delivered", delivered_at=ago(hours=30))
    assert fact([shipment()], parcels=[late])["late_hours"] == 4.0
    assert fact([shipment()], parcels=[early])["late_hours"] == -6.0


def test_the_carriers_arrival_goes_before_the_platforms() -> None:
    shipped = shipment(delivered_at=ago(hours=40))
    row = fact([shipped], parcels=[parcel(parcel_status="delivered", delivered_at=ago(hours=20))])
    assert row["delivered_at"] == ago(hours=20)
    assert fact([shipped])["delivered_at"] == ago(hours=40)


def test_a_shipment_without_a_promise_has_its_orders() -> None:
    promised = order(deliver_by_at=ago(hours=6))
    assert fact([shipment(promised_at=None)], [promised])["late_hours"] == 6.0
    assert fact([shipment()], [promised])["late_hours"] == 24.0


def test_what_nobody_knows_stays_unknown() -> None:
    row = fact([shipment(promised_at=None)])
    assert {row[name] for name in ("promised_at", "late_hours", "silent_hours")} == {None}
    arrived = fact([shipment()], parcels=[parcel(parcel_status="delivered")])
    assert arrived["late_hours"] is None


def test_an_order_in_two_parcels_has_a_row_for_each() -> None:
    rows = facts([shipment(), shipment(number="YT2")], parcels=[parcel("YT2")])
    assert [row["parcel_status"] for row in rows] == [None, "in_transit"]


@pytest.mark.parametrize(
    ("change", "is_off"),
    [
        ({}, False),
        ({"payment_status": "partially_refunded"}, False),
        ({"payment_status": "refunded"}, True),
        ({"payment_status": "voided"}, True),
        ({"cancelled_at": ago(days=2)}, True),
    ],
)
def test_an_order_that_is_off_is_told(change: Row, is_off: bool) -> None:
    assert fact([shipment()], [order(**change)])["is_cancelled"] is is_off


def test_tests_of_the_shop_and_old_orders_are_left_out() -> None:
    old = ago(days=121).date()
    assert facts([shipment()], [order(is_test=True)]) == []
    assert facts([shipment(created_date=old)], [order(created_date=old)]) == []


@pytest.mark.parametrize(
    ("change", "known"),
    [
        ({}, (True, "zh-CN")),
        ({"language": None}, (True, None)),
        ({"address": None}, (False, None)),
        ({"channel": "sms"}, (False, None)),
        ({"member_id": "somebody else"}, (False, None)),
    ],
)
def test_who_can_be_written_to_by_mail(change: Row, known: tuple[bool, str | None]) -> None:
    row = fact([shipment()], contacts=[contact(**change)])
    assert (row["has_email"], row["language"]) == known


def test_a_guest_has_no_address() -> None:
    row = fact([shipment()], [order(member_id=None)], contacts=[contact()])
    assert (row["member_id"], row["has_email"]) == (None, False)


@pytest.mark.parametrize(
    ("change", "is_asked"),
    [
        ({}, True),
        ({"parcel_status": "in_transit"}, True),
        ({"parcel_status": "delivered"}, False),
        ({"parcel_status": "returned"}, False),
        ({"delivered_at": ago(hours=1)}, False),
        ({"shipped_at": ago(days=45)}, True),
        ({"shipped_at": ago(days=45, seconds=1)}, False),
        ({"shipped_at": None}, False),
        ({"promised_at": ago(days=-1)}, False),
        ({"promised_at": ago(days=-1, seconds=1)}, True),
        ({"promised_at": None, "shipped_at": ago(days=3)}, False),
        ({"promised_at": None, "shipped_at": ago(days=3, seconds=1)}, True),
    ],
)
def test_which_parcels_are_asked_about(change: Row, is_asked: bool) -> None:
    assert bool(asked([under_way(**change)])) is is_asked


@pytest.mark.parametrize(("minutes", "is_asked"), [(29, False), (30, True), (31, True)])
def test_a_carrier_is_not_asked_twice_within_half_an_hour(minutes: int, is_asked: bool) -> None:
    tracked = parcel(read_at=ago(minutes=minutes))
    assert bool(asked([under_way(parcel_status="in_transit")], [tracked])) is is_asked


def test_a_parcel_that_holds_two_orders_is_asked_about_once_by_the_earliest_promise() -> None:
    rows = [under_way("o1", promised_at=None), under_way("o2"), under_way("o3", number="YT3")]
    frame = open_parcels(
        ParcelFact.sample(overrides=rows).lazy(), parcels=Parcel.sample(0).lazy(), as_of=AS_OF
    ).collect()
    assert frame["order_id"].to_list() == ["o2", "o3"]


SPANS = st.none() | st.integers(-90 * 24, 90 * 24).map(lambda hours: ago(hours=hours))


TOLD = st.fixed_dictionaries(
    dict.fromkeys(("shipped", "promised", "by", "arrived", "carried", "event"), SPANS)
)


@settings(max_examples=30)
@given(st.lists(TOLD, min_size=1, max_size=40))
def test_a_parcel_that_arrived_is_never_asked_about_and_lateness_has_a_promise(
    told: list[Row],
) -> None:
    """Many parcels at once: one costs as much as forty."""
    shipments, orders, parcels = [], [], []
    for number, dates in enumerate(told):
        order_id, name = f"o{number:02}", f"YT{number:02}"
        mine = {"shipped": "shipped_at", "promised": "promised_at", "arrived": "delivered_at"}
        shipments.append(shipment(order_id, name, **{mine[key]: dates[key] for key in mine}))
        orders.append(order(order_id, deliver_by_at=dates["by"]))
        status = ParcelStatus.DELIVERED if dates["carried"] else ParcelStatus.IN_TRANSIT
        carried = {"delivered_at": dates["carried"], "last_event_at": dates["event"]}
        parcels.append(parcel(name, parcel_status=str(status), **carried))

    rows = facts(shipments, orders, parcels)
    for row, dates in zip(rows, told, strict=True):
        has_promise = dates["promised"] is not None or dates["by"] is not None
        assert (row["late_hours"] is not None) == has_promise
        assert (row["silent_hours"] is None) == (dates["event"] is None)
    arrived = {
        row["tracking_number"]
        for row, dates in zip(rows, told, strict=True)
        if dates["arrived"] or dates["carried"]
    }
    assert arrived.isdisjoint(asked(rows))
