"""Who is asked about when: intervals, quota, telephone numbers, and what ends the asking."""

import datetime as dt
import json
from dataclasses import dataclass, field
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import polars as pl
import pytest

from connectors.base.limits import OwnLimits
from connectors.kuaidi100.client import Kuaidi100Client, Kuaidi100Settings, sign
from connectors.kuaidi100.fetch import fetch
from contracts.errors import SourceRejectedError, TransientSourceError
from contracts.ports import Stores
from contracts.streams import Page, Window
from contracts.tables import OpenParcel
from tests.connectors.kuaidi100.recorded import SETTINGS, event, refused, track

VECTORS = Path(__file__).parents[4] / "shared/vectors/signing.json"
NOON = dt.datetime(2026, 11, 22, 4, tzinfo=dt.UTC)
WINDOW = Window(NOON - dt.timedelta(days=1), NOON)


@dataclass
class Desk:
    """The platform: what it was asked, and what it answers per number."""

    now: dt.datetime = NOON
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    stores: Stores = field(default_factory=lambda: Stores(limits=OwnLimits()))
    seconds: float = 0.0
    """That were waited."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.url == "https://poll.kuaidi100.com/poll/query.do"
        fields = dict(parse_qsl(request.content.decode()))
        date = {"date": format_datetime(self.now, usegmt=True)}
        if not fields:
            return httpx.Response(200, json=refused("400"), headers=date)
        assert fields["sign"] == sign(fields["param"], "testKey123", "TESTCUSTOMER")
        param = json.loads(fields["param"])
        self.asked.append(param)
        known = track(param["com"], param["num"], "0", event("2026-11-22 08:00:00", "在途"))
        return httpx.Response(200, json=self.answers.get(param["num"], known), headers=date)

    @property
    def numbers(self) -> list[str]:
        return [param["num"] for param in self.asked]

    def read(self, parcels: pl.DataFrame, **values: Any) -> list[Page]:
        client = Kuaidi100Client(
            Kuaidi100Settings.model_validate({**SETTINGS.model_dump(), **values}),
            self.stores,
            transport=httpx.MockTransport(self),
            resolve=lambda _: ["93.184.216.34"],
            clock=lambda: self.seconds,
            sleep=self.sleep,
            wall_clock=lambda: self.now.timestamp() + self.seconds,
        )
        try:
            return list(fetch(client, WINDOW, parcels))
        finally:
            client.close()

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def parcels(*names: str, **values: Any) -> pl.DataFrame:
    """Parcels under way by name, such as "yuantong:YT900001"."""
    rows = [
        {
            "shop_id": "shop",
            "shipment_id": name,
            "carrier_code": name.partition(":")[0],
            "tracking_number": name.partition(":")[2],
            "order_id": "1",
            "shipped_at": NOON - dt.timedelta(days=4),
            "promised_at": None,
            **values,
        }
        for name in names
    ]
    return OpenParcel.validate(pl.DataFrame(rows, schema_overrides=_TYPES), cast=True)


_TYPES = {"promised_at": pl.Datetime("us", "UTC")}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_signature_is_the_vendors() -> None:
    if not VECTORS.exists():
        pytest.skip("the recorded vectors are not here")
    vectors = {one.get("id"): one for one in _listed(json.loads(VECTORS.read_text("utf-8")))}
    vector = vectors["kuaidi100-query"]
    assert sign(vector["param"], vector["key"], vector["customer"]) == vector["expected"]


def _listed(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [one for item in value for one in _listed(item)]
    if isinstance(value, dict):
        return [value, *(one for item in value.values() for one in _listed(item))]
    return []


def test_a_question_names_the_waybill_and_asks_for_names_of_states_newest_first(
    desk: Desk,
) -> None:
    (page,) = desk.read(parcels("yuantong:YT900001"))
    assert page.part == "yuantong:YT900001"
    assert desk.asked == [
        {"com": "yuantong", "num": "YT900001", "resultv2": "1", "show": "0", "order": "desc"}
    ]


def test_the_earliest_promise_is_asked_about_first(desk: Desk) -> None:
    late = parcels("jd:JD900002", promised_at=NOON)
    later = parcels("jd:JD900003", promised_at=NOON + dt.timedelta(hours=1))
    desk.read(pl.concat([parcels("jd:JD900001"), later, late]))
    assert desk.numbers == ["JD900002", "JD900003", "JD900001"]


def test_a_waybill_is_asked_for_once_in_half_an_hour_by_all_who_share_the_account(
    desk: Desk,
) -> None:
    for minutes, count in ((0, 1), (29, 1), (30, 2), (31, 2)):
        desk.now = NOON + dt.timedelta(minutes=minutes)
        desk.read(parcels("jd:JD900001"))
        assert len(desk.asked) == count, minutes


@pytest.mark.parametrize("code", ["400", "408", "500"])
def test_a_parcel_that_nothing_is_told_of_stops_nothing_and_is_left_alone_for_hours(
    desk: Desk, code: str
) -> None:
    desk.answers = {"JD900001": refused(code)}
    under_way = parcels("jd:JD900001", "jd:JD900002")
    assert len(desk.read(under_way)) == 2
    desk.now = NOON + dt.timedelta(hours=5, minutes=59)
    assert len(desk.read(under_way)) == 1
    desk.now = NOON + dt.timedelta(hours=6)
    desk.read(parcels("jd:JD900001"))
    assert desk.numbers[-1] == "JD900001"


def test_an_account_that_is_refused_everything_is_told_of(desk: Desk) -> None:
    desk.answers = {"JD900001": refused("400"), "JD900002": refused("400")}
    with pytest.raises(SourceRejectedError, match="contract and its credit"):
        desk.read(parcels("jd:JD900001", "jd:JD900002"))


@pytest.mark.parametrize("code", ["503", "601"])
def test_a_wrong_or_locked_key_ends_the_reading_at_its_first_question(
    desk: Desk, code: str
) -> None:
    desk.answers = {"JD900001": refused(code)}
    with pytest.raises(SourceRejectedError, match=code):
        desk.read(parcels("jd:JD900001", "jd:JD900002"))
    assert desk.numbers == ["JD900001"]


def test_what_was_answered_before_the_key_ran_out_is_kept(desk: Desk) -> None:
    desk.answers = {"JD900002": refused("601")}
    pages = desk.read(parcels("jd:JD900001", "jd:JD900002", "jd:JD900003"))
    assert [page.part for page in pages] == ["jd:JD900001"]
    assert desk.numbers == ["JD900001", "JD900002"]


def test_a_busy_carrier_is_asked_again(desk: Desk) -> None:
    desk.answers = {"JD900001": refused("501")}
    with pytest.raises(TransientSourceError):
        desk.read(parcels("jd:JD900001"))
    assert desk.numbers == ["JD900001"] * 6


def test_the_days_quota_ends_the_asking_and_is_no_error(desk: Desk) -> None:
    names = [f"jd:JD90000{number}" for number in range(9)]
    assert len(desk.read(parcels(*names), queries_per_day=4)) == 2
    assert desk.numbers == ["JD900000", "JD900001"]


def test_what_the_quota_left_out_is_asked_about_as_soon_as_there_is_more(desk: Desk) -> None:
    names = [f"jd:JD9000{number:02}" for number in range(99)]
    count = len(desk.read(parcels(*names), queries_per_day=96))
    assert 0 < count < 60
    desk.now += dt.timedelta(minutes=20)
    assert len(desk.read(parcels(names[count]), queries_per_day=96)) == 1


@pytest.mark.parametrize(
    ("name", "values", "phone"),
    [
        ("yuantong:YT900001", {}, ""),
        ("yuantong:YT900001", {"phone_tail": "1234"}, ""),
        ("shunfeng:SF900001", {"phone_tail": "1234"}, "1234"),
        ("zhongtong:ZT900001", {"phone_tail": "1234"}, "1234"),
        ("shunfeng:SF900001", {}, None),
        ("zhongtong:ZT900001", {}, None),
        ("zhongtong:ZT900001", {"phone_carriers": ("shunfeng",)}, ""),
        ("dhl:JJD900001", {}, None),
        ("dhl:JJD900001", {"carriers": ("dhl",)}, ""),
        ("jd:12345", {}, None),
        ("jd:" + "1" * 33, {}, None),
        ("jd:JD 900001", {}, None),
        ("jd:JD900001\n", {}, None),
    ],
)
def test_the_telephone_number_goes_to_carriers_that_need_it_and_who_cannot_answer_is_not_asked(
    desk: Desk, name: str, values: dict[str, Any], phone: str | None
) -> None:
    desk.read(parcels(name), **values)
    assert [param.get("phone", "") for param in desk.asked] == ([] if phone is None else [phone])


def test_neither_key_nor_telephone_number_is_shown(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    desk.answers = {"SF900001": refused("408")}
    desk.read(parcels("shunfeng:SF900001", "dhl:JJD900001"), phone_tail="4321")
    assert "returnCode 408 for 1 of 1 parcels" in caplog.text
    assert "1 parcels cannot be followed" in caplog.text
    for secret in ("testKey123", "4321", "SF900001"):
        assert secret not in caplog.text
    assert "testKey123" not in repr(SETTINGS)


def test_without_parcels_nobody_is_asked(desk: Desk) -> None:
    assert desk.read(OpenParcel.create_empty()) == []
    assert desk.asked == []
