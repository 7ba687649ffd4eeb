"""The settings' campaigns are the days that tell nothing of demand."""

import datetime as dt
from pathlib import Path

import pytest

from flows.steps.derived import event_days
from flows.steps.opening import open_home
from flows.steps.views import View
from tests.flows.scripted import NOW, write

# Berlin is an hour ahead in November; three days after a campaign sell less for it.
CAMPAIGNS = """
[[campaigns]]
name = "whole"
starts_at = 2026-11-10T23:30:00+00:00
ends_at = 2026-11-11T23:00:00+00:00

[[campaigns]]
name = "some"
starts_at = 2026-11-01T00:00:00+01:00
ends_at = 2026-11-02T00:00:00+01:00
skus = ["A", "B"]

[[campaigns]]
name = "elsewhere"
starts_at = 2026-11-01T00:00:00+01:00
ends_at = 2026-11-02T00:00:00+01:00
shops = ["other"]
"""


@pytest.mark.parametrize(
    ("sku", "days"), [(None, range(11, 15)), ("A", range(1, 5)), ("B", range(1, 5))]
)
def test_a_campaign_and_the_days_after_it_are_left_out_on_the_shops_days(
    tmp_path: Path, sku: str | None, days: range
) -> None:
    write(tmp_path / "home", "demo", "other")
    (tmp_path / "home" / "shopkeeper.toml").write_text(CAMPAIGNS, encoding="utf-8")
    with open_home(tmp_path / "home") as home:
        found = event_days(View.of(home, home.shop("demo"), NOW)).collect()
    mine = [day for _, its_sku, day in found.rows() if its_sku == sku]
    assert sorted(mine) == [dt.date(2026, 11, day) for day in days]
    assert found.height == 12
