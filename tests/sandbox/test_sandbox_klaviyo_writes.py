"""Coupons, codes, events and properties: written once, kept once, and judged by the spec."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sandbox.klaviyo import profile_id
from sandbox.klaviyo.filters import utc_text
from sandbox.world.world import World
from tests.sandbox.klaviyo_client import Marketer, code_data, event, marketer
from tests.sandbox.klaviyo_spec import judge


@pytest.fixture
def shop(world: World) -> Iterator[Marketer]:
    with marketer(world) as client:
        yield client


def _coupon(name: Any, **attributes: Any) -> dict[str, Any]:
    return {"data": {"type": "coupon", "attributes": {"external_id": name, **attributes}}}


def _job(*codes: str, coupon: str = "WINBACK") -> dict[str, Any]:
    data = [code_data(code, coupon=coupon) for code in codes]
    attributes = {"coupon-codes": {"data": data}}
    return {"data": {"type": "coupon-code-bulk-create-job", "attributes": attributes}}


def test_coupon_is_created_once(shop: Marketer) -> None:
    response = shop.http.post("/api/coupons", json=_coupon("WINBACK", description="9折"))
    body = judge("coupons", "/api/coupons", response)
    assert response.status_code == 201
    assert body["data"]["id"] == body["data"]["attributes"]["external_id"] == "WINBACK"
    again = shop.http.post("/api/coupons", json=_coupon("WINBACK"))
    assert shop.error(again, 409)["source"] == {"pointer": "/data/attributes/external_id"}
    listed = judge("coupons", "/api/coupons", shop.get("/api/coupons"))
    assert [one["attributes"]["description"] for one in listed["data"]] == ["9折"]
    judge("coupons", "/api/coupons/{id}", shop.get("/api/coupons/WINBACK"))
    assert shop.kinds() == [("create_coupon", "WINBACK", True)]


def test_coupon_is_changed_and_removed_with_its_codes(shop: Marketer) -> None:
    shop.coupon()
    shop.code("A1")
    waiting = shop.http.post("/api/coupon-code-bulk-create-jobs", json=_job("A2")).json()
    attributes: dict[str, Any] = {"description": "Win back"}
    data = {"type": "coupon", "id": "WINBACK", "attributes": attributes}
    response = shop.http.patch("/api/coupons/WINBACK", json={"data": data})
    told = judge("coupons", "/api/coupons/{id}", response)["data"]["attributes"]
    assert told["description"] == "Win back"
    wrong = {"data": {**data, "id": "OTHER"}}
    shop.error(shop.http.patch("/api/coupons/WINBACK", json=wrong), 400)
    shop.clock.seconds += 1
    removed = shop.http.delete("/api/coupons/WINBACK")
    assert judge("coupons", "/api/coupons/{id}", removed) is None
    shop.error(shop.get("/api/coupon-codes/WINBACK-A1"), 404)
    shop.clock.seconds += 60
    job = shop.get(f"/api/coupon-code-bulk-create-jobs/{waiting['data']['id']}").json()["data"]
    assert job["attributes"]["failed_count"] == 1


def test_coupons_are_created_slowly(shop: Marketer) -> None:
    codes = [
        shop.http.post("/api/coupons", json=_coupon(f"C{number}")).status_code
        for number in range(4)
    ]
    assert codes == [201, 201, 201, 429]


def test_code_is_created_once(shop: Marketer) -> None:
    shop.coupon()
    response = shop.code("A1", expires_at="2026-12-01T08:00:00+08:00")
    body = judge("coupons", "/api/coupon-codes", response)
    assert response.status_code == 200
    assert body["data"]["id"] == "WINBACK-A1"
    assert body["data"]["attributes"] == {
        "unique_code": "A1", "expires_at": "2026-12-01T00:00:00+00:00", "status": "UNASSIGNED",
    }  # fmt: skip
    refused = shop.error(shop.code("A1"), 409)
    assert refused["source"] == {"pointer": "/data/attributes/unique_code"}
    assert [kind for kind, _, _ in shop.kinds()] == ["create_coupon", "create_coupon_code"]


def test_code_without_an_end_lasts_a_year(shop: Marketer) -> None:
    shop.coupon()
    ends_at = shop.code("A1").json()["data"]["attributes"]["expires_at"]
    assert ends_at == utc_text(shop.world.clock + timedelta(days=365))


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (code_data("A1", coupon="NONE"), 404),
        (code_data("A1", expires_at="tomorrow"), 400),
        (code_data("A1", expires_at="2026-12-01T00:00:00"), 400),
        (code_data("A1", expires_at="0001-01-01T00:00:00+14:00"), 400),
        ({**code_data("A1"), "relationships": {"coupon": {}}}, 400),
        ({**code_data("A1"), "relationships": {}}, 400),
    ],
)
def test_code_that_cannot_be_is_refused(shop: Marketer, data: dict[str, Any], status: int) -> None:
    shop.coupon()
    shop.error(shop.http.post("/api/coupon-codes", json={"data": data}), status)
    assert [kind for kind, _, _ in shop.kinds()] == ["create_coupon"]


def test_codes_are_listed_by_coupon(shop: Marketer) -> None:
    shop.coupon()
    shop.coupon("OTHER")
    for code in ("A1", "A2", "A3"):
        shop.code(code)
    shop.error(shop.get("/api/coupon-codes"), 400)
    shop.error(shop.get("/api/coupon-codes", filter="equals(status,'USED')"), 400)
    response = shop.get(
        "/api/coupon-codes", filter="equals(coupon.id,'WINBACK')", page_size="2", include="coupon"
    )
    body = judge("coupons", "/api/coupon-codes", response)
    assert [one["id"] for one in body["included"]] == ["WINBACK"]
    everything = shop.all("/api/coupon-codes", filter="equals(coupon.id,'WINBACK')", page_size="2")
    assert [one["id"] for one in everything] == ["WINBACK-A1", "WINBACK-A2", "WINBACK-A3"]
    assert shop.all("/api/coupon-codes", filter="any(coupon.id,['OTHER','NONE'])") == []
    assert shop.all("/api/coupon-codes", filter="equals(profile.id,'x')") == []


def test_code_is_changed_and_removed(shop: Marketer) -> None:
    shop.coupon()
    shop.code("A1")
    path = "/api/coupon-codes/WINBACK-A1"
    attributes: dict[str, Any] = {"expires_at": "2026-11-20T00:00:00Z", "status": "USED"}
    data = {"type": "coupon-code", "id": "WINBACK-A1", "attributes": attributes}
    response = shop.http.patch(path, json={"data": data})
    told = judge("coupons", "/api/coupon-codes/{id}", response)["data"]["attributes"]
    assert (told["expires_at"], told["status"]) == ("2026-11-20T00:00:00+00:00", "USED")
    wrong = {**data, "id": "WINBACK-A2"}
    assert shop.error(shop.http.patch(path, json={"data": wrong}), 400)["source"] == {
        "pointer": "/data/id"
    }
    wrong = {**data, "attributes": {"status": "GONE"}}
    shop.error(shop.http.patch(path, json={"data": wrong}), 400)
    assert judge("coupons", "/api/coupon-codes/{id}", shop.http.delete(path)) is None
    shop.error(shop.get(path), 404)
    shop.error(shop.http.delete(path), 404)


def test_job_creates_codes_later_and_tells_what_failed(shop: Marketer) -> None:
    shop.coupon()
    shop.code("A2")
    response = shop.http.post("/api/coupon-code-bulk-create-jobs", json=_job("A1", "A2", "A1"))
    body = judge("coupons", "/api/coupon-code-bulk-create-jobs", response)
    assert response.status_code == 202
    path = f"/api/coupon-code-bulk-create-jobs/{body['data']['id']}"
    states = []
    for _ in range(3):
        job = judge("coupons", "/api/coupon-code-bulk-create-jobs/{job_id}", shop.get(path))
        states.append(job["data"]["attributes"]["status"])
        shop.clock.seconds += 1
    assert states == ["queued", "processing", "complete"]
    done = shop.get(path, include="coupon-codes")
    job = judge("coupons", "/api/coupon-code-bulk-create-jobs/{job_id}", done)
    told = job["data"]["attributes"]
    counts = (told["total_count"], told["completed_count"], told["failed_count"])
    assert counts == (3, 1, 2)
    assert [one["source"]["pointer"].split("/")[5] for one in told["errors"]] == ["1", "2"]
    assert [one["id"] for one in job["included"]] == ["WINBACK-A1"]
    assert [kind for kind, _, _ in shop.kinds()].count("create_coupon_code") == 2


def test_jobs_are_listed_by_status(shop: Marketer) -> None:
    shop.coupon()
    path = "/api/coupon-code-bulk-create-jobs"
    shop.http.post(path, json=_job("A1"))
    shop.clock.seconds += 60
    shop.http.post(path, json=_job("A2"))
    body = judge("coupons", path, shop.get(path))
    assert len(body["data"]) == 2
    [done] = shop.all(path, filter="equals(status,'complete')")
    assert done["attributes"]["completed_count"] == 1
    shop.error(shop.get(path, page_size="10"), 400)


def test_job_holds_at_most_a_thousand_codes(shop: Marketer) -> None:
    shop.coupon()
    codes = [f"A{number}" for number in range(1001)]
    path = "/api/coupon-code-bulk-create-jobs"
    shop.error(shop.http.post(path, json=_job(*codes)), 400)
    assert shop.http.post(path, json=_job(*codes[:1000])).status_code == 202
    shop.error(shop.http.post(path, json=_job("A1", coupon="NONE")), 404)
    shop.error(shop.get(f"{path}/nobody"), 404)


def test_event_is_kept_once_per_unique_id(shop: Marketer) -> None:
    contact = shop.world.contacts.row(0, named=True)
    body = event("Voucher sent", profile={"email": contact["email"]}, unique_id="key-1", value=9.5)
    for _ in range(2):
        response = shop.http.post("/api/events", json=body)
        assert response.status_code == 202
        assert judge("events", "/api/events", response) is None
    own = profile_id(contact["household_id"])
    assert shop.kinds() == [("create_event", own, True), ("create_event", own, False)]
    response = shop.get(
        "/api/events", include="metric,profile", filter=f"equals(profile_id,'{own}')"
    )
    answer = judge("events", "/api/events", response)
    [kept] = answer["data"]
    assert kept["attributes"]["event_properties"] == {
        "code": "A1", "$event_id": "key-1", "$value": 9.5,
    }  # fmt: skip
    assert {one["type"] for one in answer["included"]} == {"metric", "profile"}
    judge("events", "/api/events/{id}", shop.get(f"/api/events/{kept['id']}"))


def test_without_a_unique_id_the_second_counts(shop: Marketer) -> None:
    person = {"external_id": shop.all("/api/profiles")[0]["attributes"]["external_id"]}
    at = utc_text(shop.world.clock - timedelta(days=1))
    for time in (at, at, utc_text(shop.world.clock)):
        shop.http.post("/api/events", json=event("Seen", profile=person, time=time))
    assert [applied for _, _, applied in shop.kinds()] == [True, False, True]
    found = shop.all("/api/events", sort="-datetime")
    assert found[0]["attributes"]["datetime"] > found[1]["attributes"]["datetime"]
    later = f"greater-than(timestamp,{found[1]['attributes']['timestamp']})"
    assert [one["id"] for one in shop.all("/api/events", filter=later)] == [found[0]["id"]]
    assert len(shop.all("/api/events", filter="has(profile)")) == 2


def test_event_makes_a_profile_known(shop: Marketer) -> None:
    person = {"email": "new@example.com", "first_name": "新", "properties": {"tier": "gold"}}
    shop.http.post("/api/events", json=event("Seen", profile=person))
    shop.http.post("/api/events", json=event("Bought", profile={"email": "new@example.com"}))
    [found] = shop.all("/api/profiles", filter="equals(email,'new@example.com')")
    assert found["attributes"]["properties"] == {"tier": "gold"}
    assert found["attributes"]["last_event_date"] == utc_text(shop.world.clock)
    assert len(shop.all("/api/events", filter=f"equals(profile_id,'{found['id']}')")) == 2


@pytest.mark.parametrize(
    ("profile", "attributes", "status"),
    [
        ({}, {}, 400),
        ({"first_name": "Ada"}, {}, 400),
        ({"email": "a@example.com"}, {"time": "1999-12-31T23:59:59Z"}, 400),
        ({"email": "a@example.com"}, {"time": "2028-01-01T00:00:00Z"}, 400),
        ({"email": "a@example.com"}, {"value": "9.5"}, 400),
        ({"email": "a@example.com"}, {"properties": []}, 400),
        ({"email": 5}, {}, 400),
    ],
)
def test_event_that_cannot_be_is_refused(
    shop: Marketer, profile: dict[str, Any], attributes: dict[str, Any], status: int
) -> None:
    response = shop.http.post("/api/events", json=event("Seen", profile=profile, **attributes))
    shop.error(response, status)
    assert shop.world.writes == []


def test_profile_is_created_once(shop: Marketer) -> None:
    attributes = {"email": "new@example.com", "location": {"timezone": "Asia/Shanghai"}}
    body = {"data": {"type": "profile", "attributes": attributes}}
    response = shop.http.post("/api/profiles", json=body)
    told = judge("profiles", "/api/profiles", response)["data"]
    assert response.status_code == 201
    assert told["attributes"]["location"]["timezone"] == "Asia/Shanghai"
    assert shop.get(f"/api/profiles/{told['id']}").json()["data"] == told
    assert shop.error(shop.http.post("/api/profiles", json=body), 409)["code"] == (
        "duplicate_profile"
    )
    nobody = {"data": {"type": "profile", "attributes": {"first_name": "Ada"}}}
    shop.error(shop.http.post("/api/profiles", json=nobody), 400)
    assert shop.kinds() == [("create_profile", told["id"], True)]


def test_properties_are_merged_and_taken_away(shop: Marketer) -> None:
    own = shop.all("/api/profiles")[0]["id"]

    def patch(properties: Any = None, **meta: Any) -> Any:
        attributes = {} if properties is None else {"properties": properties}
        data: dict[str, Any] = {"type": "profile", "id": own, "attributes": attributes}
        if meta:
            data["meta"] = {"patch_properties": meta}
        response = shop.http.patch(f"/api/profiles/{own}", json={"data": data})
        body = judge("profiles", "/api/profiles/{id}", response)
        return body["data"]["attributes"]["properties"]

    assert patch({"segment": "sleeping", "code": "A1"}) == {"segment": "sleeping", "code": "A1"}
    assert patch({"code": "A2"}) == {"segment": "sleeping", "code": "A2"}
    assert patch(append={"codes": ["A1", "A2"]})["codes"] == ["A1", "A2"]
    assert patch(unappend={"codes": "A1"})["codes"] == ["A2"]
    assert patch(unset=["codes", "segment"]) == {"code": "A2"}
    assert [kind for kind, _, _ in shop.kinds()] == ["set_profile"] * 5


def test_change_of_a_profile_moves_its_time_and_nothing_else(shop: Marketer) -> None:
    before = shop.all("/api/profiles")[0]
    data = {"type": "profile", "id": before["id"], "attributes": {"title": "Dr", "email": None}}
    shop.world.clock += timedelta(hours=1)
    shop.http.patch(f"/api/profiles/{before['id']}", json={"data": data})
    after = shop.get(f"/api/profiles/{before['id']}").json()["data"]["attributes"]
    expected = {"title": "Dr", "email": None, "updated": utc_text(shop.world.clock)}
    assert after == before["attributes"] | expected


def test_location_is_changed_in_parts_and_cleared(shop: Marketer) -> None:
    own = shop.all("/api/profiles")[0]

    def patch(location: Any) -> Any:
        data = {"type": "profile", "id": own["id"], "attributes": {"location": location}}
        response = shop.http.patch(f"/api/profiles/{own['id']}", json={"data": data})
        return response.json()["data"]["attributes"]["location"]

    zone = own["attributes"]["location"]["timezone"]
    first = patch({"city": "Hamburg", "latitude": 53.55})
    assert (first["city"], first["latitude"], first["timezone"]) == ("Hamburg", 53.55, zone)
    second = patch({"timezone": "Asia/Shanghai"})
    assert (second["city"], second["timezone"]) == ("Hamburg", "Asia/Shanghai")
    assert set(patch(None).values()) == {None}


def test_identifier_of_another_profile_is_refused(shop: Marketer) -> None:
    first, second = shop.all("/api/profiles")[:2]
    attributes = {"email": second["attributes"]["email"]}
    data = {"type": "profile", "id": first["id"], "attributes": attributes}
    response = shop.http.patch(f"/api/profiles/{first['id']}", json={"data": data})
    assert shop.error(response, 409)["code"] == "duplicate_profile"


def test_numbers_of_any_size_come_back_as_they_were(shop: Marketer) -> None:
    body = _coupon("BIG", monitor_configuration={"low": 2**70})
    told = shop.http.post("/api/coupons", json=body).json()["data"]["attributes"]
    assert told["monitor_configuration"]["low"] == 2**70
