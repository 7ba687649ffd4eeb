"""The last results of the checks."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import select

from contracts.checks import CheckResult
from warehouse.database import Database, upsert
from warehouse.models import check_results


class CheckResults:
    """The latest result of every check. Grain: (shop_id, table, check)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, results: Sequence[CheckResult]) -> None:
        """Keep results; one that is older than what is held changes nothing."""
        if not results:
            return
        columns = check_results.c
        with self._database.write() as connection:
            newcomer = upsert(connection, check_results)
            excluded = newcomer.excluded
            key = [columns.shop_id, columns.table_name, columns.check_name]
            rest = [column.name for column in check_results.c if not column.primary_key]
            connection.execute(
                newcomer.on_conflict_do_update(
                    index_elements=key,
                    set_={name: excluded[name] for name in rest},
                    where=columns.checked_at <= excluded.checked_at,
                ),
                [_row(result) for result in results],
            )

    def latest(self, *, shop_id: str | None = None) -> list[CheckResult]:
        """The latest results, by shop, table and check."""
        columns = check_results.c
        query = select(check_results).order_by(
            columns.shop_id, columns.table_name, columns.check_name
        )
        if shop_id is not None:
            query = query.where(columns.shop_id == shop_id)
        with self._database.read() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        return [
            CheckResult(table=row.pop("table_name"), check=row.pop("check_name"), **row)
            for row in rows
        ]


def _row(result: CheckResult) -> dict[str, object]:
    row = asdict(result)
    return {"table_name": row.pop("table"), "check_name": row.pop("check"), **row}
