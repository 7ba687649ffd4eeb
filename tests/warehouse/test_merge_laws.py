"""Whatever the order, repetition and cutting of batches: one result, and the one that is due."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base.mapping import Mapper
from contracts.streams import Context
from contracts.tables import TABLES, Price, TrafficDaily
from tests.warehouse.rows import batch, document, hour, rows, version_rows
from warehouse.merge import family, merge_documents, merge_observations, merge_slices

ORDERS = family(TABLES["orders"])
Facts = dict[str, dict[tuple[str, ...], tuple[Any, ...]]]


@dataclass(frozen=True)
class Version:
    """An order as read once. Of equal instants the one with more in `content` was changed last."""

    order_id: str
    source: int | None
    read: int
    content: int
    lines: tuple[tuple[str, int], ...]
    refunds: tuple[str, ...]

    @property
    def instant(self) -> int:
        return self.read if self.source is None else self.source

    @property
    def rank(self) -> tuple[int, bool, int, int]:
        return self.instant, self.source is not None, self.read, self.content

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        return version_rows(
            self.order_id,
            lines=dict(self.lines),
            refunds=self.refunds,
            source_updated_at=None if self.source is None else hour(self.source),
            read_at=hour(self.read),
            content_hash=self.content,
        )

    def held(self) -> dict[tuple[str, str], int]:
        found = {("orders", ""): 1}
        found |= {("order_lines", line): units for line, units in self.lines}
        return found | {("refunds", refund): 1 for refund in self.refunds}


@st.composite
def histories(draw: st.DrawFn) -> list[Version]:
    """Readings of two orders; the platform does not go back under an unmoved instant."""
    versions: list[Version] = []
    for order_id in ("1", "2"):
        lines = st.dictionaries(st.sampled_from("abc"), st.integers(1, 3), min_size=1)
        contents = draw(
            st.lists(st.tuples(lines, st.sets(st.sampled_from("rs"))), min_size=3, max_size=3)
        )
        sources = draw(st.sampled_from([(None,), (0, 1), (1,), (None, 2)]))
        for source in sources:
            count = draw(st.integers(1, 4))
            reads = draw(st.lists(st.integers(0, 4), min_size=count, max_size=count))
            shown = draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
            if source is not None:
                reads, shown = sorted(reads), sorted(shown)
            for read, content in zip(reads, shown, strict=True):
                held, refunds = contents[content]
                versions.append(
                    Version(
                        order_id, source, read, content,
                        tuple(sorted(held.items())), tuple(sorted(refunds)),
                    )
                )  # fmt: skip
    return versions


def expected(versions: Sequence[Version]) -> Facts:
    """The rule in plain Python: newest version per document, newest holder per row."""
    facts: Facts = {name: {} for name in ORDERS}
    for order_id in {version.order_id for version in versions}:
        mine = [version for version in versions if version.order_id == order_id]
        newest = max(mine, key=lambda version: version.rank)
        for table, key in {key for version in mine for key in version.held()}:
            holder = max(
                (version for version in mine if (table, key) in version.held()),
                key=lambda version: version.rank,
            )
            same = [
                version.read
                for version in mine
                if (version.source, version.content) == (holder.source, holder.content)
            ]
            first_read = holder.read if holder.source is None else min(same)
            lives = (holder.instant, holder.content) == (newest.instant, newest.content)
            name = (order_id,) if table == "orders" else (order_id, key)
            facts[table][name] = (
                holder.held()[table, key],
                hour(first_read),
                holder.content,
                None if lives else hour(newest.instant),
            )
    return facts


def merged(batches: Sequence[Mapping[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    held: dict[str, pl.DataFrame] = {name: TABLES[name].schema.create_empty() for name in ORDERS}
    for frames in batches:
        held = {name: one.rows for name, one in merge_documents(held, frames).items()}
    return held


def facts_of(held: Mapping[str, pl.DataFrame]) -> Facts:
    facts: Facts = {}
    for name, frame in held.items():
        units = "quantity_units" if name == "order_lines" else pl.lit(1)
        key = [column for column in TABLES[name].key if column != "shop_id"]
        assert frame.select(key).is_unique().all()
        values = frame.select(units, "read_at", "content_hash", "deleted_at").rows()
        facts[name] = dict(zip(frame.select(key).rows(), values, strict=True))
    return facts


@settings(max_examples=60, deadline=None)
@given(histories(), st.randoms(use_true_random=False), st.integers(1, 4))
def test_orders_end_alike_in_any_order_cut_and_repetition(
    versions: list[Version], random: Any, size: int
) -> None:
    delivered = versions + random.sample(versions, k=len(versions) // 2)
    random.shuffle(delivered)
    batches = [
        batch([version.rows() for version in delivered[start : start + size]])
        for start in range(0, len(delivered), size)
    ]
    assert facts_of(merged(batches)) == expected(versions)


@settings(max_examples=20, deadline=None)
@given(histories())
def test_a_batch_merged_again_changes_nothing(versions: list[Version]) -> None:
    frames = batch([version.rows() for version in versions])
    held = merged([frames])
    again = merge_documents(held, frames)
    assert not any(one.dirty.any() or one.added or one.changed for one in again.values())


@given(st.permutations([1, 2, 3]))
def test_a_line_that_comes_twice_in_one_version_is_the_same_one_in_any_order(
    pieces: list[int],
) -> None:
    frames = document(lines={"a": pieces[0]})
    twice = [document(lines={"a": units})["order_lines"] for units in pieces]
    held = merged([{**frames, "order_lines": pl.concat(twice)}])
    straight = merged([{**frames, "order_lines": pl.concat(sorted_by_units(twice))}])
    assert held["order_lines"].equals(straight["order_lines"])
    assert held["order_lines"].height == 1


def sorted_by_units(frames: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
    return sorted(frames, key=lambda frame: int(frame["quantity_units"][0]))


@dataclass(frozen=True)
class Export:
    """A reading of one day's traffic: visitors per source of visits, or none at all."""

    day: int
    source: int | None
    read: int
    content: int
    visitors: tuple[str, ...]

    @property
    def rank(self) -> tuple[int, bool, int, int]:
        instant = self.read if self.source is None else self.source
        return instant, self.source is not None, self.read, self.content

    def frame(self) -> pl.DataFrame:
        source = None if self.source is None else hour(self.source)
        head = {
            "traffic_date": dt.date(2026, 11, self.day),
            "source_updated_at": source,
            "read_at": hour(self.read),
        }
        if not self.visitors:
            empty = empty_day(dt.date(2026, 11, self.day), source, hour(self.read))
            return empty.with_columns(content_hash=pl.lit(100**self.content, pl.Int64))
        return rows(
            TrafficDaily,
            [
                {
                    **head,
                    "traffic_source": name,
                    "visitors_units": self.content,
                    "content_hash": 100**self.content + ord(name) % 3,
                }
                for name in self.visitors
            ],
        )


def empty_day(day: dt.date, source: dt.datetime | None, read_at: dt.datetime) -> pl.DataFrame:
    """As a connector's mapping says that a day was read and holds nothing."""
    at = pl.lit(source, pl.Datetime("us", "UTC"))
    mapper = Mapper(Context("demo", "USD", "UTC", read_at))
    mapper.add_empty(TrafficDaily, pl.DataFrame({"traffic_date": [day]}), at)
    return mapper.done().frames["traffic_daily"]


@st.composite
def exports(draw: st.DrawFn) -> list[Export]:
    """Overlapping re-exports of two days; later ones may hold fewer rows, or none."""
    found: list[Export] = []
    for day in (1, 2):
        contents = draw(st.lists(st.sets(st.sampled_from("abc")), min_size=3, max_size=3))
        for source in draw(st.sampled_from([(None,), (0, 1)])):
            count = draw(st.integers(1, 3))
            reads = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
            shown = draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
            if source is not None:
                reads, shown = sorted(reads), sorted(shown)
            found += [
                Export(day, source, read, content, tuple(sorted(contents[content])))
                for read, content in zip(reads, shown, strict=True)
            ]
    return found


@settings(max_examples=60, deadline=None)
@given(exports(), st.randoms(use_true_random=False))
def test_the_newest_export_of_a_day_wins_whole_in_any_order(
    found: list[Export], random: Any
) -> None:
    delivered = found + random.sample(found, k=len(found) // 2)
    random.shuffle(delivered)
    held: pl.DataFrame = TrafficDaily.create_empty()
    for export in delivered:
        held = merge_slices(held, export.frame(), TABLES["traffic_daily"]).rows
    for day in {export.day for export in found}:
        mine = [export for export in found if export.day == day]
        newest = max(mine, key=lambda export: export.rank)
        same = [
            export.read
            for export in mine
            if (export.source, export.content) == (newest.source, newest.content)
        ]
        first_read = newest.read if newest.source is None else min(same)
        of_day = held.filter(pl.col("traffic_date") == dt.date(2026, 11, day))
        living = of_day.filter(pl.col("deleted_at").is_null())
        assert sorted(living["traffic_source"]) == list(newest.visitors)
        assert living["visitors_units"].unique().to_list() == [newest.content][: living.height]
        assert of_day["read_at"].unique().to_list() == [hour(first_read)]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2), st.integers(0, 5)), min_size=1),
    st.randoms(use_true_random=False),
)
def test_a_price_seen_again_is_kept_as_it_was_first_read(
    seen: list[tuple[str, int, int]], random: Any
) -> None:
    delivered = seen + random.sample(seen, k=len(seen) // 2)
    random.shuffle(delivered)
    held: pl.DataFrame = Price.create_empty()
    for some in (delivered[::2], delivered[1::2]):
        frame = rows(
            Price,
            [
                {
                    "listing_id": listing,
                    "observed_at": hour(0),
                    "price_minor": price,
                    "content_hash": price,
                    "read_at": hour(read),
                }
                for listing, price, read in some
            ],
        )
        held = merge_observations(held, frame, TABLES["prices"]).rows
    first: dict[tuple[str, int], int] = {}
    for listing, price, read in seen:
        first[listing, price] = min(read, first.get((listing, price), read))
    found = held.select("listing_id", "price_minor", "read_at").rows()
    assert sorted(found) == sorted((*key, hour(read)) for key, read in first.items())
