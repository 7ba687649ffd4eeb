"""Computing again the days that changes dirty is computing everything again, row for row."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, cast

import dataframely as dy
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from contracts.table_diffs import RowDiff
from contracts.tables import (
    TABLES,
    CouponGrant,
    KpisDaily,
    Order,
    OrderCoupon,
    OrderLine,
    Refund,
    RefundCase,
    SalesDaily,
    TrafficDaily,
)
from tests.warehouse.rows import batch, hour, rows, version_rows
from transforms import kpis, sales
from transforms.continued import moved_first_days
from transforms.days import on_days
from transforms.histories import histories
from warehouse.merge import family, merge_documents, merge_slices

ZONE = "America/New_York"
FAMILY = family(TABLES["orders"])
TRACKED = [*FAMILY, "refund_cases", "traffic_daily"]
Tables = Mapping[str, pl.DataFrame]

versions = st.fixed_dictionaries(
    {
        "order_id": st.sampled_from("123456"),
        "source": st.integers(0, 5),
        "placed": st.integers(0, 120),
        "member_id": st.sampled_from([None, "m", "n"]),
        "payment_status": st.sampled_from(["paid", "paid", "pending"]),
        "is_test": st.sampled_from([False, False, False, True]),
        "lines": st.dictionaries(st.sampled_from("ab"), st.integers(1, 3), min_size=1),
        "refund": st.one_of(st.none(), st.integers(0, 200)),
        "case": st.one_of(st.none(), st.just(-1), st.integers(0, 200)),
        "case_of": st.sampled_from("123456"),
    }
)
visits = st.dictionaries(st.integers(10, 14), st.integers(1, 9), max_size=2)
steps = st.lists(
    st.tuples(
        st.lists(versions, min_size=1, max_size=4),
        visits,
        st.sets(st.integers(10, 14), max_size=2),
    ),
    min_size=1,
    max_size=4,
)


def order_rows(given: Mapping[str, Any], content: int) -> dict[str, list[dict[str, Any]]]:
    """A version of an order whose lines and refund are of its own instants."""
    shared: dict[str, Any] = {
        "source_updated_at": hour(given["source"]),
        "placed_at": hour(given["placed"]),
        "content_hash": content,
    }
    own = {name: given[name] for name in ("member_id", "payment_status", "is_test")}
    refunds = ("r",) if given["refund"] is not None else ()
    tables = version_rows(given["order_id"], lines=given["lines"], refunds=refunds, **shared)
    tables["orders"] = [row | own for row in tables["orders"]]
    tables["order_lines"] = [row | {"sku_id": row["line_id"]} for row in tables["order_lines"]]
    for row in tables["refunds"]:
        row["refunded_at"] = hour(given["refund"])
    return tables


def seen(held: Tables) -> dict[str, pl.DataFrame]:
    return {name: rows.filter(pl.col("deleted_at").is_null()) for name, rows in held.items()}


def apart(before: Tables, after: Tables) -> dict[str, RowDiff]:
    return {
        name: RowDiff(
            before[name].join(after[name], on=after[name].columns, how="anti", nulls_equal=True),
            after[name].join(before[name], on=after[name].columns, how="anti", nulls_equal=True),
        )
        for name in after
    }


def sold(tables: Tables, days: pl.Series | None = None) -> pl.DataFrame:
    lines = tables["order_lines"].lazy()
    some = lines if days is None else lines.filter(on_days("placed_at", days, ZONE))
    return sales.sales_daily(cast("dy.LazyFrame[OrderLine]", some), orders(tables), ZONE).collect()


def orders(tables: Tables) -> dy.LazyFrame[Order]:
    return cast("dy.LazyFrame[Order]", tables["orders"].lazy())


def cases(tables: Tables) -> dy.LazyFrame[RefundCase]:
    return cast("dy.LazyFrame[RefundCase]", tables["refund_cases"].lazy())


def known(tables: Tables) -> pl.DataFrame:
    """Histories of all members."""
    return histories(
        orders(tables),
        refunds=cast("dy.LazyFrame[Refund]", tables["refunds"].lazy()),
        cases=cases(tables),
        order_coupons=cast("dy.LazyFrame[OrderCoupon]", tables["order_coupons"].lazy()),
        grants=CouponGrant.create_empty().lazy(),
        time_zone=ZONE,
    ).collect()


def dirty(before: Tables, now: Tables) -> pl.Series:
    moved = moved_first_days(known(before), known(now), ZONE)
    return kpis.dirty_days(apart(before, now), cases(now), moved_days=moved, time_zone=ZONE)


def figures(tables: Tables, quarantined: set[int]) -> pl.DataFrame:
    return kpis.kpis_daily(
        orders(tables),
        cast("dy.LazyFrame[OrderLine]", tables["order_lines"].lazy()),
        refunds=cast("dy.LazyFrame[Refund]", tables["refunds"].lazy()),
        cases=cases(tables),
        traffic=cast("dy.LazyFrame[TrafficDaily]", tables["traffic_daily"].lazy()),
        quarantined_days=held_days(quarantined),
        time_zone=ZONE,
    ).collect()


def figures_after(
    last: pl.DataFrame, tables: Tables, quarantined: set[int], days: pl.Series
) -> pl.DataFrame:
    placed = orders(tables).filter(on_days("placed_at", days, ZONE))
    lines = tables["order_lines"].lazy().join(placed, on="order_id", how="semi")
    counted = sales.placed_orders(orders(tables), ZONE)
    of_days = kpis.tally(
        counted,
        sales.counted_lines(cast("dy.LazyFrame[OrderLine]", lines), counted, ZONE),
        refunds=cast("dy.LazyFrame[Refund]", tables["refunds"].lazy()),
        cases=cases(tables),
        time_zone=ZONE,
        days=days,
    )
    return kpis.kpis_of(
        [of_days],
        traffic=cast("dy.LazyFrame[TrafficDaily]", tables["traffic_daily"].lazy()),
        quarantined_days=held_days(quarantined),
        kept=kpis.without_days(last, days),
    ).collect()


def held_days(quarantined: set[int]) -> pl.LazyFrame:
    held = [dt.date(2026, 11, day) for day in sorted(quarantined)]
    days = pl.LazyFrame({"kpi_date": held}, schema={"kpi_date": pl.Date})
    return days.with_columns(shop_id=pl.lit("demo"))


def after_step(
    held: Tables, given: list[dict[str, Any]], counts: Mapping[int, int], number: int
) -> dict[str, pl.DataFrame]:
    documents = [order_rows(one, 10 * number + place) for place, one in enumerate(given)]
    merged = merge_documents({name: held[name] for name in FAMILY}, batch(documents))
    traffic = rows(
        TrafficDaily,
        [
            {
                "traffic_date": dt.date(2026, 11, day),
                "visitors_units": visitors,
                "source_updated_at": hour(number),
            }
            for day, visitors in counts.items()
        ],
    )
    days = merge_slices(held["traffic_daily"], traffic, TABLES["traffic_daily"])
    cases = {"refund_cases": case_rows(given, number)}
    ended = merge_documents({"refund_cases": held["refund_cases"]}, cases)
    versioned = {name: one.rows for name, one in {**merged, **ended}.items()}
    return {**versioned, "traffic_daily": days.rows}


def case_rows(given: list[dict[str, Any]], number: int) -> pl.DataFrame:
    """One case with each order that comes with one, be it its own; -1 is not paid back."""
    return rows(
        RefundCase,
        [
            {
                "case_id": one["order_id"],
                "order_id": one["case_of"],
                "case_status": "requested" if one["case"] < 0 else "refunded",
                "refunded_at": None if one["case"] < 0 else hour(one["case"]),
                "source_updated_at": hour(number),
                "content_hash": place,
            }
            for place, one in enumerate(given)
            if one["case"] is not None
        ],
    )


@settings(max_examples=25, deadline=None)
@given(steps)
def test_dirty_days_are_all_that_late_changed_and_deleted_orders_change(
    sequence: list[tuple[list[dict[str, Any]], dict[int, int], set[int]]],
) -> None:
    held: Tables = {name: TABLES[name].schema.create_empty() for name in TRACKED}
    sales_held: pl.DataFrame = SalesDaily.create_empty()
    kpis_held: pl.DataFrame = KpisDaily.create_empty()
    for number, (given_orders, counts, quarantined) in enumerate(sequence):
        before = seen(held)
        held = after_step(held, given_orders, counts, number)
        now = seen(held)
        changed = apart(before, now)
        days = sales.dirty_days(changed, ZONE)
        kept = sales_held.filter(~pl.col("sales_date").is_in(days.implode()))
        sales_held = pl.concat([kept, sold(now, days)])
        assert_frame_equal(sales_held, sold(now), check_row_order=False)
        days = dirty(before, now)
        kpis_held = figures_after(kpis_held, now, quarantined, days)
        assert_frame_equal(kpis_held, figures(now, quarantined), check_row_order=False)


def test_an_older_order_that_comes_late_dirties_the_day_its_member_was_new() -> None:
    first = order_rows(ORDER | {"order_id": "1", "placed": 72}, 1)
    late = order_rows(ORDER | {"order_id": "2", "placed": 0}, 2)
    empty = {name: TABLES[name].schema.create_empty() for name in TRACKED}
    before, now = ({**empty, **batch(some)} for some in ([first], [first, late]))
    assert dirty(before, now).to_list() == [dt.date(2026, 11, 11), dt.date(2026, 11, 14)]


def test_a_new_order_of_an_old_member_dirties_its_own_day_only() -> None:
    first = order_rows(ORDER | {"order_id": "1", "placed": 0}, 1)
    second = order_rows(ORDER | {"order_id": "2", "placed": 72}, 2)
    empty = {name: TABLES[name].schema.create_empty() for name in TRACKED}
    before, now = ({**empty, **batch(some)} for some in ([first], [first, second]))
    assert dirty(before, now).to_list() == [dt.date(2026, 11, 14)]


def test_an_order_that_comes_after_its_case_was_paid_back_dirties_that_day_too() -> None:
    order = ORDER | {"order_id": "1", "placed": 0, "case": 72, "case_of": "1"}
    empty = {name: TABLES[name].schema.create_empty() for name in TRACKED}
    before = {**empty, "refund_cases": case_rows([order], 1)}
    now = {**before, **batch([order_rows(order, 1)])}
    assert dirty(before, now).to_list() == [dt.date(2026, 11, 11), dt.date(2026, 11, 14)]


ORDER: dict[str, Any] = {
    "source": 0,
    "member_id": "m",
    "payment_status": "paid",
    "is_test": False,
    "lines": {"a": 1},
    "refund": None,
    "case": None,
}
