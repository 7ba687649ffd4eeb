"""TOP's answers about a shop, as far as they are asked for.

An empty list is not sent at all, one row may stand without its list, and numbers are documented as
text here and there, and the other way round.
"""

from collections.abc import Sequence

import msgspec

from connectors.base.documents import JsonDocuments
from connectors.base.frames import listed
from connectors.base.rows import Rows
from connectors.base.wire import Text, decoded, lenient


class _Shape(msgspec.Struct, gc=False):
    pass


class Order(_Shape):
    """A line of a trade; amounts are yuan text."""

    oid: int
    num: Text | None = None
    price: Text | None = None
    status: Text | None = None
    title: Text | None = None
    num_iid: int | None = None
    sku_id: Text | None = None
    outer_iid: Text | None = None
    outer_sku_id: Text | None = None
    total_fee: Text | None = None
    discount_fee: Text | None = None
    adjust_fee: Text | None = None
    part_mjz_discount: Text | None = None
    divide_order_fee: Text | None = None
    refund_status: Text | None = None
    consign_time: Text | None = None
    logistics_company: Text | None = None
    invoice_no: Text | None = None
    is_service_order: bool | None = None
    is_devalue_fee: bool | None = None


class Orders(_Shape):
    """A list inside a list."""

    order: list[Order] | Order | None = None


class Trade(_Shape):
    """An order with its lines; times are China's, amounts yuan text."""

    tid: int
    type: Text | None = None
    status: Text | None = None
    created: Text | None = None
    modified: Text | None = None
    pay_time: Text | None = None
    end_time: Text | None = None
    consign_time: Text | None = None
    payment: Text | None = None
    post_fee: Text | None = None
    order_tax_fee: Text | None = None
    step_trade_status: Text | None = None
    buyer_open_uid: Text | None = None
    orders: Orders | None = None


class Refund(_Shape):
    """A refund case of a line."""

    refund_id: Text
    tid: int | None = None
    oid: int | None = None
    status: Text | None = None
    created: Text | None = None
    modified: Text | None = None
    refund_fee: Text | None = None
    has_good_return: bool | None = None
    num: int | None = None
    reason: Text | None = None


class Sku(_Shape):
    """What can be put in the cart."""

    sku_id: int
    price: Text | None = None
    quantity: int | None = None
    outer_id: Text | None = None
    properties: Text | None = None
    properties_name: Text | None = None
    modified: Text | None = None


class Skus(_Shape):
    """A list inside a list."""

    sku: list[Sku] | Sku | None = None


class Item(_Shape):
    """A product; one without SKUs is its own listing."""

    num_iid: int
    title: Text | None = None
    price: Text | None = None
    num: int | None = None
    approve_status: Text | None = None
    cid: int | None = None
    outer_id: Text | None = None
    created: Text | None = None
    modified: Text | None = None
    skus: Skus | None = None

    @property
    def variants(self) -> Sequence[Sku]:
        """Its SKUs."""
        return listed(self.skus.sku if self.skus else None)


class Review(_Shape):
    """A review of a line."""

    oid: int
    tid: int | None = None
    result: Text | None = None
    created: Text | None = None
    num_iid: int | None = None
    ouid: Text | None = None
    content: Text | None = None
    reply: Text | None = None


class Member(_Shape):
    """A member of the shop. The platform offers no choice of fields; the others are not read."""

    ouid: Text | None = None
    trade_count: int | None = None
    trade_amount: Text | None = None


class Coupon(_Shape):
    """A coupon of the shop."""

    coupon_id: int
    denominations: int | None = None
    creat_time: Text | None = None
    end_time: Text | None = None
    condition: int | None = None


def numbers(body: bytes) -> list[int]:
    """Numbers of a page's products; one that has none to be read is left out."""
    return [int(one) for one in ITEMS.named(body, "num_iid") if one.isdecimal()]


class _Total(msgspec.Struct):
    total_results: int | None = None
    total_result: int | None = None


def total(body: bytes) -> int | None:
    """How many rows a list says that it has, which is named in two ways."""
    found = decoded(_TOTAL.decode, body)
    return found.total_result if found.total_results is None else found.total_results


TRADES = Rows("trades.trade", Trade, decoder=lenient)
REFUNDS = Rows("refunds.refund", Refund, decoder=lenient)
ITEMS = Rows("items.item", Item, ignored=("barcode", "created"), decoder=lenient)
REVIEWS = Rows("trade_rates.trade_rate", Review, decoder=lenient)
MEMBERS = Rows(
    "members.basic_member",
    Member,
    ignored="""
    biz_order_id buyer_nick close_trade_amount close_trade_count grade grade_name group_ids item_num
    last_trade_time relation_source status
    """.split(),  # noqa: SIM905  a list to be read
    decoder=lenient,
)
COUPONS = Rows("coupons.coupon", Coupon, ignored=("create_channel",), decoder=lenient)
_TOTAL = msgspec.json.Decoder(_Total, strict=False)

PAGES = JsonDocuments(
    {
        "trades": TRADES.at("orders", "tid"),
        "refunds": REFUNDS.at("refund_cases", "refund_id"),
        "items": ITEMS.at("listings", "num_iid"),
        "reviews": REVIEWS.at("reviews", "oid"),
        "members": MEMBERS.at("members", "ouid"),
        "fen": COUPONS.at("coupons", "coupon_id"),
        "yuan": COUPONS.at("coupons", "coupon_id"),
    }
)
"""Where documents lie; a product is one document with all its listings."""
