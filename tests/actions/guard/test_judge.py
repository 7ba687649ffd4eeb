import datetime as dt
from typing import Any

import pytest

from contracts.actions import Judged, KillSwitch
from contracts.codes import PolicyMode
from contracts.payloads import Reply, encode
from tests.actions.guard.moments import ALERT, HOUR, NOW


@pytest.mark.parametrize(
    ("mode", "states"),
    [
        (PolicyMode.OFF, []),
        (PolicyMode.SHADOW, ["shadow"]),
        (PolicyMode.APPROVE, ["proposed"]),
        (PolicyMode.AUTO, ["approved"]),
    ],
)
def test_the_mode_decides_how_far_a_sound_proposal_gets(
    case: Any, mode: PolicyMode, states: list[str]
) -> None:
    judged = case.having(mode=mode).judged()
    assert judged["state"].to_list() == states
    assert Judged.is_valid(judged)


@pytest.mark.parametrize(
    ("mode", "state"),
    [
        (PolicyMode.SHADOW, "shadow"),
        (PolicyMode.APPROVE, "proposed"),
        (PolicyMode.AUTO, "proposed"),
    ],
)
def test_a_public_reply_is_read_by_a_person_first(case: Any, mode: PolicyMode, state: str) -> None:
    reply = case.proposing(
        write_kind="reply_review",
        currency=None,
        before_value=0,
        after_value=1,
        payload=encode(Reply(text="We are sorry.")),
    )
    assert reply.having(mode=mode).judged().select("state", "guard").rows() == [(state, None)]


@pytest.mark.parametrize(
    ("policy", "state"), [("restock", "proposed"), ("delay_notice", "approved")]
)
def test_goods_are_ordered_by_a_person_in_auto_too(case: Any, policy: str, state: str) -> None:
    alert = case.having(mode=PolicyMode.AUTO).proposing(policy=policy, **ALERT)
    assert alert.judged()["state"].to_list() == [state]


@pytest.mark.parametrize("mode", [PolicyMode.SHADOW, PolicyMode.APPROVE, PolicyMode.AUTO])
def test_what_the_guard_refuses_is_kept_as_refused_in_every_mode(
    case: Any, mode: PolicyMode
) -> None:
    below = case.proposing(after_value=560).limited(max_step_rate=0.9).having(mode=mode)
    assert below.judged().select("state", "guard").rows() == [("refused", "floor")]


@pytest.mark.parametrize(
    ("changed", "guard"),
    [
        ({"unit_cost_minor": None}, "cost_missing"),
        ({"unit_cost_minor": None, "cost_currency": "EUR"}, "fx_missing"),
        ({"cost_currency": "EUR", "cost_rate_date": dt.date(2026, 11, 17)}, None),
        ({"cost_currency": "EUR", "cost_rate_date": dt.date(2026, 11, 16)}, "fx_stale"),
        ({"currency": "EUR"}, "currency_changed"),
        ({"price_minor": 990}, "price_moved"),
        ({"listing_id": "another"}, "price_unknown"),
        ({"unit_cost_minor": 5}, "units"),
        ({"unit_cost_minor": 840}, "floor"),
        ({"rival_observed_at": NOW - 27 * HOUR}, "stale_input"),
        ({"cover_days": 6.9}, "sells_out"),
        ({"available_units": 0}, "sells_out"),
        ({}, None),
    ],
)
def test_a_price_is_cut_only_on_known_sound_facts(
    case: Any, changed: dict[str, Any], guard: str | None
) -> None:
    assert case.priced(**changed).guards() == [guard]


@pytest.mark.parametrize(
    ("after_value", "guard"),
    [
        (950, None),
        (949, "max_step"),
        (1050, None),
        (1051, "max_step"),
        (1000, "no_change"),
        (1, "penny_price"),
        (0, "penny_price"),
        (-970, "penny_price"),
        (20_000, "units"),
        (100_000, "units"),
        (50, "units"),
        (580, "floor"),
        (1301, "ceiling"),
    ],
)
def test_a_new_price_stays_within_its_bounds(
    case: Any, after_value: int, guard: str | None
) -> None:
    assert case.proposing(after_value=after_value).guards() == [guard]


def test_the_floor_is_tested_on_what_is_left_after_the_worst_discount(case: Any) -> None:
    # 500 / (1 - .05 - .10) = 588.2 without a discount; / 0.6 = 980.4 with 40 % off.
    assert case.guards() == [None]
    observed = case.priced(discount_rate=0.4)
    assert observed.costing(worst_discount_rate=0.0).guards() == [None]
    for discounted in (case.costing(worst_discount_rate=0.4), observed):
        assert discounted.guards() == ["floor"]
        assert discounted.reason() == "9.70 USD is below floor 9.81 USD"


def test_a_raise_towards_the_floor_passes_and_a_cut_below_it_does_not(case: Any) -> None:
    poor = case.priced(unit_cost_minor=1000)  # a floor of 11.77 over a price of 10.00
    assert poor.proposing(after_value=1050).guards() == [None]
    assert poor.proposing(after_value=970).guards() == ["floor"]


@pytest.mark.parametrize(
    ("price", "after", "charged", "guards"),
    [
        (900, 940, 1000, [None]),  # a tenth below what was charged: read right
        (899, 940, 1000, ["price_unproven"]),
        (899, 940, 998, [None]),
        (899, 940, None, ["price_unproven"]),  # what nobody buys loses nothing meanwhile
        (901, 946, 2000, ["price_unproven"]),
        (910, 948, 2000, [None]),  # 9.48 is where a sale loses nothing
    ],
)
def test_what_is_sold_below_cost_is_raised_only_from_a_price_that_is_proven(
    case: Any, price: int, after: int, charged: int | None, guards: list[str | None]
) -> None:
    """Found: of a price misread at half, by the pull and by the look before the write, the raise
    was a cut to half of the real one."""
    asked = case.priced(price_minor=price, unit_cost_minor=900, median_28d_minor=charged)
    assert asked.proposing(before_value=price, after_value=after).guards() == guards


def test_who_sold_nothing_is_not_told_of_what_was_charged(case: Any) -> None:
    asked = case.priced(price_minor=899, unit_cost_minor=900, median_28d_minor=None)
    reason = asked.proposing(before_value=899, after_value=940).reason()
    assert "no sale of 28 days proves that 8.99 USD is in force" in reason


def test_nothing_is_priced_where_fees_and_margin_exceed_the_price(case: Any) -> None:
    assert case.costing(fee_rate=0.6, min_margin_rate=0.4).guards() == ["fees_exceed_price"]


@pytest.mark.parametrize(
    ("anchor", "after_value", "guard"),
    [
        (None, 1030, "anchor_missing"),
        (None, 970, "anchor_missing"),
        (793, 1030, None),  # 1.3 times 7.93 is 10.309
        (792, 1030, "ceiling"),
        (1616, 970, None),
        (1617, 970, "bottom"),  # 0.6 of 16.17 is 9.702
        (700, 970, None),  # what is above its ceiling comes down, and what is below its bottom up
        (2000, 1030, None),
    ],
)
def test_raises_and_cuts_end_where_the_anchor_says_whatever_was_sold_since(
    case: Any, anchor: int | None, after_value: int, guard: str | None
) -> None:
    measured = case.priced(
        anchor_minor=anchor, low_anchor_minor=anchor, median_28d_minor=after_value
    )
    assert measured.proposing(after_value=after_value).guards() == [guard]


def test_a_list_price_far_above_what_is_asked_does_not_hold_every_cut(case: Any) -> None:
    struck_through = case.priced(anchor_minor=2000, low_anchor_minor=1000)
    assert struck_through.guards() == [None]


def test_a_refusal_by_the_floor_says_that_a_newer_cost_waits_for_a_person(case: Any) -> None:
    waiting = case.priced(unit_cost_minor=840, unconfirmed_cost_minor=84)
    assert waiting.reason() == (
        "9.70 USD is below floor 9.89 USD; a newer cost, 0.84 USD after 8.40 USD, is not used until"
        " a person confirms it"
    )


def test_a_cent_price_in_force_is_for_a_person_to_look_at(case: Any) -> None:
    cent = case.priced(price_minor=1).proposing(before_value=1, after_value=2)
    assert cent.guards() == ["penny_price"]


def test_a_write_without_limits_of_its_own_is_not_sent(case: Any) -> None:
    assert case.proposing(write_kind="set_stock").guards() == ["no_limits"]


def test_a_decision_whose_window_has_passed_is_refused(case: Any) -> None:
    assert case.proposing(expires_at=NOW).guards() == ["expired"]


@pytest.mark.parametrize(
    ("past", "after_value", "guard"),
    [
        # 30 hours ago 1064 -> 1000: only the week's change counts.
        ([{"at": NOW - 30 * HOUR, "before_value": 1064}], 970, None),
        ([{"at": NOW - 30 * HOUR, "before_value": 1150}], 970, "max_week"),
        ([{"at": NOW - 167 * HOUR, "before_value": 1150}], 970, "max_week"),
        ([{"at": NOW - 169 * HOUR, "before_value": 1150}], 970, None),
        ([{"at": NOW - 30 * 24 * HOUR, "before_value": 1386}], 970, "max_quarter"),
        ([{"at": NOW - 30 * 24 * HOUR, "before_value": 1385}], 970, None),
        ([{"at": NOW - 89 * 24 * HOUR, "before_value": 746}], 970, "max_quarter"),
        ([{"at": NOW - 90 * 24 * HOUR, "before_value": 746}], 970, None),
        ([{"at": NOW - 24 * HOUR, "before_value": 1030}], 970, None),
        ([{"at": NOW - 23 * HOUR, "before_value": 1030}], 970, "cooldown"),
        ([{"at": NOW - 23 * HOUR, "before_value": 1090}], 970, "max_day"),
        ([{"at": NOW - HOUR, "before_value": 1030, "state": "approved"}], 970, None),
        ([{"at": NOW - HOUR, "before_value": 1030, "policy": "markdown"}], 970, "cooldown"),
        ([{"at": NOW - HOUR, "before_value": 1030, "target_id": "v2"}], 970, None),
        ([{"at": NOW - HOUR, "before_value": 1030, "is_undo": True}], 970, "cooldown"),
        (
            [
                {"at": NOW - 40 * HOUR, "before_value": 980, "after_value": 1020},
                {"at": NOW - 30 * HOUR, "before_value": 1020},
            ],
            1010,
            "reversals",
        ),
        (
            [
                {"at": NOW - 40 * HOUR, "before_value": 1020, "after_value": 1010},
                {"at": NOW - 30 * HOUR, "before_value": 1010},
            ],
            1010,
            None,
        ),
        (
            [
                {"at": NOW - hours * HOUR, "before_value": 1000 + hours, "after_value": 1000}
                for hours in range(25, 31)
            ],
            990,
            "price_war",
        ),
        (
            [
                {"at": NOW - (25 + 24 * day) * HOUR, "before_value": 1001, "after_value": 1000}
                for day in range(0, 26, 5)
            ],
            990,
            "price_war",
        ),
        (
            [
                {"at": NOW - (25 + 24 * day) * HOUR, "before_value": 1001, "after_value": 1000}
                for day in range(0, 31, 6)  # the first of six is older than 28 days
            ],
            990,
            None,
        ),
        (
            [
                {
                    "at": NOW - (25 + 24 * day) * HOUR,
                    "before_value": 1000 + way,
                    "after_value": 1000,
                }
                for day, way in ((0, 1), (1, 1), (9, -1), (11, 1), (12, 1), (13, 1), (14, 1))
            ],
            990,
            None,
        ),
        (
            [
                {
                    "at": NOW - (25 + 24 * day) * HOUR,
                    "before_value": 1000 + way,
                    "after_value": 1000,
                }
                for day, way in ((4, -1), (8, 1))  # it turned up five days ago
            ],
            990,
            "reversals",
        ),
        (
            [
                {
                    "at": NOW - (25 + 24 * day) * HOUR,
                    "before_value": 1000 + way,
                    "after_value": 1000,
                }
                for day, way in ((7, -1), (8, 1), (9, -1))
            ],
            990,
            None,
        ),
    ],
)
def test_a_target_rests_between_changes_and_moves_little_in_a_day_and_a_week(
    case: Any, past: list[dict[str, Any]], after_value: int, guard: str | None
) -> None:
    assert case.proposing(after_value=after_value).after(*past).guards() == [guard]


def test_what_walks_up_to_its_floor_is_in_no_price_war(case: Any) -> None:
    walked = [
        {"at": NOW - (25 + 24 * day) * HOUR, "before_value": 990, "after_value": 1000}
        for day in range(6)
    ]
    poor = case.priced(unit_cost_minor=1000).proposing(after_value=1010).after(*walked)
    assert poor.guards() == [None]
    assert poor.priced(unit_cost_minor=500).guards() == ["price_war"]


@pytest.mark.parametrize(
    ("scope", "name", "guard"),
    [
        ("all", "", "kill_switch"),
        ("platform", "shopify", "kill_switch"),
        ("shop", "north", "kill_switch"),
        ("policy", "repricing", "kill_switch"),
        ("platform", "other", None),
        ("shop", "south", None),
        ("policy", "markdown", None),
    ],
)
def test_a_stop_refuses_the_writes_in_its_scope(
    case: Any, scope: str, name: str, guard: str | None
) -> None:
    switch = KillSwitch(scope=scope, name=name, since=NOW, by="ada")
    assert case.knowing(switches=[switch]).guards() == [guard]


def test_no_proposals_are_judged_to_none(case: Any) -> None:
    judged = case.having(proposals=[]).judged()
    assert judged.is_empty()
    assert Judged.is_valid(judged)


def test_amounts_are_told_in_the_units_of_their_currency(case: Any) -> None:
    yen = case.priced(currency="JPY", cost_currency="JPY").proposing(
        currency="JPY", after_value=580
    )
    assert yen.reason() == "580 JPY is below floor 589 JPY"
