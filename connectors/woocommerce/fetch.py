"""How lists are read that move meanwhile: from instant to instant, or by offsets that overlap.

Pages are numbered anew with every change: whoever turns them by number misses what moved forward.
"""

import datetime as dt
import math
from collections.abc import Iterator, Sequence

import msgspec

from connectors.base.paging import by_overlap
from connectors.base.wire import decoded
from connectors.woocommerce import wire
from connectors.woocommerce.access import Params
from connectors.woocommerce.client import Answer, WooCommerceClient
from connectors.woocommerce.codes import NoRouteError
from contracts.errors import SourceContractError
from contracts.money import exponent
from contracts.streams import Page, Window

PER_PAGE = 100
_SECOND, _DAY = dt.timedelta(seconds=1), dt.timedelta(days=1)


class _Row(msgspec.Struct):
    id: int
    date_modified_gmt: str | None = None
    type: str | None = None
    parent_id: int | None = None
    refunds: list[wire.OrderRefund] = []


_ROWS = msgspec.json.Decoder(list[_Row])


def orders(client: WooCommerceClient, window: Window) -> Iterator[Page]:
    """Yield orders changed inside the window, each refunded one followed by its refunds.

    Not every way of paying back changes the order, so those with a refund of that time are read
    too; shops before WooCommerce 9.0 do not list refunds.
    """
    dp = str(exponent(client.money().currency))  # else the shop rounds to the decimals it shows
    asked = [("status", "any"), ("dp", dp), ("_fields", wire.ORDER_FIELDS)]
    seen: set[int] = set()
    for answer, rows in _changed(client, "orders", window, asked):
        seen |= {row.id for row in rows}
        yield from _with_refunds(client, answer, rows, dp)
    others = sorted(_refunded(client, window) - seen)
    for start in range(0, len(others), PER_PAGE):
        include = ",".join(str(one) for one in others[start : start + PER_PAGE])
        answer = client.ask("orders", [*asked, ("include", include), *_page(PER_PAGE)])
        yield from _with_refunds(client, answer, decoded(_ROWS.decode, answer.body), dp)


def estimate_orders(client: WooCommerceClient, window: Window) -> int:
    """How many calls `orders` takes, both counts included; each refund counts as an order's own."""
    start, end = _bounds(window)
    asked = [("_fields", "id"), *_page(1)]
    orders = client.ask("orders", [*asked, *_between("modified_", start, end)]).total
    try:
        refunds = client.ask("refunds", [*asked, *_between("", start, end)]).total
    except NoRouteError:
        refunds = 0
    return 3 + _pages(orders) + _pages(refunds) + refunds


def products(client: WooCommerceClient, _window: Window) -> Iterator[Page]:
    """Yield all products, each with variations followed by them.

    Stock changes without its product, and variations without theirs, so all there is is read.
    """
    asked = [("status", "any"), ("_fields", wire.PRODUCT_FIELDS)]
    for answer, rows in _all(client, "products", asked):
        yield Page(answer.body, "products")
        for row in rows:
            if row.type == "variable":
                path = f"products/{row.id}/variations"
                for found, _ in _all(client, path, [("_fields", wire.VARIATION_FIELDS)]):
                    yield Page(found.body, f"{wire.VARIATIONS_OF}:{row.id}")


def customers(client: WooCommerceClient, _window: Window) -> Iterator[Page]:
    """Yield all accounts, whatever their role: whoever has one can order."""
    asked = [("role", "all"), ("_fields", wire.CUSTOMER_FIELDS)]
    for answer, _ in _all(client, "customers", asked):
        yield Page(answer.body, "customers")


def coupons(client: WooCommerceClient, _window: Window) -> Iterator[Page]:
    """Yield all coupons: to be redeemed is no change that the list could be asked for."""
    for answer, _ in _all(client, "coupons", [("_fields", wire.COUPON_FIELDS)]):
        yield Page(answer.body, "coupons")


def reviews(client: WooCommerceClient, window: Window) -> Iterator[Page]:
    """Yield public reviews written inside the window.

    The bounds of this list are always the site's own time. A day more on both sides holds the
    window in every zone.
    """
    start, end = _bounds(Window(window.start - _DAY, window.end + _DAY))
    asked = [("after", _text(start)), ("before", _text(end)), ("_fields", wire.REVIEW_FIELDS)]
    for answer, _ in _all(client, "products/reviews", asked):
        yield Page(answer.body, "reviews")


def _with_refunds(
    client: WooCommerceClient, answer: Answer, rows: Sequence[_Row], dp: str
) -> Iterator[Page]:
    yield Page(answer.body, "orders")
    for row in rows:
        if row.refunds:
            asked = [("dp", dp), ("_fields", wire.REFUND_FIELDS)]
            for found, _ in _all(client, f"orders/{row.id}/refunds", asked):
                yield Page(found.body, f"{wire.REFUNDS_OF}:{row.id}")


def _refunded(client: WooCommerceClient, window: Window) -> set[int]:
    """Orders with a refund made inside the window."""
    asked = [*_between("", *_bounds(window)), ("_fields", "id,parent_id")]
    try:
        return {
            row.parent_id
            for _, rows in _all(client, "refunds", asked)
            for row in rows
            if row.parent_id
        }
    except NoRouteError:
        return set()


def _changed(
    client: WooCommerceClient, path: str, window: Window, asked: Params
) -> Iterator[tuple[Answer, list[_Row]]]:
    """Yield first pages only: each begins a second before the last one's newest change.

    What changes meanwhile leaves the window, and no page depends on how many rows were before it.
    """
    start, end = _bounds(window)
    while start < end:
        span = [*_between("modified_", start, end), ("orderby", "modified"), ("order", "asc")]
        answer = client.ask(path, [*asked, *span, *_page(PER_PAGE)])
        rows = decoded(_ROWS.decode, answer.body)
        yield answer, rows
        if answer.total <= PER_PAGE:
            return
        newest = max((_instant(row) for row in rows), default=start)
        if newest < start:
            raise SourceContractError(f"the list of {path} is not filtered by its changes")
        if newest == start:  # more changes in one second than a page holds
            yield from _all(client, path, [*asked, *_between("modified_", start, start + _SECOND)])
            newest = start + _SECOND
        start = newest


def _all(
    client: WooCommerceClient, path: str, asked: Params
) -> Iterator[tuple[Answer, list[_Row]]]:
    """Yield all rows of a list by their ids, in pages that overlap by a row."""

    def page(offset: int) -> tuple[tuple[Answer, list[_Row]], list[int], int]:
        sort = [("orderby", "id"), ("order", "asc"), ("offset", str(offset))]
        answer = client.ask(path, [*asked, *sort, *_page(PER_PAGE)])
        rows = decoded(_ROWS.decode, answer.body)
        return (answer, rows), [row.id for row in rows], answer.total

    return by_overlap(page, size=PER_PAGE)


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


def _instant(row: _Row) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(row.date_modified_gmt or "").replace(tzinfo=dt.UTC)
    except ValueError:
        raise SourceContractError("a change has no readable instant") from None
