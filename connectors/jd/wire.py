"""JOS's answers about a shop, as far as they are asked for.

Amounts are yuan text, but for wishes to cancel, which are fen. Times are China's, as text or as
milliseconds. Numbers are written as text here and there, and the other way round.
"""

from typing import Annotated

import msgspec

from connectors.base.documents import JsonDocuments, owner_of
from connectors.base.fields import requested
from connectors.base.rows import Rows
from connectors.base.wire import Text, decoded, lenient
from contracts.streams import Page

Unasked = Annotated[Text | None, requested(is_requested=False)]


class _Shape(msgspec.Struct, gc=False, rename="camel"):
    pass


class Item(_Shape):
    """A line of an order; `jdPrice` is the price of one piece when it was ordered."""

    sku_id: Text | None = None
    outer_sku_id: Text | None = None
    ware_id: Text | None = None
    jd_price: Text | None = None
    item_total: Text | None = None


class Order(_Shape):
    """An order with its lines. What was not paid or has not ended has a date of the year 1."""

    order_id: Text
    pay_type: Text | None = None
    order_state: Text | None = None
    order_start_time: Text | None = None
    payment_confirm_time: Text | None = None
    order_end_time: Text | None = None
    modified: Text | None = None
    should_pay: Text | None = None
    actual_pay: Text | None = None
    freight_price: Text | None = None
    waybill: Text | None = None
    logistics_id: Text | None = None
    item_info_list: list[Item] | None = None
    open_id_buyer: Unasked = msgspec.field(default=None, name="open_id_buyer")
    xid_buyer: Unasked = msgspec.field(default=None, name="xid_buyer")


class Bill(_Shape):
    """What a buyer wants of an after-sales case."""

    service_id: Text | None = None
    order_id: Text | None = None
    afs_apply_time: Text | None = None
    approve_date: Text | None = None
    apply_reason: Text | None = None


class Case(_Shape):
    """An after-sales case and its refund; in which unit its amount is nobody says."""

    same_order_service_bill: Bill
    status: Text | None = None
    complete_time: Text | None = None


class Actual(_Shape):
    """What was paid back."""

    actual_refund_amount: Text | None = None


class Estimate(_Shape):
    """What can be paid back at most."""

    max_refund_amount: Text | None = None


class Amount(_Shape):
    """The money of an after-sales case: what was paid back, or what may be."""

    order_id: Text | None = None
    afs_actual_refund_detail: Actual | None = None
    afs_estimate_refund_detail: Estimate | None = None


class Cancel(_Shape):
    """A wish to cancel an order that was paid; its amount is fen."""

    id: Text
    order_id: Text | None = None
    status: Text | None = None
    apply_time: Text | None = None
    check_time: Text | None = None
    modified: Text | None = None
    apply_refund_sum: Text | None = None


class Sku(_Shape):
    """What can be put in the cart; `stockNum` is what can still be sold."""

    sku_id: Text
    ware_id: Text | None = None
    status: Text | None = None
    jd_price: Text | None = None
    stock_num: int | None = None
    outer_id: Text | None = None
    sku_name: Text | None = None
    ware_title: Text | None = None
    category_id: Text | None = None
    created: Text | None = None
    modified: Text | None = None


class Reply(_Shape):
    """A reply to a review."""

    content: Text | None = None
    creation_time: Text | None = None


class Comment(_Shape):
    """A review of a SKU; the page's buyer is named by any of three."""

    comment_id: Text
    skuid: Text | None = None
    order_id: Text | None = None
    score: Text | None = None
    content: Text | None = None
    creation_time: Text | None = None
    replies: list[Reply] | None = None
    open_id_buyer: Unasked = msgspec.field(default=None, name="open_id_buyer")
    xid_buyer: Unasked = msgspec.field(default=None, name="xid_buyer")


ORDERS = Rows(
    "searchorderinfo_result.orderInfoList",
    Order,
    ignored=("giftPoint", "newStoreId", "productNo", "serviceName", "skuName", "venderId"),
    decoder=lenient,
)
CASES = Rows(
    "pageResult.data",
    Case,
    ignored="""
    afsApplyId afsRefundId approveName approveNotes customerPin questionDesc refoundAmount wareId
    wareName
    """.split(),  # noqa: SIM905  a list to be read
    decoder=lenient,
)
AMOUNTS = Rows("result.data", Amount, decoder=lenient)
CANCELS = Rows(
    "queryResult.result",
    Cancel,
    ignored="""
    buyerId buyerName checkRemark checkUserName open_id_buyer reason skuInfoList skuVoList storeId
    systemId xid_buyer
    """.split(),  # noqa: SIM905  a list to be read
    decoder=lenient,
)
SKUS = Rows("page.data", Sku, decoder=lenient)
COMMENTS = Rows(
    "comments",
    Comment,
    ignored="""
    encrypt_orderId images imiageStatus isVenderReply nickName parentReply pin replyCount replyId
    skuImage skuName status usefulCount videos
    """.split(),  # noqa: SIM905  a list to be read
    decoder=lenient,
)


class _Total(_Shape):
    order_total: int | None = None
    total_count: int | None = None
    total_item: int | None = None


class _Totals(_Shape):
    searched: _Total | None = msgspec.field(default=None, name="searchorderinfo_result")
    page_result: _Total | None = None
    query_result: _Total | None = None
    page: _Total | None = None


_TOTALS = lenient(_Totals)


def total(body: bytes) -> int | None:
    """How many rows a list says that it has; each list says it in its own way."""
    found = decoded(_TOTALS.decode, body)
    lists = (found.searched, found.page_result, found.query_result, found.page)
    told = next((one for one in lists if one is not None), _Total())
    counts = (told.order_total, told.total_count, told.total_item)
    return next((one for one in counts if one is not None), None)


def _service(case: dict[str, dict[str, object]], _page: Page) -> str:
    return f"afs:{case['sameOrderServiceBill']['serviceId']}"


def _cancel(case: dict[str, object], _page: Page) -> str:
    return f"cancel:{case['id']}"


def _of_page(_row: object, page: Page) -> str:
    return f"afs:{owner_of(page)}"


PAGES = JsonDocuments(
    {
        "orders": ORDERS.at("orders", "orderId"),
        "cases": CASES.at("refund_cases", _service),
        "amount": AMOUNTS.at("refund_cases", _of_page),
        "cancels": CANCELS.at("refund_cases", _cancel),
        "items": SKUS.at("listings", "skuId"),
        "reviews": COMMENTS.at("reviews", "commentId"),
    }
)
"""Where documents lie."""
