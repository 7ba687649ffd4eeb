"""Channels: the merchant sells the same goods on many platforms, to other households on each."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True)
class Channel:
    """One platform's share of the world.

    Its households are those whose id ends in a digit of `remainder`. Amounts are the data's US
    cents times `minor_per_cent`, in `currency`; days are those of `zone`. A basket holds what is
    offered there.
    """

    name: str
    currency: str
    zone: str
    minor_per_cent: int
    remainder: frozenset[int]
    assortment: int | None = None
    """Products offered there, the best sellers of the channel; null: all of them."""

    @property
    def language(self) -> str:
        """What most of its members read."""
        return "zh-CN" if self.currency == "CNY" else "en"


WHOLE: Final = Channel("shopify", "USD", "America/New_York", 1, frozenset(range(10)))
"""All households on one platform."""
TAOBAO: Final = Channel("taobao", "CNY", "Asia/Shanghai", 7, frozenset({3}), assortment=1_500)
AMAZON: Final = Channel("amazon", "USD", "America/Los_Angeles", 1, frozenset({7}))
WOOCOMMERCE: Final = Channel("woocommerce", "EUR", "Europe/Berlin", 1, frozenset({5}))
JD: Final = Channel("jd", "CNY", "Asia/Shanghai", 7, frozenset({9}))
SHOPIFY_SHARED: Final = Channel(
    "shopify", "USD", "America/New_York", 1, frozenset({0, 1, 2, 4, 6, 8, 9})
)
"""What Shopify keeps when the merchant sells on other channels too; JD's households only where the
merchant is not on JD."""
CHANNELS: Final = {
    channel.name: channel for channel in (SHOPIFY_SHARED, TAOBAO, AMAZON, WOOCOMMERCE, JD)
}


def shared(names: Iterable[str]) -> dict[str, Channel]:
    """The channels of a merchant by name, no household on two of them.

    Raises:
        KeyError: there is no such channel.
    """
    found = {name: CHANNELS[name] for name in names}
    if "shopify" in found:
        others = (one.remainder for name, one in found.items() if name != "shopify")
        kept = SHOPIFY_SHARED.remainder.difference(*others)
        found["shopify"] = replace(SHOPIFY_SHARED, remainder=kept)
    return found
