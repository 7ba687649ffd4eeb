"""How each stream is read within its usage plans, and what is done where the API ends."""

import datetime as dt
from collections.abc import Iterator, Sequence
from urllib.parse import quote

import msgspec
import polars as pl

from connectors.amazon import reports, turning
from connectors.amazon.client import AmazonClient
from connectors.amazon.operations import (
    GET_INVENTORY,
    GET_OFFERS,
    SEARCH_LISTINGS,
    SEARCH_ORDERS,
)
from connectors.amazon.refusals import InvalidInputError
from connectors.base.paging import by_cursor
from contracts.errors import SourceContractError, TransientSourceError
from contracts.streams import Page, Window

ORDERS_PER_PAGE = 100
INCLUDED_IN_ORDERS = "PROCEEDS,FULFILLMENT,PACKAGES"
"""No data of buyers and recipients is asked for."""
MOST_LISTED = 1_000
"""A search for listings shows no more, however many it found."""
_LISTINGS_PER_PAGE = 20
_OFFERS_PER_CALL = 20
_ROUNDS = 3
_OFFERS_PATH = "/products/pricing/v0/listings/{}/offers"
_BUSY = (408, 429, 500, 502, 503, 504)
_RESOLUTION = dt.timedelta(milliseconds=1)
_RECENT = dt.timedelta(days=31)
"""Nothing is done any more about what changed before; when it was promised and sent, which a report
does not tell, stays unknown then."""
_BEGINNING = dt.datetime(1995, 7, 16, tzinfo=dt.UTC)
"""Before there was a platform nothing on it changed."""


def orders(client: AmazonClient, window: Window) -> Iterator[Page]:
    """Yield orders updated inside the window: pages, and a report where pages would take too long.

    A page costs three minutes once the burst is spent. A window that has more pages than
    `most_order_pages`, is as busy as one that had, or ended more than a month ago is read by a
    report after its first page: by pages alone a first pull of a year would take hours.

    Raises:
        TransientSourceError: a report was cancelled although there are orders.
    """
    most = client.settings.most_order_pages
    if client.pace.expects(window) > most * ORDERS_PER_PAGE:
        most = 1
    pages = by_cursor(lambda token: _order_page(client, window, token))
    for number, (page, cursor) in enumerate(pages, start=1):
        yield page
        if cursor is None:
            continue
        if number == most:
            client.pace.learn(window, number * ORDERS_PER_PAGE)
            break
        if window.end < client.recent_now(client.urgency) - _RECENT:
            break
    else:
        return
    found = False
    for page in reports.orders(client, window):
        found = True
        yield page
    if not found:
        raise TransientSourceError("a report of orders was cancelled; read the window again")


def listings(client: AmazonClient, window: Window) -> Iterator[Page]:
    """Yield all listings, those first that were updated first: what is gone is in no list.

    Of more than a thousand a search shows only these, so the time is halved until it holds fewer.
    The newest span has no end: what is updated meanwhile is found there.

    Raises:
        SourceContractError: more than a thousand were updated in one millisecond.
    """
    now = _floor(window.end)
    waiting: list[tuple[dt.datetime, dt.datetime | None]] = [(_BEGINNING, None)]
    while waiting:
        start, end = waiting.pop()
        first = _listing_page(client, start, end, None)
        if turning.counted(first.body)[0] <= MOST_LISTED:
            yield from _listing_pages(client, start, end, first)
            continue
        last = now if end is None else end
        if last - start < _RESOLUTION:
            raise SourceContractError(
                f"more than {MOST_LISTED} listings were updated in one moment; they cannot be read"
            )
        middle = _floor(start + (last - start) / 2)
        waiting += [(middle + _RESOLUTION, end), (start, middle)]


def inventory(client: AmazonClient, window: Window) -> Iterator[Page]:
    """Yield all stock in the platform's warehouses.

    The token of a next page dies after 30 seconds, so the pages are read without a pause and handed
    on at the end. When one has died the list is read once more from its start.

    Raises:
        TransientSourceError: the token died time and again.
    """
    for _ in range(_ROUNDS):
        try:
            pages = list(by_cursor(lambda token: _inventory_page(client, token)))
        except _TokenDiedError:
            continue
        yield from pages
        return
    raise TransientSourceError("the token of a page of stock dies before it can be used")


def offers(client: AmazonClient, window: Window, listed: pl.DataFrame) -> Iterator[Page]:
    """Yield all offers for our listings, those first that sell most; new goods only.

    Args:
        listed: rows of `price_facts`.

    Raises:
        TransientSourceError: the platform stays busy for some of them.
    """
    ranked = listed.sort("daily_units", "sku_id", descending=[True, False], nulls_last=True)
    skus = ranked["sku_id"].unique(maintain_order=True).to_list()[: client.settings.most_offers]
    for _ in range(_ROUNDS):
        missed: list[str] = []
        for start in range(0, len(skus), _OFFERS_PER_CALL):
            page, again = _offers_page(client, skus[start : start + _OFFERS_PER_CALL])
            missed += again
            yield page
        skus = missed
        if not skus:
            return
    raise TransientSourceError(
        f"no offers are shown for {len(skus)} listings: the platform is busy"
    )


class _TokenDiedError(Exception):
    """The token of a next page is not known any more."""


def _order_page(
    client: AmazonClient, window: Window, token: str | None
) -> tuple[tuple[Page, str | None], str | None]:
    params = [
        ("lastUpdatedAfter", seconds_text(window.start)),
        ("lastUpdatedBefore", seconds_text(window.end)),
        ("marketplaceIds", client.settings.marketplace_id),
        ("maxResultsPerPage", str(ORDERS_PER_PAGE)),
        ("includedData", INCLUDED_IN_ORDERS),
    ]
    if token is not None:
        params.append(("paginationToken", token))
    body = client.ask(SEARCH_ORDERS, params=params).body
    cursor = turning.cursor(body)
    return (Page(body, "orders"), cursor), cursor


def _listing_page(
    client: AmazonClient, start: dt.datetime, end: dt.datetime | None, token: str | None
) -> Page:
    params = [
        ("marketplaceIds", client.settings.marketplace_id),
        ("includedData", "summaries,offers"),
        ("lastUpdatedAfter", _text(start)),
        *([] if end is None else [("lastUpdatedBefore", _text(end))]),
        ("sortBy", "lastUpdatedDate"),
        ("sortOrder", "ASC"),
        ("pageSize", str(_LISTINGS_PER_PAGE)),
    ]
    if token is not None:
        params.append(("pageToken", token))
    path = {"sellerId": client.settings.seller_id}
    return Page(client.ask(SEARCH_LISTINGS, path=path, params=params).body, "listings")


def _listing_pages(
    client: AmazonClient,
    start: dt.datetime,
    end: dt.datetime | None,
    first: Page,
) -> Iterator[Page]:
    """Pages of a span from its first one on.

    Raises:
        TransientSourceError: fewer were shown than found: one has slipped from page to page.
    """
    seen: set[str | bytes] = set()
    found = 0

    def ask(token: str | None) -> tuple[Page, str | None]:
        nonlocal found
        page = first if token is None else _listing_page(client, start, end, token)
        found, shown = turning.counted(page.body)
        seen.update(shown)
        return page, turning.cursor(page.body)

    yield from by_cursor(ask)
    if len(seen) < found:
        raise TransientSourceError(f"{found} listings were found and {len(seen)} shown; read again")


def _inventory_page(client: AmazonClient, token: str | None) -> tuple[Page, str | None]:
    store = client.settings.marketplace_id
    params = [
        ("granularityType", "Marketplace"),
        ("granularityId", store),
        ("marketplaceIds", store),
        ("details", "true"),
    ]
    if token is not None:
        params.append(("nextToken", token))
    try:
        body = client.ask(GET_INVENTORY, params=params).body
    except InvalidInputError:
        if token is None:
            raise
        raise _TokenDiedError from None
    return Page(body, "inventory"), turning.cursor(body)


def _offers_page(client: AmazonClient, skus: Sequence[str]) -> tuple[Page, list[str]]:
    """A page, and the SKUs that it says nothing of because the platform is busy."""
    store = client.settings.marketplace_id
    requests = [
        {
            "uri": _OFFERS_PATH.format(quote(sku, safe="")),
            "method": "GET",
            "MarketplaceId": store,
            "ItemCondition": "New",
        }
        for sku in skus
    ]
    body = client.ask(GET_OFFERS, body=msgspec.json.encode({"requests": requests})).body
    statuses = turning.statuses(body)
    if len(statuses) != len(skus):
        raise SourceContractError(
            f"{len(skus)} listings were asked about, {len(statuses)} answered"
        )
    busy = [sku for sku, status in zip(skus, statuses, strict=True) if status in _BUSY]
    return Page(body, "offers"), busy


def seconds_text(at: dt.datetime) -> str:
    """An instant in whole seconds; both ends of a search belong to it, so no order is lost."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _floor(at: dt.datetime) -> dt.datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _text(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
