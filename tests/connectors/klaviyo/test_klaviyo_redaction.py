"""Who is forgotten leaves the raw pages: his profile, and what stands beside it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from connectors.klaviyo import mapping, wire
from connectors.klaviyo.redaction import redact
from contracts.streams import Page
from tests.connectors.klaviyo.recorded import (
    CONTEXT,
    PAGES,
    PEOPLE,
    ZORA,
    ZORAS_ADDRESS,
    ZORAS_PROFILE,
    code,
    document,
    holder,
    one,
    page,
    profile,
    resource,
    review,
)


def only(*member_ids: str) -> Callable[[str], bool]:
    return lambda member_id: member_id in member_ids


def told(found: Page) -> list[Any]:
    return [json.loads(answer) for answer in wire.answers(found.body)]


@pytest.mark.parametrize("stream", ["profiles", "coupon_codes", "crm_reviews"])
def test_one_person_goes_and_the_others_stay(stream: str) -> None:
    for found in PAGES[stream]:
        redacted = redact(found, only(ZORA))
        assert not any(mark.encode() in redacted.page.body for mark in PEOPLE)
        named = ZORAS_PROFILE.encode() in found.body
        assert bool(redacted.removed) == named
        assert (redacted.page is found) != named
        for kept in (b"01P1", b"01P3"):
            assert (kept in redacted.page.body) == (kept in found.body)


def test_a_code_stays_and_is_nobodys() -> None:
    [found, _] = PAGES["coupon_codes"]
    before = mapping.coupons([found], CONTEXT).frames["coupon_grants"]
    after = mapping.coupons([redact(found, only(ZORA)).page], CONTEXT).frames["coupon_grants"]
    assert before["member_id"].to_list() == [None, ZORA, "klaviyo/01P3"]
    assert after["member_id"].to_list() == [None, None, "klaviyo/01P3"]
    assert after["grant_id"].equals(before["grant_id"])


def test_a_review_keeps_its_stars_and_loses_its_words() -> None:
    [found, _] = PAGES["crm_reviews"]
    frame = mapping.reviews([redact(found, only(ZORA)).page], CONTEXT).frames["reviews"]
    row = frame.filter(review_id="R2").row(0, named=True)
    assert (row["stars_units"], row["product_id"]) == (1, "21")
    assert row["member_id"] is row["body"] is row["reply"] is None


def test_a_person_is_meant_by_what_he_was_before_the_shop_knew_him() -> None:
    found = page("profiles", document(profile(ZORAS_PROFILE, ZORA), profile("01P1", "1")))
    [kept] = told(redact(found, only(f"klaviyo/{ZORAS_PROFILE}")).page)
    assert [resource["id"] for resource in kept["data"]] == ["01P1"]


def test_the_holder_of_a_code_is_meant_though_his_profile_was_not_found() -> None:
    found = page("codes", document(code("A1", ZORAS_PROFILE)), document())
    redacted = redact(found, only(f"klaviyo/{ZORAS_PROFILE}"))
    assert ZORAS_PROFILE.encode() not in redacted.page.body
    assert len(redacted.removed) == 1


def test_documents_that_were_included_beside_others_are_looked_at_too() -> None:
    theirs = one("profile", ZORAS_PROFILE)
    included = [
        profile(ZORAS_PROFILE, ZORA, email=ZORAS_ADDRESS),
        resource("event", "E1", {"event_properties": {"note": "Zora-Marked"}}, profile=theirs),
        resource("event", "E2", {}, profile=one("profile", "01P1")),
        resource("push-token", "T1", {"token": "Zora-Was-Told"}, profile=theirs),
    ]
    written = review("R1", email=ZORAS_ADDRESS, content="Zora-Wrote-This")
    found = page("reviews", document(written, included=included))
    [kept] = told(redact(found, only(ZORA)).page)
    assert [resource["id"] for resource in kept["included"]] == ["E2"]
    assert not any(mark in json.dumps(kept) for mark in PEOPLE)


def test_links_go_with_the_person_whose_id_they_repeat() -> None:
    address = f"/api/profiles?filter=any(id,[%22{ZORAS_PROFILE}%22])"
    found = page("codes", document(code("A1", "01P1")), document(holder("01P1", "1"), path=address))
    assert redact(found, only(ZORA)).page is found
    with_her = document(holder(ZORAS_PROFILE, ZORA), path=address)
    [_, kept] = told(redact(page("codes", document(), with_her), only(ZORA)).page)
    assert kept == {"data": []}


def test_what_is_removed_is_what_the_page_said_of_the_person() -> None:
    [found, _] = PAGES["profiles"]
    [removed] = redact(found, only(ZORA)).removed
    assert isinstance(removed, dict)
    assert removed["attributes"]["email"] == ZORAS_ADDRESS
