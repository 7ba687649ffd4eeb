"""What a platform or a payment service really paid out for orders, and what it kept."""

from contracts.codes import EntryKind
from contracts.columns import code, currency, identifier, instant, minor
from contracts.tables.base import TableKind, Versioned, table


@table("settlements", TableKind.VERSIONED, document=("entry_id",))
class Settlement(Versioned):
    """An entry of a statement of account. Grain: (shop_id, entry_id).

    What was received is positive, what was kept or taken back negative, so that the entries of an
    order add up to what is left of it. Withdrawals are no entries.
    """

    entry_id = identifier("The statement's own number of the entry", key=True)
    order_id = identifier("The platform's order number; null: of no single order", nullable=True)
    entry_kind = code("What it is for", EntryKind)
    settled_at = instant("When it was booked")
    payout_id = identifier("The payout or statement that it is part of", nullable=True)
    currency = currency()
    amount_minor = minor("Amount; negative: taken off", signed=True)
