"""Shopify, by its Admin GraphQL API 2026-10."""

import datetime as dt
from functools import partial

from connectors.base import volumes
from connectors.base.declaration import Connector, Stream, Write
from connectors.base.webhooks import Webhook
from connectors.shopify import (
    fetch,
    mapping,
    order_mapping,
    outbound,
    pages,
    queries,
    redaction,
)
from connectors.shopify.client import ShopifyClient, ShopifySettings
from connectors.shopify.coupon_outbound import COUPONS
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
    Shipment,
    StockLevel,
)

_MONTH = dt.timedelta(days=31)
# Lists are served from an index that follows the records by seconds to minutes. A change that was
# not listed yet is found by the next reading, which looks this far back; so nothing has to settle.
_LOOK_BACK = dt.timedelta(minutes=10)

# A topic is resource/event; both spellings of each header are in use.
_HINTS = {
    "orders": ("orders",),
    "refunds": ("orders",),
    "fulfillments": ("orders",),
    "order_transactions": ("orders",),
    "products": ("products",),
    "inventory_levels": ("inventory",),
    "inventory_items": ("inventory",),
    "customers": ("customers",),
    "discounts": ("discounts",),
}


def _streams_of(topic: str) -> tuple[str, ...]:
    return _HINTS.get(topic.partition("/")[0], ())


CONNECTOR = Connector(
    name="shopify",
    title="Shopify",
    settings=ShopifySettings,
    open_client=ShopifyClient,
    streams=(
        Stream(
            name="orders",
            volume=volumes.ORDERS,
            tables=(Order, OrderLine, OrderCoupon, Refund, Shipment),
            fetch=partial(fetch.read, source=queries.ORDERS),
            estimate=partial(fetch.estimate, source=queries.ORDERS),
            to_canonical=order_mapping.orders,
            documents=pages.ORDER_PAGES,
            redact=redaction.redact,
            mapping_version=4,
            max_window=_MONTH,
            look_back=_LOOK_BACK,
        ),
        Stream(
            name="products",
            tables=(Listing, Price),
            fetch=partial(fetch.read, source=queries.PRODUCTS),
            to_canonical=mapping.products,
            documents=pages.PRODUCT_PAGES,
            is_snapshot=True,
        ),
        Stream(
            name="inventory",
            tables=(StockLevel,),
            fetch=partial(fetch.read, source=queries.INVENTORY),
            to_canonical=mapping.inventory,
            documents=pages.INVENTORY_PAGES,
            is_snapshot=True,
        ),
        Stream(
            name="customers",
            tables=(Member,),
            fetch=partial(fetch.read, source=queries.CUSTOMERS),
            to_canonical=mapping.customers,
            documents=pages.CUSTOMER_PAGES,
            redact=redaction.redact,
            is_snapshot=True,
        ),
        Stream(
            name="discounts",
            tables=(Coupon,),
            fetch=partial(fetch.read, source=queries.DISCOUNTS),
            to_canonical=mapping.discounts,
            documents=pages.DISCOUNT_PAGES,
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
            kind=WriteKind.CREATE_COUPON,
            reversal=Reversal.CLOSABLE,
            live=COUPONS.live,
            send=COUPONS.send,
            carries=COUPONS.carries,
        ),
        Write(
            kind=WriteKind.SET_STOCK,
            reversal=Reversal.REVERSIBLE,
            live=outbound.live_stock,
            send=outbound.set_stock,
        ),
    ),
    # Reviews are kept by other apps. Mail and customers' records are Shopify's too, but a merchant
    # speaks to a customer with one voice: their CRM's.
    person_only=(WriteKind.SEND_MESSAGE, WriteKind.RECORD_EVENT, WriteKind.SET_PROFILE),
    impossible=(WriteKind.GRANT_COUPON, WriteKind.REQUEST_REVIEW, WriteKind.REPLY_REVIEW),
    webhook=Webhook(
        streams_of=_streams_of,
        signature_headers=("x-shopify-hmac-sha256", "shopify-hmac-sha256"),
        topic_headers=("x-shopify-topic", "shopify-topic"),
        id_headers=("x-shopify-webhook-id", "shopify-webhook-id"),
        encoding="base64",
    ),
)
