"""TOP's answers about a shop, as far as they are asked for; an empty list is not sent at all."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from connectors.base.wire import decoded, unknown_fields
from contracts.streams import Page


class _Shape(msgspec.Struct, gc=False):
    pass


class Order(_Shape):
    """A line of a trade; amounts are yuan text."""

    oid: int
    num: int
    price: str
    status: str
    num_iid: int | None = None
    sku_id: str | None = None
    outer_iid: str | None = None
    outer_sku_id: str | None = None
    total_fee: str | None = None
    discount_fee: str | None = None
    adjust_fee: str | None = None
    part_mjz_discount: str | None = None
    divide_order_fee: str | None = None
    refund_status: str | None = None
    consign_time: str | None = None
    logistics_company: str | None = None
    invoice_no: str | None = None


class Orders(_Shape):
    """A list inside a list."""

    order: list[Order] = []


class Trade(_Shape):
    """An order with its lines; times are China's, amounts yuan text."""

    tid: int
    type: str
    status: str
    created: str
    modified: str
    pay_time: str | None = None
    end_time: str | None = None
    consign_time: str | None = None
    payment: str | None = None
    post_fee: str | None = None
    order_tax_fee: str | None = None
    step_trade_status: str | None = None
    buyer_open_uid: str | None = None
    orders: Orders = msgspec.field(default_factory=Orders)


class Refund(_Shape):
    """A refund case of a line."""

    refund_id: str
    tid: int
    oid: int
    status: str
    created: str
    modified: str
    refund_fee: str | None = None
    has_good_return: bool | None = None
    num: int | None = None
    reason: str | None = None


class Sku(_Shape):
    """What can be put in the cart."""

    sku_id: int
    price: str
    quantity: int
    outer_id: str | None = None
    properties: str | None = None
    properties_name: str | None = None
    created: str | None = None
    modified: str | None = None
    barcode: str | None = None


class Skus(_Shape):
    """A list inside a list."""

    sku: list[Sku] = []


class Item(_Shape):
    """A product; one without SKUs is its own listing."""

    num_iid: int
    title: str = ""
    price: str = ""
    num: int = 0
    approve_status: str | None = None
    cid: int | None = None
    outer_id: str | None = None
    created: str | None = None
    modified: str | None = None
    skus: Skus = msgspec.field(default_factory=Skus)


class Review(_Shape):
    """A review of a line."""

    tid: int
    oid: int
    result: str
    created: str
    num_iid: int | None = None
    ouid: str | None = None
    content: str | None = None
    reply: str | None = None


class Member(_Shape):
    """A member of the shop. The platform offers no choice of fields; the others are not read."""

    ouid: str | None = None
    trade_count: int | None = None
    trade_amount: str | None = None


class Coupon(_Shape):
    """A coupon of the shop."""

    coupon_id: int
    denominations: int
    creat_time: str
    end_time: str
    condition: int | None = None


class Lists:
    """Reads the pages of one kind: {outer: {inner: [row]}, …}.

    Args:
        ignored: fields that the platform documents and always sends, and that are not read.
    """

    def __init__(
        self, outer: str, inner: str, row: type[msgspec.Struct], *, ignored: Iterable[str] = ()
    ) -> None:
        self._outer, self._inner, self._row = outer, inner, row
        self._ignored = frozenset(ignored)
        listed = msgspec.defstruct("Listed", [(inner, list[row], [])], gc=False)  # type: ignore[valid-type]
        paged = msgspec.defstruct("Paged", [(outer, listed | None, None)], gc=False)
        # Numbers are documented as text here and there, and the other way round.
        self._decoder = msgspec.json.Decoder(paged, strict=False)
        firsts = msgspec.defstruct("Firsts", [(inner, list[msgspec.Raw], [])])
        self._firsts = msgspec.json.Decoder(
            msgspec.defstruct("FirstsPage", [(outer, firsts | None, None)])
        )

    def rows(self, body: bytes) -> list[Any]:
        """The rows of a page.

        Raises:
            SourceContractError: the answer has a shape that we do not know.
        """
        return self._listed(decoded(self._decoder.decode, body))

    def pages(self, pages: Iterable[Page]) -> Iterator[tuple[list[Any], set[str]]]:
        """Rows and unknown fields of each page; before them an empty one, so that there is one."""
        yield [], set()
        for page in pages:
            yield self.rows(page.body), self.unknown(page)

    def unknown(self, page: Page) -> set[str]:
        """Names of fields of the page's first row that we do not know."""
        first = self._listed(decoded(self._firsts.decode, page.body))[:1]
        return {
            name
            for raw in first
            for name in unknown_fields(msgspec.json.decode(raw), self._row) - self._ignored
        }

    def _listed(self, page: Any) -> list[Any]:
        listed = getattr(page, self._outer)
        return [] if listed is None else list(getattr(listed, self._inner))


class Total(msgspec.Struct):
    """How many rows a list has; it is named in two ways."""

    total_results: int | None = None
    total_result: int | None = None


TRADES = Lists("trades", "trade", Trade)
REFUNDS = Lists("refunds", "refund", Refund)
ITEMS = Lists("items", "item", Item)
REVIEWS = Lists("trade_rates", "trade_rate", Review)
MEMBERS = Lists(
    "members",
    "basic_member",
    Member,
    ignored=(
        "biz_order_id",
        "buyer_nick",
        "close_trade_amount",
        "close_trade_count",
        "grade",
        "grade_name",
        "group_ids",
        "item_num",
        "last_trade_time",
        "relation_source",
        "status",
    ),
)
COUPONS = Lists("coupons", "coupon", Coupon, ignored=("create_channel",))
TOTAL = msgspec.json.Decoder(Total, strict=False)
