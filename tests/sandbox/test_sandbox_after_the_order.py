"""Parcels, reviews, contacts and ads: one fate each, told as time passes, never before."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import truth
from sandbox.world.ads import CREDITED_DAYS, ads_seen
from sandbox.world.channels import TAOBAO
from sandbox.world.demand import advance
from sandbox.world.world import World, build
from tests.sandbox.merchant import TODAY, Merchant

FRAMES = ("parcels", "parcel_events", "reviews", "contacts", "ads")
STATES = {0, 1, 2, 3, 4, 5, 6, 7, 14}


def taobao(days: int = 60) -> World:
    return build(TODAY, days=days, channel=TAOBAO)


@pytest.fixture(scope="module")
def shop() -> World:
    """Two months of a channel, only read."""
    return taobao()


@pytest.fixture(scope="module")
def big() -> World:
    """Two months of all households, only read."""
    return build(TODAY, days=60)


def test_the_same_arguments_give_the_same_frames(shop: World) -> None:
    again = taobao()
    for name in FRAMES:
        assert getattr(shop, name).height > 0, name
        assert getattr(shop, name).equals(getattr(again, name)), name


def test_nothing_is_told_before_it_happens(shop: World) -> None:
    told = {
        "parcels": ("shipped_at", "delivered_at"),
        "parcel_events": ("at",),
        "reviews": ("created_at", "updated_at", "replied_at"),
        "contacts": ("consented_at", "updated_at"),
    }
    for name, columns in told.items():
        for column in columns:
            frame: pl.DataFrame = getattr(shop, name)
            assert frame.filter(pl.col(column) >= shop.clock).is_empty(), (name, column)
            assert frame[column].count() > 0, (name, column)
    assert shop.ads.filter(pl.col("date") >= shop.clock.date()).is_empty()


def test_every_order_that_was_not_cancelled_is_sent_within_two_days(big: World) -> None:
    old = big.orders.filter(pl.col("created_at") < big.clock - timedelta(days=2))
    sent = set(big.parcels["order_id"])
    cancelled = old.filter(pl.col("cancelled_at").is_not_null())
    assert cancelled.height > 0
    assert not sent & set(cancelled["order_id"])
    assert set(old["order_id"]) - set(cancelled["order_id"]) <= sent


def test_about_six_in_a_hundred_are_late_and_some_are_stuck_lost_or_sent_back(big: World) -> None:
    due = [row for row in truth.parcels(big) if row["promised_at"] < clock(big)]
    late = sum(row["is_late"] for row in due) / len(due)
    assert len(due) > 5000
    assert 0.05 < late < 0.08
    open_states = Counter(row["state"] for row in due if row["delivered_at"] is None)
    assert {0, 2, 4} <= set(open_states)
    gaps = big.parcel_events.with_columns(gap=pl.col("at").diff().over("number"))
    stuck = gaps.filter(pl.col("gap") > timedelta(days=3))["number"].n_unique()
    assert 0.005 < stuck / big.parcels.height < 0.03


def test_events_are_in_order_and_end_with_the_delivery(big: World) -> None:
    events = big.parcel_events
    assert set(events["state"]) == STATES
    steps = events.with_columns(step=pl.col("at").diff().over("number"))
    assert steps.filter(pl.col("step") < timedelta()).is_empty()
    signed = events.filter(pl.col("state") == 3).select("number", signed_at="at")
    arrived = big.parcels.filter(pl.col("delivered_at").is_not_null())
    both = arrived.join(signed, on="number", how="full", coalesce=True)
    assert both.filter(pl.col("delivered_at").ne_missing(pl.col("signed_at"))).is_empty()


def test_only_what_was_delivered_is_reviewed_once(big: World) -> None:
    reviews = big.reviews.join(big.parcels, on="order_id")
    assert reviews.height == big.reviews.height == big.reviews["order_id"].n_unique()
    assert (reviews["created_at"] > reviews["delivered_at"]).all()
    lines = big.reviews.join(big.lines, on=["line_id", "order_id", "product_id"])
    assert lines.height == big.reviews.height
    arrived = big.parcels["delivered_at"].is_not_null().sum()
    assert 0.03 < big.reviews.height / arrived < 0.045


def test_who_got_it_late_judges_worse(big: World) -> None:
    reviews = big.reviews.join(big.parcels, on="order_id")
    is_late = pl.col("delivered_at") > pl.col("promised_at")
    late, in_time = (
        reviews.filter(which).select(pl.col("stars").mean()).item() for which in (is_late, ~is_late)
    )
    assert late + 1 < in_time
    assert set(reviews["stars"]) == {1, 2, 3, 4, 5}


def test_a_channel_speaks_its_members_language(shop: World, big: World) -> None:
    assert shop.reviews["text"].str.contains(r"\p{Han}").all()
    assert not big.reviews["text"].str.contains(r"\p{Han}").any()
    assert shop.contacts["language"].value_counts(sort=True)["language"][0] == "zh-CN"


def test_consent_has_an_instant_unless_it_was_never_given(big: World) -> None:
    assert set(big.contacts["consent"]) == {"granted", "withdrawn", "never"}
    never = big.contacts["consent"] == "never"
    assert (big.contacts["consented_at"].is_null() == never).all()
    left = big.contacts.filter(pl.col("consent") == "withdrawn")
    assert (left["updated_at"] > left["consented_at"]).all()


def test_time_tells_the_same_in_one_step_or_in_many() -> None:
    world, other = taobao(7), taobao(7)
    before = {name: getattr(world, name) for name in FRAMES}
    advance(world, 72)
    for hours in (1, 30, 41):
        advance(other, hours)
    for name in FRAMES:
        assert getattr(world, name).equals(getattr(other, name)), name
    for name in ("parcels", "parcel_events", "reviews", "ads"):
        assert getattr(world, name).height > before[name].height, name
    assert world.reviews.head(before["reviews"].height).equals(before["reviews"])


def test_time_brings_consents_and_withdrawals_but_keeps_what_the_merchant_did() -> None:
    world = taobao(7)
    before = world.contacts
    granted = before.filter(pl.col("consent") == "granted")["household_id"]
    for household in granted.to_list():
        world.set_contact(household, consent="withdrawn", updated_at=world.clock)
    advance(world, 72 * 7)
    after = before.join(world.contacts, on="household_id", suffix="_after")
    changes = after.select("consent", "consent_after").unique().rows()
    assert ("never", "granted") in changes
    assert ("granted", "granted") not in changes
    assert world.contacts.filter(pl.col("updated_at") >= world.clock).is_empty()


def test_a_reply_is_kept_as_time_passes() -> None:
    world = taobao(30)
    review = world.reviews.filter(pl.col("reply").is_null()).row(0, named=True)
    at = world.clock
    world.set_review(review["review_id"], reply="谢谢", replied_at=at, updated_at=at)
    advance(world, 24)
    kept = world.reviews.filter(pl.col("review_id") == review["review_id"]).row(0, named=True)
    assert kept == review | {"reply": "谢谢", "replied_at": at, "updated_at": at}


@given(age=st.integers(0, 40 * 24), later=st.integers(0, 20 * 24))
@settings(max_examples=25, deadline=None)
def test_ads_grow_towards_their_final_value_and_never_shrink(
    shop: World, age: int, later: int
) -> None:
    first = shop.clock - timedelta(days=40) + timedelta(hours=age)
    then = ads_seen(shop, first)
    afterwards = ads_seen(shop, first + timedelta(hours=later))
    keys = ["date", "campaign_id", "keyword_id", "product_id"]
    both = then.join(afterwards, on=keys, suffix="_after", validate="1:1")
    assert both.height == then.height > 0
    final = then.join(shop.ads, on=keys, suffix="_final", validate="1:1")
    for name in ("impressions", "clicks", "spend_minor"):
        assert (final[name] == final[f"{name}_final"]).all()
    for name in ("orders", "revenue_minor"):
        assert (both[name] <= both[f"{name}_after"]).all()
        assert (final[name] <= final[f"{name}_final"]).all()
    old = pl.col("date") < first.date() - timedelta(days=CREDITED_DAYS + 1)
    assert final.filter(old & (pl.col("orders") != pl.col("orders_final"))).is_empty()


def test_the_newest_days_orders_are_incomplete_and_its_spend_is_not(shop: World) -> None:
    newest = pl.col("date") == pl.col("date").max()
    shown = ads_seen(shop, shop.clock).filter(newest).sum()
    final = shop.ads.filter(newest).sum()
    assert 0 < shown["orders"].item() < final["orders"].item()
    assert shown["spend_minor"].item() == final["spend_minor"].item() > 0


def test_the_scoreboard_tells_what_the_frames_say(merchant: Merchant) -> None:
    merchant.http.post("/world/advance", json={"hours": 24 * 6}).raise_for_status()
    world = merchant.world
    parcels = told(merchant, "parcels")
    assert {row["number"] for row in parcels} == set(world.parcels["number"])
    assert {row["state"] for row in parcels} <= STATES
    reviews = told(merchant, "reviews")
    assert [row["review_id"] for row in reviews] == [str(key) for key in world.reviews["review_id"]]
    ads = told(merchant, "ads")
    shown = ads_seen(world, world.clock)
    for name in ("impressions", "clicks", "spend_minor", "orders", "revenue_minor"):
        assert sum(row[name] for row in ads) == shown[name].sum()
    day = {"from": "2026-11-16", "to": "2026-11-16"}
    found = merchant.http.get("/truth/ads", params=day).json()
    assert found == [row for row in ads if row["date"] == "2026-11-16"] != []
    consents = Counter(row["consent"] for row in told(merchant, "members"))
    assert consents == Counter(world.contacts["consent"])


def told(merchant: Merchant, what: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = merchant.http.get(f"/truth/{what}").json()
    assert found
    return found


def clock(world: World) -> str:
    return world.clock.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_day_of_ads_is_whole_in_the_shops_own_zone() -> None:
    # At the clock it is one o'clock in the afternoon in Shanghai: that day is not over.
    world = taobao(7)
    assert world.ads["date"].max() == date(2026, 11, 15)
    assert world.clock.isoformat() == "2026-11-16T05:00:00+00:00"
