"""Who a member is outside of `members`."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.erasing import erase, protect
from contracts.personal import (
    OWN_ID,
    Members,
    expire_columns,
    is_pseudonym,
    mask,
    member_columns,
    purposes,
)
from contracts.streams import Mapped, Reject
from contracts.tables import TABLES, Member, Order, Review

KEY = b"k" * 32
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
IDS = st.text(min_size=1, max_size=20).filter(lambda text: not is_pseudonym(text))


def members(*forgotten: str) -> Members:
    one = Members("demo", KEY)
    return Members("demo", KEY, frozenset(one.pseudonym(name) for name in forgotten))


def mapped(*ids: str | None) -> Mapped:
    named = [one for one in ids if one is not None]
    orders = Order.sample(
        overrides=[{"order_id": str(n), "member_id": one} for n, one in enumerate(ids)]
    )
    people = Member.sample(overrides=[{"member_id": one, OWN_ID: None} for one in named])
    return Mapped({"orders": orders, "members": people})


@given(IDS, IDS)
def test_a_pseudonym_is_the_same_each_time_and_another_for_each_person_shop_and_key(
    one: str, other: str
) -> None:
    mine = members().pseudonym(one)
    assert is_pseudonym(mine)
    assert members().pseudonym(mine) == mine
    assert (members().pseudonym(other) == mine) == (one == other)
    assert Members("other", KEY).pseudonym(one) != mine
    assert Members("demo", b"x" * 32).pseudonym(one) != mine


def test_orders_and_members_meet_under_the_pseudonym_and_only_members_know_the_id() -> None:
    frames = protect(mapped("7", "8", None), members()).frames
    assert set(frames["orders"]["member_id"].drop_nulls()) == set(frames["members"]["member_id"])
    assert frames["orders"]["member_id"].null_count() == 1
    assert sorted(frames["members"][OWN_ID]) == ["7", "8"]


def test_who_is_forgotten_is_no_member_and_their_order_is_a_guests() -> None:
    frames = protect(mapped("7", "8"), members("7")).frames
    assert frames["members"][OWN_ID].to_list() == ["8"]
    assert frames["orders"]["member_id"].to_list() == [None, members().pseudonym("8")]


def test_mapping_without_a_person_and_erasing_them_afterwards_are_the_same() -> None:
    before = protect(mapped("7", "8", None), members()).frames
    left_out = protect(mapped("7", "8", None), members("7")).frames
    for name in ("orders", "members"):
        later = erase(before[name], TABLES[name], members("7"))
        assert later["member_id"].to_list() == left_out[name]["member_id"].to_list()


def test_a_member_who_cannot_be_loaded_is_named_by_pseudonym_one_forgotten_not_at_all() -> None:
    named = (("members", "7"), ("members", "8"), ("members", "?"), ("orders", "7"))
    rejects = Reject.sample(
        overrides=[{"table": table, "document_id": one} for table, one in named]
    )
    found = protect(Mapped({}, rejects), members("8")).rejects
    assert found["document_id"].to_list() == [members().pseudonym("7"), "?", "7"]


def test_a_consent_that_cannot_be_loaded_is_named_by_pseudonym_and_what_it_is_about() -> None:
    named = (("contacts", "7|email"), ("consents", "a|b|email|marketing"), ("contacts", "?|email"))
    rejects = Reject.sample(
        overrides=[{"table": table, "document_id": one} for table, one in named]
    )
    found = protect(Mapped({}, rejects), members()).rejects["document_id"].to_list()
    seven, bar = members().pseudonym("7"), members().pseudonym("a|b")
    assert found == [f"{seven}|email", f"{bar}|email|marketing", "?|email"]


def test_what_a_forgotten_member_wrote_goes_with_the_name() -> None:
    rows = [{"member_id": "m-1", "body": "Jo was here"}, {"member_id": "m-2", "body": "Good"}]
    later = erase(
        Review.sample(overrides=rows), TABLES["reviews"], Members("demo", KEY, frozenset({"m-1"}))
    )
    assert later.select("member_id", "body").rows() == [("m-2", "Good")]


def test_a_platforms_id_is_held_for_its_time_and_no_longer() -> None:
    rows = [
        {"member_id": "a", OWN_ID: "7", "source_updated_at": NOW - dt.timedelta(days=10)},
        {"member_id": "b", OWN_ID: "8", "source_updated_at": NOW - dt.timedelta(days=11)},
    ]
    held = expire_columns(
        Member.sample(overrides=rows), TABLES["members"], days={"contact": 10}, now=NOW
    )
    assert held[OWN_ID].to_list() == ["7", None]


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Mug of Jo Doe <jo.doe@example.com>", "Mug of Jo Doe <…>"),
        ("Call +49 (30) 123-456 78 now", "Call … now"),
        ("Milk 2 x 500 ml, 4006381333931", "Milk 2 x 500 ml, 4006381333931"),
    ],
)
def test_contact_data_in_a_title_is_not_shown(title: str, shown: str) -> None:
    assert pl.DataFrame({"t": [title]}).select(mask(pl.col("t"))).item() == shown


SEALED_IDS = {
    "coupons.coupon_code",
    "coupon_grants.coupon_code",
    "coupon_grants.grant_id",
    "order_coupons.coupon_code",
    "open_parcels.shipment_id",
    "open_parcels.tracking_number",
    "parcel_events.shipment_id",
    "parcel_facts.shipment_id",
    "parcel_facts.tracking_number",
    "parcels.shipment_id",
    "shipments.shipment_id",
    "shipments.tracking_number",
}


def test_every_text_that_a_person_may_have_typed_is_personal() -> None:
    held = {
        f"{name}.{column}" for name, table in TABLES.items() for column in purposes(table.schema)
    }
    assert held == {
        "members.platform_member_id",
        "listings.title",
        "coupons.title",
        "campaigns.title",
        "contacts.address",
        "contacts.profile_id",
        "consents.method",
        "occasions.month_day",
        "ads_daily.campaign_name",
        "ads_daily.keyword",
        "parcel_events.description",
        "refund_cases.reason",
        "reviews.body",
        "reviews.reply",
        *SEALED_IDS,
    }
    named = {
        f"{name}.{column}" for name, table in TABLES.items() for column in member_columns(table)
    }
    assert named == {
        "members.member_id",
        "orders.member_id",
        "contacts.member_id",
        "consents.member_id",
        "occasions.member_id",
        "member_tiers.member_id",
        "coupon_grants.member_id",
        "reviews.member_id",
        "carts.member_id",
        "tickets.member_id",
        "visit_events.member_id",
        "parcel_facts.member_id",
        "order_follow_ups.member_id",
        "review_facts.member_id",
        "member_facts.member_id",
    }
