"""Which of a variant's prices is in force: it has one per currency and region, and lists of others.

Pure, for the mapping and the writes alike.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from connectors.medusa.amounts import charged_minor
from connectors.medusa.codes import ACTIVE
from connectors.medusa.wire import Price, PriceList

_SALE = "sale"
_OF_REGION = "region_id"


@dataclass(frozen=True, slots=True)
class Market:
    """In which currency prices are looked for, and for which region, if it is one."""

    currency: str
    region: str | None

    def own(self, prices: Iterable[Price]) -> Price | None:
        """The price of one piece for everybody: the region's, else the currency's."""
        return min(filter(self.fits, prices), key=self.rank, default=None)

    def minor(self, price: Price) -> int:
        """A price as it is charged; raises as `charged_minor`."""
        return charged_minor(price.amount, self.currency)

    def rank(self, price: Price) -> tuple[bool, int]:
        """What goes first: the region's before the currency's, then the lowest."""
        return not price.rules, self.minor(price)

    def fits(self, price: Price) -> bool:
        """Whether it is charged for one piece, whoever buys it here."""
        conditions = ({}, {_OF_REGION: self.region}) if self.region else ({},)
        return (
            price.currency_code.upper() == self.currency
            and price.rules in conditions
            and price.min_quantity in (None, "0", "1")
            and price.max_quantity is None
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """A price that a list sets: in place of the variant's own, or as a sale where it is lower."""

    price: Price
    is_sale: bool


@dataclass(frozen=True, slots=True)
class InForce:
    """What a customer is charged now, beside the variant's own price."""

    own: Price
    listed: Listed | None

    @property
    def price(self) -> Price:
        """The price in force."""
        return self.own if self.listed is None else self.listed.price

    @property
    def struck_through(self) -> Price | None:
        """The price before a sale."""
        return self.own if self.listed is not None and self.listed.is_sale else None


def in_force(market: Market, prices: Iterable[Price], listed: Listed | None) -> InForce | None:
    """The price of a variant; none where it has none of its own in the currency.

    Raises:
        SourceContractError: an amount is none.
    """
    own = market.own(prices)
    if own is None:
        return None
    if listed is not None and listed.is_sale and market.minor(listed.price) > market.minor(own):
        listed = None
    return InForce(own, listed)


def listed_prices(market: Market, lists: Iterable[PriceList], at: dt.datetime) -> dict[str, Listed]:
    """What lists that hold for everybody at an instant set, by variant; the lowest goes first."""
    found: dict[str, list[Listed]] = {}
    for one in lists:
        for price in one.prices if _holds(one, at) else ():
            if market.fits(price) and price.variant_id is not None:
                listed = Listed(price, is_sale=one.type == _SALE)
                found.setdefault(price.variant_id, []).append(listed)
    return {
        variant: min(them, key=lambda one: (one.is_sale, market.rank(one.price)))
        for variant, them in found.items()
    }


def _holds(one: PriceList, at: dt.datetime) -> bool:
    starts, ends = (_instant(text) for text in (one.starts_at, one.ends_at))
    is_on = (starts is None or starts <= at) and (ends is None or at < ends)
    return is_on and one.status == ACTIVE and not one.rules_count


def _instant(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
