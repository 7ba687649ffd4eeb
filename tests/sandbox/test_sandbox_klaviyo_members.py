"""Profiles and their consent, reviews and campaigns: read as a connector reads them."""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl
import pytest

from sandbox.klaviyo import profile_id
from sandbox.klaviyo.filters import utc_text
from sandbox.world.demand import advance
from sandbox.world.world import World, build
from tests.sandbox.klaviyo_client import Marketer, marketer
from tests.sandbox.klaviyo_spec import judge
from tests.sandbox.merchant import TODAY


@pytest.fixture(scope="module")
def _month() -> World:
    return build(TODAY, days=35, households=100)


@pytest.fixture
def shop(world: World) -> Iterator[Marketer]:
    with marketer(world) as client:
        yield client


@pytest.fixture(scope="module")
def _served(_month: World) -> Iterator[Marketer]:
    with marketer(_month) as client:
        yield client


@pytest.fixture
def reader(_served: Marketer) -> Marketer:
    """One server for all tests that only ask, each in a minute of its own."""
    _served.clock.seconds += 60
    return _served


def test_profiles_are_the_shops_customers(reader: Marketer) -> None:
    found = reader.all("/api/profiles", page_size="7", sort="updated")
    households = reader.world.contacts["household_id"].to_list()
    assert sorted(int(one["attributes"]["external_id"]) for one in found) == sorted(households)
    updated = [one["attributes"]["updated"] for one in found]
    assert updated == sorted(updated)
    assert "subscriptions" not in found[0]["attributes"]


def test_profile_tells_how_a_member_is_reached(reader: Marketer) -> None:
    contact = reader.world.contacts.row(0, named=True)
    path = f"/api/profiles/{profile_id(contact['household_id'])}"
    body = judge("profiles", "/api/profiles/{id}", reader.get(path))
    attributes = body["data"]["attributes"]
    assert attributes["email"] == contact["email"]
    assert attributes["locale"] in ("en-US", "zh-CN")
    assert attributes["location"]["timezone"] == contact["time_zone"]


@pytest.mark.parametrize(
    ("consent", "told", "may_receive"),
    [
        ("granted", "SUBSCRIBED", True),
        ("withdrawn", "UNSUBSCRIBED", False),
        # Nobody agreed, and the platform would still let a message through.
        ("never", "NEVER_SUBSCRIBED", True),
    ],
)
def test_consent_is_told_with_time_and_method(
    shop: Marketer, consent: str, told: str, may_receive: bool
) -> None:
    household_id = shop.world.contacts["household_id"][0]
    at = shop.world.clock - timedelta(days=2)
    given_at = None if consent == "never" else at - timedelta(days=3)
    shop.world.set_contact(household_id, consent=consent, consented_at=given_at, updated_at=at)
    [found] = shop.all(
        "/api/profiles", additional="subscriptions", filter=f'equals(external_id,"{household_id}")'
    )
    marketing = found["attributes"]["subscriptions"]["email"]["marketing"]
    assert marketing["consent"] == told
    assert marketing["can_receive_email_marketing"] is may_receive
    expected = {"granted": given_at, "withdrawn": at, "never": None}[consent]
    assert marketing["consent_timestamp"] == (None if expected is None else utc_text(expected))
    assert (marketing["method"] is None) == (consent == "never")
    assert [one["reason"] for one in marketing["suppression"]] == (
        ["UNSUBSCRIBE"] if consent == "withdrawn" else []
    )


def test_only_what_changed_is_read_again(shop: Marketer) -> None:
    changed = shop.world.contacts["household_id"].to_list()[3:5]
    for household_id in changed:
        shop.world.set_contact(household_id, consent="withdrawn", updated_at=shop.world.clock)
    since = utc_text(shop.world.clock - timedelta(seconds=1))
    found = shop.all("/api/profiles", filter=f"greater-than(updated,{since})", sort="updated")
    assert sorted(int(one["attributes"]["external_id"]) for one in found) == changed
    exactly = utc_text(shop.world.clock)
    assert shop.all("/api/profiles", filter=f"greater-than(updated,{exactly})") == []


def test_page_stays_in_place_when_others_change(shop: Marketer) -> None:
    first = shop.get("/api/profiles", page_size="10", sort="updated").json()
    moved = first["data"][0]["attributes"]["external_id"]
    shop.world.set_contact(int(moved), updated_at=shop.world.clock)
    second = shop.http.get(first["links"]["next"]).json()
    rest = shop.all("/api/profiles", sort="updated")
    seen = [one["id"] for one in first["data"] + second["data"]]
    assert len(set(seen)) == 20
    assert rest[-1]["attributes"]["external_id"] == moved


@pytest.mark.parametrize("sort", ["id", "-id", "email", "-updated", "created"])
def test_every_order_has_each_profile_once(reader: Marketer, sort: str) -> None:
    found = [one["id"] for one in reader.all("/api/profiles", page_size="100", sort=sort)]
    assert len(found) == len(set(found)) == reader.world.contacts.height
    if sort.removeprefix("-") == "id":
        assert found == sorted(found, reverse=sort.startswith("-"))


def test_filters_join_compare_and_choose(reader: Marketer) -> None:
    emails = reader.world.contacts["email"].to_list()[:2]
    either = f'any(email,["{emails[0]}","{emails[1]}"])'
    assert len(reader.all("/api/profiles", filter=either)) == 2
    both = f"and({either},equals(email,'{emails[0]}'))"
    assert len(reader.all("/api/profiles", filter=both)) == 1
    assert len(reader.all("/api/profiles", filter=f"{either},equals(id,'x')")) == 0
    out = "equals(subscriptions.email.marketing.suppression.reason,'UNSUBSCRIBE')"
    withdrawn = reader.world.contacts.filter(pl.col("consent") == "withdrawn").height
    assert len(reader.all("/api/profiles", filter=out)) == withdrawn > 0


@pytest.mark.parametrize(
    "text",
    [
        "equals(email)",
        "equals(email,",
        "equals(email,'a'",
        "equals(email,'a'))",
        "greater-than(email,'a')",
        "contains(email,'a')",
        "equals(shoe_size,'a')",
        "greater-than(updated,yesterday)",
        "greater-than(updated,0001-01-01T00:00:00+23:00)",
        "any(email,'a')",
        "equals(email,['a'])",
        "or(equals(email,'a'),equals(id,'b'))",
        "nonsense",
        "'equals'",
        "((",
    ],
)
def test_filter_that_means_nothing_is_refused(reader: Marketer, text: str) -> None:
    error = reader.error(reader.get("/api/profiles", filter=text), 400)
    assert error["source"] == {"parameter": "filter"}


def test_sparse_fields_leave_what_the_schema_requires(reader: Marketer) -> None:
    consent = "subscriptions.email.marketing.consent_timestamp"
    response = reader.http.get(
        "/api/profiles",
        params={"fields[profile]": f"email,{consent}", "additional-fields[profile]":
                "subscriptions"},
    )  # fmt: skip
    body = judge("profiles", "/api/profiles", response)
    attributes = body["data"][0]["attributes"]
    assert set(attributes) == {"email", "subscriptions"}
    assert set(attributes["subscriptions"]["email"]["marketing"]) == {
        "consent_timestamp", "consent", "can_receive_email_marketing",
    }  # fmt: skip


def test_repeated_cursor_leads_to_the_same_page(shop: Marketer) -> None:
    shop.faults.repeated_cursors = 1
    first = shop.get("/api/profiles").json()
    assert first["links"]["next"] == first["links"]["self"]
    assert shop.http.get(first["links"]["next"]).json()["data"] == first["data"]


def test_cursor_of_another_order_is_refused(reader: Marketer) -> None:
    following = reader.get("/api/profiles", sort="updated").json()["links"]["next"]
    wrong = following.replace("sort=updated", "sort=id")
    assert reader.error(reader.http.get(wrong), 400)["source"] == {"parameter": "page[cursor]"}


def test_reviews_are_the_worlds(reader: Marketer) -> None:
    body = judge("reviews", "/api/reviews", reader.get("/api/reviews", page_size="5"))
    assert len(body["data"]) == 5
    found = {one["id"]: one["attributes"] for one in reader.all("/api/reviews", sort="-updated")}
    assert len(found) == reader.world.reviews.height
    for row in reader.world.reviews.iter_rows(named=True):
        told = found[str(row["review_id"])]
        assert (told["rating"], told["content"]) == (row["stars"], row["text"])
        assert told["product"]["external_id"] == str(row["product_id"])
        assert told.get("public_reply", {}).get("content") == row["reply"]


def test_reviews_are_found_by_time_and_stars_but_not_by_change(reader: Marketer) -> None:
    middle = reader.world.reviews["created_at"].sort()[reader.world.reviews.height // 2]
    later = reader.all("/api/reviews", filter=f"greater-or-equal(created,{utc_text(middle)})")
    assert 0 < len(later) < reader.world.reviews.height
    bad = reader.all("/api/reviews", filter="less-or-equal(rating,2)", sort="rating")
    assert {one["attributes"]["rating"] for one in bad} <= {1, 2}
    product = reader.world.reviews["product_id"][0]
    item = f"equals(item.id,'$custom:::$default:::{product}')"
    assert reader.all("/api/reviews", filter=item)
    refused = reader.get("/api/reviews", filter=f"greater-than(updated,{utc_text(middle)})")
    assert reader.error(refused, 400)["source"] == {"parameter": "filter"}


def test_campaigns_need_a_channel(reader: Marketer) -> None:
    assert reader.error(reader.get("/api/campaigns"), 400)["source"] == {"parameter": "filter"}
    response = reader.get(
        "/api/campaigns", filter="equals(messages.channel,'email')", include="campaign-messages"
    )
    body = judge("campaigns", "/api/campaigns", response)
    assert {one["attributes"]["definition"]["channel"] for one in body["included"]} == {"email"}
    by_text = reader.all("/api/campaigns", filter="equals(messages.channel,'sms')")
    weeks = len(body["data"]) + len(by_text)
    assert weeks in (5, 6)
    one = reader.get(f"/api/campaigns/{body['data'][0]['id']}")
    assert judge("campaigns", "/api/campaigns/{id}", one)["data"]["id"] == body["data"][0]["id"]


def test_time_brings_profiles_and_reviews_but_no_other_campaigns(world: World) -> None:
    world = build(TODAY, days=7, households=60)
    with marketer(world) as shop:
        channel = "equals(messages.channel,'email')"
        before = shop.all("/api/campaigns", filter=channel)
        since = utc_text(world.clock)
        advance(world, 24 * 7)
        assert shop.all("/api/profiles", filter=f"greater-than(updated,{since})")
        after = shop.all("/api/campaigns", filter=channel)
        assert [one["id"] for one in after][: len(before)] == [one["id"] for one in before]
        assert len(shop.all("/api/reviews")) == world.reviews.height


def test_account_tells_zone_and_currency(reader: Marketer) -> None:
    [account] = reader.get("/api/accounts").json()["data"]
    assert account["attributes"]["timezone"] == reader.world.zone
    assert account["attributes"]["preferred_currency"] == "USD"
