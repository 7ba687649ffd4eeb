"""Taobao and Tmall, by the open platform's TOP gateway."""

import datetime as dt
from functools import partial

from connectors.base import volumes
from connectors.base.declaration import Connector, Stream, Write
from connectors.taobao import fetch, mapping, order_mapping, outbound, redaction, wire
from connectors.taobao.client import TaobaoClient, TaobaoSettings
from contracts.codes import Reversal, WriteKind
from contracts.tables import (
    Coupon,
    Listing,
    Member,
    Order,
    OrderLine,
    Price,
    RefundCase,
    Review,
    Shipment,
    StockLevel,
)

_WEEK, _MONTH = dt.timedelta(days=7), dt.timedelta(days=31)
# How far lists follow the records is not told. A change that was not listed yet is found by the
# next reading, which looks this far back.
_LOOK_BACK = dt.timedelta(minutes=10)
# A review is listed by when it was written, and can be answered for a month from then on.
_REVIEWS_CHANGE = dt.timedelta(days=31)
_SETTLES = dt.timedelta(seconds=3)
_stream = partial(Stream, documents=wire.PAGES)
_write = partial(Write, reversal=Reversal.REVERSIBLE, settles=_SETTLES)

CONNECTOR = Connector(
    name="taobao",
    title="Taobao and Tmall",
    settings=TaobaoSettings,
    usual_currency="CNY",
    usual_time_zone="Asia/Shanghai",
    open_client=TaobaoClient,
    streams=(
        _stream(
            name="orders",
            volume=volumes.ORDERS,
            tables=(Order, OrderLine, Shipment),
            fetch=fetch.TRADES.pages,
            estimate=fetch.TRADES.estimate,
            to_canonical=order_mapping.orders,
            mapping_version=2,
            redact=redaction.redact,
            max_window=_WEEK,
            look_back=_LOOK_BACK,
        ),
        _stream(
            name="refunds",
            volume=volumes.CASES,
            tables=(RefundCase,),
            fetch=fetch.REFUNDS.pages,
            estimate=fetch.REFUNDS.estimate,
            to_canonical=mapping.refunds,
            max_window=_MONTH,
            look_back=_LOOK_BACK,
        ),
        _stream(
            name="items",
            tables=(Listing, Price, StockLevel),
            fetch=fetch.items,
            to_canonical=mapping.items,
            mapping_version=2,
            is_snapshot=True,
        ),
        _stream(
            name="reviews",
            volume=volumes.REVIEWS,
            tables=(Review,),
            fetch=fetch.REVIEWS.pages,
            estimate=fetch.REVIEWS.estimate,
            to_canonical=mapping.reviews,
            redact=redaction.redact,
            max_window=_MONTH,
            look_back=_REVIEWS_CHANGE,
        ),
        _stream(
            name="members",
            tables=(Member,),
            fetch=fetch.MEMBERS.pages,
            estimate=fetch.MEMBERS.estimate,
            to_canonical=mapping.members,
            redact=redaction.redact,
            look_back=_LOOK_BACK,
        ),
        _stream(
            name="coupons",
            tables=(Coupon,),
            fetch=fetch.coupons,
            to_canonical=mapping.coupons,
            is_snapshot=True,
        ),
    ),
    writes=(
        _write(kind=WriteKind.SET_PRICE, live=outbound.live_prices, send=outbound.set_prices),
        _write(kind=WriteKind.SET_STOCK, live=outbound.live_stock, send=outbound.set_stock),
        Write(
            kind=WriteKind.GRANT_COUPON,
            reversal=Reversal.IRREVERSIBLE,
            live=None,
            send=outbound.grant_coupons,
            is_absolute=False,
        ),
        _write(
            kind=WriteKind.REPLY_REVIEW,
            reversal=Reversal.IRREVERSIBLE,
            live=outbound.REPLIES.live,
            send=outbound.send_replies,
        ),
    ),
    person_only=(
        WriteKind.CREATE_COUPON,
        WriteKind.SEND_MESSAGE,
        WriteKind.REQUEST_REVIEW,
        WriteKind.SET_PROFILE,
    ),
    impossible=(WriteKind.RECORD_EVENT,),
)
