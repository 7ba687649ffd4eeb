"""kuaidi100: signed forms, tracks, refusals inside HTTP 200, a lock on asking too often."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.kuaidi100 import PATH, Credentials, Faults, Limits, routes
from sandbox.phones import phone_of
from sandbox.serving import serving
from sandbox.world.channels import TAOBAO, WOOCOMMERCE, Channel
from sandbox.world.demand import advance
from sandbox.world.world import World, build
from tests.sandbox.merchant import TODAY

VECTORS = Path(__file__).parents[3] / "shared/vectors"
OWN = Credentials(customer="TESTCUSTOMER", key="testKey123")


@cache
def _built(channel: Channel) -> World:
    return build(TODAY, days=21, households=300, channel=channel)


def world_of(channel: Channel) -> World:
    return replace(_built(channel), writes=[], lock=threading.RLock())


def signed(param: str, own: Credentials = OWN) -> str:
    return hashlib.md5((param + own.key + own.customer).encode()).hexdigest().upper()


@dataclass
class Desk:
    """The platform, and the clock its limits run on."""

    world: World
    faults: Faults = field(default_factory=Faults)
    seconds: float = 0.0
    http: httpx.Client = field(default_factory=httpx.Client)

    def post(self, param: str, **fields: str) -> dict[str, Any]:
        form = {"customer": OWN.customer, "param": param, "sign": signed(param), **fields}
        response = self.http.post(PATH, data=form)
        assert response.status_code == 200
        found: dict[str, Any] = response.json()
        return found

    def ask(self, parcel: dict[str, Any], **param: Any) -> dict[str, Any]:
        given = {
            "com": parcel["carrier"],
            "num": parcel["number"],
            "phone": phone_of(parcel["household_id"]),
            **param,
        }
        return self.post(json.dumps(given))

    def parcel(self, carrier: str = "yuantong", *, is_delivered: bool = True) -> dict[str, Any]:
        delivered = pl.col("delivered_at").is_not_null() == is_delivered
        sent = pl.col("number").is_in(self.world.parcel_events["number"].unique().to_list())
        own = self.world.parcels.filter(delivered & sent & (pl.col("carrier") == carrier))
        return own.sort("shipped_at", descending=not is_delivered).row(0, named=True)


@contextmanager
def opened(desk: Desk, limits: Limits | None = None) -> Iterator[Desk]:
    offered = routes(
        desk.world,
        OWN,
        others=(world_of(WOOCOMMERCE),),
        clock=lambda: desk.seconds,
        limits=limits,
        faults=desk.faults,
    )
    with serving(offered) as origin, httpx.Client(base_url=origin, timeout=10) as http:
        desk.http = http
        yield desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    with opened(Desk(world_of(TAOBAO))) as own:
        yield own


@pytest.fixture(scope="module")
def open_desk() -> Iterator[Desk]:
    """One without a lock, for tests that only read."""
    with opened(Desk(world_of(TAOBAO)), Limits(locks=None)) as own:
        yield own


def test_the_vendors_own_signature_is_accepted(open_desk: Desk) -> None:
    path = VECTORS / "signing.json"
    if not path.exists():
        pytest.skip("the vectors lie outside the repository")
    vectors = json.loads(path.read_text())["vectors"]
    [vector] = [found for found in vectors if found["id"] == "kuaidi100-query"]
    assert (vector["customer"], vector["key"]) == (OWN.customer, OWN.key)
    assert open_desk.post(vector["param"], sign=vector["expected"])["returnCode"] == "500"
    respaced = json.dumps(json.loads(vector["param"]), ensure_ascii=False, separators=(",", ":"))
    assert open_desk.post(respaced, sign=vector["expected"])["returnCode"] == "503"


def test_a_parcel_nobody_knows_is_answered_as_recorded(open_desk: Desk) -> None:
    path = VECTORS / "responses.json"
    if not path.exists():
        pytest.skip("the vectors lie outside the repository")
    recorded = json.loads(path.read_text())["kuaidi100.no_result"]["body"]
    assert open_desk.post('{"com":"yuantong","num":"YT0000000000"}') == recorded


@given(
    indent=st.sampled_from([None, 0, 2]),
    is_ascii=st.booleans(),
    destination=st.text(max_size=20),
    is_number=st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_any_spelling_of_param_is_read_when_its_exact_text_is_signed(
    open_desk: Desk, indent: int | None, is_ascii: bool, destination: str, is_number: bool
) -> None:
    parcel = open_desk.parcel()
    level: object = 1 if is_number else "1"
    given = {"com": "yuantong", "num": parcel["number"], "to": destination, "resultv2": level}
    text = json.dumps(given, indent=indent, ensure_ascii=is_ascii)
    assert open_desk.post(text)["status"] == "200"


def test_a_delivered_parcel_is_told_newest_first_in_beijing_time(open_desk: Desk) -> None:
    parcel = open_desk.parcel()
    answer = open_desk.ask(parcel)
    assert answer["nu"] == parcel["number"]
    assert [answer[name] for name in ("message", "status", "state", "ischeck", "com")] == [
        "ok", "200", "3", "1", "yuantong",
    ]  # fmt: skip
    own = open_desk.world.parcel_events.filter(pl.col("number") == parcel["number"])
    local = pl.col("at").dt.convert_time_zone("Asia/Shanghai").dt.strftime("%Y-%m-%d %H:%M:%S")
    told = own.sort("at", descending=True).select(local.alias("time"), context="text")
    assert [{name: row[name] for name in ("time", "context")} for row in answer["data"]] == (
        told.to_dicts()
    )
    assert all(row["ftime"] == row["time"] for row in answer["data"])
    assert all("status" not in row for row in answer["data"])


def test_order_asc_turns_the_track_round(open_desk: Desk) -> None:
    parcel = open_desk.parcel()
    newest, oldest = open_desk.ask(parcel), open_desk.ask(parcel, order="asc")
    assert oldest["data"] == newest["data"][::-1]
    assert len(oldest["data"]) > 1


@pytest.mark.parametrize(
    ("level", "state", "last"),
    [
        ("1", "3", {"status": "签收"}),
        ("4", "301", {"status": "本人签收", "statusCode": "301"}),
    ],
)
def test_resultv2_names_states_and_4_gives_their_details(
    open_desk: Desk, level: str, state: str, last: dict[str, str]
) -> None:
    answer = open_desk.ask(open_desk.parcel(), resultv2=level)
    assert answer["state"] == state
    assert answer["data"][0].items() >= last.items()


def test_a_forecast_needs_a_destination_and_names_the_promised_hour(open_desk: Desk) -> None:
    parcel = open_desk.parcel(is_delivered=False)
    assert open_desk.ask(parcel, resultv2="8")["returnCode"] == "400"
    answer = open_desk.ask(parcel, resultv2="8", to="广东省深圳市")
    promised = pl.Series([parcel["promised_at"]]).dt.convert_time_zone("Asia/Shanghai")
    assert answer["arrivalTime"] == promised.dt.strftime("%Y-%m-%d %H").item()
    assert answer["ischeck"] == "0"


def test_a_parcel_of_the_merchants_other_channel_is_known_too(open_desk: Desk) -> None:
    other = world_of(WOOCOMMERCE).parcels.filter(pl.col("delivered_at").is_not_null())
    assert open_desk.ask(other.row(0, named=True))["state"] == "3"


@pytest.mark.parametrize("carrier", ["shunfeng", "zhongtong"])
def test_some_carriers_check_the_last_four_digits_of_the_telephone(
    open_desk: Desk, carrier: str
) -> None:
    parcel = open_desk.parcel(carrier)
    tail = phone_of(parcel["household_id"])[-4:]
    assert open_desk.ask(parcel, phone=tail)["status"] == "200"
    assert open_desk.ask(parcel, phone="")["returnCode"] == "408"
    wrong = f"{(int(tail) + 1) % 10_000:04d}"
    assert open_desk.ask(parcel, phone=wrong) == {
        "result": False, "returnCode": "408", "message": "快递公司参数异常：验证码错误",
    }  # fmt: skip


def test_the_wrong_carrier_has_no_result_and_no_error_of_its_own(open_desk: Desk) -> None:
    parcel = open_desk.parcel("yuantong")
    assert open_desk.ask(parcel, com="ems")["returnCode"] == "500"
    assert open_desk.ask(parcel, com="yuantong")["status"] == "200"


@pytest.mark.parametrize(
    "param",
    [
        "no json",
        "[]",
        '{"num":"YT000000"}',
        '{"com":"yuantong"}',
        '{"com":"yuantong","num":"12345"}',
        '{"com":"yuantong","num":"' + "1" * 33 + '"}',
        '{"com":"YuanTong","num":"YT000000"}',
        '{"com":"pigeon","num":"YT000000"}',
        '{"com":"yuantong","num":"YT000000","show":"1"}',
    ],
)
def test_an_incomplete_query_is_refused(open_desk: Desk, param: str) -> None:
    assert open_desk.post(param)["returnCode"] == "400"


def test_a_wrong_sign_is_refused_before_anything_else(open_desk: Desk) -> None:
    param = '{"com":"yuantong","num":"YT000000"}'
    other = Credentials("OTHER", OWN.key)
    for fields in (
        {"sign": signed(param).lower()},
        {"sign": signed(param + " ")},
        {"customer": "OTHER", "sign": signed(param, other)},
    ):
        assert open_desk.post(param, **fields)["returnCode"] == "503"
    assert open_desk.post("", sign="x")["returnCode"] == "400"


def test_fields_in_the_query_count_as_those_of_the_form(open_desk: Desk) -> None:
    param = json.dumps({"com": "yuantong", "num": open_desk.parcel()["number"]})
    query = {"customer": OWN.customer}
    form = {"param": param, "sign": signed(param)}
    answer = open_desk.http.post(PATH, params=query, data=form)
    assert answer.json()["status"] == "200"


def test_every_answer_carries_the_worlds_clock(open_desk: Desk) -> None:
    answer = open_desk.http.post(PATH, data={})
    assert answer.headers["date"] == open_desk.world.clock.strftime("%a, %d %b %Y %H:%M:%S GMT")


@pytest.mark.parametrize(("wait", "code"), [(1799.0, "601"), (1800.0, None)])
def test_the_same_waybill_twice_within_half_an_hour_locks_the_key(
    desk: Desk, wait: float, code: str | None
) -> None:
    parcel, other = desk.parcel("yuantong"), desk.parcel("jd")
    assert desk.ask(parcel)["status"] == "200"
    assert desk.ask(other)["status"] == "200"
    desk.seconds = wait
    assert desk.ask(parcel).get("returnCode") == code
    assert desk.ask(desk.parcel("ems")).get("returnCode") == code
    desk.seconds += 24 * 3600
    assert desk.ask(other)["status"] == "200"


def test_a_locked_waybill_shows_nothing_newer_for_a_day() -> None:
    with opened(Desk(world_of(TAOBAO)), Limits(locks="waybill")) as desk:
        parcel = desk.parcel(is_delivered=False)
        first = desk.ask(parcel)
        assert desk.ask(parcel) == first
        advance(desk.world, 24 * 10)
        desk.seconds = 3600
        assert desk.ask(parcel) == first
        desk.seconds = 3600 + 24 * 3600
        assert len(desk.ask(parcel)["data"]) > len(first["data"])


def test_planted_faults_are_used_up(desk: Desk) -> None:
    desk.faults.codes[:] = ["501", "502"]
    parcel = desk.parcel()
    assert [desk.ask(parcel).get("returnCode") for _ in range(3)] == ["501", "502", None]
    desk.faults.quota = 1
    assert desk.ask(desk.parcel("jd"))["status"] == "200"
    assert desk.ask(desk.parcel("ems"))["returnCode"] == "601"
    desk.faults.quota, desk.faults.is_expired = None, True
    assert desk.ask(desk.parcel("ems"))["returnCode"] == "601"
    desk.faults.statuses[:] = [503]
    assert desk.http.post(PATH, data={}).status_code == 503
