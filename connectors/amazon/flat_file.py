"""The report of order lines: tab-delimited, cut to what is used before it is kept."""

from collections.abc import Iterable, Iterator
from typing import Final

import polars as pl

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
_TAB, _LOST = "\t", "\ufffd"
# The report is one of a whole region: goods that only lie with the platform, sold elsewhere.
_ELSEWHERE: Final = "Non-Amazon"


def pieces(chunks: Iterable[bytes], store: str, others: Iterable[str]) -> Iterator[Page]:
    """Pages of some 8 MiB, each with the heading, of rows that were sold in `store`.

    What was sold in the `others` and outside of any store is left out, as are the columns that are
    not used; of a column that nobody knows the name stays, so that it is noticed.

    Raises:
        SourceContractError: a column is missing, or a row has another number of cells.
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
    """
    frames = [_read(body) for body in dict.fromkeys(page.body for page in pages)]
    unknown = {name for frame in frames for name in frame.columns} - set(KEPT)
    return pl.concat([frame.select(KEPT) for frame in frames]), unknown


def _piece(heading: bytes, held: list[bytes], not_ours: list[str]) -> Page:
    tabs = heading.count(b"\t")
    if any(line.count(b"\t") != tabs for line in held):
        raise SourceContractError("a row of a report has more or fewer cells than its heading")
    frame = _read(b"\n".join([heading, *held, b""]))
    missing = set(KEPT) - set(frame.columns)
    if missing:
        raise SourceContractError(f"a report has no column {min(missing)}")
    channel = pl.col("sales-channel")
    is_others = channel.is_in(not_ours) | channel.str.starts_with(_ELSEWHERE)
    unknown = [name for name in frame.columns if name not in KEPT and name not in DROPPED]
    cut = frame.filter(~is_others.fill_null(value=False)).select(
        *KEPT, *(pl.lit("").alias(name) for name in unknown)
    )
    if cut["sku"].str.contains(_LOST, literal=True).any():
        raise SourceContractError("a report has a SKU that is not in UTF-8")
    text: str = cut.write_csv(separator=_TAB, quote_style="never")
    return Page(text.encode(), PART)


def _read(body: bytes) -> pl.DataFrame:
    """Cells as text. Names of goods and places come in the region's own encoding; the SKU counts.

    Raises:
        SourceContractError: it is no table.
    """
    try:
        return pl.read_csv(
            body, separator=_TAB, quote_char=None, infer_schema=False, encoding="utf8-lossy"
        )
    except pl.exceptions.PolarsError as error:
        raise SourceContractError(f"a report is no table: {type(error).__name__}") from None
