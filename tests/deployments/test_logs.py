"""What is told of errors in the logs of server and worker."""

from pathlib import Path

import pytest

from deployments.logs import errors

LOCKED = """16:16:15.216 | ERROR   | prefect.server - Encountered error during state validation
Traceback (most recent call last):
  File "sqlalchemy/engine/base.py", line 1977, in _exec_single_context
sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) database is locked
"""
DEAD = """10:00:00.001 | WARNING | prefect.server - slow
10:01:00.001 | ERROR   | prefect.server.services - Can't evaluate bulk DML statement
Traceback (most recent call last):
sqlalchemy.exc.InvalidRequestError: Can't evaluate bulk DML statement
10:02:00.001 | CRITICAL | prefect - second, later
"""
SECRET = "qmVx0fT9sKz3LwP8aYc5RbN2uJh7Ge4D"


def log(folder: Path, text: str) -> Path:
    path = folder / "server.log"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_server_that_plans_nothing_is_told_by_its_log(tmp_path: Path) -> None:
    found = errors(log(tmp_path, LOCKED + DEAD))
    assert not found.is_clean
    assert (found.count, found.known) == (3, 1)
    assert found.sentence("prefect/server.log") == (
        "3 errors in prefect/server.log, the last at 10:02:00: prefect - second, later"
    )


def test_that_sqlite_was_busy_is_told_and_is_no_fault(tmp_path: Path) -> None:
    found = errors(log(tmp_path, LOCKED + "10:00:00.001 | WARNING | prefect.server - slow\n"))
    assert found.is_clean
    assert found.sentence("s.log") == (
        "1 error in s.log: SQLite was busy ('database is locked') and is asked again"
    )


def test_the_first_error_is_last_while_only_known_ones_follow(tmp_path: Path) -> None:
    found = errors(log(tmp_path, DEAD + LOCKED))
    assert found.last == "10:02:00: prefect - second, later"


@pytest.mark.parametrize(
    "line",
    [
        f"cannot reach postgresql+asyncpg://shop:{SECRET}@db.example.com/prefect",
        "cannot reach postgresql://shop:short-p@db.example.com/prefect",
        f"401 for Authorization Basic {SECRET}",
        "x" * 10_000,
    ],
)
def test_no_secret_and_no_page_of_text_reaches_the_screen(tmp_path: Path, line: str) -> None:
    logged = errors(log(tmp_path, f"10:00:00.001 | ERROR   | prefect - {line}\n")).sentence("s.log")
    assert SECRET not in logged
    assert "short-p" not in logged
    assert len(logged) < 250


def test_a_log_without_an_error_or_with_bytes_that_are_no_text_is_clean(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    path.write_bytes(
        b"Worker started!\n\xff\xfe\n10:00:00.001 | INFO    | prefect - ERROR in name\n"
    )
    assert errors(path).is_clean
    assert errors(path).sentence("w.log") == "no error in w.log"
