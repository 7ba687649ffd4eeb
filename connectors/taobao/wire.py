"""TOP's answers about a shop, as far as they are asked for.

An empty list is not sent at all, one row may stand without its list, and numbers are documented as
text here and there, and the other way round.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import msgspec

from connectors.base.documents import At, JsonDocuments
from connectors.base.wire import Text, decoded, lenient, unknown_fields
from contracts.streams import Page

Row = TypeVar("Row")


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

    @property
    def lines(self) -> list[Order]:
        """Its lines."""
        return listed(self.orders.order if self.orders else None)


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
    created: Text | None = None
    modified: Text | None = None
    barcode: Text | None = None


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
    def variants(self) -> list[Sku]:
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


def listed(found: list[Row] | Row | None) -> list[Row]:
    """The rows of a list, of which one alone may stand for itself and none are left out."""
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


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
        self._decoder = lenient(_paged(outer, inner, list[row] | row | None))  # type: ignore[valid-type]
        self._raws = msgspec.json.Decoder(_paged(outer, inner, msgspec.Raw))
        self.shape: msgspec.json.Decoder[Any] = lenient(row)

    def rows(self, body: bytes) -> list[Any]:
        """The rows of a page.

        Raises:
            SourceContractError: the answer has a shape that we do not know.
        """
        return listed(self._inside(decoded(self._decoder.decode, body)))

    def raw(self, body: bytes) -> list[msgspec.Raw]:
        """The rows of a page, undecoded, so that each can be read by itself."""
        inside = self._inside(decoded(self._raws.decode, body)) or msgspec.Raw(b"null")
        if bytes(inside).lstrip()[:1] == b"[":
            return msgspec.json.decode(inside, type=list[msgspec.Raw])
        return [] if bytes(inside) == b"null" else [inside]

    def pages(self, pages: Iterable[Page]) -> Iterator[tuple[list[Any], set[str]]]:
        """Rows and unknown fields of each page; before them an empty one, so that there is one."""
        yield [], set()
        for page in pages:
            yield self.rows(page.body), self.unknown(page)

    def unknown(self, page: Page) -> set[str]:
        """Names of fields of the page's first row that we do not know."""
        return {
            name
            for raw in self.raw(page.body)[:1]
            for name in unknown_fields(msgspec.json.decode(raw), self._row) - self._ignored
        }

    def at(self, table: str, name: str) -> At:
        """Where its documents lie; `name` is the member that holds their id."""
        return At(f"{self._outer}.{self._inner}", table, name, self.shape)

    def _inside(self, page: Any) -> Any:
        outer = getattr(page, self._outer)
        return None if outer is None else getattr(outer, self._inner)


def _paged(outer: str, inner: str, rows: Any) -> type[msgspec.Struct]:
    default = msgspec.Raw(b"null") if rows is msgspec.Raw else None
    held = msgspec.defstruct("Listed", [(inner, rows, default)], gc=False)
    return msgspec.defstruct("Paged", [(outer, held | None, None)], gc=False)


def numbers(body: bytes) -> list[int]:
    """Numbers of a page's products; one that has none to be read is left out."""
    found = (number(raw, "num_iid") for raw in ITEMS.raw(body))
    return [one for one in found if one is not None]


def number(raw: msgspec.Raw, name: str) -> int | None:
    """The number that a row is known by, whatever else it holds."""
    try:
        told = _MEMBERS.decode(raw).get(name)
    except msgspec.DecodeError:
        return None
    return int(told) if isinstance(told, int | str) and str(told).isdecimal() else None


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
_MEMBERS = msgspec.json.Decoder(dict[str, object])

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
