"""The faults: how a source goes wrong."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from contracts.streams import Page
from contracts.tables import TABLES, TableKind


@dataclass(frozen=True)
class Fault:
    """One way in which a source goes wrong."""

    name: str
    in_frame: Callable[[str, pl.DataFrame], pl.DataFrame] | None = None
    in_page: Callable[[list[Page]], list[Page]] | None = None


def _columns(table: str, *kinds: str) -> list[str]:
    columns = TABLES[table].schema.columns()
    return [
        name
        for name, column in columns.items()
        if (column.metadata or {}).get("kind") in kinds
        and name not in ("read_at", "mapping_version", "deleted_at", "created_date")
    ]


def _third(table: str) -> pl.Expr:
    """Every third document, all its rows together."""
    return TABLES[table].document_id.hash(seed=3) % 3 == 0


def _times(factor: int, *kinds: str) -> Callable[[str, pl.DataFrame], pl.DataFrame]:
    return lambda table, frame: frame.with_columns(
        pl.col(name) * factor for name in _columns(table, *kinds)
    )


def _sometimes(kinds: tuple[str, ...], spoil: Callable[[pl.Expr], pl.Expr]) -> Any:
    def in_frame(table: str, frame: pl.DataFrame) -> pl.DataFrame:
        is_hit = _third(table)
        return frame.with_columns(
            pl.when(is_hit).then(spoil(pl.col(name))).otherwise(pl.col(name)).alias(name)
            for name in _columns(table, *kinds)
        )

    return in_frame


def _shifted(hours: int) -> Callable[[str, pl.DataFrame], pl.DataFrame]:
    def in_frame(table: str, frame: pl.DataFrame) -> pl.DataFrame:
        days = 1 if hours > 0 else -1
        return frame.with_columns(
            *(pl.col(name).dt.offset_by(f"{hours}h") for name in _columns(table, "instant")),
            *(pl.col(name).dt.offset_by(f"{days}d") for name in _columns(table, "day")),
        )

    return in_frame


def _twice(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """A third of the documents again, their figures one larger."""
    again = frame.filter(_third(table))
    figures = _columns(table, "money", "count", "number")
    texts = [] if figures else _columns(table, "text", "flag")
    return pl.concat(
        [
            frame,
            again.with_columns(
                *(pl.col(name) + 1 for name in figures),
                *(
                    ~pl.col(name)
                    if frame[name].dtype == pl.Boolean
                    else pl.lit("another").alias(name)
                    for name in texts
                ),
                pl.col("content_hash") + 1,
            ),
        ]
    )


def _without_a_stretch(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Most of what is told is left out: of what has a day the last ones, else three quarters."""
    at = next((one for one in _DATED if one in frame.columns), None)
    if at is None:
        return frame.filter(TABLES[table].document_id.hash(seed=5) % 4 == 0)
    newest = frame[at].max()
    if not isinstance(newest, dt.date):
        return frame
    return frame.filter(pl.col(at) < newest - dt.timedelta(days=_DATED[at]))


_DATED: Final = {"created_date": 1, "ad_date": 2, "traffic_date": 2, "stockout_date": 2}
"""Days before the newest that are left out as well."""


def _without_a_column(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """A field that all rows have, of those that may be missing; else one that may not."""
    columns = TABLES[table].schema.columns()
    candidates = [*_columns(table, "identifier", "text", "money", "count", "code", "currency")]
    key = {*TABLES[table].key}
    full = [name for name in candidates if name not in key and frame[name].null_count() == 0]
    name = min(full, key=lambda one: not columns[one].nullable, default=None)
    return (
        frame if name is None else frame.with_columns(pl.lit(None, frame[name].dtype).alias(name))
    )


def _older(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Every document as it was a day before, its figures one larger."""
    if frame["source_updated_at"].null_count() or TABLES[table].kind is not TableKind.VERSIONED:
        return frame
    return frame.with_columns(
        pl.col("source_updated_at").dt.offset_by("-1d"),
        *(pl.col(name) + 1 for name in _columns(table, "money", "count", "number")),
    )


def _cut(pages: list[Page]) -> list[Page]:
    """The last answer breaks off in its middle."""
    return [*pages[:-1], Page(pages[-1].body[: len(pages[-1].body) // 2], pages[-1].part)]


def _renamed(pages: list[Page]) -> list[Page]:
    """Every answer calls all its fields by other names."""
    return [Page(_renamed_fields(page.body), page.part) for page in pages]


def _renamed_fields(body: bytes) -> bytes:
    try:
        plain = json.loads(body)
    except ValueError:
        head, _, rest = body.partition(b"\n")
        return head.replace(b",", b"_x,") + b"_x\n" + rest
    return json.dumps(_renamed_inside(plain, depth=0)).encode()


def _renamed_inside(value: Any, depth: int) -> Any:
    if isinstance(value, list):
        return [_renamed_inside(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {
            (name if isinstance(inner, dict | list) else f"{name}_x"): _renamed_inside(
                inner, depth + 1
            )
            for name, inner in value.items()
        }
    return value


FAULTS: Final = {
    fault.name: fault
    for fault in (
        Fault("unit", _times(100, "money")),
        Fault("currency", _sometimes(("currency",), lambda _: pl.lit("XTS"))),
        Fault("sign", _times(-1, "money", "count")),
        Fault("scale", _times(1_000, "count")),
        Fault("zone ahead", _shifted(8)),
        Fault("zone behind", _shifted(-8)),
        Fault("duplicate", _twice),
        Fault("missing", _without_a_stretch),
        Fault("truncated", in_page=_cut),
        Fault("unknown code", _sometimes(("code",), lambda _: pl.lit("?"))),
        Fault("field gone", _without_a_column),
        Fault("renamed", in_page=_renamed),
    )
}
OLDER: Final = Fault("reordered", _older)
"""An older version of everything, which is told after the newer one."""
