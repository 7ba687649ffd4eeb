"""A known parcel goes through every state of its carrier, and one odd answer costs its parcel."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checks.rows import split
from connectors.base.isolation import map_documents
from connectors.kuaidi100 import CONNECTOR
from connectors.kuaidi100.codes import EVENTS, STATES
from connectors.kuaidi100.mapping import shipment_events
from contracts.codes import ParcelStatus
from contracts.streams import Page
from tests.connectors.kuaidi100.recorded import CONTEXT, event, page, track
from warehouse.lake import Lake

PARCEL = "yuantong:YT1"
FIRST = event("2026-11-18 20:00:00", "揽收")
NAMES = {
    state: next(name for name, is_ in EVENTS.items() if is_ == STATES[state]) for state in STATES
}


def told(state: Any, *newest_first: dict[str, Any], **more: Any) -> dict[str, Any]:
    return track("yuantong", "YT1", "0", *newest_first) | {"state": state} | more


def load(lake: Lake, body: dict[str, Any], hours: int) -> dict[str, Any]:
    """The parcel as the lake knows it once this answer was read."""
    context = replace(CONTEXT, read_at=CONTEXT.read_at + dt.timedelta(hours=hours))
    parted = split(shipment_events([page(PARCEL, body)], context), context)
    assert parted.bad.is_empty(), parted.bad.to_dicts()
    lake.merge(parted.good)
    return lake.scan("parcels").collect().row(0, named=True)


@pytest.mark.parametrize("state", STATES)
def test_a_known_parcel_follows_its_carrier_into_every_state(tmp_path: Path, state: str) -> None:
    lake = Lake(tmp_path)
    assert load(lake, told("1", FIRST), 0)["parcel_status"] == ParcelStatus.PICKED_UP
    now = load(lake, told(state, event("2026-11-20 15:00:00", NAMES[state]), FIRST), 2)
    assert now["parcel_status"] == STATES[state]
    arrived = dt.datetime(2026, 11, 20, 7, tzinfo=dt.UTC)
    assert now["last_event_at"] == arrived
    assert now["delivered_at"] == (arrived if STATES[state] == ParcelStatus.DELIVERED else None)
    assert lake.scan("parcel_events").collect().height == 2


def test_a_parcel_that_was_delivered_and_then_goes_back_is_delivered_no_more(
    tmp_path: Path,
) -> None:
    lake = Lake(tmp_path)
    signed = event("2026-11-20 15:00:00", "签收")
    assert load(lake, told("3", signed, FIRST), 0)["delivered_at"] is not None
    now = load(lake, told("6", event("2026-11-21 15:00:00", "退回"), signed, FIRST), 2)
    assert (now["parcel_status"], now["delivered_at"]) == (ParcelStatus.RETURNING, None)


@pytest.mark.parametrize(
    "body",
    [
        told(0, FIRST, status=200, nu=1, com=["x"], ischeck=0),
        told("0", FIRST | {"location": {}, "areaCode": 7, "ftime": None}),
        told("0", FIRST, result=None, message=None),
    ],
)
def test_a_number_for_text_and_a_null_are_read(tmp_path: Path, body: dict[str, Any]) -> None:
    assert load(Lake(tmp_path), body, 0)["parcel_status"] == ParcelStatus.IN_TRANSIT


def test_a_parcel_without_events_is_there_and_has_none(tmp_path: Path) -> None:
    assert load(Lake(tmp_path), told("0", data=None), 0)["last_event_at"] is None


@pytest.mark.parametrize(
    "odd",
    [
        told(["0"], FIRST),
        told("0", FIRST | {"time": {}}),
        told("0", data="none"),
        told("0", data=[FIRST, "more"]),
        told(None, FIRST),
        told("0", FIRST | {"time": "yesterday"}),
        told("0", FIRST | {"status": None}),
        ["no track"],
    ],
)
def test_an_odd_answer_costs_its_parcel_alone(odd: Any) -> None:
    [stream] = CONNECTOR.streams
    pages = [
        Page(json.dumps(odd).encode(), PARCEL),
        page("jd:JD1", track("jd", "JD1", "0", FIRST)),
    ]
    parted = split(map_documents(stream, lambda: pages, CONTEXT), CONTEXT)
    assert parted.good["parcels"]["shipment_id"].to_list() == ["jd:JD1"]
    assert parted.bad["document_id"].to_list() == [PARCEL]
