"""Documents as tables of fields: a name, the column it stands for, and how it is written.

ITEM: Final[Fields] = {
    **as_is("title", num="on_hand_units"),
    **written(yuan, price="price_minor"),
    **fixed(type="fixed"),
    "sku_id": lambda row: str(ids.SKU + row["product_id"]),
}
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from sandbox.kit.values import ratio_text

Row = Mapping[str, Any]
Document = dict[str, Any]
Read = Callable[[Row], Any]
Fields = Mapping[str, Read]


def as_is(*same: str, **named: str) -> dict[str, Read]:
    """Fields that are columns as they are; `same` are called like their columns."""
    return written(lambda value: value, *same, **named)


def written(how: Callable[[Any], Any], *same: str, **named: str) -> dict[str, Read]:
    """Fields of one type: a column each, written by `how`; a column without a value has none."""
    columns = {name: name for name in same} | named
    return {name: _read(column, how) for name, column in columns.items()}


def fixed(**values: object) -> dict[str, Read]:
    """Fields that every document has alike."""
    return {name: _constant(value) for name, value in values.items()}


def quotient(part: str, of: str, *, times: int = 1, places: int = 2) -> Read:
    """A field that is a column by another, as text; nothing by nothing is 0."""
    return lambda row: ratio_text(row[part] * times, row[of], places=places)


def alike(value: object, names: str) -> Document:
    """One value under several names, which stand between spaces: what a platform leaves empty."""
    return dict.fromkeys(names.split(), value)


def document(fields: Fields, row: Row, *, only: Collection[str] | None = None) -> Document:
    """The document of a row, or what of it is asked for; fields without a value stay None."""
    return {name: read(row) for name, read in fields.items() if only is None or name in only}


def documents(
    fields: Fields, rows: Iterable[Row], *, only: Collection[str] | None = None
) -> list[Document]:
    """The documents of rows."""
    return [document(fields, row, only=only) for row in rows]


def nested(**tables: Fields) -> dict[str, Read]:
    """Fields that are objects over the same row; one without any value is None."""
    return {name: _nested(fields) for name, fields in tables.items()}


def singles(**tables: Fields) -> dict[str, Read]:
    """Fields that are lists of one object over the same row."""
    return {name: _single(fields) for name, fields in tables.items()}


def lean(fields: Fields, row: Row, *, only: Collection[str] | None = None) -> Document:
    """The document of a row without the fields that have no value."""
    return without_none(document(fields, row, only=only))


def sparse(found: Any, asked: Collection[str]) -> Any:
    """What is asked for of a document, or of each in a list; "a.b" is a field inside a."""
    if isinstance(found, list):
        return [sparse(one, asked) for one in found]
    if not isinstance(found, dict):
        return found
    kept = {}
    for name, value in found.items():
        inside = [one.partition(".")[2] for one in asked if one.startswith(f"{name}.")]
        if name in asked or inside:
            kept[name] = value if name in asked else sparse(value, inside)
    return kept


def without(fields: Fields, *names: str) -> dict[str, Read]:
    """The table without some of its fields."""
    return {name: read for name, read in fields.items() if name not in names}


def without_none(found: Document) -> Document:
    """A document without the fields that have no value, for a platform that leaves them out."""
    return {name: value for name, value in found.items() if value is not None}


def _read(column: str, how: Callable[[Any], Any]) -> Read:
    def read(row: Row) -> Any:
        value = row[column]
        return None if value is None else how(value)

    return read


def _nested(fields: Fields) -> Read:
    return lambda row: lean(fields, row) or None


def _single(fields: Fields) -> Read:
    return lambda row: [lean(fields, row)]


def _constant(value: object) -> Read:
    return lambda _: value
