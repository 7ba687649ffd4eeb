"""Modes, parameters and limits of a policy in single shops; money in each shop's own."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from actions.guard import Limits
from actions.policies.registry import policies
from contracts.codes import PolicyMode
from contracts.errors import ConfigurationError
from contracts.markers import money_fields
from flows.steps.home import Home
from flows.steps.opening import open_home
from tests.flows.homes import write_settings

POLICY = """
mode = "approve"
[parameters]
rule = "beat"
by_minor = {by}
min_factor = 0.8
[limits]
max_actions = 50
max_exposure_minor = {exposure}
[shops]
outlet = "off"
"""
TMALL = """
[shops.tmall]
mode = "auto"
[shops.tmall.parameters]
by_minor = 100
min_factor = 0.7
[shops.tmall.limits]
max_exposure_minor = 2_450_000
max_actions = 7
"""


def home_with(folder: Path, policy: str, **shops: str) -> Home:
    write_settings(folder, **(shops or {"demo": "USD", "tmall": "CNY", "outlet": "USD"}))
    (folder / "policies" / "repricing.toml").write_text(policy, encoding="utf-8")
    return open_home(folder)


def test_a_shop_has_what_its_own_table_says_and_else_what_the_policy_says(tmp_path: Path) -> None:
    with home_with(tmp_path, POLICY.format(by=10, exposure=350_000) + TMALL) as home:
        found: dict[str, Any] = {
            name: home.policy(home.shop(name), "repricing") for name in home.shops
        }
        assert {name: one.mode for name, one in found.items()} == {
            "demo": PolicyMode.APPROVE, "tmall": PolicyMode.AUTO, "outlet": PolicyMode.OFF,
        }  # fmt: skip
        exposures = {name: one.limits.max_exposure_minor for name, one in found.items()}
        assert exposures == {"demo": 350_000, "tmall": 2_450_000, "outlet": 350_000}
        assert found["tmall"].limits.max_actions == 7
        assert found["demo"].limits.max_actions == 50
        assert (found["demo"].params.by_minor, found["demo"].params.min_factor) == (10, 0.8)
        assert (found["tmall"].params.by_minor, found["tmall"].params.min_factor) == (100, 0.7)
        assert found["tmall"].params.rule == "beat"
        assert home.policies_of(home.shop("outlet"), "repricing") == []
        assert home.policies_of(home.shop("tmall"), None) == ["repricing"]


@pytest.mark.parametrize(
    ("by", "exposure", "said"),
    [
        (0, 350_000, "line 9: `limits.max_exposure_minor` is money, and means CNY and USD alike"),
        (10, 0, "line 5: `parameters.by_minor` is money, and means CNY and USD alike"),
    ],
)
def test_money_that_shops_of_two_currencies_would_share_is_refused(
    tmp_path: Path, by: int, exposure: int, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said) as error:
        home_with(tmp_path, POLICY.format(by=by, exposure=exposure))
    assert "set it for each shop, under [shops." in str(error.value)


def test_nothing_is_nothing_in_every_currency(tmp_path: Path) -> None:
    home_with(tmp_path, POLICY.format(by=0, exposure=0))


def test_a_shop_where_the_policy_is_off_shares_nothing_and_is_refused_once_it_is_asked_for(
    tmp_path: Path,
) -> None:
    policy = POLICY.format(by=0, exposure=9)
    with home_with(tmp_path, policy, demo="USD", outlet="CNY") as home:
        assert home.policy(home.shop("demo"), "repricing").limits.max_exposure_minor == 9
        with pytest.raises(ConfigurationError, match="means CNY and USD alike"):
            home.policy(home.shop("outlet"), "repricing")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("max_actions = 7", "max_action = 7"), "line 20: unknown key `shops.tmall.limits.max_act"),
        (("max_actions = 7", "max_actions = 0"), "line 20: `shops.tmall.limits.max_actions`"),
        (("min_factor = 0.7", "min_factor = 7"), "line 17: `shops.tmall.parameters.min_factor`"),
        (("min_factor = 0.8", "min_factor = 8"), "line 6: `parameters.min_factor`"),
        (("[shops.tmall.limits]", "[shops.tmall.limit]"), "unknown key `shops.tmall.limit`"),
    ],
)
def test_what_is_wrong_in_a_shops_table_is_told_with_its_line(
    tmp_path: Path, wrong: tuple[str, str], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said.replace("[", r"\[")):
        home_with(tmp_path, (POLICY.format(by=1, exposure=1) + TMALL).replace(*wrong))


def models(model: Any) -> list[type[BaseModel]]:
    """A model and those of its fields."""
    found = [model]
    for field in model.model_fields.values():
        inner = [field.annotation, *getattr(field.annotation, "__args__", ())]
        found += [one for one in inner if isinstance(one, type) and issubclass(one, BaseModel)]
    return found


@pytest.mark.parametrize(
    "policy", [*policies().values(), SimpleNamespace(NAME="limits", Params=Limits)],
    ids=lambda one: one.NAME,
)  # fmt: skip
def test_whatever_is_called_an_amount_is_marked_as_money_and_has_no_amount_of_its_own(
    policy: Any,
) -> None:
    for model in models(policy.Params):
        marked = money_fields(model)
        assert {name for name in model.model_fields if name.endswith("_minor")} <= set(marked)
        for name in marked:
            field = model.model_fields[name]
            assert field.is_required() or not field.get_default(call_default_factory=True)
