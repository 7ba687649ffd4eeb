"""Lists: parameters with bounds, filters on dates, offset pages that drift, `Link` headers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import polars as pl

from sandbox.woocommerce.errors import invalid_param, not_emulated
from sandbox.woocommerce.params import Params
from sandbox.world.world import instant

MAX_PER_PAGE: Final = 100
_DATE: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d(:?\d\d)?)?", re.ASCII
)
_BOUNDS: Final = (("after", "created"), ("modified_after", "modified"))


@dataclass(frozen=True)
class Collection:
    """How a list is sorted and filtered.

    `orderby` maps the values of the parameter to columns; ties are in order of `key`. Lists
    without `created` or `modified` ignore the parameters on that date, as the platform does.
    """

    key: str
    orderby: Mapping[str, str]
    default: str = "date"
    direction: str = "desc"
    created: str | None = "created_at"
    modified: str | None = None
    filters: frozenset[str] = frozenset()
    """Parameters of its own that are emulated."""


@dataclass(frozen=True)
class Page:
    """The rows of one page, and of how many pages it is one."""

    rows: pl.DataFrame
    number: int
    total: int
    pages: int

    def headers(self, address: str, params: Params) -> dict[str, str]:
        """Totals, and links that repeat the whole query, signature included."""
        headers = {"X-WP-Total": str(self.total), "X-WP-TotalPages": str(self.pages)}
        links = []
        if self.number > 1:
            links.append(("prev", min(self.number - 1, self.pages)))
        if self.pages > self.number:
            links.append(("next", self.number + 1))
        if links:
            query = {name: value for own in params.elements.values() for name, value in own.items()}
            headers["Link"] = ", ".join(
                f'<{address}?{urlencode(query | {"page": page})}>; rel="{rel}"'
                for rel, page in links
            )
        return headers


FILTERS: Final = frozenset(
    {
        "attribute", "attribute_term", "brand", "category", "code", "created_via", "customer",
        "downloadable", "email", "exclude_category", "exclude_meta", "exclude_status",
        "exclude_types", "featured", "global_unique_id", "include_meta", "include_status",
        "include_types", "low_in_stock", "max_price", "min_price", "on_sale", "parent",
        "parent_exclude", "product", "reviewer", "reviewer_email", "reviewer_exclude", "role",
        "search", "search_fields", "search_name_or_sku", "search_sku", "shipping_class", "sku",
        "slug", "status", "stock_status", "tag", "tax_class", "type", "virtual",
    }
)  # fmt: skip
"""Parameters that some list of the platform is filtered by; any other is ignored, as there."""


def _check_filters(params: Params, collection: Collection) -> None:
    for name in params.elements:
        if name in FILTERS and name not in collection.filters:
            raise not_emulated(f"the parameter {name} of this list")
    if params.text("context", "view") != "view":
        raise not_emulated("another context than view")


def page_of(
    frame: pl.DataFrame, params: Params, collection: Collection, *, zone: ZoneInfo, repeat: bool
) -> Page:
    """The page asked for; `repeat` gives the page before it instead.

    Raises:
        RestError: 400, a parameter is out of bounds; 501, one is not emulated.
    """
    _check_filters(params, collection)
    size = _whole(params, "per_page", default=10, bounds=(1, MAX_PER_PAGE))
    number = _whole(params, "page", default=1, bounds=(1, None))
    skipped = _whole(params, "offset", default=0, bounds=(0, None))
    found = _sorted(_dated(_chosen(frame, params, collection), params, collection, zone), params,
                    collection)  # fmt: skip
    start = skipped if params.has("offset") else (number - 1) * size
    rows = found.slice(max(0, start - size) if repeat else start, size)
    return Page(rows, number, found.height, -(-found.height // size))


def _chosen(frame: pl.DataFrame, params: Params, collection: Collection) -> pl.DataFrame:
    for name, keep in (("include", True), ("exclude", False)):
        if asked := params.listed(name):
            if not all(part.isdigit() for part in asked):
                raise invalid_param(name, f"{name}[0] is not of type integer.")
            own = pl.col(collection.key).is_in([int(part) for part in asked])
            frame = frame.filter(own if keep else ~own)
    return frame


def _dated(
    frame: pl.DataFrame, params: Params, collection: Collection, zone: ZoneInfo
) -> pl.DataFrame:
    """Both bounds are exclusive."""
    is_gmt = params.text("dates_are_gmt").lower() in ("true", "1")
    for after, which in _BOUNDS:
        column = collection.created if which == "created" else collection.modified
        if column is None:
            continue
        before = after.replace("after", "before")
        if text := params.text(after):
            frame = frame.filter(pl.col(column) > _bound(after, text, zone=zone, is_gmt=is_gmt))
        if text := params.text(before):
            frame = frame.filter(pl.col(column) < _bound(before, text, zone=zone, is_gmt=is_gmt))
    return frame


def _bound(name: str, text: str, *, zone: ZoneInfo, is_gmt: bool) -> pl.Expr:
    """The instant of a bound, read as WordPress reads it.

    A text without an offset is GMT or the site's time, as `dates_are_gmt` says. One with an offset
    is first written in the site's time; with `dates_are_gmt` that text is then taken for GMT, so
    the bound is off by the site's offset.
    """
    if not _DATE.fullmatch(text):
        raise invalid_param(name, "Invalid date.")
    try:
        given = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise invalid_param(name, "Invalid date.") from error
    if given.tzinfo is not None:
        given = given.astimezone(zone).replace(tzinfo=None)
    return instant(given.replace(tzinfo=UTC if is_gmt else zone).astimezone(UTC))


def _sorted(frame: pl.DataFrame, params: Params, collection: Collection) -> pl.DataFrame:
    orderby = params.text("orderby", collection.default)
    order = params.text("order", collection.direction)
    if orderby == "include" and params.listed("include"):
        asked = pl.Series([int(part) for part in params.listed("include")])
        wanted = pl.DataFrame({collection.key: asked}).unique(maintain_order=True)
        return wanted.join(frame, on=collection.key, how="inner", maintain_order="left")
    columns = {"include": collection.key, **collection.orderby}
    if orderby not in columns:
        names = list(columns)
        said = f"orderby is not one of {', '.join(names[:-1])}, and {names[-1]}."
        raise invalid_param("orderby", said)
    if order not in ("asc", "desc"):
        raise invalid_param("order", "order is not one of asc and desc.")
    return frame.sort(columns[orderby], collection.key, descending=order == "desc")


def _whole(params: Params, name: str, *, default: int, bounds: tuple[int, int | None]) -> int:
    text = params.text(name, str(default))
    low, high = bounds
    if not re.fullmatch(r"[+-]?\d+", text):
        raise invalid_param(name, f"{name} is not of type integer.")
    if int(text) < low or (high is not None and int(text) > high):
        most = "" if high is None else f" and {high} (inclusive)"
        between = "between" if most else "greater than or equal to"
        raise invalid_param(name, f"{name} must be {between} {low} (inclusive){most}")
    return int(text)
