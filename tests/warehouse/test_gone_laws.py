"""Whatever the order and repetition of snapshots: what is gone is the same, and since when too."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.tables import TABLES, Listing
from tests.warehouse.rows import document, hour, rows
from warehouse.gone import Snapshot
from warehouse.lake import Lake
from warehouse.merge import merge_documents

LISTINGS = TABLES["listings"]
Marks = dict[str, dt.datetime | None]


@dataclass(frozen=True)
class Seen:
    """What a shop had at an hour: version and content by listing."""

    at: int
    listings: tuple[tuple[str, int | None], ...]
    """When the platform changed each last, if it says so."""

    def frame(self) -> pl.DataFrame:
        return rows(
            Listing,
            [
                {
                    "listing_id": name,
                    "source_updated_at": None if changed is None else hour(changed),
                    "read_at": hour(self.at),
                    "content_hash": 0 if changed is None else changed,
                }
                for name, changed in self.listings
            ],
        )


@st.composite
def histories(draw: st.DrawFn) -> list[Seen]:
    """Up to six snapshots of three listings; a listing changes with time or not at all."""
    is_dated = draw(st.booleans())
    count = draw(st.integers(1, 6))
    found: list[Seen] = []
    for at in range(count):
        there = draw(st.sets(st.sampled_from("abc")))
        changed = {name: draw(st.integers(0, at)) for name in sorted(there)} if is_dated else {}
        for earlier in found:  # a platform's instants never go back
            for name, was in earlier.listings:
                if name in changed and was is not None:
                    changed[name] = max(changed[name], was)
        found.append(Seen(at, tuple((name, changed.get(name)) for name in sorted(there))))
    return found


def expected(snapshots: Sequence[Seen]) -> Marks:
    """The rule in plain Python, from the list of snapshots."""
    names = {name for one in snapshots for name, _ in one.listings}
    marks: Marks = {}
    for name in names:
        last = max(one.at for one in snapshots if name in dict(one.listings))
        later = [one.at for one in snapshots if one.at > last]
        marks[name] = hour(min(later)) if later else None
    return marks


def merged(delivered: Sequence[Seen]) -> pl.DataFrame:
    held: pl.DataFrame = LISTINGS.schema.create_empty()
    instants: set[dt.datetime] = set()
    for one in delivered:
        snapshot = Snapshot(shop_id="demo", read_at=hour(one.at), others=tuple(sorted(instants)))
        held = merge_documents({"listings": held}, {"listings": one.frame()}, snapshot)[
            "listings"
        ].rows
        instants.add(hour(one.at))
    return held


def marks_of(held: pl.DataFrame) -> Marks:
    assert held["listing_id"].is_unique().all()
    return dict(held.select("listing_id", "deleted_at").rows())


@settings(max_examples=200, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_snapshots_end_alike_in_any_order_and_twice(snapshots: list[Seen], random: Any) -> None:
    delivered = snapshots + random.sample(snapshots, k=len(snapshots) // 2)
    random.shuffle(delivered)
    found = merged(delivered)
    assert marks_of(found) == expected(snapshots)
    in_order = merged(snapshots)
    assert found.sort("listing_id").equals(in_order.sort("listing_id"))


def read(at: int, *names: str) -> Seen:
    return Seen(at, tuple((name, None) for name in names))


def live(lake: Lake, table: str = "listings") -> set[str]:
    return set(lake.scan(table).collect()[f"{table[:-1]}_id"])


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def take(lake: Lake, one: Seen, *others: int, **more: Any) -> None:
    snapshot = Snapshot(
        shop_id="demo", read_at=hour(one.at), others=tuple(map(hour, others)), **more
    )
    lake.merge({"listings": one.frame()}, snapshots={"listings": snapshot})


def test_what_a_shop_no_longer_has_is_gone_and_comes_back_when_it_is_restored(lake: Lake) -> None:
    take(lake, read(0, "a", "b"))
    take(lake, read(1, "a"), 0)
    assert live(lake) == {"a"}
    take(lake, read(2, "a", "b"), 0, 1)
    assert live(lake) == {"a", "b"}


def test_a_shop_that_has_nothing_any_more_has_nothing(lake: Lake) -> None:
    take(lake, read(0, "a"))
    take(lake, read(1), 0)
    assert live(lake) == set()


def test_the_same_snapshot_again_writes_nothing(lake: Lake) -> None:
    take(lake, read(0, "a", "b"))
    take(lake, read(1, "a"), 0)
    version = lake.versions()["listings"]
    take(lake, read(1, "a"), 0, 1)
    assert lake.versions()["listings"] == version


def test_a_snapshot_speaks_of_its_own_shop_alone(lake: Lake) -> None:
    other = rows(Listing, [{"shop_id": "other", "listing_id": "z", "read_at": hour(0)}])
    lake.merge({"listings": other})
    take(lake, read(1, "a"))
    assert live(lake) == {"a", "z"}


def test_what_is_in_quarantine_is_there_and_so_is_what_is_filed_under_it(lake: Lake) -> None:
    take(lake, read(0, "a", "b"))
    take(lake, read(1), 0, held=frozenset({"a"}))
    assert live(lake) == {"a"}
    frame = read(2, "v1", "v2").frame().with_columns(product_id=pl.lit("p"))
    lake.merge({"listings": frame})
    take(lake, read(3), 0, 1, held=frozenset({"p"}))
    assert live(lake) == {"v1", "v2"}


def test_a_reading_that_is_not_whole_shows_what_is_there_and_takes_nothing_away(
    lake: Lake,
) -> None:
    take(lake, read(0, "a", "b"))
    take(lake, read(1, "a"), 0)
    take(lake, read(2, "b"), 0, 1, is_whole=False)
    assert live(lake) == {"a", "b"}


def test_a_gone_document_that_an_older_reading_tells_of_stays_gone(lake: Lake) -> None:
    take(lake, read(0, "a", "b"))
    take(lake, read(2, "a"), 0)
    lake.merge({"listings": read(0, "b").frame()})
    assert live(lake) == {"a"}


def test_orders_of_any_day_are_gone_with_their_lines(lake: Lake) -> None:
    days = {"created_date": dt.date(2026, 11, 11)}
    lake.merge(document("1", lines=("a",), **days))
    lake.merge(document("2", lines=("b",), created_date=dt.date(2026, 11, 12)))
    frames = document("2", lines=("b",), created_date=dt.date(2026, 11, 12), read_at=hour(5))
    lake.merge(frames, snapshots={"orders": Snapshot(shop_id="demo", read_at=hour(5))})
    assert live(lake, "orders") == {"2"}
    assert lake.scan("order_lines").collect()["order_id"].to_list() == ["2"]
