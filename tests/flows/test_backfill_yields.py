"""A backfill asks as the least urgent; a live pull of the same shop does not."""

import datetime as dt

import pytest

from connectors.base.limits import CostBucket, Urgency
from flows.steps.backfill import BackfillSpan, keep, plan, read
from flows.steps.pull import pull
from tests.flows.conftest import Merchant

DAY = dt.date(2026, 11, 10)


def test_a_backfill_yields_to_live_pulls_and_writes(
    merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Urgency] = []
    take = CostBucket.take

    def seen(bucket: CostBucket, cost: float, *, urgency: Urgency) -> None:
        asked.append(urgency)
        take(bucket, cost, urgency=urgency)

    monkeypatch.setattr(CostBucket, "take", seen)
    with merchant.open() as home:
        pull(home, stream="orders", first=DAY, last=DAY)
        assert set(asked) == {Urgency.LIVE}
        planned = plan(
            home,
            BackfillSpan(first=dt.date(2026, 11, 2), last=dt.date(2026, 11, 3), stream="orders"),
        )
        keep(home, planned)
        asked.clear()
        read(home, planned.readings)
        assert set(asked) == {Urgency.BACKFILL}
