"""Rates of exchange: the one of the day counts, and none is ever taken for 1."""

import datetime as dt
from pathlib import Path

import pytest

from contracts.codes import ActionState
from flows.steps.opening import open_home
from flows.steps.rates import rates
from flows.steps.report import _worth
from tests.flows.homes import write_settings
from tests.reports.conftest import action

NOON = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
DATED = "[[fx.rates.{}]]\nrate = {}\ndate = 2026-11-{}\n"


def test_of_several_rates_the_newest_of_the_day_is_in_force_and_the_earliest_before_any(
    tmp_path: Path,
) -> None:
    text = '[fx]\nbase = "CNY"\n' + DATED.format("USD", 7.2, 20) + DATED.format("USD", 7.1, 10)
    with open_home(write_settings(tmp_path, text, shop="CNY")) as home:
        for day, rate in ((9, 7.1), (10, 7.1), (19, 7.1), (20, 7.2), (28, 7.2)):
            found = rates(home, NOON.replace(day=day)).select("currency", "rate").rows()
            assert dict(found) == {"CNY": 1.0, "USD": rate}


def test_money_at_stake_is_compared_in_the_base_currency_and_what_has_no_rate_comes_first(
    tmp_path: Path,
) -> None:
    text = '[fx]\nbase = "CNY"\n' + DATED.format("USD", 7.0, 20) + DATED.format("JPY", 0.05, 20)
    with open_home(write_settings(tmp_path, text, shop="CNY")) as home:
        worth = _worth(home, home.select(None), NOON)

        def of(currency: str, amount: int | None) -> float:
            changes = {"currency": currency, "shop_id": "shop", "effect_minor": amount}
            return worth(action(1, ActionState.PROPOSED, **changes))

        assert of("USD", 100) == pytest.approx(of("CNY", -700))
        assert of("JPY", 100) == pytest.approx(of("CNY", 500))  # a yen has no minor unit
        assert of("EUR", 1) > of("USD", 10**9)
        assert of("EUR", None) == 0
