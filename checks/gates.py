"""The gate: Great Expectations over what a run loaded, in slices that bound memory."""

import datetime as dt
import logging
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from checks.suites import KEY_COLUMN, expectations, prepare
from contracts.checks import CheckResult
from contracts.tables import TABLES, Table

CHECK = "suite"
# Keys are dealt to slices by hash, unevenly: a slice holds up to 375,000 rows.
_DEALT_ROWS = 360_000
_SHOWN = 3


@dataclass(slots=True)
class _Tally:
    """What the slices of one table came to."""

    rows: int = 0
    expected: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    """Rows (at least one) per failed expectation."""


def run_suites(
    shop_id: str,
    frames: Mapping[str, pl.DataFrame | pl.LazyFrame],
    *,
    docs_folder: Path | None,
    checked_at: dt.datetime,
) -> list[CheckResult]:
    """Hold every frame, by table name, against its suite; one result per table.

    A frame holds one version per document. Data Docs of this run replace those of the last one in
    `docs_folder`, if there is to be one; they hold counts, never values of rows.
    """
    context = _context(docs_folder)
    source = context.data_sources.add_pandas(shop_id)
    results = []
    for name, frame in frames.items():
        tally = _run_suite(context, source, TABLES[name], frame.lazy(), checked_at)
        results.append(_result(shop_id, name, tally, checked_at))
    if docs_folder is not None:
        context.build_data_docs()
    return results


def _context(docs_folder: Path | None) -> Any:
    import great_expectations as gx  # takes four seconds, so only where a gate runs

    # Its import sets levels of its own.
    for name in ("great_expectations", "great_expectations.data_context.types.base"):
        logging.getLogger(name).setLevel(logging.ERROR)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    for site in list(context.list_data_docs_sites()):
        context.delete_data_docs_site(site)
    if docs_folder is not None:
        _add_docs(context, docs_folder)
    return context


def _add_docs(context: Any, docs_folder: Path) -> None:
    for pages in ("expectations", "validations"):
        shutil.rmtree(docs_folder / pages, ignore_errors=True)
    store = {
        "class_name": "TupleFilesystemStoreBackend",
        "base_directory": str(docs_folder.absolute()),
    }
    index = {"class_name": "DefaultSiteIndexBuilder"}
    context.add_data_docs_site(
        site_name="checks",
        site_config={
            "class_name": "SiteBuilder",
            "store_backend": store,
            "site_index_builder": index,
            # A page of what was found holds what was expected too.
            "site_section_builders": {"expectations": "none", "profiling": "none"},
            "show_how_to_buttons": False,
        },
    )


def _run_suite(
    context: Any, source: Any, table: Table, frame: pl.LazyFrame, checked_at: dt.datetime
) -> _Tally:
    import great_expectations as gx

    suite = context.suites.add(
        gx.ExpectationSuite(name=table.name, expectations=list(expectations(table)))
    )
    asset = source.add_dataframe_asset(table.name)
    validation = context.validation_definitions.add(
        gx.ValidationDefinition(
            name=table.name, data=asset.add_batch_definition_whole_dataframe("slice"), suite=suite
        )
    )
    tally = _Tally(expected=len(suite.expectations))
    for number, piece in enumerate(_slices(prepare(frame, table)), start=1):
        answer = validation.run(
            batch_parameters={"dataframe": piece.to_pandas()},
            result_format={"result_format": "BASIC", "partial_unexpected_count": 0},
            run_id=gx.RunIdentifier(run_name=f"{table.name} {number}", run_time=checked_at),
        )
        tally.rows += piece.height
        tally.failed.update(_failed_counts(answer))
    return tally


def _slices(frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Slices of about `_DEALT_ROWS`; rows of one key share a slice, so repetitions meet there."""
    # Most tables are one slice: to count them first would open all of their files twice.
    only = frame.head(_DEALT_ROWS).collect(engine="streaming")
    if only.height < _DEALT_ROWS:
        if only.height:
            yield only
        return
    del only
    rows = frame.select(pl.len()).collect(engine="streaming").item()
    count = rows // _DEALT_ROWS + 1
    for number in range(count):
        piece = frame.filter(pl.col(KEY_COLUMN) % count == number).collect(engine="streaming")
        if piece.height:
            yield piece


def _failed_counts(answer: Any) -> dict[str, int]:
    failed = {}
    for result in answer.results:
        if not result.success:
            config = result.expectation_config
            name = config.type.removeprefix("expect_")
            label = f"{config.kwargs.get('column', 'table')} {name}"
            failed[label] = int(result.result.get("unexpected_count", 1))
    return failed


def _result(shop_id: str, name: str, tally: _Tally, checked_at: dt.datetime) -> CheckResult:
    worst = [f"{label} ({rows:,})" for label, rows in tally.failed.most_common(_SHOWN)]
    found = f"{len(tally.failed)} of {tally.expected} expectations failed"
    return CheckResult(
        shop_id=shop_id,
        table=name,
        check=CHECK,
        passed=not tally.failed,
        measured=": ".join([found, ", ".join(worst)]) if worst else found,
        limit="0 failed",
        checked_at=checked_at,
        rows=tally.rows,
    )
