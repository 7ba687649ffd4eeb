"""Members' facts from what lies sealed in the lake, for a policy that decides by them."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import dataframely as dy
import polars as pl
import pytest

from actions.policies import member_coupon
from actions.policies._member_coupon import Params
from contracts.economics import Economics
from contracts.tables import (
    Consent,
    Contact,
    Coupon,
    CouponGrant,
    Member,
    MemberFact,
    Occasion,
    Order,
    OrderCoupon,
    PriceFact,
    StockFact,
    table_of,
)
from flows.steps.derived import POINT_IN_TIME, Built
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.steps.views import View

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
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
KIT = {
    "shop_id": "demo",
    "source_updated_at": None,
    "read_at": NOW - dt.timedelta(hours=1),
    "content_hash": 1,
    "deleted_at": None,
}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    (tmp_path / "shops").mkdir()
    (tmp_path / "shopkeeper.toml").write_text("", encoding="utf-8")
    (tmp_path / "shops" / "demo.toml").write_text(SHOP, encoding="utf-8")
    with open_home(tmp_path) as opened:
        yield opened


def store(home: Home, rows: dict[type[dy.Schema], list[dict[str, object]]]) -> None:
    """Merge rows, sealed as a pull does it."""
    frames = {
        table_of(schema).name: schema.sample(overrides=[{**KIT, **row} for row in some])
        for schema, some in rows.items()
    }
    home.lake.merge(home.keys.vault.seal_frames(frames))


def order(number: int, member_id: str) -> dict[str, object]:
    placed_at = NOW - dt.timedelta(days=40 + 5 * number)
    name = {"order_id": f"{member_id}-{number}", "member_id": member_id, "placed_at": placed_at}
    money = {"payment_status": "paid", "is_test": False, "currency": "USD", "goods_minor": 1_000}
    return {**name, **money, "created_date": placed_at.date()}


def facts(home: Home) -> pl.DataFrame:
    view = View.of(home, home.shop("demo"), NOW)
    return POINT_IN_TIME[MemberFact](view, Built(view)).collect().sort("member_id")


def test_a_shop_that_knows_nobody_has_no_facts(home: Home) -> None:
    assert facts(home).is_empty()


def test_sealed_addresses_are_known_to_be_there_and_decide_who_gets_a_coupon(home: Home) -> None:
    ada, bob = "m-" + "a" * 32, "m-" + "b" * 32
    mail = {"channel": "email", "profile_id": None, "language": "en", "time_zone": None}
    fields = {"channel": "email", "purpose": "marketing", "consent_status": "granted"}
    used = {"order_id": f"{bob}-0", "coupon_code": "SPRING"}
    store(
        home,
        {
            Order: [order(number, member) for member in (ada, bob) for number in range(6)],
            OrderCoupon: [{**used, "created_date": (NOW - dt.timedelta(days=40)).date()}],
            Member: [{"member_id": ada, "platform_member_id": "1"}],
            Contact: [{**mail, "member_id": ada, "address": "ada@example.com"}],
            Consent: [{**fields, "member_id": one} for one in (ada, bob)],
        },
    )
    made = facts(home)
    assert made["member_id"].to_list() == [ada, bob]
    assert made["has_email"].to_list() == [True, False]
    assert made["has_account"].to_list() == [True, False]
    assert made["usual_gap_days"].to_list() == [5.0, 5.0]
    assert made["last_coupon_at"].to_list() == [None, NOW - dt.timedelta(days=40)]
    assert "ada@example.com" not in str(made.to_dicts())
    params = Params(
        off_rate=0.1,
        max_order_minor=9_000,
        shop_name="Demo",
        segments=tuple(made["member_segment"].unique()),
    )
    proposed = member_coupon.propose(
        members=MemberFact.validate(made).lazy(),
        occasions=Occasion.create_empty().lazy(),
        coupons=Coupon.create_empty().lazy(),
        grants=CouponGrant.create_empty().lazy(),
        prices=PriceFact.create_empty().lazy(),
        stock=StockFact.create_empty().lazy(),
        params=params,
        economics=Economics(fee_rate=0, min_margin_rate=0),
        as_of=NOW,
        time_zone="UTC",
    )
    assert proposed["member_id"].to_list() == [ada, ada]
