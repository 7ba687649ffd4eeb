"""Exports of visits, carts, service and goals end alike in whatever order they are read."""

import datetime as dt
from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.files.layout import STREAMS
from connectors.files.mapping import canonical
from contracts.streams import Context, Page
from contracts.tables import TABLES, TableKind, table_of
from tests.connectors.files.exports import EXPORTED, described_by, file_of
from tests.connectors.files.recorded import listed
from warehouse.merge import merge_documents, merge_observations, merge_slices

HOUR = dt.timedelta(hours=1)
S1, S2 = "s1,2026-11-19T08:00:00Z,首页,m1,", "s2,2026-11-19T09:00:00Z,搜索,,"
CART = "c1,m1,2026-11-19T08:00:00Z"
EXPORTS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "traffic": (
        ("items", ("2026-11-18,801,9,12,3", "2026-11-18,802,5,9,-")),
        ("items", ("2026-11-18,801,10,12,3", "2026-11-19,801,7,7,0")),
        ("funnel", ("2026-11-18,搜索,1,90", "2026-11-18,搜索,2,30")),
        ("funnel", ("2026-11-18,搜索,1,91",)),
    ),
    "visits": (("visits", (S1,)), ("visits", (S1, S2)), ("visits", (S2,))),
    "exported_carts": (
        ("carts", (f"{CART},,2", "c2,,2026-11-19T08:00:00Z,,1")),
        ("carts", (f"{CART},2026-11-19T10:00:00Z,2",)),
        ("carts", (f"{CART},2026-11-19T10:00:00Z,3",)),
    ),
    "exported_tickets": (
        ("tickets", ("t1,m1,3001,2026-11-19T08:00:00Z,,,",)),
        ("tickets", ("t1,m1,3001,2026-11-19T08:00:00Z,2026-11-19T08:02:00Z,,",)),
    ),
    "shop_ratings": (
        ("scores", ("2026-11-18,描述相符,4.72,310,4.80", "2026-11-18,服务态度,4.9,-,-")),
        ("scores", ("2026-11-18,描述相符,4.73,312,4.80",)),
    ),
    "goals": (
        ("targets", ("gmv,2026-11-01,2026-11-30,100000", "orders,2026-11-01,2026-11-30,7")),
        ("targets", ("gmv,2026-11-01,2026-11-30,120000",)),
        ("benchmarks", ("aov,同行,2026-11-01,2026-11-30,80",)),
    ),
}


def merged(stream: str, order: Sequence[int]) -> dict[str, pl.DataFrame]:
    """What a shop holds after readings of one export each; a later number was exported later."""
    schemas = STREAMS[stream]
    held: dict[str, pl.DataFrame] = {table_of(one).name: one.create_empty() for one in schemas}
    for number in order:
        name, rows = EXPORTS[stream][number]
        page = listed(name, *rows, at=EXPORTED + number * HOUR)
        for table, frame in _read(stream, page, EXPORTED + (24 + number) * HOUR).items():
            held[table] = _merge(table, held[table], frame)
    return {name: frame.sort(TABLES[name].key) for name, frame in held.items()}


def _read(stream: str, page: Page, read_at: dt.datetime) -> dict[str, pl.DataFrame]:
    context = Context("shop", "USD", "UTC", read_at)
    described = described_by(file_of(page))
    mapped = canonical([page], context, tables=STREAMS[stream], described=described)
    assert mapped.rejects.is_empty()
    return dict(mapped.frames)


def _merge(name: str, held: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    table = TABLES[name]
    if frame.is_empty():
        return held
    if table.kind is TableKind.VERSIONED:
        return merge_documents({name: held}, {name: frame})[name].rows
    merge = merge_slices if table.kind is TableKind.SLICE else merge_observations
    return merge(held, frame, table).rows


@pytest.mark.parametrize("stream", EXPORTS)
@settings(max_examples=4, deadline=None)
@given(data=st.data())
def test_exports_end_alike_in_any_order_and_twice(stream: str, data: st.DataObject) -> None:
    numbers = range(len(EXPORTS[stream]))
    order = data.draw(st.permutations([*numbers, *numbers]))
    expected = merged(stream, numbers)
    for name, frame in merged(stream, order).items():
        assert frame.equals(expected[name]), name


def test_the_later_export_of_a_day_a_document_or_a_period_is_the_one_that_holds() -> None:
    traffic = merged("traffic", range(4))
    visits = traffic["listing_traffic_daily"].select("traffic_date", "product_id", "visitors_units")
    assert [row[1:] for row in visits.rows()] == [("801", 10), ("801", 7)]
    assert traffic["funnel_daily"]["sessions_units"].to_list() == [91]
    assert merged("visits", range(3))["visit_events"]["session_id"].to_list() == ["s1", "s2"]
    assert merged("exported_carts", range(3))["carts"]["cart_units"].to_list() == [3, 1]
    assert merged("exported_tickets", range(2))["tickets"]["answered_at"].null_count() == 0
    assert merged("shop_ratings", range(2))["shop_ratings"]["rating_score"].to_list() == [4.73]
    goals = merged("goals", range(3))
    assert goals["targets"]["target_value"].to_list() == [120_000]
    assert goals["benchmarks"]["benchmark_value"].to_list() == [80]
