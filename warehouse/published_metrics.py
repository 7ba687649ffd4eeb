"""Published metrics: a table of days that changes by days, a view with a column per metric."""

import datetime as dt
from collections.abc import Collection, Sequence

import polars as pl
from sqlalchemy import (
    Connection,
    CreateView,
    DropView,
    MetaData,
    Select,
    Table,
    and_,
    case,
    delete,
    func,
    insert,
    inspect,
    not_,
    or_,
    select,
)

from contracts.tables.published import (
    METRICS_DAILY,
    METRICS_DICTIONARY,
    METRICS_WIDE,
    MetricDay,
    MetricDefinition,
)
from warehouse.database import Database, frame
from warehouse.publish import ROWS_AT_ONCE, is_as_declared, table_for

_DAYS = table_for(METRICS_DAILY, MetricDay, with_key=True)
_DEFINITIONS = table_for(METRICS_DICTIONARY, MetricDefinition, with_key=True)


def published_values(database: Database, shop_id: str, metrics: Sequence[str]) -> pl.DataFrame:
    """What is published of some metrics of a shop: `metric_date`, `metric`, `value`.

    Empty where nothing is, or what is there is of another release.
    """
    columns = [_DAYS.c.metric_date, _DAYS.c.metric, _DAYS.c.value]
    schema = pl.Schema({"metric_date": pl.Date(), "metric": pl.String(), "value": pl.Float64()})
    query = select(*columns).where(_DAYS.c.shop_id == shop_id, _DAYS.c.metric.in_(metrics))
    with database.read() as connection:
        if not is_as_declared(connection, _DAYS):
            return pl.DataFrame(schema=schema)
        return frame(connection, query, schema)


def publish_days(
    database: Database,
    rows: pl.DataFrame,
    *,
    shop_id: str,
    days: Sequence[dt.date],
    lasting: Collection[str],
) -> None:
    """Replace days of a shop by `rows` (schema `MetricDay`), which are of no other days.

    Of metrics in `lasting` a day's rows stay where there are no new ones. Others see the old days
    or the new ones.
    """
    new = MetricDay.validate(rows)
    kept = new.filter(pl.col("metric").is_in(list(lasting)))["metric_date"].unique().to_list()
    stays = and_(_DAYS.c.metric.in_(list(lasting)), _DAYS.c.metric_date.not_in(kept))
    with database.write() as connection:
        _prepare(connection)
        of_days = _DAYS.c.metric_date.between(min(days), max(days))
        among = or_(*[_DAYS.c.metric_date.in_(some) for some in _cut(days)])
        connection.execute(
            delete(_DAYS).where(_DAYS.c.shop_id == shop_id, of_days, among, not_(stays))
        )
        for some in new.iter_slices(ROWS_AT_ONCE):
            connection.execute(insert(_DAYS), some.to_dicts())


def publish_dictionary(database: Database, rows: pl.DataFrame) -> None:
    """Replace the dictionary (schema `MetricDefinition`), and the view by its metrics."""
    definitions = MetricDefinition.validate(rows)
    names = definitions["metric"].to_list()
    with database.write() as connection:
        if not is_as_declared(connection, _DEFINITIONS):
            _DEFINITIONS.drop(connection, checkfirst=True)
            _DEFINITIONS.create(connection)
        connection.execute(delete(_DEFINITIONS))
        connection.execute(insert(_DEFINITIONS), definitions.to_dicts())
        _prepare(connection)
        if _columns_of_view(connection) != [*_KEY, *names]:
            _drop_view(connection)
            connection.execute(CreateView(_wide(names), METRICS_WIDE))


_KEY = ("shop_id", "metric_date", "currency")


def _prepare(connection: Connection) -> None:
    """The table of days as this release has it; one of another release goes with its rows."""
    if not is_as_declared(connection, _DAYS):
        _drop_view(connection)
        _DAYS.drop(connection, checkfirst=True)
        _DAYS.create(connection)


def _drop_view(connection: Connection) -> None:
    if METRICS_WIDE in inspect(connection).get_view_names():
        connection.execute(DropView(Table(METRICS_WIDE, MetaData())))


def _columns_of_view(connection: Connection) -> list[str]:
    found = inspect(connection)
    if METRICS_WIDE not in found.get_view_names():
        return []
    return [column["name"] for column in found.get_columns(METRICS_WIDE)]


def _wide(names: Sequence[str]) -> Select[tuple[object, ...]]:
    values = [func.max(case((_DAYS.c.metric == one, _DAYS.c.value))).label(one) for one in names]
    key = [_DAYS.c[name] for name in _KEY]
    return select(*key, *values).group_by(*key)


def _cut(days: Sequence[dt.date], size: int = 5_000) -> list[Sequence[dt.date]]:
    return [days[start : start + size] for start in range(0, len(days), size)]
