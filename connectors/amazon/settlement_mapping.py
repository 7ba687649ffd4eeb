"""What Amazon booked on the seller's account, as entries of a statement and as refunds.

Pure: the same pages and context give the same rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

import polars as pl

from connectors.amazon import shapes
from connectors.amazon.charges import REFUND, parts, parts_of
from connectors.amazon.settlement_wire import Transaction
from connectors.amazon.stores import STORES
from connectors.base.documents import owner_of
from connectors.base.mapping import Mapper, money, utc
from contracts.codes import CaseStatus
from contracts.streams import Context, Mapped, Page
from contracts.tables import RefundCase, Settlement

_WITHDRAWALS: Final = ("Transfer", "Disbursement")
_STATEMENT: Final = ("SETTLEMENT_ID", "FINANCIAL_EVENT_GROUP_ID")
_HEAD: Final = ("transaction", "posted", "order", "currency")
_ENTRIES: Final = pl.Schema(dict.fromkeys((*_HEAD, "payout", "kind", "amount"), pl.String))
_CASES: Final = pl.Schema(dict.fromkeys((*_HEAD, "sku", "amount"), pl.String))


def settlements(pages: Iterable[Page], context: Context) -> Mapped:
    """Entries of what was released, one per transaction and kind, and what customers got back.

    What is deferred is posted again when its money is released, and counted then; a customer has
    his money back when that is first posted. What other stores of the account sold is theirs.
    """
    unique = list(dict.fromkeys(pages))
    found, unknown = shapes.TRANSACTIONS.documents(unique)
    stores = {owner_of(page) for page in unique}
    ours = [one for one in found if one.store not in STORES or one.store in stores]
    mapper = Mapper(context)
    _add_entries(mapper, ours, context.currency)
    _add_refunds(mapper, ours, context.currency)
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def _add_entries(mapper: Mapper, found: Sequence[Transaction], currency: str) -> None:
    rows = []
    for one in found:
        if one.is_deferred or one.transaction_type in _WITHDRAWALS:
            continue
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for part in parts_of(one):
            sums[str(part.kind)] += part.amount
        payout = next(filter(None, map(one.related, _STATEMENT)), None)
        rows += [(*_head(one), payout, kind, f"{amount:f}") for kind, amount in sums.items()]
    posted = utc("posted")
    mapper.add(
        Settlement,
        _frame(rows, _ENTRIES),
        entry_id=pl.concat_str("transaction", "kind", separator="|"),
        order_id=pl.col("order"),
        entry_kind=pl.col("kind"),
        settled_at=posted,
        payout_id=pl.col("payout"),
        currency=pl.col("currency"),
        amount_minor=money("amount", currency),
        source_updated_at=posted.value,
    )


def _add_refunds(mapper: Mapper, found: Sequence[Transaction], currency: str) -> None:
    """A case for each SKU of a refund; whether goods came back is not told."""
    rows = []
    for one in found:
        is_again = one.related("DEFERRED_TRANSACTION_ID") is not None
        if one.transaction_type != REFUND or is_again or one.related("ORDER_ID") is None:
            continue
        rows += [
            (*_head(one), sku, f"{back:f}") for sku, back in _given_back(one).items() if back > 0
        ]
    posted = utc("posted")
    mapper.add(
        RefundCase,
        _frame(rows, _CASES),
        case_id=pl.concat_str("transaction", "sku", separator="|", ignore_nulls=True),
        order_id=pl.col("order"),
        line_id=pl.col("sku"),
        case_status=pl.lit(str(CaseStatus.REFUNDED)),
        has_return=pl.lit(value=False),
        requested_at=posted,
        refunded_at=posted,
        currency=pl.col("currency"),
        asked_minor=money("amount", currency),
        source_updated_at=posted.value,
    )


def _given_back(one: Transaction) -> dict[str | None, Decimal]:
    """What the customer got back for each SKU; without items, for the order as a whole."""
    listed = [(item.sku, parts(one, item.breakdowns)) for item in one.items or []]
    given: dict[str | None, Decimal] = defaultdict(Decimal)
    for sku, own in listed if any(own for _, own in listed) else [(None, parts_of(one))]:
        given[sku] -= sum((part.amount for part in own if part.is_customers), Decimal(0))
    return given


def _head(one: Transaction) -> tuple[str | None, ...]:
    currency = one.total_amount.currency_code
    return one.transaction_id, one.posted_date, one.related("ORDER_ID"), currency


def _frame(rows: list[tuple[Any, ...]], schema: pl.Schema) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema, orient="row")
