"""What a newer mapping says of a raw answer wins, in whatever order old and new rows arrive."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
from deltalake import DeltaTable, write_deltalake
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.tables import TABLES, Price, TrafficDaily
from tests.warehouse.rows import batch, document, hour, rows, version_rows
from warehouse.lake import Lake
from warehouse.merge import family, merge_documents, merge_observations, merge_slices

ORDERS = family(TABLES["orders"])
OLD, NEW = 1, 2


@dataclass(frozen=True)
class Version:
    """An order as one reading showed it: a later version has more in `content`."""

    source: int | None
    read: int
    content: int
    lines: tuple[tuple[str, int], ...]
    mapping: int = OLD

    def remapped(self) -> "Version":
        """The same answer by a mapping that counts pieces otherwise and knows no line c."""
        lines = tuple((line, units + 10) for line, units in self.lines if line != "c")
        return replace(self, lines=lines, mapping=NEW, content=7 - self.content)

    def frames(self) -> dict[str, list[dict[str, Any]]]:
        return version_rows(
            lines=dict(self.lines),
            source_updated_at=None if self.source is None else hour(self.source),
            read_at=hour(self.read),
            mapping_version=self.mapping,
            content_hash=self.content,
        )


@st.composite
def histories(draw: st.DrawFn) -> list[Version]:
    """Readings of an order that changed once or never, most of them of the same version."""
    sources = draw(st.sampled_from([(None,), (0,), (0, 1)]))
    versions = []
    for content, source in enumerate(sources):
        lines = draw(st.dictionaries(st.sampled_from("abc"), st.integers(1, 3), min_size=1))
        for read in draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)):
            versions.append(Version(source, read, content, tuple(sorted(lines.items()))))
    return versions


def merged(batches: Sequence[Mapping[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    held: dict[str, pl.DataFrame] = {name: TABLES[name].schema.create_empty() for name in ORDERS}
    for frames in batches:
        held = {name: one.rows for name, one in merge_documents(held, frames).items()}
    return held


def living(held: Mapping[str, pl.DataFrame]) -> dict[str, list[tuple[Any, ...]]]:
    return {
        name: frame.filter(pl.col("deleted_at").is_null()).sort(TABLES[name].key).rows()
        for name, frame in held.items()
    }


@settings(max_examples=60, deadline=None)
@given(histories(), st.randoms(use_true_random=False), st.integers(1, 4))
def test_documents_end_as_the_new_mapping_has_them_in_any_order(
    versions: list[Version], random: Any, size: int
) -> None:
    remapped = [version.remapped() for version in versions]
    delivered = [*versions, *remapped, *random.sample(versions, k=len(versions) // 2)]
    random.shuffle(delivered)
    batches = [
        batch([version.frames() for version in delivered[start : start + size]])
        for start in range(0, len(delivered), size)
    ]
    alone = merged([batch([version.frames()]) for version in remapped])
    assert living(merged(batches)) == living(alone)


def test_a_later_version_is_not_undone_by_replaying_an_earlier_one() -> None:
    """Landing may have lost the later reading; its old rows then stay."""
    later = document(source_updated_at=hour(5), read_at=hour(6), lines={"a": 2}, content_hash=1)
    earlier = document(
        source_updated_at=hour(1), read_at=hour(2), lines={"a": 9}, mapping_version=NEW
    )
    held = merged([later, earlier])
    assert held["order_lines"]["quantity_units"].to_list() == [2]


def _offer(price: int, *, read: int, mapping: int) -> pl.DataFrame:
    return rows(
        Price,
        [
            {
                "listing_id": "v1",
                "observed_at": hour(0),
                "price_minor": price,
                "read_at": hour(read),
                "mapping_version": mapping,
                "content_hash": price,
            }
        ],
    )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4)), min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
def test_a_price_that_a_new_mapping_reads_otherwise_replaces_the_old_one(
    seen: list[tuple[int, int]], random: Any
) -> None:
    old = [_offer(price, read=read, mapping=OLD) for price, read in seen]
    new = [_offer(price + 100, read=read, mapping=NEW) for price, read in seen]
    delivered = [*old, *new]
    random.shuffle(delivered)

    def held(frames: Sequence[pl.DataFrame]) -> list[tuple[Any, ...]]:
        stored: pl.DataFrame = Price.create_empty()
        for frame in frames:
            stored = merge_observations(stored, frame, TABLES["prices"]).rows
        return stored.sort("price_minor").rows()

    assert held(delivered) == held(new)


@given(st.permutations([(1, OLD), (2, OLD), (1, NEW), (2, NEW)]))
def test_a_day_of_traffic_is_the_newest_export_by_the_new_mapping(
    delivered: list[tuple[int, int]],
) -> None:
    held: pl.DataFrame = TrafficDaily.create_empty()
    for export, mapping in delivered:
        frame = rows(
            TrafficDaily,
            [
                {
                    "traffic_date": dt.date(2026, 11, 1),
                    "source_updated_at": hour(export),
                    "visitors_units": export * 10 + mapping,
                    "mapping_version": mapping,
                    "content_hash": -(export * 10 + mapping),
                }
            ],
        )
        held = merge_slices(held, frame, TABLES["traffic_daily"]).rows
    assert held["visitors_units"].to_list() == [22]


def test_a_lake_written_before_mappings_were_counted_is_read_and_replaced(tmp_path: Path) -> None:
    old = document("1", lines={"a": 1})
    for name, frame in old.items():
        write_deltalake(
            str(tmp_path / name),
            frame.drop("mapping_version"),
            partition_by=TABLES[name].partition,
        )
    lake = Lake(tmp_path)
    assert lake.scan("order_lines").collect()["mapping_version"].to_list() == [1]
    lake.merge(document("1", lines={"a": 5}, mapping_version=NEW, content_hash=9))
    lake.merge(document("2", lines={"b": 3}, mapping_version=NEW, content_hash=8))
    held = lake.scan("order_lines").collect().sort("order_id")
    assert held.select("quantity_units", "mapping_version").rows() == [(5, NEW), (3, NEW)]
    assert DeltaTable(str(tmp_path / "order_lines")).version() == 2
