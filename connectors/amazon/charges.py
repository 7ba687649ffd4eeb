"""What a charge of a transaction is for, by the name that Amazon gives it.

The model states no names. These are those that sellers show of their own accounts; any other is
counted with what it stands in, else as an adjustment, so that nothing of a total is lost.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from connectors.amazon.settlement_wire import Charge, Transaction
from contracts.codes import EntryKind

SALE, REFUND = "Shipment", "Refund"
"""Transactions in which customers pay and are paid back."""
_FEES: Final = ("AmazonFees", "FBAFees", "Expenses", "Refunded Expenses")
"""What fees stand in."""
_OF_FEES: Final = (EntryKind.FEE, EntryKind.SHIPPING, EntryKind.COMMISSION)
_TAXES: Final = ("Tax", "VAT", "GST", "TCS", "TDS")
_WITHHELD: Final = ("Marketplace", "LowValueGoods")
"""How names of taxes begin that the platform keeps, to hand them over, or gives back: what stands
against the tax that customers pay and get back."""
_GOODS: Final = (
    "Sales", "Refunded Sales", "ProductCharges", "OurPrice", "Principal", "Shipping", "Gift",
    "Promo", "Goodwill", "RestockingDeduction", "COD", "Export",
)  # fmt: skip
"""How names of what customers pay begin."""


class Part(NamedTuple):
    """One amount of a transaction, in major units."""

    name: str
    kind: EntryKind
    amount: Decimal

    @property
    def is_customers(self) -> bool:
        """Whether it moved between platform and customer: goods, shipping, and tax on both."""
        if self.kind is EntryKind.TAX:
            return not self.name.startswith(_WITHHELD)
        return self.kind in (EntryKind.SALE, EntryKind.REFUND)


def parts_of(one: Transaction) -> list[Part]:
    """All parts of a transaction: they add up to its total.

    Items tell more than the transaction as a whole, but not those of every type; what neither
    explains is an adjustment.
    """
    total = one.total_amount.currency_amount
    by_item = [part for item in one.items or [] for part in parts(one, item.breakdowns)]
    whole = parts(one, one.breakdowns)
    told = [each for each in (by_item, whole) if each]
    found = next((each for each in told if _sum(each) == total), whole or by_item)
    rest = total - _sum(found)
    return [*found, *([Part("", EntryKind.ADJUSTMENT, rest)] if rest else [])]


def parts(one: Transaction, charges: Sequence[Charge] | None) -> list[Part]:
    """Charges of a transaction, each as far into it as it adds up."""
    goods = {SALE: EntryKind.SALE, REFUND: EntryKind.REFUND}.get(one.transaction_type)
    return list(_parts(charges or (), goods or EntryKind.ADJUSTMENT, EntryKind.ADJUSTMENT))


def _parts(charges: Iterable[Charge], goods: EntryKind, inside: EntryKind) -> Iterator[Part]:
    for one in charges:
        name, stated = one.breakdown_type, one.breakdown_amount
        kind = _kind(name, goods, inside)
        inner = list(_parts(one.breakdowns or (), goods, kind))
        amount = _sum(inner) if stated is None else stated.currency_amount
        is_one_fee = kind in _OF_FEES and name not in _FEES
        if inner and not is_one_fee and _sum(inner) == amount:
            yield from inner
        else:
            yield Part(name, kind, amount)


def _kind(name: str, goods: EntryKind, inside: EntryKind) -> EntryKind:
    """A fee's own tax is part of the fee, so fees come first."""
    if name in _FEES:
        return EntryKind.FEE
    if "Commission" in name:
        return EntryKind.COMMISSION
    if inside in _OF_FEES or "Fee" in name or name.endswith("Chargeback"):
        is_parcel = "Fulfillment" in name or "Shipping" in name
        return EntryKind.SHIPPING if is_parcel else EntryKind.FEE
    if any(mark in name for mark in _TAXES):
        return EntryKind.TAX
    return goods if name.startswith(_GOODS) else inside


def _sum(found: Iterable[Part]) -> Decimal:
    return sum((part.amount for part in found), Decimal(0))
