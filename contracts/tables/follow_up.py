"""What is computed from parcels, orders and reviews: whom to request reviews of, to notify and to
answer."""

import dataframely as dy

from contracts.codes import ConsentStatus, ParcelStatus, ReviewTopic
from contracts.columns import code, flag, identifier, instant, member, number
from contracts.tables.base import TableKind, table

_A_CENTURY_HOURS = 24.0 * 36_525


@table("parcel_facts", TableKind.DERIVED)
class ParcelFact(dy.Schema):
    """All that a delay notice reads. Grain: (shop_id, order_id, shipment_id)."""

    shop_id = identifier("Our id of the shop", key=True)
    order_id = identifier("The platform's order number", key=True)
    shipment_id = identifier(
        "Carrier and tracking number: yuantong:YT1", key=True, personal="parcel"
    )
    member_id = member("Keyed pseudonym of the customer; null for a guest", nullable=True)
    has_email = flag("An e-mail address of the member is known")
    language = identifier("Language the member reads; null: unknown", nullable=True)
    is_cancelled = flag("The order was cancelled, or all its money went back")
    carrier_code = identifier("The carrier, as in contracts.carriers")
    tracking_number = identifier("The carrier's number", personal="parcel")
    shipped_at = instant("When it left", nullable=True)
    promised_at = instant(
        "Promised until then, else the order was; null: no promise", nullable=True
    )
    parcel_status = code(
        "Where it is; null: its carrier reported nothing", ParcelStatus, nullable=True
    )
    last_event_at = instant("The carrier's newest event", nullable=True)
    delivered_at = instant(
        "When it arrived, as the carrier says, else the platform; null: not so far", nullable=True
    )
    late_hours = number(
        "From the promise to its arrival, or until now; below zero: early; null: no promise",
        "hours",
        nullable=True,
        low=-_A_CENTURY_HOURS,
        high=_A_CENTURY_HOURS,
    )
    silent_hours = number(
        "Since the carrier's newest event; null: there is none",
        "hours",
        nullable=True,
        high=_A_CENTURY_HOURS,
    )


@table("open_parcels", TableKind.DERIVED)
class OpenParcel(dy.Schema):
    """A parcel to look up at its carrier. Grain: (shop_id, shipment_id)."""

    shop_id = identifier("Our id of the shop", key=True)
    shipment_id = identifier(
        "Carrier and tracking number: yuantong:YT1", key=True, personal="parcel"
    )
    carrier_code = identifier("The carrier, as in contracts.carriers")
    tracking_number = identifier("The carrier's number", personal="parcel")
    order_id = identifier("The platform's order number; of several the first")
    shipped_at = instant("When it left")
    promised_at = instant("Promised to the customer until then; null: no promise", nullable=True)


@table("order_follow_ups", TableKind.DERIVED, version=2)
class OrderFollowUp(dy.Schema):
    """All that a request for a review reads, of recent orders. Grain: (shop_id, order_id)."""

    shop_id = identifier("Our id of the shop", key=True)
    order_id = identifier("The platform's order number", key=True)
    member_id = member("Keyed pseudonym of the customer; null for a guest", nullable=True)
    deliver_from_at = instant("Earliest promised delivery, where one is promised", nullable=True)
    deliver_by_at = instant("Latest promised delivery, where one is promised", nullable=True)
    delivered_at = instant(
        "When its last parcel arrived; without parcels when it was done, else promised; null: "
        "unknown, or not delivered",
        nullable=True,
    )
    late_hours = number(
        "From the promise to its arrival, of its latest parcel; null: no promise, or unknown",
        "hours",
        nullable=True,
        low=-_A_CENTURY_HOURS,
        high=_A_CENTURY_HOURS,
    )
    is_cancelled = flag("It was cancelled")
    is_refunded = flag("Money of it went back, in part at least")
    has_open_case = flag("Its customer wants money back, and that is not decided")
    is_delivered = flag("All of it arrived")
    is_reviewed = flag("It has a review already")
    language = identifier("Language its customer reads; null: unknown", nullable=True)
    has_email = flag("Its customer has an e-mail address")
    consent_status = code(
        "Its customer's consent to marketing by e-mail; null: none known",
        ConsentStatus,
        nullable=True,
    )


@table("review_facts", TableKind.DERIVED)
class ReviewFact(dy.Schema):
    """A bad review that is not answered. Grain: (shop_id, review_id). Its words stay behind."""

    shop_id = identifier("Our id of the shop", key=True)
    review_id = identifier("The platform's review", key=True)
    order_id = identifier("The order it is about, where the platform says so", nullable=True)
    product_id = identifier("The platform's product, where it says so", nullable=True)
    sku_id = identifier("The seller's code, where the platform says so", nullable=True)
    member_id = member("Keyed pseudonym of the author, where he is named", nullable=True)
    stars_units = dy.Int64(
        nullable=True,
        min=1,
        max=5,
        description="Stars, where the platform has them",
        metadata={"kind": "count", "unit": "stars"},
    )
    language = identifier("Language it is written in, zh-CN or en; null: no words", nullable=True)
    review_topic = code("What it is about, by the words in it", ReviewTopic)
    age_hours = number("Since it was written", "hours", high=_A_CENTURY_HOURS)
