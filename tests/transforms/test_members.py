"""How members buy, what they are to the shop, and what speaks against writing to them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.codes import OPEN_CASES, CaseStatus, GrantStatus, MemberSegment
from contracts.tables import (
    Consent,
    Contact,
    CouponGrant,
    Member,
    MemberFact,
    MemberTier,
    Order,
    OrderCoupon,
    Refund,
    RefundCase,
)
from transforms.histories import histories
from transforms.members import member_facts

CDNOW = Path(__file__).parents[3] / "shared/data/cdnow"
AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
Row = dict[str, Any]


def ago(**span: float) -> datetime:
    return AS_OF - timedelta(**span)


def order(days: float, member_id: str | None = "m", **more: Any) -> Row:
    name = {"shop_id": "s", "order_id": f"{member_id}-{days}-{len(more)}", "member_id": member_id}
    money = {
        "currency": "USD",
        "goods_units": 1,
        "goods_minor": 1000,
        "payment_status": "paid",
        "is_test": False,
    }
    return {**name, **money, "placed_at": ago(days=days), **more}


def frame_of(
    orders: pl.DataFrame, *, zone: str = "UTC", as_of: datetime = AS_OF, **rows: Any
) -> pl.DataFrame:
    def known(schema: Any, name: str) -> Any:
        given = rows.get(name, [])
        return (schema.sample(overrides=given) if given else schema.create_empty()).lazy()

    so_far = histories(
        Order.validate(orders).lazy(),
        refunds=known(Refund, "refunds"),
        cases=known(RefundCase, "cases"),
        order_coupons=known(OrderCoupon, "order_coupons"),
        grants=known(CouponGrant, "grants"),
        time_zone=zone,
    )
    facts = member_facts(
        so_far,
        members=known(Member, "members"),
        contacts=known(Contact, "contacts"),
        consents=known(Consent, "consents"),
        tiers=known(MemberTier, "tiers"),
        as_of=as_of,
        time_zone=zone,
    )
    return MemberFact.validate(facts.collect()).sort("member_id")


def facts(*orders: Row, **rows: Any) -> list[Row]:
    return frame_of(Order.sample(overrides=list(orders)), **rows).to_dicts()


def fact(*orders: Row, **rows: Any) -> Row:
    (row,) = facts(*(orders or (order(3),)), **rows)
    return row


def test_orders_days_money_and_the_gap_between_days_are_summed_up() -> None:
    row = fact(order(30), order(23), order(20), order(3), order(3, goods_minor=500))
    assert (row["orders_count"], row["order_days_units"], row["spent_minor"]) == (5, 4, 4500)
    assert (row["first_order_at"], row["last_order_at"]) == (ago(days=30), ago(days=3))
    assert (row["last_order_date"], row["recency_days"]) == (date(2026, 11, 17), 3.0)
    assert row["usual_gap_days"] == 7.0  # of 7, 3 and 17


@pytest.mark.parametrize(
    ("days", "gap"), [((9,), None), ((9, 2), None), ((9, 9, 2), None), ((9, 5, 2), 3.5)]
)
def test_a_gap_is_usual_from_three_days_with_an_order_on(
    days: tuple[float, ...], gap: float | None
) -> None:
    orders = [order(day, order_id=f"o{number}") for number, day in enumerate(days)]
    assert fact(*orders)["usual_gap_days"] == gap


def test_days_are_the_shops() -> None:
    late = order(0, placed_at=datetime(2026, 11, 18, 23, tzinfo=UTC))
    assert fact(late)["recency_days"] == 2.0
    assert fact(late, zone="Asia/Shanghai")["recency_days"] == 1.0
    assert fact(late, zone="Asia/Shanghai")["last_order_date"] == date(2026, 11, 19)


@pytest.mark.parametrize(
    "change", [{"is_test": True}, {"payment_status": "pending"}, {"member_id": None}]
)
def test_tests_unpaid_orders_and_guests_make_nobody_a_member(change: Row) -> None:
    assert facts(order(3, **change)) == []


def test_a_cancelled_order_counts_as_in_gmv() -> None:
    assert fact(order(3, cancelled_at=ago(days=2)))["orders_count"] == 1


def test_orders_in_two_currencies_are_refused_and_never_added_up() -> None:
    with pytest.raises(Exception, match="primary_key"):
        facts(order(3), order(2, currency="EUR"))


def test_five_members_fall_into_five_fifths_by_each_measure() -> None:
    rows = facts(
        *(
            order(days, f"m{number}", order_id=f"{number}{n}", goods_minor=100 * (10 - number))
            for number, days in enumerate([50, 40, 30, 20, 10], start=1)
            for n in range(number)
        )
    )
    assert [row["recency_score"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["frequency_score"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["spent_minor"] for row in rows] == [900, 1600, 2100, 2400, 2500]
    assert [row["monetary_score"] for row in rows] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("days", "orders", "goods_minor", "segment"),
    [
        (1, 5, 900, MemberSegment.CHAMPIONS),
        (1, 1, 9000, MemberSegment.BIG_SPENDERS),
        (1, 5, 10, MemberSegment.LOYAL),
        (1, 1, 10, MemberSegment.RECENT),
        (99, 5, 900, MemberSegment.CANNOT_LOSE),
        (99, 1, 9000, MemberSegment.AT_RISK),
        (99, 5, 10, MemberSegment.ABOUT_TO_LEAVE),
        (99, 1, 10, MemberSegment.HIBERNATING),
        (30, 3, 100, MemberSegment.RECENT),  # recent at the median, often and much only above it
    ],
)
def test_a_segment_is_where_a_member_stands_beside_the_median(
    days: float, orders: int, goods_minor: int, segment: MemberSegment
) -> None:
    others = [
        order(30, other, order_id=f"{other}{n}", goods_minor=100)
        for other in ("a", "b", "c")
        for n in range(3)
    ]
    own = [order(days, "x", order_id=f"x{n}", goods_minor=goods_minor) for n in range(orders)]
    assert facts(*others, *own)[-1]["member_segment"] == str(segment)


def contact(**more: Any) -> Row:
    row = {"shop_id": "s", "member_id": "m", "channel": "email", "address": "m@example.com"}
    return {**row, "language": "zh-CN", **more}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, (True, "zh-CN")),
        ({"language": None}, (True, None)),
        ({"address": None}, (False, None)),
        ({"channel": "sms"}, (False, None)),
        ({"member_id": "other"}, (False, None)),
    ],
)
def test_an_address_is_one_for_e_mail_that_is_still_held(
    change: Row, expected: tuple[bool, str | None]
) -> None:
    row = fact(contacts=[contact(**change)])
    assert (row["has_email"], row["language"]) == expected


@pytest.mark.parametrize("status", ["granted", "withdrawn", "never_asked"])
def test_consent_is_that_to_marketing_by_e_mail(status: str) -> None:
    fields = {"shop_id": "s", "member_id": "m", "consent_status": status}
    mail = {**fields, "channel": "email", "purpose": "marketing"}
    assert fact(consents=[mail])["consent_status"] == status
    assert fact(consents=[{**mail, "purpose": "service"}])["consent_status"] is None
    assert fact(consents=[{**mail, "channel": "sms"}])["consent_status"] is None


def test_an_account_is_known_as_long_as_the_platforms_id_is() -> None:
    row = {"shop_id": "s", "member_id": "m", "platform_member_id": "1"}
    assert fact(members=[row])["has_account"]
    assert not fact(members=[{**row, "platform_member_id": None}])["has_account"]
    assert not fact()["has_account"]


@pytest.mark.parametrize("status", list(GrantStatus))
def test_a_coupon_was_given_unless_nobody_has_it(status: GrantStatus) -> None:
    grant = {"shop_id": "s", "member_id": "m", "grant_status": str(status)}
    row = fact(grants=[{**grant, "granted_at": ago(days=8)}])
    is_given = status not in (GrantStatus.UNASSIGNED, GrantStatus.FAILED)
    assert row["last_coupon_at"] == (ago(days=8) if is_given else None)


def test_a_coupon_of_no_date_was_given_when_the_platform_told_of_it() -> None:
    grant = {"shop_id": "s", "member_id": "m", "grant_status": "assigned", "granted_at": None}
    changed = {**grant, "source_updated_at": ago(days=9), "read_at": ago(days=1)}
    assert fact(grants=[changed])["last_coupon_at"] == ago(days=9)
    fields = {**changed, "source_updated_at": None}
    assert fact(grants=[fields])["last_coupon_at"] == ago(days=1)


def test_an_order_with_a_code_is_a_coupon_too_and_the_latest_counts() -> None:
    grant = {"shop_id": "s", "member_id": "m", "grant_status": "redeemed"}
    used = {"shop_id": "s", "order_id": "o2"}
    row = fact(
        order(9, order_id="o1"),
        order(4, order_id="o2"),
        grants=[{**grant, "granted_at": ago(days=20)}],
        order_coupons=[used],
    )
    assert row["last_coupon_at"] == ago(days=4)


@pytest.mark.parametrize("status", list(CaseStatus))
def test_a_case_is_open_until_it_is_decided(status: CaseStatus) -> None:
    case = {"shop_id": "s", "order_id": "o", "case_status": str(status), "refunded_at": None}
    row = fact(order(3, order_id="o"), cases=[case])
    assert (row["has_open_case"], row["last_refunded_at"]) == (status in OPEN_CASES, None)


def test_money_went_back_when_the_last_refund_or_case_says() -> None:
    refund = {"shop_id": "s", "order_id": "o", "refunded_at": ago(days=6)}
    case = {"shop_id": "s", "order_id": "o", "case_status": "refunded"}
    both = {"refunds": [refund], "cases": [{**case, "refunded_at": ago(days=2)}]}
    assert fact(order(9, order_id="o"), **both)["last_refunded_at"] == ago(days=2)


def test_a_shop_without_orders_or_a_crm_has_empty_facts() -> None:
    assert facts() == []
    row = fact()
    assert (row["consent_status"], row["has_email"], row["alive_rate"]) == (None, False, None)


MEMBERS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 4), st.integers(0, 5)), min_size=1, max_size=23
)


def orders_of(members: list[tuple[int, int, int]]) -> list[Row]:
    return [
        order(days + n, f"m{number:02}", order_id=f"{number}-{n}", goods_minor=goods)
        for number, (days, count, goods) in enumerate(members)
        for n in range(count)
    ]


@settings(deadline=None, max_examples=40)
@given(members=MEMBERS)
def test_fifths_are_balanced_and_follow_what_they_measure(
    members: list[tuple[int, int, int]],
) -> None:
    frame = frame_of(Order.sample(overrides=orders_of(members)))
    measures = {"recency": -frame["recency_days"], "frequency": frame["orders_count"]}
    for name, measure in {**measures, "monetary": frame["spent_minor"]}.items():
        score = frame[f"{name}_score"]
        sizes = [int((score == fifth).sum()) for fifth in range(1, 6)]
        assert max(sizes) - min(sizes) <= 1
        ordered = pl.DataFrame({"score": score, "measure": measure}).sort("measure", "score")
        assert ordered["score"].is_sorted()


@settings(deadline=None, max_examples=40)
@given(members=MEMBERS, seed=st.integers(0, 99))
def test_the_order_of_rows_says_nothing(members: list[tuple[int, int, int]], seed: int) -> None:
    orders = Order.sample(overrides=orders_of(members))
    shuffled = orders.sample(fraction=1, shuffle=True, seed=seed)
    assert frame_of(orders).equals(frame_of(shuffled))


@pytest.fixture(scope="module")
def cdnow() -> pl.DataFrame:
    """The published sample of purchases until the end of September 1997, as orders."""
    if not CDNOW.exists():
        pytest.skip("the CDNOW data lies outside the repository")
    lines = [line.split() for line in (CDNOW / "CDNOW_sample.txt").read_text().splitlines()]
    read = pl.DataFrame(
        [(member, day, round(float(spent) * 100)) for _, member, day, _, spent in lines],
        schema={"member_id": pl.String, "day": pl.String, "goods_minor": pl.Int64},
        orient="row",
    ).filter(pl.col("day") <= "19970930")
    filler = Order.sample(overrides=[order(1)]).drop("member_id", "goods_minor", "placed_at")
    placed = pl.col("day").str.to_datetime("%Y%m%d", time_unit="us", time_zone="UTC")
    placed = placed.dt.offset_by("20y")  # no instant of ours is that old
    return (
        read.with_row_index("order_id")
        .join(filler.drop("order_id"), how="cross")
        .with_columns(pl.col("order_id").cast(pl.String), placed_at=placed)
        .select(Order.column_names())
    )


def test_the_published_summary_of_cdnow_is_reproduced(cdnow: pl.DataFrame) -> None:
    frame = frame_of(cdnow, as_of=datetime(2017, 9, 30, tzinfo=UTC))
    repeats = frame["order_days_units"] - 1
    assert frame.height == 2357
    assert repeats.sum() == 2457
    assert (repeats > 0).sum() == 946
    published = pl.read_csv(CDNOW / "cdnow_customers_summary.csv").sort("ID")
    assert repeats.to_list() == published["frequency"].to_list()
    # The first customer came back twice; by MBG/NBD 1 / (1 + a/(b+x) ((alpha+T)/(alpha+t))^(r+x)).
    assert frame["alive_rate"][0] == pytest.approx(0.70614, abs=1e-4)
    assert (frame["return_rate"] < frame["alive_rate"]).all()
    assert frame["return_rate"].is_between(0, 1).all()
    # Who comes within a month with some chance orders at least that often in a year.
    assert (frame["year_orders"] > frame["return_rate"]).all()
    assert (frame["year_orders"] < 365).all()


def test_customers_like_clockwork_have_no_orders_to_expect_and_stop_no_build() -> None:
    orders = [
        order(126 - day, f"m{(7 * day + n) % 400}")
        for day in range(126)
        for n in range(60 if day == 120 else 20 + day % 3)
    ]
    found = facts(*orders)
    assert {row["alive_rate"] is None for row in found} == {False}
    assert {row["year_orders"] for row in found} == {None}


def tier(day: int, rank: int, member_id: str = "m", **more: Any) -> Row:
    fields = {"shop_id": "s", "member_id": member_id, "told_date": date(2026, 11, day)}
    return {**fields, "tier_rank": rank, **more}


@pytest.mark.parametrize(
    ("told", "rose"),
    [
        ([], None),
        ([tier(1, 3)], None),  # the first that is told: they may long have had it
        ([tier(1, 1), tier(8, 1)], None),
        ([tier(1, 1), tier(8, 2)], 8),
        ([tier(1, 1), tier(8, 2), tier(15, 2)], 8),
        ([tier(1, 1), tier(8, 2), tier(15, 3)], 15),
        ([tier(1, 2), tier(8, 1)], None),
        ([tier(1, 1), tier(8, 2), tier(15, 1)], None),
        ([tier(1, 2), tier(8, 1), tier(15, 2)], 15),
        ([tier(1, 0), tier(8, 1)], 8),
        ([tier(1, 1, "another"), tier(8, 2)], None),
        ([tier(1, 1, shop_id="t"), tier(8, 2)], None),
    ],
)
def test_a_tier_rose_where_its_last_change_was_a_rise(told: list[Row], rose: int | None) -> None:
    for rows in (told, told[::-1]):
        found = fact(tiers=rows)["tier_rose_date"]
        assert found == (None if rose is None else date(2026, 11, rose))
