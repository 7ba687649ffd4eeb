"""A campaign counts for the shops that it is of, wherever something looks at campaigns."""

import datetime as dt
from pathlib import Path

import pytest

from contracts.codes import PolicyMode
from flows.steps.check import check
from flows.steps.decide import capped_mode
from flows.steps.opening import open_home
from flows.steps.usual import event_days
from tests.flows.conftest import Merchant
from tests.flows.homes import campaign, write_settings

DURING = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
AFTER = dt.datetime(2026, 11, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("shops", "now", "mode"),
    [
        ('["tmall"]', DURING, PolicyMode.AUTO),
        ("[]", DURING, PolicyMode.AUTO),
        ('["other"]', DURING, PolicyMode.APPROVE),
        ('["tmall"]', AFTER, PolicyMode.APPROVE),
    ],
    ids=["its own", "everybody's", "another shop's", "past"],
)
def test_only_a_current_campaign_of_its_own_lets_a_chinese_shop_act_by_itself(
    tmp_path: Path, shops: str, now: dt.datetime, mode: PolicyMode
) -> None:
    write_settings(tmp_path, campaign(shops=shops), tmall="CNY", other="USD")
    with open_home(tmp_path) as home:
        assert capped_mode(PolicyMode.AUTO, home, home.shop("tmall"), now) is mode
        assert capped_mode(PolicyMode.SHADOW, home, home.shop("tmall"), now) is PolicyMode.SHADOW
        assert capped_mode(PolicyMode.AUTO, home, home.shop("other"), now) is PolicyMode.AUTO


@pytest.mark.parametrize(
    ("campaigns", "is_event"),
    [
        (campaign(ends="2026-11-16T00:00:00-05:00"), True),
        (campaign(shops='["demo"]', ends="2026-11-13T00:00:00-05:00"), True),
        (campaign(ends="2026-11-12T00:00:00-05:00"), False),
        (campaign(shops='["other"]', ends="2026-11-16T00:00:00-05:00"), False),
        (campaign(skus='["101"]', ends="2026-11-16T00:00:00-05:00"), False),
        ("", False),
    ],
    ids=["on its last day", "three days after", "four after", "another shop's", "one SKU", "none"],
)
def test_days_of_a_shops_campaign_and_three_after_it_are_no_usual_days(
    tmp_path: Path, campaigns: str, is_event: bool
) -> None:
    day = dt.date(2026, 11, 15)
    write_settings(tmp_path, campaigns, demo="USD", other="USD")
    with open_home(tmp_path) as home:
        assert (day in event_days(home, home.shop("demo"), day)) is is_event


def test_a_day_of_a_campaign_holds_nothing(built: Merchant) -> None:
    settings = campaign(ends="2026-11-16T00:00:00-05:00")
    (built.folder / "shopkeeper.toml").write_text(settings, encoding="utf-8")
    with built.open() as home:
        found = {(one.table, one.check): one for one in check(home)}
    volume = found["orders", "volume"]
    assert volume.passed
    assert "an event day" in volume.measured
    # What else is said of the orders and visits of a shop that nothing is wrong with.
    for of in (("orders", "order_sums"), ("orders", "order_times"), ("traffic_daily", "volume")):
        assert found[of].passed
        assert found[of].rows > 0
