"""Medusa, by the Admin API of version 2."""

import datetime as dt

from connectors.base.declaration import Connector, Stream, Write
from connectors.medusa import fetch, mapping, order_mapping, outbound, redaction, wire
from connectors.medusa.client import MedusaClient, MedusaSettings
from connectors.medusa.coupon_outbound import COUPONS
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
_LOOK_BACK = dt.timedelta(minutes=10)
_MONTH = dt.timedelta(days=31)


CONNECTOR = Connector(
    name="medusa",
    title="Medusa",
    settings=MedusaSettings,
    open_client=MedusaClient,
    streams=(
        Stream(
            name="orders",
            tables=(Order, OrderLine, OrderCoupon, Refund, Shipment),
            fetch=fetch.orders,
            to_canonical=order_mapping.orders,
            documents=wire.PAGES,
            redact=redaction.redact,
            look_back=_LOOK_BACK,
            max_window=_MONTH,
        ),
        Stream(
            name="returns",
            tables=(RefundCase,),
            fetch=fetch.returns,
            to_canonical=order_mapping.returns,
            documents=wire.PAGES,
            look_back=_LOOK_BACK,
            max_window=_MONTH,
        ),
        Stream(
            name="products",
            tables=(Listing, Price),
            fetch=fetch.products,
            to_canonical=mapping.products,
            documents=wire.PAGES,
            is_snapshot=True,
        ),
        Stream(
            name="stock",
            tables=(StockLevel,),
            fetch=fetch.stock,
            to_canonical=mapping.stock,
            documents=wire.PAGES,
            is_snapshot=True,
        ),
        Stream(
            name="customers",
            tables=(Member,),
            fetch=fetch.customers,
            to_canonical=mapping.customers,
            documents=wire.PAGES,
            redact=redaction.redact,
            is_snapshot=True,
        ),
        Stream(
            name="promotions",
            tables=(Coupon,),
            fetch=fetch.promotions,
            to_canonical=mapping.promotions,
            documents=wire.PAGES,
            is_snapshot=True,
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
