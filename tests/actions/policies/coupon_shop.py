"""A shop with members who may be offered a coupon, and what the policy proposes for it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from actions.policies import member_coupon
from actions.policies._member_coupon import Params
from contracts.economics import Economics
from contracts.tables import Coupon, CouponGrant, MemberFact, Occasion, PriceFact, StockFact

AS_OF = datetime(2026, 11, 20, 17, tzinfo=UTC)  # the 21st in Shanghai
RATE = Params(off_rate=0.15, max_order_minor=20_001, shop_name="Tea & Cups")
AMOUNT = Params(off_minor=500, min_spend_minor=5_000, shop_name="Tea & Cups")
PURSE = Params(way="purse", coupon_id="c1", min_spend_minor=5_000)
UNSUBSCRIBE = {"unsubscribe_url": "https://shop.example/u/1"}
Row = dict[str, Any]


def ago(**span: float) -> datetime:
    return AS_OF - timedelta(**span)


def member(**more: Any) -> Row:
    bought = {"orders_count": 10, "recency_days": 40.0, "usual_gap_days": 10.0, "currency": "CNY"}
    dates = {"last_order_at": ago(days=40), "last_order_date": ago(days=40).date()}
    person = {"member_segment": "at_risk", "language": "zh-CN", "alive_rate": 0.4}
    person |= {"return_rate": None, "order_minor": None, "monetary_score": 4, "order_days_units": 9}
    reach = {"consent_status": "granted", "has_email": True, "has_account": True}
    past = {"last_coupon_at": None, "last_refunded_at": None, "has_open_case": False}
    past |= {"tier_rose_date": None}
    name = {"shop_id": "s", "member_id": "m-1", "spent_minor": 100_000}
    return {**name, **bought, **dates, **person, **reach, **past, **more}


def coupon(**more: Any) -> Row:
    row = {"shop_id": "s", "coupon_id": "c1", "coupon_status": "active", "ends_at": None}
    return {**row, "discount_minor": 500, "discount_rate": None, "currency": "CNY", **more}


def price(**more: Any) -> Row:
    """Listed at 10.00 with a cost of 5.00, and plenty of it."""
    row = {"shop_id": "s", "listing_id": "v1", "sku_id": "SKU-1", "discount_rate": 0.0}
    amounts = {"price_minor": 1_000, "unit_cost_minor": 500, "currency": "CNY"}
    return {**row, **amounts, "available_units": 90, "cover_days": 30.0, "daily_units": 3.0, **more}


def birthday(month_day: str | None) -> Row:
    return {"shop_id": "s", "member_id": "m-1", "occasion_kind": "birthday", "month_day": month_day}


def stated(*rows: Row, params: Params = RATE, **more: Any) -> dict[str, Any]:
    priced = [price(**one) for one in more.pop("prices", [])]
    coupons, grants = more.pop("coupons", []), more.pop("grants", [])
    occasions = [birthday(one) for one in more.pop("birthdays", [])]
    return {
        "members": MemberFact.sample(overrides=list(rows)).lazy(),
        "occasions": Occasion.sample(overrides=occasions).lazy(),
        "coupons": Coupon.sample(overrides=coupons).lazy(),
        "grants": CouponGrant.sample(overrides=grants).lazy(),
        "prices": PriceFact.sample(overrides=priced).lazy(),
        "stock": StockFact.create_empty().lazy(),
        "params": params,
        "economics": Economics(fee_rate=0, min_margin_rate=0),
        "as_of": AS_OF,
        "time_zone": "Asia/Shanghai",
        **more,
    }


def propose(*rows: Row, **more: Any) -> pl.DataFrame:
    return member_coupon.propose(**stated(*(rows or (member(),)), **more))


def first(*rows: Row, **more: Any) -> Row:
    return propose(*rows, **more).row(0, named=True)


LOW: Row = {"listing_id": "v2", "sku_id": "SKU-2", "price_minor": 510}
