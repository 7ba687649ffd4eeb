"""The data dictionary: every table and column, written from the schema classes."""

import inspect

import dataframely as dy

from contracts.tables import TABLES, Table, TableKind

_HEAD = """# Data dictionary

Written from `contracts/tables` by `make dictionary`; a test fails when it is stale. Instants are
UTC and end in `_at`; days are in the shop's zone and end in `_date`; amounts are integer minor
units of the row's `currency` and end in `_minor`; fractions end in `_rate`, counts in `_units` and,
of orders, in `_count`.
"""

_KINDS = {
    TableKind.VERSIONED: "Versioned: the newest version of a document wins",
    TableKind.SLICE: "Slice: the newest reading of a slice replaces it",
    TableKind.OBSERVATION: "Observation: appended; read as of a moment",
    TableKind.DERIVED: "Derived: computed by every build",
}


def render() -> str:
    """The dictionary as Markdown."""
    canonical = [table for table in TABLES.values() if table.kind is not TableKind.DERIVED]
    derived = [table for table in TABLES.values() if table.kind is TableKind.DERIVED]
    parts = [_HEAD, "\n## Canonical tables\n", *map(_table, canonical)]
    parts += ["\n## Derived tables\n", *map(_table, derived)]
    return "".join(parts)


def _table(table: Table) -> str:
    doc = inspect.cleandoc(table.schema.__doc__ or "")
    facts = [_KINDS[table.kind] + f". Schema version {table.version}."]
    if table.document:
        facts.append(f"Document: {', '.join(table.document)}.")
    if table.slice_by:
        facts.append(f"Slice: {', '.join(table.slice_by)}.")
    if table.together:
        facts.append(f"Passes whole: {', '.join(table.together)}.")
    if table.partition:
        facts.append(f"Partition: {table.partition}.")
    rows = "\n".join(_row(name, column) for name, column in table.schema.columns().items())
    return (
        f"\n### {table.name}\n\n{doc}\n\n{' '.join(facts)}\n\n"
        "| column | type | key | may be null | unit | meaning |\n|---|---|---|---|---|---|\n"
        f"{rows}\n"
    )


def _row(name: str, column: dy.Column) -> str:
    meta = column.metadata or {}
    meaning = (column.description or "").rstrip(".")
    if codes := meta.get("codes"):
        meaning += ": " + ", ".join(f"`{value}`" for value in codes)
    if purpose := meta.get("personal"):
        meaning += f" (personal: {purpose})"
    kind = meta.get("kind", str(column.dtype).lower())
    key = "yes" if column.primary_key else ""
    null = "yes" if column.nullable else ""
    return f"| `{name}` | {kind} | {key} | {null} | {meta.get('unit', '')} | {meaning} |"
