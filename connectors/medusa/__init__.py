"""Medusa, by the Admin API of version 2."""

import datetime as dt
from functools import partial

from connectors.base import volumes
from connectors.base.declaration import Connector, Stream, Write
from connectors.medusa import fetch, mapping, order_mapping, outbound, wire
from connectors.medusa.client import MedusaClient, MedusaSettings
from connectors.medusa.coupon_outbound import COUPONS
from connectors.medusa.redaction import redact
from contracts.codes import Reversal, WriteKind
from contracts.tables import (
    Coupon,
    Listing,
    Member,
    Order,
    OrderCoupon,
    OrderLine,
    Price,
    Refund,
    RefundCase,
    Shipment,
    StockLevel,
)

# Lists are the shop's own tables: a change is there at once. Its processes may disagree about the
# time, which is what is looked back for.
_changes = partial(
    Stream,
    documents=wire.PAGES,
    look_back=dt.timedelta(minutes=10),
    max_window=dt.timedelta(days=31),
)
_snapshot = partial(Stream, documents=wire.PAGES, is_snapshot=True)


CONNECTOR = Connector(
    name="medusa",
    title="Medusa",
    settings=MedusaSettings,
    open_client=MedusaClient,
    streams=(
        _changes(
            name="orders",
            volume=volumes.ORDERS,
            tables=(Order, OrderLine, OrderCoupon, Refund, Shipment),
            fetch=fetch.orders,
            to_canonical=order_mapping.orders,
            redact=redact,
        ),
        _changes(
            name="returns",
            volume=volumes.CASES,
            tables=(RefundCase,),
            fetch=fetch.returns,
            to_canonical=order_mapping.returns,
        ),
        _snapshot(
            name="products",
            tables=(Listing, Price),
            fetch=fetch.whole(
                ("price-lists", wire.PRICE_LISTS), ("product-variants", wire.VARIANTS)
            ),
            to_canonical=mapping.products,
        ),
        _snapshot(
            name="stock",
            tables=(StockLevel,),
            fetch=fetch.whole(("inventory-items", wire.ITEMS)),
            to_canonical=mapping.stock,
        ),
        _snapshot(
            name="customers",
            tables=(Member,),
            fetch=fetch.whole(("customers", wire.CUSTOMERS)),
            to_canonical=mapping.customers,
            redact=redact,
        ),
        _snapshot(
            name="promotions",
            tables=(Coupon,),
            fetch=fetch.whole(("promotions", wire.PROMOTIONS)),
            to_canonical=mapping.promotions,
        ),
    ),
    writes=(
        Write(
            kind=WriteKind.SET_PRICE,
            reversal=Reversal.REVERSIBLE,
            live=outbound.live_prices,
            send=outbound.set_prices,
        ),
        Write(
            kind=WriteKind.SET_STOCK,
            reversal=Reversal.REVERSIBLE,
            live=outbound.live_stock,
            send=outbound.set_stock,
        ),
        Write(
            kind=WriteKind.CREATE_COUPON,
            reversal=Reversal.CLOSABLE,
            live=COUPONS.live,
            send=COUPONS.send,
            carries=COUPONS.carries,
        ),
    ),
    # What is written to a customer comes from the merchant's CRM; Medusa has no reviews.
    impossible=(
        WriteKind.GRANT_COUPON,
        WriteKind.SEND_MESSAGE,
        WriteKind.REQUEST_REVIEW,
        WriteKind.REPLY_REVIEW,
        WriteKind.RECORD_EVENT,
        WriteKind.SET_PROFILE,
    ),
)
