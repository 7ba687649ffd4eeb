"""JSON:API documents: resources with their links, sparse fields, pages and what is included."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote

from sandbox.kit.fields import sparse
from sandbox.kit.resources import Reply
from sandbox.klaviyo.account import Call, Row
from sandbox.klaviyo.fields import REQUIRED, WITH_PARENT
from sandbox.klaviyo.query import cursor_of

Look = Callable[[Row, str], list[Any]]
"""The values of a row's field that a filter or an order looks at."""


def page_of(rows: Iterable[Row], call: Call, *, look: Look) -> tuple[list[Row], dict[str, str]]:
    """The rows of the page that is asked for, and its links."""
    query = call.query
    name, falls = query.sort.removeprefix("-"), query.sort.startswith("-")
    found = [
        (key, row)
        for row in rows
        for key in [_key(row, name, look)]
        if query.after is None or _follows(key, query.after, falls=falls)
        if all(one.holds(look(row, one.field)) for one in query.conditions)
    ]
    found.sort(key=lambda pair: pair[0], reverse=falls)
    page = found[: query.size or None]
    links = {"self": call.own}
    if call.account.faults.spend("repeated_cursors"):
        links["next"] = call.own
    elif len(found) > len(page):
        links["next"] = call.after(cursor_of(query.sort, page[-1][0]))
    return [row for _, row in page], links


def _key(row: Row, name: str, look: Look) -> list[Any]:
    found = next(iter(look(row, name)), None) if name else None
    return [found is not None, "" if found is None else found, row["id"]]


def _follows(key: list[Any], after: list[Any], *, falls: bool) -> bool:
    try:
        return key < after if falls else key > after
    except TypeError:
        # A cursor of another list: its key is of another type.
        return False


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


def answer(
    call: Call, data: Row | Sequence[Row], included: Iterable[Row] = (), *,
    links: dict[str, str] | None = None, status: int = 200,
) -> Reply:  # fmt: skip
    """The answer with one resource, or with a list of them and the links of its page."""
    shown = (
        _resource(data, call) if isinstance(data, dict) else [_resource(one, call) for one in data]
    )
    body: Row = {"data": shown, "links": links or {"self": call.own}}
    if call.query.include:
        unique = {(row["type"], row["id"]): row for row in included}
        body["included"] = [_resource(row, call) for row in unique.values()]
    return Reply(body, status)


def _resource(row: Row, call: Call) -> Row:
    """A row as a resource object with the attributes that are asked for."""
    kind, key, attributes = row["type"], row["id"], row["attributes"]
    own = f"{call.origin}/api/{kind}s/{quote(key, safe='')}"
    if kind in call.query.fields:
        asked = call.query.fields[kind] | REQUIRED.get(kind, frozenset())
        attributes = sparse(attributes, asked | _with_parents(asked))
    found: Row = {"type": kind, "id": key, "attributes": attributes, "links": {"self": own}}
    related = {
        name: _relationship(name, where, own)
        for name, where in row.get("relationships", {}).items()
    }
    return found | ({"relationships": related} if related else {})


def _with_parents(asked: frozenset[str]) -> set[str]:
    """What stays inside attributes of which another part is asked for."""
    inside = {one: f"{one.rpartition('.')[0]}." for one in WITH_PARENT}
    return {one for one, parent in inside.items() if any(own.startswith(parent) for own in asked)}


def _relationship(name: str, where: tuple[str, Any] | None, own: str) -> Row:
    links = {"self": f"{own}/relationships/{name}", "related": f"{own}/{name}"}
    if where is None:
        return {"links": links}
    kind, keys = where
    several = isinstance(keys, list)
    data = [{"type": kind, "id": key} for key in (keys if several else [keys])]
    return {"data": data if several else data[0], "links": links}
