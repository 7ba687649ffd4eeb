"""What is due to be sent, which parcels stand still, which refunds age, and what is left alone."""

import datetime as dt
import json
from typing import Any

import polars as pl
import pytest

from actions.guard import GuardFacts, Limits, judge
from actions.guard.facts import READING_SCHEMA
from actions.policies import fulfilment_watch
from contracts.checks import CheckResult
from contracts.codes import ActionState, PolicyMode, WriteKind
from contracts.economics import Economics
from contracts.tables import Order, ParcelFact, RefundCase, Shipment

AS_OF = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
ECONOMICS = Economics(fee_rate=0, min_margin_rate=0)
ORDER: dict[str, Any] = {
    "shop_id": "s", "order_id": "7", "placed_at": AS_OF - 60 * HOUR, "paid_at": AS_OF - 47 * HOUR,
    "cancelled_at": None, "is_test": False, "payment_status": "paid", "currency": "EUR",
    "fulfilment_status": "unfulfilled", "deliver_by_at": None, "goods_units": 2,
    "total_minor": 1990, "goods_minor": 1990,
}  # fmt: skip
PARCEL: dict[str, Any] = {
    "shop_id": "s", "order_id": "7", "shipment_id": "dhl:1", "is_cancelled": False,
    "parcel_status": "in_transit", "delivered_at": None, "late_hours": 0.0, "silent_hours": 1.0,
    "carrier_code": "dhl", "tracking_number": "1",
}  # fmt: skip
CASE: dict[str, Any] = {
    "shop_id": "s", "order_id": "7", "case_id": "7", "case_status": "requested",
    "requested_at": AS_OF - 49 * HOUR, "refunded_at": None, "currency": "EUR", "asked_minor": 500,
}  # fmt: skip


def stated(
    *,
    orders: list[dict[str, Any]] | None = None,
    parcels: list[dict[str, Any]] | None = None,
    cases: list[dict[str, Any]] | None = None,
    sent: list[str] | None = None,
    **params: Any,
) -> dict[str, Any]:
    shipped = [
        {"shop_id": "s", "order_id": one, "shipment_id": f"dhl:{one}", "shipped_at": AS_OF}
        for one in sent or []
    ]
    tables = {
        "orders": (Order, [{**ORDER, **one} for one in orders or []]),
        "parcels": (ParcelFact, [{**PARCEL, **one} for one in parcels or []]),
        "cases": (RefundCase, [{**CASE, **one} for one in cases or []]),
        "shipments": (Shipment, shipped),
    }
    return {
        **{
            name: (schema.sample(overrides=given) if given else schema.create_empty()).lazy()
            for name, (schema, given) in tables.items()
        },
        "params": fulfilment_watch.Params(**params),
        "economics": ECONOMICS,
        "as_of": AS_OF,
        "time_zone": "UTC",
    }


def reasons(**given: Any) -> list[str]:
    facts = stated(**given)
    proposed, held = fulfilment_watch.propose(**facts), fulfilment_watch.holds(**facts)
    return [*proposed["reason_code"], *held["reason_code"]]


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"paid_at": AS_OF - 49 * HOUR}, "ship_overdue"),
        ({"paid_at": AS_OF - 48 * HOUR}, "ship_due"),
        ({"paid_at": AS_OF - 36 * HOUR}, "ship_due"),
        ({"paid_at": AS_OF - 35 * HOUR}, "in_time"),
        # A presale's clock starts at its balance.
        ({"placed_at": AS_OF - 900 * HOUR, "paid_at": AS_OF - HOUR}, "in_time"),
        # A promised delivery asks for it sooner: 72 hours are on the way.
        ({"paid_at": AS_OF - HOUR, "deliver_by_at": AS_OF + 71 * HOUR}, "ship_overdue"),
        ({"paid_at": AS_OF - HOUR, "deliver_by_at": AS_OF + 80 * HOUR}, "ship_due"),
        ({"paid_at": AS_OF - HOUR, "deliver_by_at": AS_OF + 90 * HOUR}, "in_time"),
        ({"paid_at": None}, "not_paid"),
        ({"fulfilment_status": "fulfilled"}, "shipped"),
        ({"fulfilment_status": "partially_fulfilled"}, "ship_due"),
        ({"cancelled_at": AS_OF}, "order_off"),
        ({"is_test": True}, "order_off"),
        ({"payment_status": "refunded"}, "order_off"),
        ({"paid_at": AS_OF - 800 * HOUR}, "too_old"),
    ],
)
def test_an_order_is_told_from_twelve_hours_before_its_deadline(
    order: dict[str, Any], reason: str
) -> None:
    assert reasons(orders=[order]) == [reason]


def test_an_order_with_a_parcel_that_left_is_sent_unless_only_in_part() -> None:
    assert reasons(orders=[{}], sent=["7"]) == ["shipped"]
    assert reasons(orders=[{"fulfilment_status": "partially_fulfilled"}], sent=["7"]) == [
        "ship_due"
    ]


def test_the_platforms_hours_are_a_setting_of_each_shop() -> None:
    assert reasons(orders=[{}], ship_hours=24) == ["ship_overdue"]
    assert reasons(orders=[{}], ship_hours=120) == ["in_time"]
    for name in ("ship_hours", "refund_hours"):
        description = fulfilment_watch.Params.model_fields[name].description
        assert description is not None
        assert "verify before production" in description


@pytest.mark.parametrize(
    ("parcel", "reason"),
    [
        ({"late_hours": 6.0}, "in_time"),
        ({"late_hours": 6.1}, "parcel_late"),
        ({"silent_hours": 72.0}, "in_time"),
        ({"silent_hours": 72.1}, "parcel_stuck"),
        ({"late_hours": 9.0, "silent_hours": 99.0}, "parcel_late"),
        ({"late_hours": None, "silent_hours": None}, "nothing_known"),
        ({"late_hours": 9.0, "parcel_status": "delivered"}, "arrived"),
        ({"late_hours": 9.0, "parcel_status": "returning"}, "goes_back"),
        ({"late_hours": 9.0, "is_cancelled": True}, "order_off"),
        ({"late_hours": 721.0}, "too_old"),
    ],
)
def test_a_parcel_late_or_stuck_is_told(parcel: dict[str, Any], reason: str) -> None:
    assert reasons(parcels=[parcel]) == [reason]


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ({}, "refund_ageing"),
        ({"requested_at": AS_OF - 48 * HOUR}, "in_time"),
        ({"case_status": "returning"}, "refund_ageing"),
        ({"case_status": "closed"}, "decided"),
        ({"refunded_at": AS_OF}, "decided"),
        ({"requested_at": AS_OF - 769 * HOUR}, "too_old"),
    ],
)
def test_a_refund_that_waits_too_long_is_told(case: dict[str, Any], reason: str) -> None:
    assert reasons(cases=[case]) == [reason]


def test_the_most_urgent_comes_first_and_what_is_cut_is_held() -> None:
    given: dict[str, Any] = {
        "orders": [{"order_id": "due"}, {"order_id": "over", "paid_at": AS_OF - 60 * HOUR}],
        "parcels": [{"late_hours": 99.0}],
        "cases": [{}],
    }
    order = ["ship_overdue", "ship_due", "refund_ageing", "parcel_late"]
    assert reasons(**given) == order
    assert reasons(**given, max_proposals=2) == [*order[:2], "beyond_max", "beyond_max"]


def test_a_case_and_an_order_of_the_same_number_are_two_targets() -> None:
    proposed = fulfilment_watch.propose(**stated(orders=[{}], cases=[{}]))
    assert set(proposed["target_id"]) == {"7", "case:7"}
    assert json.loads(proposed["numbers"][0])["order_id"] == "7"


FAILED = CheckResult(
    shop_id="s", table="orders", check="volume", passed=False, measured="0 rows", limit="9 rows",
    checked_at=AS_OF,
)  # fmt: skip


@pytest.mark.parametrize(
    ("read_hours_ago", "failed", "note"),
    [
        (1, [], None),
        (7, [], "the data are stale: orders were last read at 2026-11-20 05:00 UTC"),
        (1, [FAILED], "the data may be wrong: volume of orders measured 0 rows"),
    ],
)
def test_an_alert_on_stale_data_says_so_and_asks_nothing_of_customers(
    read_hours_ago: int, failed: list[CheckResult], note: str | None
) -> None:
    read = [("s", "orders", AS_OF - read_hours_ago * HOUR), ("s", "parcels", AS_OF)]
    facts = GuardFacts(
        depends=fulfilment_watch.DEPENDS,
        now=AS_OF,
        readings=pl.DataFrame(read, schema=dict(READING_SCHEMA), orient="row"),
        failed=failed,
    )
    judged = judge(
        fulfilment_watch.propose(**stated(orders=[{}])),
        facts,
        limits=Limits(max_actions=9, max_exposure_minor=0),
        economics=ECONOMICS,
        mode=PolicyMode.APPROVE,
        at=AS_OF,
    )
    assert judged["state"].to_list() == [ActionState.PROPOSED]
    assert judged["guard"].to_list() == [None]
    (reported,) = judged["guard_reason"].to_list()
    assert (reported is None) == (note is None)
    assert note is None or reported.startswith(note)
    assert fulfilment_watch.WRITES == (WriteKind.NONE,)
