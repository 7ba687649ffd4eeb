"""What a product is offered at: a regular price, perhaps a sale with its own days, and the price.

A sale is on by the clock. The price in force is kept beside it: it changes when the product is
saved, or when the shop's scheduled job has run, so between the two they disagree.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sandbox.woocommerce.calls import Row
from sandbox.woocommerce.schema import minor_of
from sandbox.woocommerce.shop import Shop


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
        return (self.begins or now) <= now <= (self.ends or now)

    def in_force(self, now: datetime) -> str:
        """The price by the clock."""
        return self.sale if self.sale is not None and self.is_on(now) else self.regular


def offer_of(shop: Shop, row: Row) -> Offer:
    """The offer of a product; one that was never written is as the world sells it."""
    listed, price = row["compare_at_minor"], row["price_minor"]
    found: Offer | None = shop.kept.offers.get(row["product_id"])
    if found is not None and _stored(shop, row) is not None:
        return found
    if listed is None:
        return Offer(shop.money(price))
    return Offer(shop.money(listed), shop.money(price))


def price_text(shop: Shop, row: Row) -> str:
    """The price in force; of the two in the offer the one that it was made from, to its digit."""
    return _stored(shop, row) or shop.money(row["price_minor"])


def _stored(shop: Shop, row: Row) -> str | None:
    """The text of the price, unless somebody has set another price in the world since."""
    text: str | None = shop.kept.prices.get(row["product_id"])
    return text if text is not None and minor_of(text) == row["price_minor"] else None


def put(shop: Shop, key: int, offer: Offer) -> dict[str, int | None]:
    """Save a product's offer: its price is made anew, by the clock."""
    text = offer.in_force(shop.now)
    shop.kept.offers[key], shop.kept.prices[key] = offer, text
    after = {
        "price_minor": minor_of(text) or 0,
        "compare_at_minor": minor_of(offer.regular) if text != offer.regular else None,
    }
    shop.world.set_product(key, **after, updated_at=shop.now)
    return after


def run_schedule(shop: Shop) -> None:
    """The shop's scheduled job: prices follow the clock, a sale that is over is taken away.

    It renews the date of change of what it changes.
    """
    for key, offer in list(shop.kept.offers.items()):
        if shop.world.product(key) is None:
            continue
        is_over = offer.ends is not None and offer.ends < shop.now
        if is_over or shop.kept.prices.get(key) != offer.in_force(shop.now):
            rest = replace(offer, sale=None, begins=None, ends=None) if is_over else offer
            put(shop, key, rest)
