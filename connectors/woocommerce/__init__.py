"""WooCommerce, by its REST API wc/v3."""

import datetime as dt
import re
from functools import partial

from connectors.base import volumes
from connectors.base.declaration import Connector, Stream, Write
from connectors.base.webhooks import Webhook
from connectors.woocommerce import fetch, mapping, order_mapping, outbound, redaction, wire
from connectors.woocommerce.client import WooCommerceClient, WooCommerceSettings
from connectors.woocommerce.coupon_outbound import COUPONS
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
    Review,
    StockLevel,
)

# Lists are the shop's own tables: a change is there at once. The shop's servers may disagree about
# the time, which is what is looked back for.
_LOOK_BACK = dt.timedelta(minutes=10)

_HINTS = {
    "order": ("orders",),
    "product": ("products",),
    "customer": ("customers",),
    "coupon": ("coupons",),
}


def _streams_of(topic: str) -> tuple[str, ...]:
    return _HINTS.get(topic.partition(".")[0], ())


_stream = partial(Stream, documents=wire.PAGES)
_write = partial(Write, reversal=Reversal.REVERSIBLE)

CONNECTOR = Connector(
    name="woocommerce",
    title="WooCommerce",
    settings=WooCommerceSettings,
    open_client=WooCommerceClient,
    streams=(
        _stream(
            name="orders",
            volume=volumes.ORDERS,
            tables=(Order, OrderLine, OrderCoupon, Refund),
            fetch=fetch.orders,
            estimate=fetch.estimate_orders,
            to_canonical=order_mapping.orders,
            redact=redaction.redact,
            mapping_version=2,
            look_back=_LOOK_BACK,
            max_window=dt.timedelta(days=31),
        ),
        _stream(
            name="lost_refunds",
            tables=(Order, OrderLine, OrderCoupon, Refund),
            fetch=fetch.lost_refunds,
            to_canonical=order_mapping.orders,
            redact=redaction.redact,
            mapping_version=2,
            lookup=Refund,
        ),
        _stream(
            name="products",
            tables=(Listing, Price, StockLevel),
            fetch=fetch.products,
            to_canonical=mapping.products,
            mapping_version=2,
            is_snapshot=True,
        ),
        _stream(
            name="customers",
            tables=(Member,),
            fetch=fetch.customers,
            to_canonical=mapping.customers,
            redact=redaction.redact,
            is_snapshot=True,
        ),
        _stream(
            name="coupons",
            tables=(Coupon,),
            fetch=fetch.coupons,
            to_canonical=mapping.coupons,
            is_snapshot=True,
        ),
        _stream(
            name="reviews",
            volume=volumes.REVIEWS,
            tables=(Review,),
            fetch=fetch.reviews,
            to_canonical=mapping.reviews,
            redact=redaction.redact,
            is_snapshot=True,
        ),
    ),
    writes=(
        _write(kind=WriteKind.SET_PRICE, live=outbound.live_prices, send=outbound.set_prices),
        _write(kind=WriteKind.SET_STOCK, live=outbound.live_stock, send=outbound.set_stock),
        Write(
            kind=WriteKind.CREATE_COUPON,
            reversal=Reversal.CLOSABLE,
            live=COUPONS.live,
            send=COUPONS.send,
            carries=COUPONS.carries,
        ),
    ),
    # A review is answered in the back office, which the API cannot. The shop's own mail goes with
    # its orders; what else a customer is told comes from the merchant's CRM.
    person_only=(WriteKind.REPLY_REVIEW, WriteKind.SEND_MESSAGE),
    impossible=(
        WriteKind.GRANT_COUPON,
        WriteKind.REQUEST_REVIEW,
        WriteKind.RECORD_EVENT,
        WriteKind.SET_PROFILE,
    ),
    webhook=Webhook(
        streams_of=_streams_of,
        signature_headers=("x-wc-webhook-signature",),
        topic_headers=("x-wc-webhook-topic",),
        id_headers=("x-wc-webhook-delivery-id",),
        encoding="base64",
        # Saved with an address, a webhook is first sent there as a form, unsigned; anything but 200
        # switches it off.
        ping=re.compile(rb"webhook_id=\d{1,20}"),
    ),
)
