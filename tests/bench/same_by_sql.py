"""Sales, KPIs, cohorts and a velocity of a year by DuckDB, from the files of the same Delta tables.

Distinct counts are exact. Every shortcut that SQL allows is taken: the shop's zone is an offset,
orders that count are read once, and velocity is no more than means, deviations and last days of the
window, of which ours makes a forecast.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

Answers = dict[str, list[tuple[Any, ...]]]

_DAY_US = 86_400_000_000
_OFFSET_US = 8 * 3_600_000_000
_EPOCH = dt.date(1970, 1, 1)

_COUNTED = """
create temp table counted as
select shop_id, order_id, member_id, currency, goods_minor,
  cancelled_at is not null as is_cancelled, {placed_day} as day
from orders where deleted_at is null and not is_test
  and payment_status in ('paid', 'partially_refunded', 'refunded')
  and (goods_units is null or goods_units > 0)
"""
_SOLD = """
create temp table sold as
select shop_id, coalesce(sku_id, listing_id, '(unlinked)') as sku_id, {placed_day} as day, currency,
  sum(quantity_units) as sold_units,
  coalesce(sum(quantity_units) filter (line_kind = 'gift'), 0) as gift_units,
  count(distinct order_id) as orders_count,
  sum(total_minor) as gmv_minor,
  coalesce(sum(unit_price_minor * quantity_units) filter (line_kind = 'sale'), 0) as list_minor
from order_lines semi join counted using (shop_id, order_id)
where deleted_at is null and line_kind in ('sale', 'gift', 'sample')
group by all
"""
_KPIS = """
create temp table kpis as
with
firsts as (select member_id, min(day) as day from counted where member_id is not null group by all),
newcomers as (select day, count(*) as members from firsts group by all),
units as (
  select c.day, sum(l.quantity_units) as sold_units
  from order_lines l join counted c using (shop_id, order_id)
  where l.deleted_at is null and l.line_kind in ('sale', 'gift', 'sample') group by all
),
placed as (
  select day, sum(goods_minor) as gmv_minor, count(*) as orders_count,
    count(distinct member_id) as members, count(*) filter (member_id is null) as guests,
    count(*) filter (is_cancelled) as cancelled_units
  from counted group by all
),
returned as (
  select {refunded_day} as day, sum(refunded_minor) as refunded_minor
  from refunds semi join counted using (shop_id, order_id) where deleted_at is null group by all
),
visits as (
  select traffic_date - date '1970-01-01' as day, sum(visitors_units) as visitors_units
  from traffic_daily where deleted_at is null group by all
),
days as (
  select unnest(generate_series(min(day), max(day))) as day
  from (select day from placed union all select day from returned)
)
select day, coalesce(gmv_minor, 0)::bigint, coalesce(orders_count, 0),
  coalesce(sold_units, 0)::bigint, coalesce(placed.members + guests, 0),
  coalesce(newcomers.members, 0) + coalesce(guests, 0), coalesce(refunded_minor, 0)::bigint,
  coalesce(cancelled_units, 0), visitors_units::bigint
from days left join placed using (day) left join newcomers using (day) left join units using (day)
  left join returned using (day) left join visits using (day)
"""
_COHORTS = """
create temp table cohorts as
with
active as (select distinct member_id, day from counted where member_id is not null),
since as (select member_id, day, min(day) over (partition by member_id) as first from active),
member as (
  select first, max(day - first) as latest, {exactly} from since group by member_id, first
)
select greatest(first - (first + 3) % 7, {first_day}) as week, count(*), {classic}, {rolling}
from member where first <= {until} group by all
"""
_VELOCITY = """
create temp table velocity as
select shop_id, sku_id, max(day) filter (sold_units > 0) as last_sold_day,
  coalesce(sum(sold_units) filter (day > {until} - 56), 0) / 56 as daily_units,
  sqrt(greatest(coalesce(sum(sold_units * sold_units) filter (day > {until} - 56), 0) / 56
    - (coalesce(sum(sold_units) filter (day > {until} - 56), 0) / 56) ** 2, 0)) as daily_sd_units,
  56 / greatest(count(*) filter (day > {until} - 56 and sold_units > 0), 1) as interval_days
from sold where day <= {until} group by all
"""


def compute(
    files: Mapping[str, Sequence[str]], *, first: dt.date, until: dt.date, days: Sequence[int]
) -> duckdb.DuckDBPyConnection:
    """Make the tables `sold`, `kpis`, `cohorts` and `velocity` of the shop's only currency.

    `files` are Parquet files by table, `first` and `until` the days that cohorts are looked at.
    """
    told = {
        "placed_day": f"(epoch_us(placed_at) + {_OFFSET_US}) // {_DAY_US}",
        "refunded_day": f"(epoch_us(refunded_at) + {_OFFSET_US}) // {_DAY_US}",
        "first_day": (first - _EPOCH).days,
        "until": (until - _EPOCH).days,
        "exactly": ", ".join(f"bool_or(day - first = {day}) as on_{day}" for day in days),
    }
    told["classic"], told["rolling"] = (
        ", ".join(
            f"case when max(first) + {day} <= {told['until']} then {mean.format(day=day)} end"
            for day in days
        )
        for mean in ("avg(on_{day}::int)", "avg((latest >= {day})::int)")
    )
    connection = duckdb.connect(config={"threads": 2})
    for name, paths in files.items():
        connection.read_parquet(list(paths), hive_partitioning=False).create_view(name)
    for query in (_COUNTED, _SOLD, _KPIS, _COHORTS, _VELOCITY):
        connection.execute(query.format(**told))
    return connection


def answers(connection: duckdb.DuckDBPyConnection) -> Answers:
    """What was computed: sums of sales and velocity, and every row of the others, in order."""
    return {
        "sold": connection.sql(
            "select count(*), sum(sold_units)::bigint, sum(gift_units)::bigint,"
            " sum(orders_count)::bigint, sum(gmv_minor)::bigint, sum(list_minor)::bigint from sold"
        ).fetchall(),
        "kpis": connection.sql("select * from kpis order by day").fetchall(),
        "cohorts": connection.sql("select * from cohorts order by week").fetchall(),
        "velocity": connection.sql(
            "select count(*), sum(last_sold_day)::bigint from velocity"
        ).fetchall(),
    }
