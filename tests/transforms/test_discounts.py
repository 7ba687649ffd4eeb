"""What usually comes off a price: what nine of ten lines stay within, and codes that hold now."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.tables import Coupon, OrderLine
from transforms.discounts import usual_discounts

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
Row = dict[str, Any]


def line(number: int, off: int, sku: str = "A", **more: Any) -> Row:
    """Two pieces at 10.00, so much off."""
    row = {"shop_id": "s", "order_id": f"o{number}", "line_id": str(number), "sku_id": sku}
    money = {"unit_price_minor": 1000, "quantity_units": 2, "discount_minor": off}
    return {**row, **money, "line_kind": "sale", "placed_at": AS_OF - timedelta(days=3), **more}


def code(**more: Any) -> Row:
    row = {"shop_id": "s", "coupon_id": "c", "coupon_status": "active", "discount_kind": "rate"}
    money = {"discount_rate": 0.1, "discount_minor": None, "limit_units": None}
    when = {"starts_at": AS_OF - timedelta(days=1), "ends_at": None, "redeemed_units": 5}
    return {**row, **money, **when, **more}


def found(lines: list[Row], *coupons: Row) -> tuple[float | None, float | None, float | None]:
    """Of SKU A, of the shop, and by a code."""
    own, shop = usual_discounts(
        OrderLine.sample(overrides=lines).lazy(),
        Coupon.sample(overrides=list(coupons)).lazy(),
        as_of=AS_OF,
    )
    of_sku = dict(own.select("sku_id", "own_rate").collect().iter_rows())
    of_shop = shop.collect().rows()
    _, shop_rate, code_rate = of_shop[0] if of_shop else (None, None, None)
    return of_sku.get("A"), shop_rate, code_rate


def test_a_skus_discount_is_what_nine_of_ten_of_its_lines_stay_within() -> None:
    lines = [line(number, 0) for number in range(10)] + [line(20 + n, 400) for n in range(9)]
    assert found([*lines, line(40, 1900)])[0] == pytest.approx(0.2)
    assert found([*lines, line(40, 1900)][1:])[0] is None  # of nineteen lines nothing is told


def test_what_is_no_sale_of_28_days_is_no_usual_discount() -> None:
    old: Row = {"placed_at": AS_OF - timedelta(days=28)}
    gone = [
        line(1, 2000, **old),
        line(2, 2000, line_kind="gift", total_minor=0),
        line(3, 0, unit_price_minor=0),
        line(4, 2000, placed_at=AS_OF + timedelta(seconds=1)),
    ]
    assert found([*gone, line(5, 500)])[:2] == (None, 0.25)


@pytest.mark.parametrize(
    ("change", "rate"),
    [
        ({}, 0.1),
        ({"coupon_status": "expired"}, None),
        ({"starts_at": AS_OF + timedelta(seconds=1)}, None),
        ({"ends_at": AS_OF}, None),
        ({"ends_at": AS_OF + timedelta(seconds=1)}, 0.1),
        ({"limit_units": 1}, None),  # one person's own
        ({"limit_units": 6}, 0.1),
        ({"limit_units": 5}, None),
        ({"limit_units": 5, "redeemed_units": 5000}, 0.1),  # what cannot be closes no code
        ({"limit_units": 6, "redeemed_units": None}, 0.1),
        ({"discount_kind": "amount", "discount_rate": None, "discount_minor": 500}, 0.25),
        ({"discount_kind": "amount", "discount_rate": None, "discount_minor": 5000}, 0.95),
    ],
)
def test_a_code_counts_while_others_may_redeem_it(change: Row, rate: float | None) -> None:
    assert found([line(1, 0), line(2, 0)], {**code(), **change})[2] == rate


def test_of_several_codes_the_one_that_takes_off_most_counts() -> None:
    other = code(coupon_id="d", discount_rate=0.3)
    assert found([line(1, 0)], code(), other)[2] == 0.3
    assert found([], code())[1:] == (None, 0.1)
