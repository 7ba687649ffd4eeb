"""Follow-up tables from what lies sealed in the lake: words are read and kept out."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import dataframely as dy
import polars as pl
import pytest

from contracts.tables import (
    OpenParcel,
    Order,
    OrderFollowUp,
    Parcel,
    ParcelFact,
    Review,
    ReviewFact,
    Shipment,
    table_of,
)
from flows.steps.derived import POINT_IN_TIME, Built
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.steps.views import View

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
CREATED = dt.date(2026, 11, 10)
SHOP = """
name = "Demo"
currency = "USD"
time_zone = "UTC"
[sources.shopify]
shop_domain = "example.myshopify.com"
access_token = "env:TOKEN"
ca_file = "own.pem"
[economics]
fee_rate = 0.029
min_margin_rate = 0.05
"""
KIT = {"shop_id": "demo", "source_updated_at": None, "content_hash": 1, "deleted_at": None}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    (tmp_path / "shops").mkdir()
    (tmp_path / "shopkeeper.toml").write_text("", encoding="utf-8")
    (tmp_path / "shops" / "demo.toml").write_text(SHOP, encoding="utf-8")
    with open_home(tmp_path) as opened:
        yield opened


def stored(home: Home, rows: dict[type[dy.Schema], dict[str, object]]) -> None:
    """Merge a document's rows, sealed as a pull does it."""
    read = {**KIT, "read_at": NOW - dt.timedelta(hours=1)}
    frames = {
        table_of(schema).name: schema.sample(overrides=[{**read, **row}])
        for schema, row in rows.items()
    }
    home.lake.merge(home.keys.vault.seal_frames(frames))


def tables(home: Home) -> dict[str, pl.DataFrame]:
    view = View.of(home, home.shop("demo"), NOW)
    built = Built(view)
    for schema in (ParcelFact, OpenParcel, OrderFollowUp, ReviewFact):
        built.add(schema, POINT_IN_TIME[schema](view, built).collect())
    return built.frames


def test_a_shop_without_parcels_and_reviews_has_empty_tables(home: Home) -> None:
    made = tables(home)
    names = ("parcel_facts", "open_parcels", "order_follow_ups", "review_facts")
    assert [made[name].height for name in names] == [0, 0, 0, 0]


def test_a_bad_reviews_sealed_words_give_its_topic(home: Home) -> None:
    fields = {"body": "The courier lost it", "reviewed_at": NOW - dt.timedelta(hours=5)}
    answer = {"review_result": "bad", "reply": None, "replied_at": None}
    stored(home, {Review: {"review_id": "r1", **fields, **answer}})
    assert "courier" not in str(home.lake.scan("reviews").collect()["body"].to_list())
    row = tables(home)["review_facts"].row(0, named=True)
    assert (row["review_topic"], row["language"], row["age_hours"]) == ("logistics", "en", 5.0)


def test_a_late_parcel_is_in_the_facts_and_its_carrier_is_asked(home: Home) -> None:
    name = {"carrier_code": "dhl", "tracking_number": "1", "shipment_id": "dhl:1"}
    dates = {"shipped_at": NOW - dt.timedelta(days=5), "promised_at": NOW - dt.timedelta(hours=9)}
    order = {"order_id": "o1", "created_date": CREATED}
    sent = {**order, **name, **dates, "delivered_at": None}
    stored(home, {Order: {**order, "is_test": False}, Shipment: sent})
    made = tables(home)
    assert made["parcel_facts"]["late_hours"].to_list() == [9.0]
    asked = home.keys.vault.open_frame(made["open_parcels"], "open_parcels")
    assert asked["tracking_number"].to_list() == ["1"]
    fields = {"parcel_status": "in_transit", "last_event_at": NOW, "delivered_at": None}
    just_now = {"read_at": NOW - dt.timedelta(minutes=9)}
    stored(home, {Parcel: {"shipment_id": "dhl:1", **fields, **just_now}})
    made = tables(home)
    assert made["parcel_facts"]["parcel_status"].to_list() == ["in_transit"]
    assert made["open_parcels"].is_empty()
    assert made["order_follow_ups"]["is_delivered"].to_list() == [False]


def test_a_carrier_that_says_nothing_new_was_asked_all_the_same(home: Home) -> None:
    fields = {"parcel_status": "in_transit", "last_event_at": NOW, "delivered_at": None}
    for minutes in (90, 9):
        read = {"read_at": NOW - dt.timedelta(minutes=minutes)}
        stored(home, {Parcel: {"shipment_id": "dhl:1", **fields, **read}})
    assert home.lake.scan("parcels").collect()["read_at"].item() == NOW - dt.timedelta(minutes=9)
