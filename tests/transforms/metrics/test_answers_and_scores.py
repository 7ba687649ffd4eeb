"""How fast customers are answered, and how the shop is rated."""

import datetime as dt
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.metrics import Dimension
from tests.transforms.metrics.shop import at, on, shop
from tests.transforms.metrics.test_visits import by, value
from transforms.metrics.service_facts import five_stars_needed


def ticket(number: int, day: int = 0, **minutes: float | None) -> dict[str, Any]:
    since = {
        f"{name}_at": None if after is None else at(day) + dt.timedelta(minutes=after)
        for name, after in minutes.items()
    }
    return {"ticket_id": str(number), "opened_at": at(day), **since}


def test_questions_are_judged_by_when_they_were_answered() -> None:
    of = shop(
        tickets=[
            ticket(1, answered=1, answer_due=5, resolved=60),
            ticket(2, answered=3, answer_due=2),
            ticket(3, answered=10),
            ticket(4, answer_due=9),
        ]
    )
    assert (value("tickets", of), value("first_response_minutes", of)) == (4, 3)
    assert (value("quick_response_rate", of), value("sla_rate", of)) == (0.5, round(1 / 3, 6))
    assert value("resolution_rate", of) == 0.25


def test_a_question_whose_time_has_not_passed_is_not_late() -> None:
    # The last whole day of the shop is the 20th; until its end a minute may be left.
    late = ticket(1, 20, answer_due=12 * 60 + 1)
    of = shop(tickets=[late])
    assert value("sla_rate", of, first=20, last=20) == "censored"
    assert value("quick_response_rate", of, first=20, last=20) == 0
    assert value("first_response_minutes", of, first=20, last=20) == "no_data"
    assert value("sla_rate", shop(tickets=[ticket(1)])) == "no_data"
    almost = {"ticket_id": "2", "opened_at": at(21, 0) - dt.timedelta(minutes=2)}
    assert value("quick_response_rate", shop(tickets=[almost]), first=20, last=20) == "censored"


def test_complaints_are_per_order() -> None:
    orders = [{"order_id": str(n), "placed_at": at(0), "payment_status": "paid"} for n in range(4)]
    cases = [{"requested_at": at(0), "case_status": "closed"}]
    assert value("complaint_rate", shop(orders=orders, cases=cases)) == 0.25
    assert value("complaint_rate", shop(cases=cases)) == "no_base"


def score(day: int, kind: str, mean: float, **more: Any) -> dict[str, Any]:
    return {"rating_date": on(day), "rating_kind": kind, "rating_score": mean, **more}


def test_a_score_of_a_span_is_the_one_that_was_shown_last() -> None:
    of = shop(
        ratings=[
            score(0, "goods", 4.6, industry_score=4.8),
            score(2, "goods", 4.7, industry_score=4.65),
            score(1, "service", 4.9),
        ]
    )
    assert [value("dsr_goods", of, last=day) for day in (0, 1, 2)] == [4.6, 4.6, 4.7]
    assert (value("dsr_service", of, last=2), value("dsr_logistics", of, last=2)) == (
        4.9,
        "no_data",
    )
    assert (value("dsr_goods_lead", of), value("dsr_goods_lead", of, last=2)) == (-0.2, 0.05)
    assert value("dsr_service_lead", of, last=2) == "no_data"


@pytest.mark.parametrize(
    ("targets", "more", "expected"),
    [
        # (4.6 x 100 + 5 k) / (100 + k) = 4.8 for k = 100; for the industry's 4.7 it is 34 (33.3).
        ([4.8], {"ratings_units": 100, "industry_score": 4.7}, 100),
        ([], {"ratings_units": 100, "industry_score": 4.7}, 34),
        ([4.5], {"ratings_units": 100}, 0),
        ([5.0], {"ratings_units": 100}, "no_data"),
        ([4.8], {}, "no_data"),
        ([], {"ratings_units": 100}, "no_target"),
    ],
)
def test_five_star_ratings_needed_reach_the_target_of_the_day(
    targets: list[float], more: dict[str, Any], expected: float | str
) -> None:
    goal = {"metric_name": "dsr_goods", "first_date": on(-3), "last_date": on(0)}
    of = shop(
        ratings=[score(0, "goods", 4.6, **more)],
        targets=[
            *({**goal, "target_value": one} for one in targets),
            {**goal, "last_date": on(-1), "target_value": 4.99},
            {**goal, "metric_name": "dsr_service", "target_value": 4.99},
        ],
    )
    assert value("five_stars_needed", of) == expected
    if isinstance(expected, int):
        assert by("five_stars_needed", Dimension.RATING, of) == {"goods": expected}


@given(st.integers(100, 500), st.integers(1, 100_000), st.integers(100, 499))
def test_so_many_five_star_ratings_are_enough_and_one_less_is_not(
    mean: int, ratings: int, target: int
) -> None:
    given_scores = (pl.lit(mean / 100), pl.lit(ratings), pl.lit(target / 100))
    needed = round(pl.select(five_stars_needed(*given_scores)).item())

    def after(stars: int) -> Fraction:
        return Fraction(mean * ratings + 500 * stars, ratings + stars)

    assert after(needed) >= target
    assert needed == 0 or after(needed - 1) < target
