import datetime as dt
import math
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)

LAW = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
maybe_price = st.none() | st.integers(1, 3_000)


@LAW
@given(
    before=st.integers(1, 3_000),
    after=st.integers(-10, 4_000),
    cost=maybe_price,
    anchor=maybe_price,
    currency=st.sampled_from(["USD", "EUR"]),
)
def test_what_passes_earns_its_margin_within_its_bounds_and_what_does_not_says_why(
    case: Any, before: int, after: int, cost: int | None, anchor: int | None, currency: str
) -> None:
    priced = case.priced(
        price_minor=before,
        unit_cost_minor=cost,
        anchor_minor=anchor,
        low_anchor_minor=anchor,
        currency=currency,
    )
    judged = priced.proposing(before_value=before, after_value=after).judged()
    state, guard, reason = judged.select("state", "guard", "guard_reason").row(0)
    if guard is None:
        assert (state, reason, currency) == ("approved", None, "USD")
        assert cost is not None
        assert after * 0.85 >= cost - 1e-6
        assert 1 < after < 100 * cost
        assert 0 < abs(after - before) <= before * 0.05 + 1e-6
        assert anchor is not None
        assert after < before or after <= anchor * 1.3
        assert after > before or after >= anchor * 0.6
    else:
        assert state == "refused"
        assert reason


@LAW
@given(
    size=st.integers(1, 12),
    limit=st.integers(1, 12),
    costs=st.lists(st.sampled_from([500, None]), min_size=12, max_size=12),
)
def test_either_every_sound_write_of_a_batch_passes_or_none(
    case: Any, size: int, limit: int, costs: list[int | None]
) -> None:
    batch = case.batch(size).limited(max_actions=limit)
    for price, cost in zip(batch.prices, costs, strict=False):
        price["unit_cost_minor"] = cost
    sound = sum(cost is not None for cost in costs[:size])
    passed = sum(guard is None for guard in batch.guards())
    assert passed == (sound if sound <= limit else 0)


def _chase(case: Any, days: int, step: float) -> list[int]:
    """Prices of a seller who asks 1.270589 of a rival who asks 0.9983 of his, day by day.

    Without a list price the anchor is the first price seen: the guard knows nothing of the loop.
    """
    ours, prices = 3554, [3554]
    past: list[dict[str, Any]] = []
    for day in range(days):
        rival = math.floor(ours * 0.9983)
        wanted = min(math.floor(rival * 1.270589), math.floor(ours * (1 + step)))
        at = NOW + dt.timedelta(days=day)
        judged = (
            case.priced(
                price_minor=ours,
                unit_cost_minor=1500,
                anchor_minor=3554,
                low_anchor_minor=3554,
                rival_observed_at=at,
            )
            .proposing(
                before_value=ours,
                after_value=wanted,
                window_start=at,
                expires_at=at + dt.timedelta(days=1),
            )
            .limited(max_mean_change_rate=1)
            .after(*past)
            .having(at=at, read_at=at)
        )
        if judged.guards() == [None]:
            past.append({"at": at, "before_value": ours, "after_value": wanted})
            ours = wanted
        prices.append(ours)
    return prices


def test_two_repricers_who_chase_each_other_are_stopped_on_the_first_day(case: Any) -> None:
    # Uncapped, 35.54 became 23,698,655.93 in under 60 days: the Making of a Fly.
    assert 3554 * (0.9983 * 1.270589) ** 60 > 2_369_865_593
    assert set(_chase(case, 60, step=10)) == {3554}


def test_a_chase_in_permitted_steps_moves_no_week_by_more_than_its_cap(case: Any) -> None:
    prices = _chase(case, 60, step=0.05)
    weeks = [later / earlier for earlier, later in zip(prices, prices[7:], strict=False)]
    assert 1 < max(weeks) <= 1.15 + 1e-9
