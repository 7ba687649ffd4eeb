"""What every account is told, and what a sandbox is never told."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from connectors.base.settings import AccountSettings

LOCAL = "http://127.0.0.1:8099"


class Demo(AccountSettings):
    LIVE_MARKS = ("live_",)

    key: SecretStr
    other_key: SecretStr | None = None


def test_a_real_account_goes_to_the_platform_and_a_sandbox_to_itself() -> None:
    assert Demo(key=SecretStr("live_1")).url_or("https://api.example.com") == (
        "https://api.example.com"
    )
    sandbox = Demo(key=SecretStr("demo"), is_sandbox=True, base_url=LOCAL)
    assert sandbox.url_or("https://api.example.com") == LOCAL


@pytest.mark.parametrize(
    "given",
    [
        {"base_url": LOCAL},
        {"is_sandbox": True},
        {"is_sandbox": True, "base_url": "http://10.0.0.1:80"},
        {"is_sandbox": True, "base_url": "https://api.example.com"},
        {"is_sandbox": True, "base_url": "http://localhost.evil.example:80"},
        {"is_sandbox": True, "base_url": LOCAL, "key": "live_hidden"},
        {"is_sandbox": True, "base_url": LOCAL, "other_key": "live_hidden"},
        {"budget_share": 0},
        {"budget_share": 1.5},
        {"bugdet_share": 1},
    ],
)
def test_settings_that_are_wrong_are_refused_without_a_secret(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        Demo.model_validate({"key": "hidden", **given})
    assert "hidden" not in str(caught.value)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Demo(key=SecretStr("x")).is_sandbox = True
