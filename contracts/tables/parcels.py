"""Parcels: what left the house for which order, and what its carrier says of it."""

from contracts.codes import ParcelStatus
from contracts.columns import code, identifier, instant, text
from contracts.tables.base import Dated, TableKind, Versioned, table


@table("shipments", TableKind.VERSIONED, document=("order_id",), partition="created_date")
class Shipment(Dated):
    """A parcel as the shop's platform knows it. Grain: (shop_id, order_id, shipment_id)."""

    order_id = identifier("The platform's order number", key=True)
    shipment_id = identifier(
        "Carrier and tracking number, as in `parcels`: yuantong:YT1", key=True, personal="parcel"
    )
    carrier_code = identifier("The carrier, as in contracts.carriers: yuantong, shunfeng, dhl")
    tracking_number = identifier("The carrier's number", personal="parcel")
    shipped_at = instant("When it left", nullable=True)
    promised_at = instant("Promised to the customer until then; null: no promise", nullable=True)
    delivered_at = instant("When the platform says it arrived; null: it does not", nullable=True)


@table("parcels", TableKind.VERSIONED, document=("shipment_id",))
class Parcel(Versioned):
    """A parcel as its carrier knows it. Grain: (shop_id, shipment_id)."""

    shipment_id = identifier(
        "Carrier and tracking number: yuantong:YT1", key=True, personal="parcel"
    )
    parcel_status = code("Where it is", ParcelStatus)
    last_event_at = instant("The carrier's newest event", nullable=True)
    delivered_at = instant("When it was handed over; null: not so far", nullable=True)


@table("parcel_events", TableKind.VERSIONED, document=("shipment_id",))
class ParcelEvent(Versioned):
    """One event of a parcel. Grain: (shop_id, shipment_id, event_number)."""

    shipment_id = identifier(
        "Carrier and tracking number: yuantong:YT1", key=True, personal="parcel"
    )
    event_number = identifier("Counted from the first event: 1, 2, 3", key=True)
    event_at = instant("When it happened")
    parcel_status = code("Where the parcel was from then on", ParcelStatus)
    description = text("The carrier's words", nullable=True, personal="service")
