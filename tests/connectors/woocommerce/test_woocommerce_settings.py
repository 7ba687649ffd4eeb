"""What a shop is set to, and what cannot hold."""

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.base.writes import step_minor
from connectors.woocommerce.client import WooCommerceSettings

KEY = {"consumer_key": "ck_a", "consumer_secret": "cs_a"}
LIVE = "ck_" + "0123456789abcdef" * 2 + "01234567"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"shop_url": "http://example.com", **KEY}, "shop_url"),
        ({"shop_url": "https://user:pass@example.com", **KEY}, "shop_url"),
        ({"shop_url": "https://example.com/?a=1", **KEY}, "shop_url"),
        ({"shop_url": "https://example.com"}, "credentials"),
        ({"shop_url": "https://example.com", "consumer_key": "ck_a"}, "credentials"),
        ({"shop_url": "https://example.com", "access": "application_password", **KEY}, "credent"),
        ({"base_url": "http://127.0.0.1:80", "is_sandbox": True, "shop_url": "https://a.b", **KEY},
         "shop_url alone"),
        ({"base_url": "http://127.0.0.1:80", "is_sandbox": True, **KEY, "consumer_key": LIVE},
         "live"),
    ],
)  # fmt: skip
def test_settings_that_cannot_hold_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said) as found:
        WooCommerceSettings.model_validate(given)
    assert "cs_a" not in str(found.value)


def test_a_live_key_in_a_live_shop_is_accepted_and_not_shown() -> None:
    settings = WooCommerceSettings.model_validate(
        {"shop_url": "https://example.com", **KEY, "consumer_key": LIVE}
    )
    assert LIVE not in repr(settings)


@pytest.mark.parametrize(
    ("currency", "decimals", "step"),
    [("EUR", 2, 1), ("EUR", 0, 100), ("EUR", 4, 1), ("JPY", 0, 1), ("JPY", 2, 1), ("KWD", 2, 10)],
)
def test_the_smallest_step_of_a_price_is_the_coarser_of_shop_and_currency(
    currency: str, decimals: int, step: int
) -> None:
    assert step_minor(currency, decimals) == step
