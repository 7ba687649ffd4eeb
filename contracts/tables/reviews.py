"""What customers say in public, and what they want their money back for."""

import dataframely as dy

from contracts.codes import CaseStatus, ReviewResult
from contracts.columns import code, currency, flag, identifier, instant, member, minor, text, units
from contracts.tables.base import TableKind, Versioned, table


@table("reviews", TableKind.VERSIONED, document=("review_id",))
class Review(Versioned):
    """A customer's review. Grain: (shop_id, review_id)."""

    review_id = identifier("The platform's review", key=True)
    order_id = identifier("The order it is about, where the platform says so", nullable=True)
    product_id = identifier("The platform's product, where it says so", nullable=True)
    sku_id = identifier("The seller's code, where the platform says so", nullable=True)
    member_id = member("Keyed pseudonym of the author, where he is named", nullable=True)
    review_result = code("How it judges", ReviewResult)
    stars_units = dy.Int64(
        nullable=True,
        min=1,
        max=5,
        description="Stars, where the platform has them",
        metadata={"kind": "count", "unit": "stars"},
    )
    body = text("What was written", nullable=True, personal="service")
    reviewed_at = instant("When it was written")
    reply = text("What we answered; null: nothing so far", nullable=True, personal="service")
    replied_at = instant("When we answered", nullable=True)


@table("refund_cases", TableKind.VERSIONED, document=("case_id",))
class RefundCase(Versioned):
    """A customer's wish for money back, where a platform lists these apart from orders.

    Grain: (shop_id, case_id). Money that was paid back by a case is in no row of `refunds`.
    """

    case_id = identifier("The platform's case", key=True)
    order_id = identifier("The platform's order number")
    line_id = identifier("The platform's line; null: the whole order", nullable=True)
    case_status = code("Where it stands", CaseStatus)
    has_return = flag("The goods come back")
    requested_at = instant("When the customer requested it")
    refunded_at = instant("When the money went back; null: not so far", nullable=True)
    currency = currency()
    asked_minor = minor("What the customer requests or was given back", promotional=True)
    returned_units = units("Pieces that come back", nullable=True)
    reason = text("The customer's reason", nullable=True, personal="service")
