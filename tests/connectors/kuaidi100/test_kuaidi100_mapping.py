"""Answers about waybills as rows: China's time, states, events counted from the first."""

import datetime as dt
from typing import Any

import pytest

from connectors.kuaidi100.codes import EVENTS, REFUSALS, STATES
from connectors.kuaidi100.mapping import shipment_events
from contracts.codes import ParcelStatus
from contracts.errors import SourceRejectedError, TransientSourceError
from contracts.tables import Parcel, ParcelEvent
from tests.connectors.kuaidi100.recorded import CONTEXT, PAGES, event, page, refused, track


def parcel(state: str, *events: dict[str, Any]) -> dict[str, Any]:
    mapped = shipment_events([page("jd:JD1", track("jd", "JD1", state, *events))], CONTEXT)
    assert mapped.rejects.is_empty()
    return Parcel.validate(mapped.frames["parcels"]).row(0, named=True)


def test_times_are_chinas_and_events_are_counted_from_the_first() -> None:
    frames = shipment_events(PAGES["shipment_events"], CONTEXT).frames
    events = ParcelEvent.validate(frames["parcel_events"]).sort("shipment_id", "event_number")
    own = [row for row in events.iter_rows(named=True) if row["shipment_id"].startswith("yuan")]
    assert [(row["event_number"], row["parcel_status"], row["event_at"]) for row in own] == [
        ("1", "picked_up", dt.datetime(2026, 11, 18, 12, tzinfo=dt.UTC)),
        ("2", "in_transit", dt.datetime(2026, 11, 18, 18, 10, tzinfo=dt.UTC)),
        ("3", "out_for_delivery", dt.datetime(2026, 11, 20, 1, tzinfo=dt.UTC)),
        ("4", "delivered", dt.datetime(2026, 11, 20, 7, 4, 5, tzinfo=dt.UTC)),
    ]


def test_a_parcel_that_arrived_says_when() -> None:
    told = parcel("3", event("2026-11-20 08:00:00", "签收"), event("2026-11-19 08:00:00", "派件"))
    assert told["delivered_at"] == dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    assert told["last_event_at"] == told["delivered_at"]
    assert told["source_updated_at"] is None


def test_what_was_signed_for_and_is_not_delivered_now_has_not_arrived() -> None:
    told = parcel("6", event("2026-11-20 08:00:00", "退回"), event("2026-11-19 08:00:00", "签收"))
    assert (told["parcel_status"], told["delivered_at"]) == ("returning", None)


def test_a_parcel_without_events_has_a_state_and_no_instants() -> None:
    told = parcel("1")
    assert (told["parcel_status"], told["last_event_at"]) == ("picked_up", None)


def test_of_a_parcel_that_nothing_is_told_of_nothing_is_known() -> None:
    for code in ("400", "408", "500"):
        frames = shipment_events([page("jd:JD1", refused(code))], CONTEXT).frames
        assert all(frame.is_empty() for frame in frames.values())


def test_an_unreadable_time_quarantines_its_parcel() -> None:
    body = track("jd", "JD1", "0", event("2026-11-31 08:00:00", "在途"))
    rejects = shipment_events([page("jd:JD1", body)], CONTEXT).rejects
    assert rejects.select("document_id", "reason", "column").rows() == [
        ("jd:JD1", "unreadable_time", "event_at")
    ]


def test_a_field_that_is_not_known_is_told() -> None:
    body = {**track("jd", "JD1", "0"), "mood": "good"}
    assert shipment_events([page("jd:JD1", body)], CONTEXT).unknown_fields == ("mood",)


@pytest.mark.parametrize(
    ("state", "name", "status"),
    [
        ("0", "在途", ParcelStatus.IN_TRANSIT),
        ("1", "揽收", ParcelStatus.PICKED_UP),
        ("2", "疑难", ParcelStatus.PROBLEM),
        ("3", "签收", ParcelStatus.DELIVERED),
        ("4", "退签", ParcelStatus.RETURNED),
        ("5", "派件", ParcelStatus.OUT_FOR_DELIVERY),
        ("6", "退回", ParcelStatus.RETURNING),
        ("7", "转投", ParcelStatus.IN_TRANSIT),
        ("10", "待清关", ParcelStatus.CUSTOMS),
        ("11", "清关中", ParcelStatus.CUSTOMS),
        ("12", "已清关", ParcelStatus.CUSTOMS),
        ("13", "清关异常", ParcelStatus.PROBLEM),
        ("14", "拒签", ParcelStatus.REFUSED),
    ],
)
def test_a_state_is_the_same_by_number_and_by_name(
    state: str, name: str, status: ParcelStatus
) -> None:
    assert (STATES[state], EVENTS[name]) == (status, status)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("400", None),
        ("408", None),
        ("500", None),
        ("501", TransientSourceError),
        ("502", TransientSourceError),
        ("503", SourceRejectedError),
        ("601", SourceRejectedError),
    ],
)
def test_a_refusal_is_about_a_parcel_about_the_moment_or_about_the_account(
    code: str, error: type | None
) -> None:
    assert REFUSALS[code] is error
    assert len(REFUSALS) == 7
