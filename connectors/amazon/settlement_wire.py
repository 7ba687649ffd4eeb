"""The shape of what Amazon books, as far as the connector reads it."""

from decimal import Decimal

import msgspec

DEFERRED = ("DEFERRED", "DEFERRED_RELEASED")
"""States of a transaction whose money is not there yet, or came with another that releases it."""


class _Shape(msgspec.Struct, gc=False, rename="camel"):
    """Fields as the model writes them; no cycles, so the collector need not look at them."""


class Cash(_Shape):
    """A currency and a JSON number in major units, read as the decimals that it is written in."""

    currency_amount: Decimal
    currency_code: str


class Charge(_Shape):
    """One kind of money in a transaction, and what it is made of."""

    breakdown_type: str = ""
    breakdown_amount: Cash | None = None
    breakdowns: list["Charge"] | None = None


class ItemContext(_Shape):
    """More about an item: which SKU it is, where it is a product."""

    sku: str | None = None


class Item(_Shape):
    """An item of a transaction."""

    breakdowns: list[Charge] | None = None
    contexts: list[ItemContext] | None = None

    @property
    def sku(self) -> str | None:
        """The seller's code of the product; null: it is none."""
        return next((one.sku for one in self.contexts or [] if one.sku), None)


class Identifier(_Shape):
    """What a transaction belongs to."""

    related_identifier_name: str | None = None
    related_identifier_value: str | None = None


class Marketplace(_Shape):
    """Where something was sold."""

    marketplace_id: str | None = None


class Transaction(_Shape):
    """One booking on the seller's account."""

    transaction_id: str
    posted_date: str
    total_amount: Cash
    transaction_type: str = ""
    transaction_status: str | None = None
    related_identifiers: list[Identifier] | None = None
    marketplace_details: Marketplace | None = None
    items: list[Item] | None = None
    breakdowns: list[Charge] | None = None

    def related(self, name: str) -> str | None:
        """What it belongs to, of one kind; null: to none."""
        found = self.related_identifiers or []
        values = (one.related_identifier_value for one in found)
        names = (one.related_identifier_name for one in found)
        return next((value for key, value in zip(names, values, strict=True) if key == name), None)

    @property
    def is_deferred(self) -> bool:
        """Whether another transaction brings its money, later."""
        return (self.transaction_status or "").upper() in DEFERRED

    @property
    def store(self) -> str | None:
        """Where it was sold; null: the account as a whole."""
        return self.marketplace_details.marketplace_id if self.marketplace_details else None


class Payload(_Shape):
    """The transactions of a page, and where the list goes on."""

    transactions: list[Transaction] | None = None


class TransactionPage(_Shape):
    """A page of transactions; it may be empty and not the last."""

    payload: Payload
