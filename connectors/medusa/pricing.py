"""Which of a variant's prices is in force: it has one per currency and region, and lists of others.

Pure, for the mapping and the writes alike.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from connectors.medusa.codes import ACTIVE
from connectors.medusa.wire import Price, PriceList
from contracts.errors import SourceContractError
from contracts.money import exponent

_SALE, _OF_REGION = "sale", "region_id"

Listed = tuple[bool, Price]
"""A price that a list sets, and whether that is a sale."""


def charged_minor(amount: float | str, currency: str) -> int:
    """One amount as it is charged, in minor units; see `amounts`.

    Raises:
        SourceContractError: it is none.
    """
    try:
        scaled = Decimal(str(amount)).scaleb(exponent(currency))
        return int(scaled.to_integral_value(ROUND_HALF_UP))
    except (ArithmeticError, ValueError):
        raise SourceContractError("what the shop says of an amount is none") from None


@dataclass(frozen=True, slots=True)
class Market:
    """In which currency prices are looked for, and for which region, if it is one."""

    currency: str
    region: str | None

    def minor(self, price: Price) -> int:
        """A price as it is charged."""
        return charged_minor(price.amount, self.currency)

    def best(self, prices: Iterable[Price]) -> Price | None:
        """The price of one piece for everybody: the region's, else the currency's; the lowest."""
        fit = filter(self._fits, prices)
        return min(fit, key=lambda one: (not one.rules, one.amount), default=None)

    def _fits(self, price: Price) -> bool:
        conditions = ({}, {_OF_REGION: self.region}) if self.region else ({},)
        return (
            price.currency_code.upper() == self.currency
            and price.rules in conditions
            and (price.min_quantity or 0) <= 1
            and price.max_quantity is None
        )


@dataclass(frozen=True, slots=True)
class InForce:
    """What a customer is charged now. `listed` is a price that a list sets in place of `own`, the
    variant's, or as a sale from it."""

    own: Price
    listed: Price | None
    is_sale: bool

    @property
    def price(self) -> Price:
        """The price in force."""
        return self.listed or self.own

    @property
    def before_sale(self) -> Price | None:
        """The struck-through price."""
        return self.own if self.listed is not None and self.is_sale else None


def in_force(market: Market, prices: Iterable[Price], listed: Sequence[Listed]) -> InForce | None:
    """The price of a variant, whose own are `prices`; None where it has none in the currency."""
    own = market.best(prices)
    if own is None:
        return None
    sale = market.best(price for is_sale, price in listed if is_sale)
    # A list that is no sale decides alone, whatever the variant's own price is.
    fixed = market.best(price for is_sale, price in listed if not is_sale)
    if sale is not None and sale.amount > own.amount:
        sale = None
    return InForce(own, fixed or sale, is_sale=fixed is None)


def by_variant(lists: Iterable[PriceList], at: dt.datetime) -> dict[str, list[Listed]]:
    """Prices of the lists that hold for everybody at an instant."""
    found: dict[str, list[Listed]] = {}
    for one in lists:
        is_early = one.starts_at is not None and one.starts_at > at
        is_over = one.ends_at is not None and one.ends_at <= at
        if one.status != ACTIVE or one.rules_count or is_early or is_over:
            continue
        for price in one.prices:
            found.setdefault(price.variant_id or "", []).append((one.type == _SALE, price))
    return found
