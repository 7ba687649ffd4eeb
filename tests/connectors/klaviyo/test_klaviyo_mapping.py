"""Klaviyo's answers as rows: who is reached how, what was allowed, what was given and judged."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.klaviyo import codes, mapping
from contracts.codes import QuarantineReason
from contracts.streams import Mapped
from tests.connectors.klaviyo.recorded import (
    CONTEXT,
    READ_AT,
    campaign,
    code,
    document,
    holder,
    marketing,
    page,
    profile,
    review,
)

SUPPRESSED = {"reason": "SPAM_COMPLAINT", "timestamp": "2026-11-02T09:00:00+00:00"}


def people(*profiles: dict[str, Any]) -> Mapped:
    return mapping.profiles([page("profiles", document(*profiles))], CONTEXT)


def judged(*reviews: dict[str, Any]) -> Mapped:
    return mapping.reviews([page("reviews", document(*reviews))], CONTEXT)


def said(**more: Any) -> dict[str, Any]:
    """The one row of what a profile allowed."""
    return people(profile("01P1", "1", marketing(**more))).frames["consents"].row(0, named=True)


def test_a_profile_is_a_member_by_the_shops_own_id() -> None:
    contacts = people(profile("01P1", "77")).frames["contacts"]
    row = contacts.filter(member_id="77").row(0, named=True)
    assert row["channel"] == "email"
    assert row["address"] == "member1@example.com"
    assert row["profile_id"] == "01P1"
    assert row["language"] == "de-DE"
    assert row["time_zone"] == "Europe/Berlin"
    assert row["source_updated_at"] == dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)


def test_a_profile_that_the_shop_does_not_know_is_a_member_by_klaviyos_id() -> None:
    mapped = people(profile("01P1", None), profile("01P2", ""))
    for table in ("contacts", "consents"):
        assert mapped.frames[table]["member_id"].to_list() == ["klaviyo/01P1", "klaviyo/01P2"]


def test_who_became_a_customer_is_not_reached_by_what_he_was_before() -> None:
    before = people(profile("01P1", None)).frames["contacts"]
    after = people(profile("01P1", "77")).frames["contacts"]
    earlier = after.filter(member_id="klaviyo/01P1").row(0, named=True)
    assert before["member_id"].to_list() == ["klaviyo/01P1"]
    assert (earlier["address"], earlier["profile_id"]) == (None, None)


def test_a_profile_without_an_address_keeps_its_row_and_loses_its_address() -> None:
    contacts = people(profile("01P1", "1", email=None), profile("01P2", "2", email=""))
    assert contacts.frames["contacts"]["address"].to_list() == [None] * 4


def test_consent_has_its_method_and_its_instant() -> None:
    row = said(method="FORM", method_detail="Footer", custom_method_detail="Autumn")
    assert row["consent_status"] == "granted"
    assert row["purpose"] == "marketing"
    assert row["consented_at"] == dt.datetime(2026, 10, 1, 8, tzinfo=dt.UTC)
    assert row["method"] == "FORM: Footer: Autumn"


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"consent": "SUBSCRIBED"}, "granted"),
        ({"consent": "UNSUBSCRIBED"}, "withdrawn"),
        ({"consent": "NEVER_SUBSCRIBED", "method": None}, "never_asked"),
        ({"consent": "SUBSCRIBED", "can_receive_email_marketing": False}, "withdrawn"),
        ({"consent": "SUBSCRIBED", "suppression": [SUPPRESSED]}, "withdrawn"),
        ({"consent": "NEVER_SUBSCRIBED", "suppression": [SUPPRESSED]}, "withdrawn"),
        ({"consent": "SUBSCRIBED", "suppression": None}, "granted"),
        (
            {"consent": "SUBSCRIBED", "suppression": [{**SUPPRESSED, "timestamp": None}]},
            "withdrawn",
        ),
        ({"consent": "SUBSCRIBED", "suppression": [{}]}, "withdrawn"),
        ({"consent": "SUBSCRIBED", "can_receive_email_marketing": None}, "withdrawn"),
        ({"consent": "A_NEW_WORD", "suppression": [SUPPRESSED]}, "withdrawn"),
        ({"consent": None, "suppression": [SUPPRESSED]}, "withdrawn"),
    ],
)
def test_consent_by_what_was_said_and_what_is_suppressed(more: dict[str, Any], status: str) -> None:
    assert said(**more)["consent_status"] == status


def test_of_several_suppressions_the_latest_is_told() -> None:
    later = {"reason": "USER_SUPPRESSED", "timestamp": "2026-11-05T09:00:00+00:00"}
    row = said(suppression=[SUPPRESSED, later, SUPPRESSED])
    assert row["consented_at"] == dt.datetime(2026, 11, 5, 9, tzinfo=dt.UTC)
    assert row["method"] == "SUPPRESSED: USER_SUPPRESSED"


@given(
    consent=st.sampled_from([*codes.CONSENT, "A_NEW_WORD"]),
    can_receive=st.booleans(),
    reasons=st.lists(st.text(max_size=5), max_size=2),
)
def test_only_who_subscribed_and_is_not_suppressed_has_granted(
    consent: str, can_receive: bool, reasons: list[str]
) -> None:
    suppression = [{"reason": one, "timestamp": "2026-11-02T09:00:00Z"} for one in reasons]
    row = said(consent=consent, can_receive_email_marketing=can_receive, suppression=suppression)
    is_granted = consent == "SUBSCRIBED" and can_receive and not reasons
    assert (row["consent_status"] == "granted") == is_granted


def test_what_was_never_told_is_no_consent_of_any_kind() -> None:
    mapped = people(
        profile("01P1", "1", subscriptions=None),
        profile("01P2", "2", subscriptions={"email": None}),
        profile("01P3", "3"),
    )
    assert mapped.frames["consents"]["member_id"].to_list() == ["3"]


def test_an_instant_without_a_zone_is_utc_and_an_unreadable_one_is_named() -> None:
    mapped = people(
        profile("01P1", "1", updated="2026-11-20T10:00:00.123456"),
        profile("01P2", "2", updated="2026-11-20T11:00:00+01:00"),
        profile("01P3", "3", updated="yesterday"),
    )
    frame = mapped.frames["consents"]
    assert frame["source_updated_at"].to_list() == [
        dt.datetime(2026, 11, 20, 10, 0, 0, 123456, dt.UTC),
        dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC),
        None,
    ]
    rejects = mapped.rejects.filter(table="consents")
    assert rejects.select("document_id", "reason", "column").rows() == [
        ("3|email|marketing", QuarantineReason.UNREADABLE_TIME, "source_updated_at")
    ]


def test_codes_are_known_by_their_holders_id_in_the_shop() -> None:
    listed = document(code("A1"), code("A2", "P2"), code("A3", "P3"), code("A4", "P4"))
    holders = document(holder("P2", "77"), holder("P3", None))
    frame = mapping.coupons([page("codes", listed, holders)], CONTEXT).frames["coupon_grants"]
    # The profile of the last one was not found any more.
    assert frame["member_id"].to_list() == [None, "77", "klaviyo/P3", "klaviyo/P4"]
    assert frame["grant_id"].to_list() == [f"WINBACK-A{number}" for number in range(1, 5)]
    assert frame["coupon_code"].to_list() == ["A1", "A2", "A3", "A4"]
    assert set(frame["coupon_id"]) == {"WINBACK"}


def test_a_coupon_is_in_the_id_of_its_code_too() -> None:
    lonely = {**code("A-1"), "relationships": None, "id": "WIN-BACK-A-1"}
    frame = mapping.coupons([page("codes", document(lonely))], CONTEXT).frames["coupon_grants"]
    assert frame["coupon_id"].to_list() == ["WIN-BACK"]


@pytest.mark.parametrize(
    ("status", "ends_in", "expected"),
    [
        ("UNASSIGNED", 1, "unassigned"),
        ("PROCESSING", 1, "unassigned"),
        ("ASSIGNED_TO_PROFILE", 1, "assigned"),
        ("USED", 1, "redeemed"),
        ("DELETING", 1, "expired"),
        ("VERSION_NOT_ACTIVE", 1, "expired"),
        ("UNASSIGNED", 0, "expired"),
        ("ASSIGNED_TO_PROFILE", -1, "expired"),
        ("USED", -1, "redeemed"),
    ],
)
def test_a_code_stands_where_status_and_end_say(status: str, ends_in: int, expected: str) -> None:
    ends = READ_AT + dt.timedelta(seconds=ends_in)
    listed = document(code("A1", status=status, expires_at=ends.isoformat()))
    frame = mapping.coupons([page("codes", listed)], CONTEXT).frames["coupon_grants"]
    assert frame["grant_status"].to_list() == [expected]
    assert frame["ends_at"].to_list() == [ends]


def test_a_campaign_was_sent_when_it_was_or_is_to_be() -> None:
    listed = document(campaign("C1"), campaign("C2", status="Scheduled", send_time=None))
    frame = mapping.campaigns([page("mobile_push", listed)], CONTEXT).frames["campaigns"]
    assert frame["channel"].to_list() == ["push", "push"]
    assert frame["campaign_status"].to_list() == ["sent", "scheduled"]
    assert frame["sent_at"].dt.hour().to_list() == [10, 9]


@pytest.mark.parametrize(
    ("stars", "result"), [(5, "good"), (4, "good"), (3, "neutral"), (2, "bad"), (1, "bad")]
)
def test_a_review_judges_by_its_stars(stars: int, result: str) -> None:
    row = judged(review("R1", rating=stars)).frames["reviews"].row(0, named=True)
    assert (row["stars_units"], row["review_result"]) == (stars, result)


def test_a_review_has_its_words_its_reply_and_the_shops_product() -> None:
    answered = {"content": "Thank you.", "author": "Bo", "updated": "2026-11-13T09:00:00+00:00"}
    row = judged(review("R1", public_reply=answered)).frames["reviews"].row(0, named=True)
    assert row["body"] == "Fresh\nAs it should be."
    assert row["reply"] == "Thank you."
    assert row["replied_at"] == dt.datetime(2026, 11, 13, 9, tzinfo=dt.UTC)
    assert row["reviewed_at"] == dt.datetime(2026, 11, 12, 8, tzinfo=dt.UTC)
    assert row["product_id"] == "21"
    assert row["order_id"] is row["sku_id"] is row["member_id"] is None


def test_the_author_is_who_has_the_address_however_it_is_written() -> None:
    written = document(review("R1", email="Member1@Example.com"), review("R2", email=None))
    authors = document(holder("P1", "77", email="member1@example.com"))
    frame = mapping.reviews([page("reviews", written, authors)], CONTEXT).frames["reviews"]
    assert frame["member_id"].to_list() == ["77", None]


def test_questions_and_what_the_merchant_rejected_are_no_reviews() -> None:
    rejected = {"value": "rejected", "rejection_reason": {"reason": "fake"}}
    mapped = judged(
        review("R1", review_type="question", rating=None),
        review("R2", status=rejected),
        review("R3", review_type="store", product=None),
        review("R4", review_type="rating", title=None, content=None),
        review("R5", status={"value": "pending"}),
        review("R6", status=None),
    )
    frame = mapped.frames["reviews"]
    assert frame["review_id"].to_list() == ["R3", "R4", "R5", "R6"]
    assert frame.filter(review_id="R4")["body"].to_list() == [None]
    assert mapped.rejects.is_empty()


@pytest.mark.parametrize(
    ("more", "detail"),
    [({"review_type": "video"}, "video"), ({"status": {"value": "hidden"}}, "hidden")],
)
def test_an_unknown_kind_of_review_is_named_with_its_code(
    more: dict[str, Any], detail: str
) -> None:
    rejects = judged(review("R1"), review("R2", **more)).rejects
    assert rejects.select("document_id", "reason", "detail").rows() == [
        ("R2", QuarantineReason.UNKNOWN_CODE, detail)
    ]


def test_a_new_field_is_told_by_its_name_alone() -> None:
    mapped = people(profile("01P1", "1", first_name="Zora"), profile("01P2", "2"))
    assert mapped.unknown_fields == ("first_name",)
    assert not any(
        frame.select(pl.any_horizontal(pl.col(pl.String) == "Zora")).to_series().any()
        for frame in mapped.frames.values()
    )
