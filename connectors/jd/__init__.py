"""JD's marketplace (POP), by the open platform JOS."""

import datetime as dt
from functools import partial

from connectors.base import volumes
from connectors.base.declaration import Connector, Stream, Write
from connectors.jd import fetch, mapping, order_mapping, outbound, redaction, wire
from connectors.jd.client import JdClient, JdSettings
from contracts.codes import Reversal, WriteKind
from contracts.tables import (
    Listing,
    Order,
    OrderLine,
    Price,
    RefundCase,
    Review,
    Shipment,
    StockLevel,
)

_WEEK, _MONTH = dt.timedelta(days=7), dt.timedelta(days=30)
# How far lists follow the records is not told, and what a buyer paid may lag behind.
_LOOK_BACK = dt.timedelta(minutes=30)
_stream = partial(Stream, documents=wire.PAGES)
_write = partial(Write, reversal=Reversal.REVERSIBLE, settles=dt.timedelta(seconds=5))

CONNECTOR = Connector(
    name="jd",
    title="JD",
    settings=JdSettings,
    usual_currency="CNY",
    usual_time_zone="Asia/Shanghai",
    open_client=JdClient,
    streams=(
        _stream(
            name="orders",
            volume=volumes.ORDERS,
            tables=(Order, OrderLine, Shipment),
            fetch=fetch.ORDERS.pages,
            estimate=fetch.ORDERS.estimate,
            to_canonical=order_mapping.orders,
            redact=redaction.redact,
            max_window=_WEEK,
            look_back=_LOOK_BACK,
        ),
        _stream(
            name="refunds",
            volume=volumes.CASES,
            tables=(RefundCase,),
            fetch=fetch.refunds,
            to_canonical=mapping.refunds,
            max_window=_WEEK,
            # Cases are listed by when they were asked for, and decided within weeks.
            look_back=_MONTH,
        ),
        _stream(
            name="items",
            tables=(Listing, Price, StockLevel),
            fetch=fetch.items,
            to_canonical=mapping.items,
            is_snapshot=True,
        ),
        _stream(
            name="reviews",
            volume=volumes.REVIEWS,
            tables=(Review,),
            fetch=fetch.reviews,
            to_canonical=mapping.reviews,
            redact=redaction.redact,
            max_window=_MONTH,
            # A review is listed by when it was written, and answered later.
            look_back=_MONTH,
        ),
    ),
    writes=(
        _write(kind=WriteKind.SET_PRICE, send=outbound.set_prices, live=outbound.live_prices),
        _write(kind=WriteKind.SET_STOCK, send=outbound.set_stock, live=outbound.live_stock),
    ),
    person_only=(
        WriteKind.CREATE_COUPON,
        WriteKind.GRANT_COUPON,
        WriteKind.SEND_MESSAGE,
        WriteKind.REQUEST_REVIEW,
        WriteKind.REPLY_REVIEW,
        WriteKind.SET_PROFILE,
    ),
    impossible=(WriteKind.RECORD_EVENT,),
)
