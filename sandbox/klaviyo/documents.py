"""JSON:API documents: resources with their links, sparse fields, pages and what is included."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from sandbox.klaviyo.fields import REQUIRED, WITH_PARENT
from sandbox.klaviyo.query import CURSOR, Query, cursor_of

Row = dict[str, Any]
"""A resource: `type`, `id`, `attributes`, and `relationships` by name: (type, id or ids)."""
Look = Callable[[Row, str], list[Any]]
"""The values of a row's field that a filter or an order looks at."""


@dataclass(frozen=True)
class Reply:
    """What is answered; a body of None is empty."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Address:
    """Where a request went: the origin, the path and its parameters."""

    origin: str
    path: str
    parameters: Sequence[tuple[str, str]]

    @property
    def own(self) -> str:
        """The whole address."""
        return self._with(self.parameters)

    def after(self, cursor: str) -> str:
        """The address of the page that follows."""
        kept = [(name, value) for name, value in self.parameters if name != CURSOR]
        return self._with([*kept, (CURSOR, cursor)])

    def of(self, kind: str, key: str) -> str:
        """The address of a resource."""
        return f"{self.origin}/api/{kind}s/{quote(key, safe='')}"

    def _with(self, parameters: Sequence[tuple[str, str]]) -> str:
        text = f"{self.origin}{quote(self.path, safe='/%')}"
        return f"{text}?{urlencode(parameters)}" if parameters else text


def collection(
    rows: Iterable[Row], query: Query, address: Address, *, look: Look, repeats: bool = False
) -> tuple[list[Row], dict[str, str]]:
    """The rows of the page that is asked for, and its links.

    Args:
        repeats: whether the next page's address is that of this page.
    """
    name, falls = query.sort.removeprefix("-"), query.sort.startswith("-")
    every = ((_key(row, name, look), row) for row in rows)
    rest = (
        (key, row)
        for key, row in every
        if query.after is None or _follows(key, query.after, falls=falls)
    )
    kept = (
        (key, row)
        for key, row in rest
        if all(one.holds(look(row, one.field)) for one in query.conditions)
    )
    keyed = sorted(kept, key=_first, reverse=falls)
    page = keyed[: query.size]
    links = {"self": address.own}
    if repeats:
        links["next"] = address.own
    elif len(keyed) > len(page):
        links["next"] = address.after(cursor_of(query.sort, page[-1][0]))
    return [row for _, row in page], links


def _first(pair: tuple[list[Any], Row]) -> list[Any]:
    return pair[0]


def _key(row: Row, name: str, look: Look) -> list[Any]:
    found = next(iter(look(row, name)), None) if name else None
    return [found is not None, "" if found is None else found, row["id"]]


def _follows(key: list[Any], after: list[Any], *, falls: bool) -> bool:
    try:
        return key < after if falls else key > after
    except TypeError:
        # A cursor of another list: its key is of another type.
        return False


def resource(row: Row, query: Query, address: Address) -> Row:
    """A row as a resource object with the attributes that are asked for."""
    kind, key = row["type"], row["id"]
    own = address.of(kind, key)
    attributes = row["attributes"]
    if kind in query.fields:
        attributes = _sparse(attributes, query.fields[kind] | REQUIRED.get(kind, frozenset()))
    found: Row = {"type": kind, "id": key, "attributes": attributes, "links": {"self": own}}
    related = {
        name: _relationship(name, target, own)
        for name, target in row.get("relationships", {}).items()
    }
    return found | ({"relationships": related} if related else {})


def _relationship(name: str, target: tuple[str, Any] | None, own: str) -> Row:
    links = {"self": f"{own}/relationships/{name}", "related": f"{own}/{name}"}
    if target is None:
        return {"links": links}
    kind, keys = target
    data = (
        [{"type": kind, "id": key} for key in keys]
        if isinstance(keys, list)
        else {"type": kind, "id": keys}
    )
    return {"data": data, "links": links}


def _sparse(attributes: Row, asked: frozenset[str], prefix: str = "") -> Row:
    found: Row = {}
    for name, value in attributes.items():
        path = f"{prefix}{name}"
        if path in asked or path in WITH_PARENT:
            found[name] = value
        elif any(one.startswith(f"{path}.") for one in asked):
            found[name] = _sparse(value, asked, f"{path}.") if isinstance(value, dict) else value
    return found


def look(row: Row, name: str) -> list[Any]:
    """The values at a dotted path of the attributes, through lists; `id` is the row's own."""
    if name == "id":
        return [row["id"]]
    values: list[Any] = [row["attributes"]]
    for part in name.split("."):
        found = (value.get(part) for value in values if isinstance(value, dict))
        values = [one for value in found for one in (value if isinstance(value, list) else [value])]
    return values


def target(row: Row, name: str) -> str | None:
    """The id of the resource that a relationship points to, if it points to one."""
    found = row.get("relationships", {}).get(name)
    return found[1] if found is not None and isinstance(found[1], str) else None


def listed(
    page: Sequence[Row],
    links: dict[str, str],
    query: Query,
    address: Address,
    included: Iterable[Row] = (),
) -> Reply:
    """The answer to a list."""
    body: Row = {"data": [resource(row, query, address) for row in page], "links": links}
    return Reply(200, body | _included(included, query, address))


def single(
    row: Row, query: Query, address: Address, included: Iterable[Row] = (), *, status: int = 200
) -> Reply:
    """The answer with one resource."""
    body: Row = {"data": resource(row, query, address), "links": {"self": address.own}}
    return Reply(status, body | _included(included, query, address))


def _included(rows: Iterable[Row], query: Query, address: Address) -> Row:
    if not query.include:
        return {}
    unique = {(row["type"], row["id"]): row for row in rows}
    return {"included": [resource(row, query, address) for row in unique.values()]}
