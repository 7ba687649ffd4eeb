"""Lists: parameters with bounds, filters on dates, offset pages that drift, `Link` headers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import polars as pl

from sandbox.woocommerce import schema
from sandbox.woocommerce.calls import Call
from sandbox.woocommerce.errors import invalid, not_emulated
from sandbox.woocommerce.params import Params
from sandbox.world.world import instant

MAX_PER_PAGE: Final = 100
_DATE: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d(:?\d\d)?)?", re.ASCII
)
FILTERS: Final = frozenset(
    """
    attribute attribute_term brand category code created_via customer downloadable email
    exclude_category exclude_meta exclude_status exclude_types featured global_unique_id
    include_meta include_status include_types low_in_stock max_price min_price on_sale parent
    parent_exclude product reviewer reviewer_email reviewer_exclude role search search_fields
    search_name_or_sku search_sku shipping_class sku slug status stock_status tag tax_class type
    virtual
    """.split()  # noqa: SIM905 a list to be read
)
"""Parameters that some list of the platform is filtered by; any other is ignored, as there."""


@dataclass(frozen=True)
class Collection:
    """How a list is sorted and filtered.

    `orderby` maps the values of the parameter to columns; ties are in order of `key`. Lists
    without `created` or `modified` ignore the parameters on that date, as the platform does.
    `filters` are the parameters of its own that are emulated.
    """

    key: str
    orderby: Mapping[str, str]
    default: str = "date"
    direction: str = "desc"
    created: str | None = "created_at"
    modified: str | None = None
    filters: str = ""

    @property
    def own(self) -> frozenset[str]:
        """The parameters of its own."""
        return frozenset(self.filters.split())


def page_of(
    frame: pl.DataFrame, call: Call, collection: Collection
) -> tuple[pl.DataFrame, dict[str, str]]:
    """The page asked for, or with that fault the one before it, and headers of totals and links.

    Raises:
        RefusedError: 400, a parameter is out of bounds; 501, one is not emulated.
    """
    params = call.params
    if wrong := [name for name in params.elements if name in FILTERS - collection.own]:
        raise not_emulated(f"the parameter {wrong[0]} of this list")
    if params.text("context", "view") != "view":
        raise not_emulated("another context than view")
    size = _whole(params, "per_page", "10", schema.integer(1, MAX_PER_PAGE))
    number = _whole(params, "page", "1", schema.integer(1))
    skipped = _whole(params, "offset", "0", schema.integer(0))
    dated = _dated(_chosen(frame, params, collection), params, collection, call.shop.zone)
    found = _sorted(dated, params, collection)
    start = skipped if params.has("offset") else (number - 1) * size
    if call.shop.faults.spend("duplicate_pages"):
        start = max(0, start - size)
    pages = -(-found.height // size)
    totals = {"X-WP-Total": str(found.height), "X-WP-TotalPages": str(pages)}
    return found.slice(start, size), totals | _links(call, number, pages)


def _links(call: Call, number: int, pages: int) -> dict[str, str]:
    """Links to the pages around one repeat the whole query, signature included."""
    elements = call.params.elements.values()
    query = {name: value for own in elements for name, value in own.items()}
    around = {"prev": min(number - 1, pages)} if number > 1 else {}
    around |= {"next": number + 1} if pages > number else {}
    links = [
        f'<{call.home}{call.path}?{urlencode(query | {"page": page})}>; rel="{rel}"'
        for rel, page in around.items()
    ]
    return {"Link": ", ".join(links)} if links else {}


def _whole(params: Params, name: str, default: str, reader: schema.Reader) -> int:
    return int(schema.value_of(name, params.text(name, default), reader))


def _chosen(frame: pl.DataFrame, params: Params, collection: Collection) -> pl.DataFrame:
    for name, keep in (("include", True), ("exclude", False)):
        if asked := params.listed(name):
            if not all(part.isdigit() for part in asked):
                raise invalid(name, f"{name}[0] is not of type integer.")
            frame = frame.filter(pl.col(collection.key).is_in([*map(int, asked)]) == keep)
    return frame


def _dated(
    frame: pl.DataFrame, params: Params, collection: Collection, zone: ZoneInfo
) -> pl.DataFrame:
    """Both bounds are exclusive."""
    is_gmt = params.text("dates_are_gmt").lower() in ("true", "1")
    for prefix, column in (("", collection.created), ("modified_", collection.modified)):
        for name in (f"{prefix}after", f"{prefix}before"):
            if column is not None and (text := params.text(name)):
                bound = instant(_bound(name, text, UTC if is_gmt else zone, site=zone))
                at = pl.col(column)
                frame = frame.filter(at > bound if name.endswith("after") else at < bound)
    return frame


def _bound(name: str, text: str, zone: tzinfo, *, site: ZoneInfo) -> datetime:
    """The instant of a bound, read as WordPress reads it.

    A text without an offset is of `zone`: GMT or the site's, as `dates_are_gmt` says. One with an
    offset is first written in the site's time; with `dates_are_gmt` that text is then taken for
    GMT, so the bound is off by the site's offset.
    """
    known = text.upper() if _DATE.fullmatch(text) else ""
    given: datetime = schema.value_of(name, known, schema.instant)
    if given.tzinfo is not None:
        given = given.astimezone(site).replace(tzinfo=None)
    return given.replace(tzinfo=zone).astimezone(UTC)


def _sorted(frame: pl.DataFrame, params: Params, collection: Collection) -> pl.DataFrame:
    orderby = params.text("orderby", collection.default)
    order = params.text("order", collection.direction)
    if orderby == "include" and (asked := params.listed("include")):
        wanted = pl.DataFrame({collection.key: [*map(int, asked)]}).unique(maintain_order=True)
        return wanted.join(frame, on=collection.key, how="inner", maintain_order="left")
    columns = {"include": collection.key, **collection.orderby}
    schema.value_of("orderby", orderby, schema.one_of(list(columns)))
    schema.value_of("order", order, schema.one_of(("asc", "desc")))
    return frame.sort(columns[orderby], collection.key, descending=order == "desc")
