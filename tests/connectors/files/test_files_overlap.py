"""Exports overlap: the later one holds, whatever the order in which they are read."""

import datetime as dt
import random
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from connectors.files.layout import STREAMS, Described
from connectors.files.mapping import canonical
from contracts.streams import Page
from tests.connectors.files.exports import (
    CONTEXT,
    COSTS,
    EXPORTED,
    LIMITS,
    OFFERS,
    PURCHASING,
    TRAFFIC,
    ZONE,
    mapped,
    page,
    reasons,
)

LATER = EXPORTED + dt.timedelta(days=1)


def costs(*rows: str, at: dt.datetime = EXPORTED) -> Page:
    return page(COSTS, "\n".join(("sku,from,cost", *rows)), at=at)


def test_later_export_corrects_a_cost_and_leaves_the_others() -> None:
    early = costs("A,2026-11-01,1.07", "B,2026-11-01,2.00")
    late = costs("A,2026-11-01,1.00", at=LATER)
    frame = mapped(late, early).frames["costs"]
    assert frame.select("sku_id", "unit_cost_minor", "source_updated_at").rows() == [
        ("A", 100, LATER),
        ("B", 200, EXPORTED),
    ]


def test_reject_of_a_corrected_row_is_void() -> None:
    early, late = costs("A,2026-11-01,?"), costs("A,2026-11-01,1.00", at=LATER)
    assert reasons(mapped(early, late)) == []


def test_reject_of_the_latest_row_stands() -> None:
    early, late = costs("A,2026-11-01,1.00"), costs("A,2026-11-01,?", at=LATER)
    assert reasons(mapped(early, late)) == [("A|2026-11-01", "unreadable_money", "unit_cost_minor")]


def test_contradiction_inside_one_export_keeps_both_rows_for_the_checks() -> None:
    frame = mapped(costs("A,2026-11-01,1.00", "A,2026-11-01,2.00")).frames["costs"]
    assert sorted(frame["unit_cost_minor"]) == [100, 200]


def test_later_export_replaces_a_day_of_traffic_whole() -> None:
    head = "day,source,visitors\n"
    early = page(TRAFFIC, head + "2026-11-01,ads,5\n2026-11-02,ads,6\n2026-11-02,search,7\n")
    late = page(TRAFFIC, head + "2026-11-02,search,9\n2026-11-03,ads,1\n", at=LATER)
    frame = mapped(early, late).frames["traffic_daily"]
    assert frame.select("traffic_date", "traffic_source", "visitors_units").rows() == [
        (dt.date(2026, 11, 1), "ads", 5),
        (dt.date(2026, 11, 2), "search", 9),
        (dt.date(2026, 11, 3), "ads", 1),
    ]


def test_later_purchase_sheet_replaces_all_that_was_on_the_way() -> None:
    early = page(PURCHASING, "sku,due,units\nA,2026-12-01,5\nB,2026-12-01,5\n")
    late = page(PURCHASING, "sku,due,units\nA,2026-12-02,5\n", at=LATER)
    frame = mapped(early, late).frames["inbound"]
    assert frame.select("sku_id", "expected_date").rows() == [("A", dt.date(2026, 12, 2))]


def living(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("deleted_at").is_null())


def test_later_empty_purchase_sheet_says_that_nothing_is_on_the_way() -> None:
    early = page(PURCHASING, "sku,due,units\nA,2026-12-01,5\n")
    late = page(PURCHASING, "sku,due,units\n", at=LATER)
    frame = mapped(late, early).frames["inbound"]
    assert living(frame).is_empty()
    assert frame["deleted_at"].to_list() == [LATER]
    assert reasons(mapped(late, early)) == []


def test_purchase_sheet_of_bad_rows_only_does_not_say_that_nothing_comes() -> None:
    frame = mapped(page(PURCHASING, "sku,due,units\nA,2026-12-01,many\n")).frames["inbound"]
    assert frame["deleted_at"].to_list() == [None]


def covering(days: int) -> dict[str, Any]:
    table = TRAFFIC["tables"]["traffic_daily"] | {"covers_days": days}
    return TRAFFIC | {"tables": {"traffic_daily": table}}


def test_day_that_an_export_covers_and_has_no_row_for_is_empty() -> None:
    head = "day,source,visitors\n"
    early = page(TRAFFIC, head + "2026-11-17,ads,5\n2026-11-18,ads,5\n2026-11-19,ads,5\n")
    late = page(covering(3), head + "2026-11-20,ads,9\n", at=LATER)
    frame = mapped(early, late).frames["traffic_daily"]
    days = [dt.date(2026, 11, day) for day in (17, 18, 19, 20)]
    assert frame["traffic_date"].to_list() == days
    assert living(frame)["traffic_date"].to_list() == [days[0], days[3]]


def test_unreadable_day_may_be_any_day_so_none_is_called_empty() -> None:
    body = "day,source,visitors\n2026-11-20,ads,9\nsoon,ads,1\n"
    frame = mapped(page(covering(3), body)).frames["traffic_daily"]
    assert frame["deleted_at"].null_count() == frame.height == 1


def test_orders_of_one_sku_and_day_add_up() -> None:
    body = "sku,due,units\nA,2026-12-01,5\nA,2026-12-01,5\nA,2026-12-02,1\nB,-,9\nC,,0\n"
    frame = mapped(page(PURCHASING, body)).frames["inbound"]
    assert frame["inbound_units"].to_list() == [10, 1]


def test_order_that_cannot_be_added_names_its_document() -> None:
    result = mapped(page(PURCHASING, "sku,due,units\nA,2026-12-01,5\nA,2026-12-01,many\n"))
    assert reasons(result) == [("A|2026-12-01", "unreadable_number", "inbound_units")]


def test_offer_exported_twice_is_one_observation_and_a_changed_one_is_two() -> None:
    head = "sku,rival,seen,price,stock,by\n"
    early = page(OFFERS, head + "A,R,2026-11-19 08:00,1.00,有,自营\n")
    late = page(
        OFFERS,
        head + "A,R,2026-11-19 08:00,1.00,有,自营\nA,R,2026-11-20 08:00,0.90,有,自营\n",
        at=LATER,
    )
    frame = mapped(late, early).frames["competitor_offers"].sort("observed_at")
    assert frame.select("price_minor", "source_updated_at").rows() == [(100, EXPORTED), (90, LATER)]


def test_no_export_gives_every_table_of_the_stream_empty() -> None:
    for tables in STREAMS.values():
        none = Described((), ZONE, LIMITS)
        result = canonical([], CONTEXT, tables=tables, described=none)
        assert [frame.height for frame in result.frames.values()] == [0] * len(tables)
        assert result.rejects.height == 0


cells = st.tuples(
    st.sampled_from("AB"),
    st.sampled_from(["2026-11-01", "2026-11-02", "soon", ""]),
    st.sampled_from(["1.00", "2.00", "?", ""]),
)
files = st.tuples(st.lists(cells, max_size=5), st.integers(0, 2))


@settings(max_examples=40, deadline=None)
@given(st.lists(files, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_exports_read_in_any_order_and_twice_give_the_same(
    contents: list[tuple[list[tuple[str, str, str]], int]], chance: random.Random
) -> None:
    pages = [
        costs(*(",".join(row) for row in rows), at=EXPORTED + dt.timedelta(days=days))
        for rows, days in contents
    ]
    again = pages + pages[: len(pages) // 2 + 1]
    chance.shuffle(again)
    once, twice = mapped(*pages), mapped(*again)
    assert_frame_equal(once.frames["costs"], twice.frames["costs"])
    assert_frame_equal(once.rejects, twice.rejects)
    newest = (
        once.frames["costs"]
        .group_by("sku_id", "valid_from")
        .agg(pl.col("source_updated_at").n_unique())
    )
    assert newest["source_updated_at"].max() in (None, 1)
