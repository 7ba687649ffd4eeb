"""The report of order lines: tab-delimited, cut to what is used before it is kept."""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

import polars as pl

from connectors.base.documents import RawDocument
from connectors.base.formats import lines
from contracts.errors import SourceContractError
from contracts.streams import Page

REPORT_TYPE: Final = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
PIECE_BYTES: Final = 8 * 2**20
PART: Final = "report"
AMOUNTS: Final = (
    "item-price",
    "item-tax",
    "shipping-price",
    "shipping-tax",
    "gift-wrap-price",
    "gift-wrap-tax",
    "item-promotion-discount",
    "ship-promotion-discount",
)
KEPT: Final = (
    "amazon-order-id",
    "purchase-date",
    "last-updated-date",
    "order-status",
    "sales-channel",
    "sku",
    "asin",
    "quantity",
    "currency",
    *AMOUNTS,
)
DROPPED: Final = frozenset(
    """
    merchant-order-id fulfillment-channel order-channel ship-service-level product-name
    number-of-items item-status tax-collection-model tax-collection-responsible-party address-type
    ship-city ship-state ship-postal-code ship-country promotion-ids cpf is-business-order
    purchase-order-number price-designation buyer-company-name is-replacement-order
    is-exchange-order original-order-id customized-url customized-page is-iba is-transparency
    ioss-number licensee-name license-number license-state license-expiration-date fulfilled-by
    default-ship-from-address-name default-ship-from-address-field-1
    default-ship-from-address-field-2 default-ship-from-address-field-3 default-ship-from-city
    default-ship-from-state default-ship-from-country default-ship-from-postal-code
    """.split()  # noqa: SIM905 a list to be read
)
"""Known, and not used: some of them tell where the buyer lives."""
_TAB, _LOST = b"\t", "\ufffd".encode()
_ORDER: Final = b"amazon-order-id"
_SKU: Final = b"sku"
_CHANNEL: Final = "sales-channel"
# The report is one of a whole region: goods that only lie with the platform, sold elsewhere.
_ELSEWHERE: Final = "Non-Amazon"


def pieces(chunks: Iterable[bytes], store: str, others: Iterable[str]) -> Iterator[Page]:
    """Pages of some 8 MiB, each with the heading, of rows that were sold in `store`.

    What was sold in the `others` and outside of any store is left out, as are the columns that are
    not used; of a column that nobody knows the name stays, so that it is noticed. Of a row with
    another number of cells than its heading nothing but its order's number is kept.
    """
    heading: bytes | None = None
    held, size = [], 0
    not_ours = [name for name in others if name != store]
    for line in lines(chunks):
        if heading is None:
            heading = line
            continue
        held.append(line)
        size += len(line) + 1
        if size >= PIECE_BYTES:
            yield _piece(heading, held, not_ours)
            held, size = [], 0
    if heading is not None and held:
        yield _piece(heading, held, not_ours)


def rows(pages: Iterable[Page]) -> tuple[pl.DataFrame, set[str]]:
    """All rows as text, and the names of columns that nobody knows.

    A piece that comes twice counts once: equal rows inside of a report are different ones.

    Raises:
        SourceContractError: a column is missing, or an order is not as `Orders` can tell.
    """
    bodies = dict.fromkeys(page.body for page in pages)
    for body in bodies:
        for order in _orders(body):
            if order.problem is not None:
                raise SourceContractError(f"a report has {order.problem[1]}")
    frames = [_read(body) for body in bodies]
    unknown = {name for frame in frames for name in frame.columns} - set(KEPT)
    return pl.concat([frame.select(KEPT) for frame in frames]), unknown


class Orders:
    """The rows of each order as a document, whose first one is the heading."""

    def split(self, page: Page) -> list[RawDocument]:
        """See `connectors.base.documents.Documents`."""
        return _orders(page.body)

    def without(self, page: Page, bad: Collection[int]) -> Page:
        """See `connectors.base.documents.Documents`."""
        heading, groups = _grouped(page.body)
        kept = [
            row for place, held in enumerate(groups.values()) if place not in bad for row in held
        ]
        return Page(b"\n".join([heading, *kept, b""]), page.part)


def _orders(body: bytes) -> list[RawDocument]:
    heading, groups = _grouped(body)
    names = heading.split(_TAB)
    missing = sorted(set(KEPT) - {name.decode("utf-8", "replace") for name in names})
    place = names.index(_SKU) if _SKU in names else None
    return [
        RawDocument(
            "orders",
            order.decode("utf-8", "replace") or None,
            b"\n".join([heading, *held]),
            ("$", f"no column {missing[0]}") if missing else _problem(held, len(names), place),
        )
        for order, held in groups.items()
    ]


def _problem(held: list[bytes], cells: int, sku: int | None) -> tuple[str, str] | None:
    for row in held:
        found = row.split(_TAB)
        if len(found) != cells:
            return "$", f"a row of {len(found)} cells under a heading of {cells}"
        if sku is not None and _LOST in found[sku]:
            return "sku", "a SKU that is not in UTF-8"
    return None


def _grouped(body: bytes) -> tuple[bytes, dict[bytes, list[bytes]]]:
    """The heading, and the rows of each order by its number."""
    heading, *held = [line for line in body.split(b"\n") if line] or [b""]
    place = _place(heading)
    groups: dict[bytes, list[bytes]] = {}
    for row in held:
        groups.setdefault(_number(row, place), []).append(row)
    return heading, groups


def _place(heading: bytes) -> int:
    names = heading.split(_TAB)
    return names.index(_ORDER) if _ORDER in names else 0


def _number(row: bytes, place: int) -> bytes:
    """The order's number; of a row that ends before it, or holds nothing else, its first cell."""
    found = row.split(_TAB)
    return found[place if place < len(found) else 0]


def _piece(heading: bytes, held: list[bytes], not_ours: list[str]) -> Page:
    tabs, place = heading.count(_TAB), _place(heading)
    whole = [line for line in held if line.count(_TAB) == tabs]
    broken = [_number(line, place) for line in held if line.count(_TAB) != tabs]
    frame = _read(b"\n".join([heading, *whole, b""]))
    kept = [name for name in KEPT if name in frame.columns]
    unknown = [name for name in frame.columns if name not in KEPT and name not in DROPPED]
    if _CHANNEL in frame.columns:
        channel = pl.col(_CHANNEL)
        is_others = channel.is_in(not_ours) | channel.str.starts_with(_ELSEWHERE)
        frame = frame.filter(~is_others.fill_null(value=False))
    cut = frame.select(*kept, *(pl.lit("").alias(name) for name in unknown))
    text: str = cut.write_csv(separator="\t", quote_style="never")
    return Page(text.encode() + b"".join(number + b"\n" for number in broken), PART)


def _read(body: bytes) -> pl.DataFrame:
    """Cells as text. Names of goods and places come in the region's own encoding; the SKU counts.

    Raises:
        SourceContractError: it is no table.
    """
    try:
        return pl.read_csv(
            body, separator="\t", quote_char=None, infer_schema=False, encoding="utf8-lossy"
        )
    except pl.exceptions.PolarsError as error:
        raise SourceContractError(f"a report is no table: {type(error).__name__}") from None
