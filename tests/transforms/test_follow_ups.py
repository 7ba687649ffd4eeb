"""Which orders a review may be asked of, and what bad reviews are about."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.codes import OPEN_CASES, CaseStatus
from contracts.tables import (
    Consent,
    Contact,
    Order,
    OrderFollowUp,
    Parcel,
    Refund,
    RefundCase,
    Review,
    ReviewFact,
    Shipment,
)
from transforms.follow_ups import order_follow_ups, review_facts
from transforms.parcels import parcel_facts

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
Row = dict[str, Any]


def ago(**span: float) -> datetime:
    return AS_OF - timedelta(**span)


CREATED = ago(days=20).date()


def order(**more: Any) -> Row:
    row = {"shop_id": "s", "order_id": "o1", "member_id": "m", "is_test": False}
    dates = {"created_date": CREATED, "cancelled_at": None, "completed_at": None}
    promise = {"deliver_from_at": ago(days=14), "deliver_by_at": ago(days=10)}
    status = {"payment_status": "paid", "fulfilment_status": "fulfilled", "refunded_minor": 0}
    return {**row, **dates, **promise, **status, **more}


def shipment(number: str = "1", **more: Any) -> Row:
    row = {"shop_id": "s", "order_id": "o1", "shipment_id": f"dhl:{number}", "promised_at": None}
    return {**row, "created_date": CREATED, "delivered_at": None, **more}


def parcel(number: str = "1", **more: Any) -> Row:
    row = {"shop_id": "s", "shipment_id": f"dhl:{number}", "parcel_status": "delivered"}
    return {**row, "delivered_at": ago(days=9), "last_event_at": ago(days=9), **more}


def follow_ups(**rows: list[Row]) -> list[Row]:
    parcels = Parcel.sample(overrides=rows.get("parcels", [])).lazy()
    orders = Order.sample(overrides=rows.get("orders", [order()])).lazy()
    shipments = Shipment.sample(overrides=rows.get("shipments", [])).lazy()
    frame = order_follow_ups(
        orders,
        Refund.sample(overrides=rows.get("refunds", [])).lazy(),
        cases=RefundCase.sample(overrides=rows.get("cases", [])).lazy(),
        shipments=shipments,
        parcels=parcels,
        reviews=Review.sample(overrides=rows.get("reviews", [])).lazy(),
        parcel_facts=parcel_facts(
            orders, shipments, parcels=parcels, contacts=Contact.sample(0).lazy(), as_of=AS_OF
        ),
        contacts=Contact.sample(overrides=rows.get("contacts", [])).lazy(),
        consents=Consent.sample(overrides=rows.get("consents", [])).lazy(),
        as_of=AS_OF,
    )
    return OrderFollowUp.validate(frame.collect()).to_dicts()


def follow_up(**rows: list[Row]) -> Row:
    (row,) = follow_ups(**rows)
    return row


def test_an_order_arrived_when_its_last_parcel_did() -> None:
    row = follow_up(
        shipments=[shipment(), shipment("2")],
        parcels=[parcel(), parcel("2", delivered_at=ago(days=7))],
    )
    assert (row["is_delivered"], row["delivered_at"]) == (True, ago(days=7))
    assert row["late_hours"] == 72.0


@pytest.mark.parametrize(
    "status", ["in_transit", "out_for_delivery", "problem", "refused", "returning", "returned"]
)
def test_one_parcel_that_did_not_arrive_keeps_its_order_undelivered(status: str) -> None:
    row = follow_up(
        orders=[order(completed_at=ago(days=1))],
        shipments=[shipment(), shipment("2")],
        parcels=[parcel(), parcel("2", parcel_status=status, delivered_at=None)],
    )
    assert (row["is_delivered"], row["delivered_at"], row["late_hours"]) == (False, None, None)


def test_the_platforms_word_stands_where_the_carrier_is_silent_or_behind() -> None:
    shipped = shipment(delivered_at=ago(days=8))
    silent = follow_up(shipments=[shipped])
    behind = follow_up(
        shipments=[shipped], parcels=[parcel(parcel_status="in_transit", delivered_at=None)]
    )
    assert silent["delivered_at"] == behind["delivered_at"] == ago(days=8)
    astray = follow_up(
        shipments=[shipped], parcels=[parcel(parcel_status="returned", delivered_at=None)]
    )
    assert not astray["is_delivered"]


def test_a_delivery_at_no_stated_moment_is_as_old_as_its_last_event() -> None:
    row = follow_up(shipments=[shipment()], parcels=[parcel(delivered_at=None)])
    assert (row["delivered_at"], row["late_hours"]) == (ago(days=9), 24.0)


@pytest.mark.parametrize(
    ("change", "delivered_at"),
    [
        ({}, ago(days=10)),
        ({"completed_at": ago(days=12)}, ago(days=12)),
        ({"deliver_by_at": ago(days=-1)}, None),
        ({"fulfilment_status": "partially_fulfilled"}, None),
        ({"deliver_by_at": None}, None),
    ],
)
def test_without_parcels_an_order_arrived_when_it_was_done_or_promised(
    change: Row, delivered_at: datetime | None
) -> None:
    row = follow_up(orders=[order(**change)])
    assert (row["is_delivered"], row["delivered_at"]) == (delivered_at is not None, delivered_at)


def test_parcels_of_which_nobody_tells_do_not_stand_against_the_order() -> None:
    assert follow_up(shipments=[shipment()])["delivered_at"] == ago(days=10)


@pytest.mark.parametrize("status", list(CaseStatus))
def test_a_case_is_open_paid_back_or_neither(status: CaseStatus) -> None:
    case = {"shop_id": "s", "order_id": "o1", "case_status": str(status), "refunded_at": None}
    row = follow_up(cases=[case])
    assert row["has_open_case"] is (status in OPEN_CASES)
    assert row["is_refunded"] is (status is CaseStatus.REFUNDED)


def test_money_back_of_any_part_and_by_any_way_is_a_refund() -> None:
    refund = {"shop_id": "s", "order_id": "o1", "created_date": CREATED, "refunded_minor": 1}
    closed = {"shop_id": "s", "order_id": "o1", "case_status": "closed", "refunded_at": AS_OF}
    assert follow_up(refunds=[refund])["is_refunded"]
    assert follow_up(cases=[closed])["is_refunded"]
    assert follow_up(orders=[order(refunded_minor=1)])["is_refunded"]
    assert not follow_up()["is_refunded"]


def test_cancelled_and_reviewed_are_told() -> None:
    review = {"shop_id": "s", "order_id": "o1", "review_result": "bad"}
    row = follow_up(orders=[order(cancelled_at=ago(days=1))], reviews=[review])
    assert (row["is_cancelled"], row["is_reviewed"]) == (True, True)


def test_tests_and_orders_older_than_sixty_days_are_left_out() -> None:
    assert follow_ups(orders=[order(is_test=True)]) == []
    assert follow_ups(orders=[order(created_date=ago(days=61).date())]) == []
    assert len(follow_ups(orders=[order(created_date=ago(days=60).date())])) == 1


def review(**more: Any) -> Row:
    row = {"shop_id": "s", "review_id": "r1", "review_result": "bad", "reviewed_at": ago(hours=5)}
    return {**row, "reply": None, "replied_at": None, **more}


def bad_reviews(*rows: Row) -> list[Row]:
    frame = review_facts(Review.sample(overrides=list(rows)).lazy(), as_of=AS_OF)
    return ReviewFact.validate(frame.collect()).to_dicts()


@pytest.mark.parametrize(
    "change",
    [
        {"review_result": "good"},
        {"review_result": "neutral"},
        {"reply": "谢谢"},
        {"replied_at": ago(hours=1)},
        {"reviewed_at": ago(days=61)},
    ],
)
def test_only_bad_reviews_without_a_reply_want_one(change: Row) -> None:
    assert bad_reviews(review(**change)) == []
    assert [row["age_hours"] for row in bad_reviews(review())] == [5.0]


@pytest.mark.parametrize(
    ("body", "language", "topic"),
    [
        ("质量太差，用两天就坏了", "zh-CN", "quality"),
        ("尺码偏小，穿不下", "zh-CN", "size"),
        ("快递太慢了，等了两周", "zh-CN", "logistics"),
        ("客服态度恶劣", "zh-CN", "service"),
        ("买到假货了", "zh-CN", "fake"),
        ("一直不给退款", "zh-CN", "refund"),
        ("宝宝用了过敏", "zh-CN", "safety"),
        ("质量差，做工粗糙，还漏电", "zh-CN", "safety"),
        ("物流快递都慢，客服不理人", "zh-CN", "logistics"),
        ("一般般", "zh-CN", "other"),
        ("Broke after two days, poor QUALITY", "en", "quality"),
        ("Far too small, does not fit", "en", "size"),
        ("Never arrived, the courier lost it", "en", "logistics"),
        ("Rude staff", "en", "service"),
        ("This is a counterfeit", "en", "fake"),
        ("I want my money back", "en", "refund"),
        ("It caught fire!", "en", "safety"),
        ("Meh.", "en", "other"),
        ("👎", None, "other"),
        (None, None, "other"),
    ],
)
def test_words_tell_language_and_topic(body: str | None, language: str | None, topic: str) -> None:
    (row,) = bad_reviews(review(body=body))
    assert (row["language"], row["review_topic"]) == (language, topic)


def test_what_the_author_wrote_stays_behind() -> None:
    assert not {"body", "reply"} & set(ReviewFact.column_names())


def topics(bodies: list[str]) -> list[str]:
    """Of reviews with these words, all read at once: one costs as much as forty."""
    rows = [review(review_id=f"r{number:02}", body=body) for number, body in enumerate(bodies)]
    found = sorted(bad_reviews(*rows), key=lambda row: str(row["review_id"]))
    assert [row["review_id"] for row in found] == [row["review_id"] for row in rows]
    return [row["review_topic"] for row in found]


@settings(max_examples=30)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=40))
def test_any_words_have_one_topic(bodies: list[str]) -> None:
    assert len(topics(bodies)) == len(bodies)


@st.composite
def unsafe(draw: st.DrawFn) -> str:
    others = draw(st.lists(st.sampled_from(["质量", "快递", "客服", "尺码"]), max_size=9))
    at = draw(st.integers(0, len(others)))
    return "，".join([*others[:at], "漏电", *others[at:]])


@settings(max_examples=30)
@given(st.lists(unsafe(), min_size=1, max_size=40))
def test_a_word_of_safety_among_any_others_is_never_missed(bodies: list[str]) -> None:
    assert set(topics(bodies)) == {"safety"}
