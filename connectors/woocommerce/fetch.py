"""How lists are read that move meanwhile: from instant to instant, or by offsets that overlap.

Pages are numbered anew with every change: whoever turns them by number misses what moved forward.
"""

import datetime as dt
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

import polars as pl

from connectors.base.http import HttpAnswer
from connectors.base.paging import by_overlap
from connectors.base.plain_rows import PlainRow, plain_rows, whole_number
from connectors.base.rest import Params
from connectors.base.sending import chunks
from connectors.woocommerce import wire
from connectors.woocommerce.client import WooCommerceClient, length
from connectors.woocommerce.codes import NoRouteError
from contracts.errors import SourceContractError
from contracts.money import exponent
from contracts.streams import Page, Window

PER_PAGE = 100
_SECOND, _DAY = dt.timedelta(seconds=1), dt.timedelta(days=1)
_REFUNDS_LAST = dt.timedelta(days=90)
_STATUSES = ("any", "trash")

Listed = tuple[HttpAnswer, list[PlainRow]]


def orders(client: WooCommerceClient, window: Window) -> Iterator[Page]:
    """Yield orders changed inside the window, each refunded one followed by its refunds.

    What is in the trash is not among `any`. Not every way of paying back changes the order, so
    those with a refund of that time are read too; shops before WooCommerce 9.0 do not list refunds.
    """
    dp = str(exponent(client.money().currency))  # else the shop rounds to the decimals it shows
    asked = [("dp", dp), ("_fields", wire.ORDER_FIELDS)]
    reading = _Orders(client, dp)
    for status in _STATUSES:
        for answer, rows in _changed(client, "orders", window, [("status", status), *asked]):
            yield from reading.followed(answer, rows)
    others = sorted(_refunded(client, window) - reading.seen)
    for answer in _by_id(client, "orders", others, [("status", "any"), *asked]):
        yield from reading.followed(answer, plain_rows(answer.body))


def lost_refunds(client: WooCommerceClient, window: Window, known: pl.DataFrame) -> Iterator[Page]:
    """Yield orders that have lost a refund which we know: to delete one changes no order.

    Looked at are the refunds of the last 90 days before the window's end; `known` are ours.
    """
    since = Window(window.end - _REFUNDS_LAST, window.end)
    try:
        asked = [*_between("", *_bounds(since)), ("_fields", "id")]
        listed = {str(row.id) for _, found in _all(client, "refunds", asked) for row in found}
    except NoRouteError:
        return
    # A day less on both sides: what stands at the very bound is no matter of this reading.
    inner = pl.col("refunded_at").is_between(since.start + _DAY, since.end - _DAY)
    lost = known.filter(inner & ~pl.col("refund_id").is_in(list(listed)))
    numbers = sorted({int(one) for one in lost["order_id"] if one.isdecimal()})
    dp = str(exponent(client.money().currency))
    reading = _Orders(client, dp, part=wire.AGAIN)
    for status in _STATUSES if numbers else ():
        told = [("status", status), ("dp", dp), ("_fields", wire.ORDER_FIELDS)]
        for answer in _by_id(client, "orders", numbers, told):
            yield from reading.followed(answer, plain_rows(answer.body))


def estimate_orders(client: WooCommerceClient, window: Window) -> int:
    """How many calls `orders` takes, both counts included; each refund counts as an order's own."""
    start, end = _bounds(window)
    asked = [("_fields", "id"), *_page(1)]
    changed = [*asked, *_between("modified_", start, end)]
    orders = [length(client.ask("orders", [("status", one), *changed])) for one in _STATUSES]
    try:
        refunds = length(client.ask("refunds", [*asked, *_between("", start, end)]))
    except NoRouteError:
        refunds = 0
    return 4 + sum(map(_pages, orders)) + _pages(refunds) + refunds


def products(client: WooCommerceClient, _window: Window) -> Iterator[Page]:
    """Yield all products, each with variations followed by them.

    Stock changes without its product, and variations without theirs, so all there is is read. What
    is in the trash is gone: its code may be another product's by now.
    """
    asked = [("status", "any"), ("_fields", wire.PRODUCT_FIELDS)]
    for answer, rows in _all(client, "products", asked):
        yield Page(answer.body, "products")
        for row in rows:
            if row.value.get("type") == "variable" and row.id is not None:
                path = f"products/{row.id}/variations"
                for found, _ in _all(client, path, [("_fields", wire.VARIATION_FIELDS)]):
                    yield Page(found.body, f"{wire.VARIATIONS_OF}:{row.id}")


def _snapshot(path: str, part: str, *asked: tuple[str, str]) -> Callable[..., Iterator[Page]]:
    """Reads all rows of a list, whatever the window: it cannot be asked what has changed."""

    def fetch(client: WooCommerceClient, _window: Window) -> Iterator[Page]:
        return (Page(answer.body, part) for answer, _ in _all(client, path, asked))

    return fetch


# Whoever has an account can order, whatever his role. To redeem a coupon is no change of it; of
# reviews no list tells which are public no more.
customers = _snapshot("customers", "customers", ("role", "all"), ("_fields", wire.CUSTOMER_FIELDS))
coupons = _snapshot("coupons", "coupons", ("_fields", wire.COUPON_FIELDS))
reviews = _snapshot("products/reviews", "reviews", ("_fields", wire.REVIEW_FIELDS))


class _Orders:
    """Orders of one reading, with what is asked about them: once, however often they are listed."""

    def __init__(self, client: WooCommerceClient, dp: str, *, part: str = "orders") -> None:
        self._client = client
        self._part = part
        self._refund = [("dp", dp), ("_fields", wire.REFUND_FIELDS)]
        self._refunds: set[tuple[int, str]] = set()
        self._products: set[int] = set()
        self.seen: set[int] = set()

    def followed(self, answer: HttpAnswer, rows: Sequence[PlainRow]) -> Iterator[Page]:
        """A page of orders, their refunds, and the own codes of products with variations."""
        self.seen |= {row.id for row in rows if row.id is not None}
        yield Page(answer.body, self._part)
        for row in rows:
            refunds = (row.id or 0, _joined(one.get("id") for one in row.rows("refunds")))
            if row.id is not None and refunds[1] and refunds not in self._refunds:
                self._refunds.add(refunds)
                for found, _ in _all(self._client, f"orders/{row.id}/refunds", self._refund):
                    yield Page(found.body, f"{wire.REFUNDS_OF}:{row.id}")
        yield from self._codes(rows)

    def _codes(self, rows: Sequence[PlainRow]) -> Iterator[Page]:
        varied = {
            product
            for row in rows
            for line in row.rows("line_items")
            if whole_number(line.get("variation_id")) and line.get("sku")
            if (product := whole_number(line.get("product_id")))
        }
        new = sorted(varied - self._products)
        self._products |= varied
        asked = [("status", "any"), ("_fields", wire.CODE_FIELDS)]
        for answer in _by_id(self._client, "products", new, asked):
            yield Page(answer.body, wire.CODES)


def _refunded(client: WooCommerceClient, window: Window) -> set[int]:
    """Orders with a refund made inside the window."""
    asked = [*_between("", *_bounds(window)), ("_fields", "id,parent_id")]
    try:
        pages = [rows for _, rows in _all(client, "refunds", asked)]
    except NoRouteError:
        return set()
    parents = (whole_number(row.value.get("parent_id")) for rows in pages for row in rows)
    return {parent for parent in parents if parent}


def _changed(
    client: WooCommerceClient, path: str, window: Window, asked: Params
) -> Iterator[Listed]:
    """Yield first pages only: each begins a second before the last one's newest change.

    What changes meanwhile leaves the window, and no page depends on how many rows were before it.
    """
    start, end = _bounds(window)
    while start < end:
        span = [*_between("modified_", start, end), ("orderby", "modified"), ("order", "asc")]
        answer = client.ask(path, [*asked, *span, *_page(PER_PAGE)])
        rows = plain_rows(answer.body)
        yield answer, rows
        if length(answer) <= PER_PAGE:
            return
        changes = (row.instant("date_modified_gmt") for row in rows)
        newest = max((change for change in changes if change), default=None)
        if newest is None or newest < start:
            raise SourceContractError(f"the list of {path} is not filtered by its changes")
        if newest == start:  # more changes in one second than a page holds
            yield from _all(client, path, [*asked, *_between("modified_", start, start + _SECOND)])
            newest = start + _SECOND
        start = newest


def _all(client: WooCommerceClient, path: str, asked: Params) -> Iterator[Listed]:
    """Yield all rows of a list by their ids, in pages that overlap by a row."""

    def page(offset: int) -> tuple[Listed, list[Hashable], int]:
        sort = [("orderby", "id"), ("order", "asc"), ("offset", str(offset))]
        answer = client.ask(path, [*asked, *sort, *_page(PER_PAGE)])
        rows = plain_rows(answer.body)
        return (answer, rows), [row.key for row in rows], length(answer)

    return by_overlap(page, size=PER_PAGE)


def _by_id(
    client: WooCommerceClient, path: str, numbers: Sequence[int], asked: Params
) -> Iterator[HttpAnswer]:
    """Yield what is asked for by its numbers, a page of them at a time."""
    for some in chunks(numbers, PER_PAGE):
        yield client.ask(path, [*asked, ("include", _joined(some)), *_page(PER_PAGE)])


def _pages(rows: int) -> int:
    return max(1, math.ceil((rows - 1) / (PER_PAGE - 1)))


def _page(size: int) -> list[tuple[str, str]]:
    return [("per_page", str(size))]


def _bounds(window: Window) -> tuple[dt.datetime, dt.datetime]:
    """The whole seconds that hold the window: lists know no parts of a second."""
    end = window.end.replace(microsecond=0)
    return window.start.replace(microsecond=0), end if end == window.end else end + _SECOND


def _between(which: str, start: dt.datetime, end: dt.datetime) -> list[tuple[str, str]]:
    """From `start`, which counts, to `end`, which does not; the list leaves both bounds out."""
    bounds = [(f"{which}after", _text(start - _SECOND)), (f"{which}before", _text(end))]
    return [*bounds, ("dates_are_gmt", "true")]


def _text(instant: dt.datetime) -> str:
    """GMT without an offset: one with Z is turned into the site's time first and read as GMT."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S")


def _joined(values: Iterable[object]) -> str:
    return ",".join(str(value) for value in values)
