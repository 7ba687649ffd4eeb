"""A cut below the usual floor passes where settings, age and cover say clearance, nowhere else."""

import datetime as dt
import json
from typing import Any

import pytest

from contracts.clearance import Clearance, ClearanceStep
from contracts.payloads import CouponTerms, encode

# Of a price 95 % are left; with 10 % of margin the floor of a cost of 840 is 989, even is 885.
STEP = ClearanceStep(min_age_days=180, min_cover_days=120, off_rate=0.08)
DEEP = ClearanceStep(min_age_days=180, min_cover_days=120, off_rate=0.5)
OLD: dict[str, Any] = {
    "unit_cost_minor": 840, "age_days": 200.0, "available_units": 300, "cover_days": 150.0,
    "has_demand": True, "elasticity": None,
}  # fmt: skip


WIDE = dict.fromkeys(
    ("max_step_rate", "max_day_rate", "max_week_rate", "max_mean_change_rate"), 0.5
)


def cut(
    case: Any, after: int = 960, *, steps: Any = (STEP,), margin: float = 0.0, **fact: Any
) -> Any:
    """A cut from 10.00 that calls itself clearance."""
    clearance = Clearance(steps=steps, margin_rate=margin)
    document = json.dumps({"goes_by": "clearance", "clears": True, "clearance_minor": 1})
    return (
        case.priced(**{**OLD, **fact})
        .proposing(after_value=after, reason_code="clearance", numbers=document)
        .knowing(clearance=clearance)
    )


def test_a_cut_between_break_even_and_the_usual_floor_passes_if_its_setting_asks_for_it(
    case: Any,
) -> None:
    assert cut(case).guards() == [None]
    assert cut(case, steps=()).guards() == ["floor"]
    assert cut(case).knowing().guards() == ["floor"]  # what is not told is not allowed
    assert cut(case).proposing(after_value=990).knowing().guards() == [None]


@pytest.mark.parametrize(
    "fact",
    [
        {"age_days": 179.0},
        {"age_days": None},
        {"cover_days": 119.0},
        {"has_demand": None, "cover_days": None},
        {"available_units": None, "cover_days": None},
        {"low_anchor_minor": 1600, "cover_days": 119.0},  # enough at the full price is not enough
    ],
)
def test_what_calls_itself_clearance_is_refused_where_the_facts_do_not_say_so(
    case: Any, fact: dict[str, Any]
) -> None:
    found = cut(case, **fact)
    assert found.guards() == ["floor"]
    assert "below floor 9.89 USD" in found.reason()


def test_what_sells_nothing_is_cleared_too_and_the_reason_is_not_asked(case: Any) -> None:
    assert cut(case, has_demand=False, cover_days=None).guards() == [None]
    renamed = cut(case)
    renamed.proposals[0]["reason_code"] = "match_rival"
    assert renamed.guards() == [None]


def test_no_clearance_goes_further_than_its_step(case: Any) -> None:
    wide = case.limited(**WIDE)
    assert cut(wide, 920).guards() == [None]
    found = cut(wide, 919)
    assert found.guards() == ["floor"]
    assert "below floor 9.20 USD" in found.reason()


def test_no_sale_in_clearance_is_below_cost_unless_setting_and_limit_both_say_so(case: Any) -> None:
    wide = case.limited(**WIDE)
    losing = wide.limited(clearance_loss_rate=0.05)

    def guards(case: Any, after: int, margin: float = 0.0) -> Any:
        return cut(case, after, steps=(DEEP,), margin=margin).guards()

    assert guards(wide, 885) == [None]
    assert guards(wide, 884) == ["floor"]
    assert guards(wide, 884, margin=-0.05) == ["floor"]
    assert guards(losing, 884) == ["floor"]
    assert guards(losing, 884, margin=-0.05) == [None]
    assert guards(losing, 840, margin=-0.2) == [None]  # 5 % of the price paid is lost
    assert guards(losing, 839, margin=-0.2) == ["floor"]
    assert guards(wide, 940, margin=0.05) == [None]
    assert guards(wide, 930, margin=0.05) == ["floor"]


def test_without_a_cost_nothing_is_cleared(case: Any) -> None:
    assert cut(case, unit_cost_minor=None).guards() == ["cost_missing"]


def test_a_clearance_follows_nobody_and_other_limits_hold_it(case: Any) -> None:
    """Seven cuts in a row are a price war of whoever follows, and a schedule of who clears."""
    fell = [
        {
            "before_value": 1070 - 10 * n,
            "after_value": 1060 - 10 * n,
            "at": case.at - dt.timedelta(days=26 - 4 * n),
        }
        for n in range(6)
    ]
    assert cut(case, 990).after(*fell).guards() == [None]
    assert cut(case, 990, steps=()).after(*fell).guards() == ["price_war"]
    assert cut(case, 940).guards() == ["max_step"]
    assert cut(case).stocked(lead_time_days=200.0).guards() == ["sells_out"]


def test_the_same_is_judged_at_the_door(case: Any, refused: Any) -> None:
    assert refused(cut(case)) == []
    assert refused(cut(case, cover_days=20.0)) == ["floor"]
    assert refused(cut(case).knowing()) == ["floor"]


def test_a_code_and_a_clearance_are_not_had_together(case: Any) -> None:
    """Under a code, however small, what clears is judged by the usual floor."""
    terms = CouponTerms(
        title="t",
        max_spend_minor=9000,
        starts_at=case.at - dt.timedelta(days=1),
        ends_at=case.at + dt.timedelta(days=7),
        usage_limit=1,
    )
    one = {
        "policy": "member_coupon", "target_id": "C1", "write_kind": "create_coupon",
        "before_value": None, "after_value": 10, "payload": encode(terms), "exposure_minor": 9,
    }  # fmt: skip
    assert cut(case).after(one).guards() == ["floor_with_code"]
    assert cut(case, unit_cost_minor=500).after(one).guards() == [None]
