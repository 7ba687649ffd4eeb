"""What a product is offered at: a regular price, perhaps a sale with its own days, and the price.

A sale is on by the clock. The price in force is kept beside it: it changes when the product is
saved, or when the shop's scheduled job has run, so between the two they disagree.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.woocommerce.shop import Shop, minor_of

Row = dict[str, Any]


@dataclass(frozen=True)
class Offer:
    """Prices as text, as they were written: more digits than the currency has are kept."""

    regular: str
    sale: str | None = None
    begins: datetime | None = None
    ends: datetime | None = None

    def is_on(self, now: datetime) -> bool:
        """Whether the sale is on by the clock."""
        if self.sale is None or Decimal(self.sale) >= Decimal(self.regular):
            return False
        return (self.begins is None or self.begins <= now) and (
            self.ends is None or self.ends >= now
        )


def offer_of(shop: Shop, row: Row) -> Offer:
    """The offer of a product; one that was never written is as the world sells it."""
    found: Offer | None = shop.kept.offers.get(row["product_id"])
    listed, price = row["compare_at_minor"], row["price_minor"]
    held = (
        Offer(shop.money(price)) if listed is None else Offer(shop.money(listed), shop.money(price))
    )
    if found is None or _stored(shop, row) is None:
        return held
    return found


def price_text(shop: Shop, row: Row) -> str:
    """The price in force; of the two in the offer the one that it was made from, to its digit."""
    stored = _stored(shop, row)
    return shop.money(row["price_minor"]) if stored is None else stored


def _stored(shop: Shop, row: Row) -> str | None:
    """The text of the price, unless somebody has set another price in the world since."""
    text: str | None = shop.kept.prices.get(row["product_id"])
    return text if text is not None and minor_of(text) == row["price_minor"] else None


def put(shop: Shop, key: int, offer: Offer) -> None:
    """Write a product's offer."""
    shop.record("set_price", key, _saved(shop, key, offer))


def _saved(shop: Shop, key: int, offer: Offer) -> dict[str, int | None]:
    """Save a product's offer: its price is made anew, by the clock."""
    now = shop.world.clock
    text = offer.sale if offer.is_on(now) and offer.sale is not None else offer.regular
    shop.kept.offers[key], shop.kept.prices[key] = offer, text
    after = {
        "price_minor": minor_of(text) or 0,
        "compare_at_minor": minor_of(offer.regular) if text != offer.regular else None,
    }
    shop.world.set_product(key, **after, updated_at=now)
    return after


def run_schedule(shop: Shop) -> None:
    """The shop's scheduled job: prices follow the clock, a sale that is over is taken away.

    It renews the date of change of what it changes.
    """
    now = shop.world.clock
    for key, offer in list(shop.kept.offers.items()):
        row = shop.world.product(key)
        if row is None:
            continue
        is_over = offer.ends is not None and offer.ends < now
        text = offer.sale if offer.is_on(now) and offer.sale is not None else offer.regular
        if is_over or shop.kept.prices.get(key) != text:
            rest = replace(offer, sale=None, begins=None, ends=None) if is_over else offer
            _saved(shop, key, rest)
