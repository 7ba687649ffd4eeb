"""Rows of every table that names somebody, as a stream of a platform tells them."""

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterable
from typing import Any

import msgspec
import polars as pl

from connectors.base.declaration import Stream
from connectors.base.documents import RawDocument
from contracts.families import naming_columns
from contracts.personal import Redacted, member_columns, purposes
from contracts.streams import Context, Mapped, Page, Reject
from contracts.tables import TABLES, Table
from tests.flows.scripted import NOW
from warehouse.merge import family

AT = NOW - dt.timedelta(days=1)
THEIRS, OTHERS = "theirs", "others"
MEMBER = {THEIRS: "platform-member-theirs", OTHERS: "platform-member-others"}
BORN = {THEIRS: "02-29", OTHERS: "11-30"}


def planted(column: str, whose: str) -> str:
    """What stands in a column of somebody: a text that stands nowhere else, but for a birthday."""
    if column == "month_day":
        return BORN[whose]
    return MEMBER[whose] if "member" in column else f"{column}.{whose}@example.com"


def row(table: Table, whose: str, action_id: str) -> dict[str, Any]:
    """A row that says all there is to say of somebody."""
    schema = table.schema
    columns = schema.columns()
    fields: dict[str, Any] = {
        name: planted(name, whose)
        for name in columns
        if name
        in (
            *member_columns(table),
            *purposes(schema),
            *naming_columns(table),
            "coupon_id",
            "report",
        )
    }
    fields |= {name: action_id for name in fields if name == "message_id"}
    fields |= {
        name: AT
        for name, dtype in schema.create_empty().schema.items()
        if dtype == pl.Datetime("us", "UTC")
    }
    fields |= {"shop_id": "shop", "mapping_version": 1, "deleted_at": None, "limit_units": 1}
    fields |= {"created_date": AT.date(), "currency": "EUR", "read_at": NOW}
    fields |= {"line_kind": "sale", "is_test": False}
    given = {name: value for name, value in fields.items() if name in columns}
    return schema.sample(1, overrides=[given]).to_dicts()[0]


class Shipped:
    """A page is a list of documents, each with its rows by table."""

    def split(self, page: Page) -> list[RawDocument]:
        return [
            RawDocument(one["table"], one["id"], json.dumps(one).encode())
            for one in json.loads(page.body)
        ]

    def without(self, page: Page, bad: Collection[int]) -> Page:
        kept = [one for place, one in enumerate(json.loads(page.body)) if place not in bad]
        return Page(json.dumps(kept).encode(), page.part)


def page_of(root: Table, action_ids: dict[str, str], whose: Iterable[str]) -> Page:
    """The documents of a table, as a platform would send them."""
    documents = []
    for one in whose:
        rows = {name: [row(TABLES[name], one, action_ids[one])] for name in family(root)}
        frame = pl.DataFrame(rows[root.name], schema=root.schema.create_empty().schema)
        document_id = frame.select(root.document_id.alias("id")).item()
        documents.append({"table": root.name, "id": document_id, "rows": rows, "note": f"of {one}"})
    return Page(json.dumps(documents, default=str).encode(), f"page:{root.name}")


def to_rows(pages: Iterable[Page], context: Context) -> Mapped:
    """The rows as they were sent; a document that says so is held."""
    frames: dict[str, list[dict[str, Any]]] = {}
    held_back = []
    for document in (one for page in pages for one in json.loads(page.body)):
        for name, rows in document["rows"].items():
            frames.setdefault(name, []).extend(rows)
        if document.get("is_odd"):
            held_back.append(
                {
                    "table": document["table"],
                    "document_id": document["id"],
                    "reason": "unknown_code",
                    "column": "shop_id",
                    "detail": None,
                    "raw": None,
                }
            )
    decoded = {
        name: pl.DataFrame(
            [msgspec.convert(one, dict) for one in rows],
            schema={
                k: pl.String if v.is_temporal() else v
                for k, v in TABLES[name].schema.create_empty().schema.items()
            },
        ).with_columns(
            pl.col(k).str.to_datetime(time_zone="UTC", time_unit="us")
            if v == pl.Datetime("us", "UTC")
            else pl.col(k).str.to_date()
            for k, v in TABLES[name].schema.create_empty().schema.items()
            if v.is_temporal()
        )
        for name, rows in frames.items()
    }
    return Mapped(decoded, pl.DataFrame(held_back, schema=Reject.create_empty().schema))


def redacted(page: Page, is_meant: Callable[[str], bool]) -> Redacted:
    """Without the members meant: their own documents go, others name nobody."""
    kept, removed = [], []
    for document in json.loads(page.body):
        rows = [one for some in document["rows"].values() for one in some]
        theirs = [one for one in rows if one.get("member_id") and is_meant(one["member_id"])]
        removed += [dict(one) for one in theirs]
        for one in theirs:
            one["member_id"] = None
        if not theirs or TABLES[document["table"]].document[0] != "member_id":
            kept.append(document)
    return (
        Redacted(Page(json.dumps(kept).encode(), page.part), tuple(removed))
        if removed
        else Redacted(page)
    )


def stream(root: Table) -> Stream:
    return Stream(
        name=root.name.replace("_", "-"),
        tables=tuple(TABLES[name].schema for name in family(root)),
        fetch=lambda _client, _window: iter(()),
        to_canonical=to_rows,
        documents=Shipped(),
        redact=redacted,
    )
