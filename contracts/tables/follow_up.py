"""What is computed from parcels, orders and reviews: whom to ask, to tell and to answer."""

import dataframely as dy

from contracts.codes import ParcelStatus
from contracts.columns import code, flag, identifier, instant, member, number
from contracts.tables.base import TableKind, table

_A_CENTURY_HOURS = 24.0 * 36_525


@table("parcel_facts", TableKind.DERIVED)
class ParcelFact(dy.Schema):
    """All that a delay notice reads. Grain: (shop_id, order_id, shipment_id)."""

    shop_id = identifier("Our id of the shop", key=True)
    order_id = identifier("The platform's order number", key=True)
    shipment_id = identifier("Carrier and tracking number: yuantong:YT1", key=True)
    member_id = member("Keyed pseudonym of the customer; null for a guest", nullable=True)
    has_email = flag("An e-mail address of the member is known")
    language = identifier("Language the member reads; null: unknown", nullable=True)
    is_cancelled = flag("The order was cancelled, or all its money went back")
    carrier_code = identifier("The carrier, as in contracts.carriers")
    tracking_number = identifier("The carrier's number")
    shipped_at = instant("When it left", nullable=True)
    promised_at = instant(
        "Promised until then, else the order was; null: no promise", nullable=True
    )
    parcel_status = code("Where it is; null: its carrier told nothing", ParcelStatus, nullable=True)
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
    """A parcel that its carrier is to be asked about. Grain: (shop_id, shipment_id)."""

    shop_id = identifier("Our id of the shop", key=True)
    shipment_id = identifier("Carrier and tracking number: yuantong:YT1", key=True)
    carrier_code = identifier("The carrier, as in contracts.carriers")
    tracking_number = identifier("The carrier's number")
    order_id = identifier("The platform's order number; of several the first")
    shipped_at = instant("When it left")
    promised_at = instant("Promised to the customer until then; null: no promise", nullable=True)
