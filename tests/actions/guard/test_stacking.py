"""A price cut and a code, each sound alone, never bring a piece below its floor together."""

import datetime as dt
from typing import Any

import pytest

from contracts.payloads import CouponTerms, encode

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
FLOOR = 589  # of a cost of 5.00, with fees of 5 % and a least margin of 10 %


def terms(**changes: Any) -> str:
    values = {"starts_at": NOW - DAY, "ends_at": NOW + 7 * DAY, "usage_limit": 1}
    return encode(CouponTerms(**{"title": "t", "max_spend_minor": 9000, **values, **changes}))


CODE: dict[str, Any] = {
    "policy": "member_coupon",
    "target_id": "C1",
    "write_kind": "create_coupon",
    "currency": None,
    "before_value": None,
    "after_value": 1000,
    "exposure_minor": 900,
    "payload": terms(),
}
CUT: dict[str, Any] = {"before_value": 610, "after_value": 592}
ANCHORS = {"anchor_minor": 700, "low_anchor_minor": 700}
WIDE: dict[str, Any] = {"max_budget_minor": 10_000, "max_week_rate": 0.9, "max_day_rate": 0.9}


def cut(case: Any, **past: Any) -> Any:
    """A cut of 6.10 to 5.92, with a 10 % code of yesterday (or `past`) in the ledger."""
    here = case.proposing(**CUT).priced(price_minor=610, **ANCHORS).limited(**WIDE)
    made = {**CODE, "at": NOW - DAY, "window_start": NOW - DAY, "state": "confirmed", **past}
    return here.after(made)


def code(case: Any, price: int, *past: dict[str, Any], **changes: Any) -> Any:
    """A 10 % code while the price in force is `price`, with these writes in the ledger."""
    row = {**case.proposals[0], **CODE, "sku_id": None, **changes}
    writes = ({"policy": "repricing", "write_kind": "set_price", **one} for one in past)
    return case.having(proposals=[row]).priced(price_minor=price).limited(**WIDE).after(*writes)


def test_a_cut_to_the_floor_stands_while_no_code_holds(case: Any) -> None:
    assert case.proposing(**CUT).priced(price_minor=610, **ANCHORS).guards() == [None]


@pytest.mark.parametrize(
    ("past", "guard"),
    [
        ({}, "floor_with_code"),
        ({"state": "approved"}, "floor_with_code"),
        ({"state": "sending"}, "floor_with_code"),
        ({"state": "unknown"}, "floor_with_code"),
        ({"state": "reverted"}, None),
        ({"is_undo": True}, None),
        ({"payload": terms(ends_at=NOW)}, None),
        ({"payload": terms(listing_ids=("v1",))}, "floor_with_code"),
        ({"payload": terms(listing_ids=("v2",))}, None),
        ({"payload": terms(excluded_listing_ids=("v1",))}, None),
        ({"payload": terms(excluded_listing_ids=("v2",))}, "floor_with_code"),
        ({"currency": "USD", "after_value": 100, "payload": terms(min_spend_minor=1000)},
         "floor_with_code"),
        ({"write_kind": "grant_coupon", "after_value": 1, "payload": terms(off_rate=0.1)},
         "floor_with_code"),
        ({"shop_id": "south"}, None),
        ({"payload": None}, None),
    ],
)  # fmt: skip
def test_a_code_first_and_the_cut_to_the_floor_is_refused(
    case: Any, past: dict[str, Any], guard: str | None
) -> None:
    assert cut(case, **past).guards() == [guard]


def test_at_the_door_too(case: Any, refused: Any) -> None:
    # The platform of the fixture shows 10.00, and 6.50 less 10 % are 5.85.
    one = case.proposing(before_value=1000, after_value=650).limited(
        max_step_rate=0.5, max_day_rate=0.5, max_week_rate=0.5
    )
    assert refused(one) == []
    made = {**CODE, "at": NOW - DAY, "window_start": NOW - DAY, "state": "sent"}
    assert refused(one.after(made)) == ["floor_with_code"]


SET: dict[str, Any] = {"target_id": "v1", "after_value": 592, "at": NOW - DAY}


@pytest.mark.parametrize(
    ("price", "past", "guard"),
    [
        (1000, [], None),
        (592, [], "floor"),
        (1000, [SET], "floor"),
        (1000, [{**SET, "state": "approved"}], "floor"),
        (1000, [{**SET, "state": "reverted"}], None),
        (1000, [{**SET, "target_id": "v2"}], None),
        (1000, [{**SET, "at": NOW - 600 * DAY}], None),
    ],
)
def test_a_cut_to_the_floor_first_and_the_code_is_refused(
    case: Any, price: int, past: list[dict[str, Any]], guard: str | None
) -> None:
    assert code(case, price, *past).guards() == [guard]


PRICES = range(560, 720, 5)
RATES = (100, 900, 1700, 2500)


@pytest.mark.parametrize("usual", [0.0, 0.07])
def test_whichever_comes_second_what_is_left_covers_the_cost(case: Any, usual: float) -> None:
    pairs = [(price, rate) for price in PRICES for rate in RATES]
    facts = {**case.prices[0], "discount_rate": usual, "anchor_minor": 700}
    prices, cuts, codes = [], [], []
    for n, (price, rate) in enumerate(pairs):
        prices.append({**facts, "listing_id": f"v{n}", "sku_id": f"k{n}", "price_minor": price})
        cuts.append({**case.proposals[0], "before_value": price + 1, "after_value": price})
        cuts[n] |= {"target_id": f"v{n}", "sku_id": f"k{n}"}
        own = {"payload": terms(listing_ids=(f"v{n}",)), "exposure_minor": 9000}
        codes.append({**CODE, **own, "target_id": f"C{n}", "after_value": rate})
    wide = case.having(prices=prices).limited(
        max_actions=500, max_budget_minor=10**7, max_exposure_minor=10**7
    )
    second = wide.having(
        proposals=[{**case.proposals[0], **code, "sku_id": None} for code in codes]
    )
    dearer = [{**row, "price_minor": row["price_minor"] + 1} for row in prices]
    made = [{**row, "at": NOW - DAY, "window_start": NOW - DAY} for row in codes]
    first = wide.having(prices=dearer, proposals=cuts).after(*made)
    covered = [
        price * (1 - rate / 10_000) * (1 - usual) * (1 - 0.05 - 0.10) >= 500
        for price, rate in pairs
    ]
    for one in (second, first):
        passed = [guard is None for guard in one.guards()]
        assert any(passed)
        assert not any(
            passes and not enough for passes, enough in zip(passed, covered, strict=True)
        )
