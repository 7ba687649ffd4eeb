"""Descriptions read from TOML and judged by the contracts, before anything is read by them."""

import importlib.resources
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dataframely as dy

from connectors.files.columns import Column, TableLayout
from connectors.files.layout import MOST_WILDCARDS, STAMPS, STREAMS, TOKEN, FileLayout, Layouts
from contracts.errors import ConfigurationError
from contracts.tables import table_of
from contracts.tables.base import Dated
from contracts.toml_settings import line_of, parse

_MADE = ("goods_minor", "goods_units")
"""What the kit makes of an order's lines."""


def load(source: str) -> tuple[FileLayout, ...]:
    """Descriptions in a TOML file, or in the ready-made one of that name ("erp_costs").

    Raises:
        ConfigurationError: there is no such file, or something in it is wrong; names file, line
            and key.
    """
    if source.endswith(".toml"):
        file = Path(source)
    else:
        ready = importlib.resources.files("connectors.files") / "mappings" / f"{source}.toml"
        file = Path(str(ready))
    if not file.is_file():
        raise ConfigurationError(f"There is no mapping {source!r}: name a TOML file or a ready one")
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file.name} is not UTF-8: see byte {error.start}") from None
    layouts = parse(text, Layouts, file=file.name).file
    for number, layout in enumerate(layouts):
        for path, problem in problems(layout):
            full: tuple[str | int, ...] = ("file", number, *path)
            key = ".".join(str(part) for part in full)
            raise ConfigurationError(f"{file.name}, line {line_of(text, full)}: `{key}`: {problem}")
    return layouts


def problems(layout: FileLayout) -> Iterator[tuple[tuple[str, ...], str]]:
    """What the contracts have against a description: the key's path and a sentence."""
    stamps = [token for token in TOKEN.findall(layout.pattern) if token.startswith("{")]
    if len(stamps) != 1 or stamps[0] not in STAMPS:
        yield ("pattern",), f"needs the export instant as one of {', '.join(STAMPS)}"
    if len(layout.wildcards()) > MOST_WILDCARDS:
        yield ("pattern",), f"has more than {MOST_WILDCARDS} of * and **/"
    yield from _options(layout)
    known = {table_of(schema).name: schema for schema in STREAMS[layout.stream]}
    if layout.stream == "exported_orders" and set(layout.tables) < set(known):
        yield ("tables",), "orders and order_lines go together: goods are the sum of the lines"
    for name, table in layout.tables.items():
        if name not in known:
            yield ("tables", name), f"stream {layout.stream} fills {', '.join(known)} only"
        else:
            yield from _columns(("tables", name), table, known[name], layout)
            yield from _rows(("tables", name), table, known[name])
            yield from _conditions(("tables", name), table, layout.known)


def _options(layout: FileLayout) -> Iterator[tuple[tuple[str, ...], str]]:
    foreign = {"csv": {"sheet"}, "xlsx": {"encoding", "delimiter"}, "by_name": set[str]()}
    for name in sorted(foreign[layout.format] & layout.model_fields_set):
        yield (name,), f"means nothing to {layout.format}"


def _columns(
    path: tuple[str, ...], table: TableLayout, schema: type[dy.Schema], layout: FileLayout
) -> Iterator[tuple[tuple[str, ...], str]]:
    made = {*Dated.columns(), *_MADE}
    columns = {n: c for n, c in schema.columns().items() if n not in made}
    for name, given in table.columns.items():
        if name not in columns:
            yield (*path, "columns", name), f"the table has {', '.join(columns)}"
            continue
        meta = columns[name].metadata or {}
        for one in given.branches():
            if problem := _problem(one, meta, layout):
                yield (*path, "columns", name), problem
        is_split = any(one.split for one in given.branches())
        if is_split and (given.is_conditional or not table_of(schema).document):
            yield (*path, "columns", name), "`split` is for every row of a document"
    for name, column in columns.items():
        if not column.nullable and name not in table.columns and name != "currency":
            yield (*path, "columns"), f"`{name}` is missing"


def _rows(
    path: tuple[str, ...], table: TableLayout, schema: type[dy.Schema]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong with how several rows become one."""
    metas = {name: column.metadata or {} for name, column in schema.columns().items()}
    if table.covers_days is not None and not table_of(schema).slice_by:
        yield (*path, "covers_days"), "means nothing to a table that is not read by the day"
    for name in table.sum:
        if name not in table.columns or name in schema.primary_key():
            yield (*path, "sum"), f"`{name}` is no measure of this table"
    for name in table.latest:
        if name not in table.columns or metas[name]["kind"] != "instant":
            yield (*path, "latest"), f"`{name}` is no instant of this table"
    for name, mixes in table.mixed.items():
        codes = set(metas.get(name, {}).get("codes", ()))
        if name not in table.columns or not set(mixes.values()) <= codes:
            yield (*path, "mixed", name), f"needs codes of this table: {', '.join(sorted(codes))}"


def _conditions(
    path: tuple[str, ...], table: TableLayout, known: dict[str, tuple[str, ...]]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Values that are asked for and in no list of all there are."""
    for name, given in table.columns.items():
        for one in given.branches():
            for asked, values in one.when.items():
                strange = [value for value in values if value not in known.get(asked, ())]
                if strange:
                    missing = f"`known` of the file lacks {', '.join(map(repr, strange))}"
                    yield (*path, "columns", name), f"{missing} of {asked!r}"


def _problem(given: Column, meta: dict[str, Any], layout: FileLayout) -> str | None:
    kind = meta["kind"]
    closed: dict[str, set[str | bool]] = {
        "code": set(meta.get("codes", ())),
        "flag": {True, False},
        "rank": {str(place) for place in range(21)},
    }
    allowed = closed.get(kind, set())
    if given.constant is not None:
        wrong = kind in closed and given.constant not in allowed
        return f"`constant` is none of {_listed(allowed)}" if wrong else None
    if given.place:
        return None if kind == "identifier" else "`place` names a line"
    if given.stamp:
        return None if kind in ("instant", "day") else "`stamp` is an instant or a day"
    if problem := _reckoned(given, kind):
        return problem
    if kind == "instant" and given.format is None and not layout.instants:
        return "an instant needs `format`, such as iso or %Y-%m-%d %H:%M:%S"
    if kind in closed and not (given.codes and set(given.codes.values()) <= allowed):
        return f"needs `codes` that map the export's values to {_listed(allowed)}"
    return None


def _reckoned(given: Column, kind: str) -> str | None:
    """What is wrong with how a value is put together of several columns."""
    if given.times and (kind not in ("count", "number") or given.plus or given.minus):
        return "only a count or a number is multiplied, and nothing is added to it"
    if given.minus and kind not in ("money", "count"):
        return "only money and counts are taken off each other"
    if given.plus and kind not in ("money", "count", "identifier"):
        return "only money, counts and identifiers are put together"
    if (given.per or given.split) and kind != "money":
        return "only money is divided"
    if kind == "money" and given.unit is None:
        return "money needs `unit`: major, minor, mill or micros"
    return None


def _listed(values: set[str | bool]) -> str:
    return ", ".join(sorted(str(value).lower() for value in values))
