"""Which parcels are told of, to whom and by what, and what a notice says."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from actions.messages import render
from actions.policies import delay_notice
from actions.policies.delay_notice import Params
from contracts.codes import ParcelStatus
from contracts.economics import Economics
from contracts.payloads import Message, decode
from contracts.tables import ParcelFact

AS_OF = datetime(2026, 11, 20, 17, tzinfo=UTC)
MAIL = Params(way="email", shop_name="Tea & Cups")
Row = dict[str, Any]


def parcel(**more: Any) -> Row:
    name = {"carrier_code": "yuantong", "tracking_number": "YT1", "shipment_id": "yuantong:YT1"}
    person = {"member_id": "m", "has_email": True, "language": "zh-CN", "is_cancelled": False}
    where = {"parcel_status": "in_transit", "delivered_at": None}
    promise = {"promised_at": AS_OF - timedelta(hours=24), "late_hours": 24.0}
    events = {"last_event_at": AS_OF - timedelta(hours=30), "silent_hours": 30.0}
    return {
        "shop_id": "s",
        "order_id": "o1",
        **name,
        **person,
        **where,
        **promise,
        **events,
        **more,
    }


def stated(rows: list[Row], params: Params) -> dict[str, Any]:
    return {
        "parcels": ParcelFact.sample(overrides=rows).lazy(),
        "params": params,
        "economics": Economics(fee_rate=0, min_margin_rate=0),
        "as_of": AS_OF,
        "time_zone": "Asia/Shanghai",
    }


def propose(*rows: Row, params: Params = MAIL) -> pl.DataFrame:
    return delay_notice.propose(**stated(list(rows), params))


def decide(params: Params = MAIL, **more: Any) -> str:
    """The reason of the notice, or why there is none."""
    arguments = stated([parcel(**more)], params)
    proposed, held = delay_notice.propose(**arguments), delay_notice.holds(**arguments)
    (reason,) = [*proposed["reason_code"], *held["reason_code"]]
    return str(reason)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "late"),
        ({"late_hours": 6.0}, "on_time"),
        ({"late_hours": 6.1}, "late"),
        ({"late_hours": -40.0}, "on_time"),
        ({"late_hours": -40.0, "silent_hours": 72.0}, "on_time"),
        ({"late_hours": -40.0, "silent_hours": 72.1}, "stuck"),
        ({"late_hours": None, "silent_hours": 73.0}, "stuck"),
        ({"late_hours": None, "silent_hours": None}, "nothing_known"),
        ({"late_hours": 24.0, "silent_hours": None, "parcel_status": None}, "late"),
        ({"delivered_at": AS_OF}, "arrived"),
        ({"parcel_status": "delivered"}, "arrived"),
        ({"is_cancelled": True}, "order_cancelled"),
        ({"parcel_status": "problem"}, "late"),
        ({"parcel_status": "refused"}, "goes_back"),
        ({"parcel_status": "returning"}, "goes_back"),
        ({"parcel_status": "returned"}, "goes_back"),
        ({"late_hours": 14 * 24 + 6.0}, "late"),
        ({"late_hours": 14 * 24 + 6.1}, "too_late_to_tell"),
        ({"late_hours": 24.0, "silent_hours": 900.0}, "late"),
        ({"late_hours": None, "silent_hours": 900.0}, "too_late_to_tell"),
    ],
)
def test_which_parcels_are_told_of(change: Row, expected: str) -> None:
    assert decide(**change) == expected


@pytest.mark.parametrize(
    ("change", "params", "kind"),
    [
        ({}, MAIL, "send_message"),
        ({}, Params(), "none"),
        ({"has_email": False}, MAIL, "none"),
        ({"member_id": None}, MAIL, "none"),
    ],
)
def test_who_cannot_be_written_to_is_told_of_to_a_person(
    change: Row, params: Params, kind: str
) -> None:
    row = propose(parcel(**change), params=params).row(0, named=True)
    assert row["write_kind"] == kind
    person = (row["payload"] is None, row["channel"], row["purpose"])
    assert person == ((False, "email", "service") if kind == "send_message" else (True, None, None))


def test_a_notice_is_one_for_the_parcels_life() -> None:
    row = propose(parcel()).row(0, named=True)
    assert (row["target_id"], row["member_id"]) == ("yuantong:YT1", "m")
    assert (row["before_value"], row["after_value"]) == (0, 1)
    assert (row["window_start"], row["expires_at"]) == (
        datetime(2026, 11, 20, 16, tzinfo=UTC),
        datetime(2026, 11, 21, 16, tzinfo=UTC),
    )


def test_a_later_run_of_the_day_says_the_same() -> None:
    later = parcel(late_hours=27.5, silent_hours=33.5)
    assert propose(parcel())["payload"].equals(propose(later)["payload"])


def test_a_notice_names_order_parcel_and_the_broken_promise_in_the_shops_day() -> None:
    promised = datetime(2026, 11, 19, 17, tzinfo=UTC)  # the 20th in Shanghai
    message = decode(propose(parcel(promised_at=promised))["payload"].item(), Message)
    assert (message.template, message.language) == ("delay_notice", "zh-CN")
    assert dict(message.values) == {
        "order_id": "o1",
        "carrier": "yuantong",
        "tracking_number": "YT1",
        "promised_date": "2026-11-20",
        "shop_name": "Tea & Cups",
    }


def test_a_parcel_that_stands_still_is_told_by_its_last_event_and_no_promise() -> None:
    still = parcel(late_hours=-5.0, silent_hours=90.0)
    message = decode(propose(still)["payload"].item(), Message)
    assert "promised_date" not in message.values
    assert message.values["last_event_date"] == "2026-11-19"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("zh", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("en-GB", "en"),
        ("EN", "en"),
        ("de", "en"),
        (None, "en"),
    ],
)
def test_members_are_written_to_in_a_language_we_have(language: str | None, expected: str) -> None:
    message = decode(propose(parcel(language=language))["payload"].item(), Message)
    assert message.language == expected


def test_a_parcel_that_holds_two_orders_is_told_of_once_by_the_one_that_stands() -> None:
    both = [parcel(is_cancelled=True), parcel(order_id="o2")]
    proposed = propose(*both)
    assert proposed["parent_id"].to_list() == ["o2"]
    assert delay_notice.holds(**stated(both, MAIL)).is_empty()


def test_a_capped_run_takes_the_latest() -> None:
    rows = [
        parcel(shipment_id=f"dhl:{hours}", late_hours=hours, order_id=f"o{hours}")
        for hours in (10.0, 30.0, 20.0)
    ]
    params = MAIL.model_copy(update={"max_proposals": 2})
    assert propose(*rows, params=params)["target_id"].to_list() == ["dhl:30.0", "dhl:20.0"]


def test_a_notice_by_mail_is_signed() -> None:
    with pytest.raises(ValidationError, match="shop_name is missing"):
        Params(way="email")


def test_a_name_that_no_text_may_hold_is_refused_when_it_is_set() -> None:
    with pytest.raises(ValidationError, match="may not be said"):
        Params(way="email", shop_name="好评返现小店")


STATES = st.fixed_dictionaries(
    {
        "late_hours": st.none() | st.floats(-900, 900),
        "silent_hours": st.none() | st.floats(0, 900),
        "parcel_status": st.none() | st.sampled_from([str(one) for one in ParcelStatus]),
        "is_cancelled": st.booleans(),
        "language": st.none() | st.sampled_from(["en", "zh-CN", "fr"]),
    }
)


@settings(max_examples=30)
@given(told=st.lists(STATES, min_size=1, max_size=40))
def test_what_is_sent_is_about_a_parcel_under_way_and_can_be_rendered(told: list[Row]) -> None:
    """Many parcels at once: one costs as much as forty."""
    rows: dict[str, Row] = {}
    for number, state in enumerate(told):
        name, target = f"YT{number:02}", f"yuantong:YT{number:02}"
        whose = {"order_id": f"o{number}", "member_id": f"m{number}"}
        rows[target] = parcel(tracking_number=name, shipment_id=target, **whose, **state)
    params = MAIL.model_copy(update={"max_proposals": None})
    for one in propose(*rows.values(), params=params).to_dicts():
        row = rows[one["target_id"]]
        numbers = json.loads(one["numbers"])
        assert (numbers["late_hours"] or 0) > 6 or (numbers["silent_hours"] or 0) > 72
        assert row["parcel_status"] not in (ParcelStatus.DELIVERED, ParcelStatus.RETURNED)
        assert not row["is_cancelled"]
        assert row["tracking_number"] in render(decode(one["payload"], Message)).subject
