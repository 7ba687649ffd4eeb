"""What every connector owes, judged on its recorded pages in tests/connectors/<x>/recorded.py.

A connector is judged because its folder is there; docs/adding-a-connector.md says what a recording
holds. Each test tells all that is wrong at once, by stream.
"""

import importlib
import importlib.util
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import httpx
import polars as pl
import pytest

from connectors.base import registry
from connectors.base.declaration import Connector, Stream
from contracts.codes import QuarantineReason, WriteKind
from contracts.erasing import protect
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.personal import Members, member_columns, purposes
from contracts.streams import Mapped, Page
from contracts.tables import TABLES, TableKind, table_of

ROOT = Path(__file__).parents[2]
NAMES = registry.names()
REQUIRED = ("CONTEXT", "PAGES", "EMPTY", "UNKNOWN", "PEOPLE", "ERRORS")
MARK = "FILL IN:"
"""Stands in a new connector wherever the template cannot know the platform."""

every_connector = pytest.mark.parametrize("name", NAMES)


class Recording:
    """A connector and what is recorded of it."""

    def __init__(self, connector: Connector, module: ModuleType) -> None:
        self.connector = connector
        self.module = module
        of_account = connector.streams_of
        self.streams = connector.streams if of_account is None else of_account(module.SETTINGS)

    def pages(self, kind: str, stream: Stream) -> list[Page]:
        """Recorded pages of a stream; `kind` is PAGES, EMPTY or UNKNOWN."""
        found: dict[str, list[Page]] = getattr(self.module, kind)
        return found[stream.name]

    def mapped(self, stream: Stream, pages: Sequence[Page]) -> Mapped:
        return stream.to_canonical(pages, self.module.CONTEXT)


def recording(name: str) -> Recording:
    connector = registry.connector(name)
    module = f"tests.connectors.{name}.recorded"
    if importlib.util.find_spec(f"tests.connectors.{name}") is None or not (
        importlib.util.find_spec(module)
    ):
        pytest.fail(f"record pages of {name} in tests/connectors/{name}/recorded.py")
    found = importlib.import_module(module)
    missing = [wanted for wanted in REQUIRED if not hasattr(found, wanted)]
    assert missing == [], f"tests/connectors/{name}/recorded.py lacks {missing}"
    return Recording(connector, found)


def ordered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(sorted(frame.columns)).sort(pl.all())


def live(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows without those that only say that a slice is empty."""
    return frame.filter(pl.col("deleted_at").is_null()) if "deleted_at" in frame else frame


def files(name: str) -> list[str]:
    """Files of a connector and of its tests."""
    folders = (ROOT / "connectors" / name, ROOT / "tests" / "connectors" / name)
    found = [file for folder in folders for file in sorted(folder.rglob("*.*"))]
    return [str(file.relative_to(ROOT)) for file in found if file.suffix in (".py", ".md", ".toml")]


@pytest.mark.parametrize("file", [file for name in NAMES for file in files(name)])
def test_nothing_is_left_to_fill_in(file: str) -> None:
    lines = enumerate((ROOT / file).read_text(encoding="utf-8").splitlines(), start=1)
    left = [
        f"line {number}: {line.partition(MARK)[2].strip()}"
        for number, line in lines
        if MARK in line
    ]
    assert left == [], "\n".join([f"fill in {file}:", *left])


@every_connector
def test_it_is_declared_under_its_folders_name_and_recorded_whole(name: str) -> None:
    recorded = recording(name)
    assert (ROOT / "connectors" / name / "README.md").is_file()
    streams = {stream.name for stream in recorded.streams}
    assert recorded.connector.name == name
    assert len(streams) == len(recorded.streams) > 0
    for stream in recorded.streams:
        kinds = {table_of(schema).kind for schema in stream.tables}
        assert kinds, f"{stream.name} fills no table"
        assert TableKind.DERIVED not in kinds, f"{stream.name} fills a derived table"
    for kind in ("PAGES", "EMPTY", "UNKNOWN"):
        assert set(getattr(recorded.module, kind)) == streams, kind


@every_connector
def test_each_kind_of_write_is_supported_or_left_to_a_person_or_impossible(name: str) -> None:
    connector = registry.connector(name)
    said = [write.kind for write in connector.writes]
    said += [*connector.person_only, *connector.impossible]
    kinds = [kind for kind in WriteKind if kind is not WriteKind.NONE]
    assert sorted(said) == sorted(kinds), "each kind is said once"
    assert [kind for kind, _ in connector.capabilities()] == kinds


@every_connector
def test_recorded_pages_are_valid_rows_of_every_declared_table(name: str) -> None:
    recorded, wrong = recording(name), []
    for stream in recorded.streams:
        mapped = recorded.mapped(stream, recorded.pages("PAGES", stream))
        if mapped.rejects.height:
            wrong.append(f"{stream.name}: rejects {mapped.rejects.to_dicts()}")
        if mapped.unknown_fields:
            wrong.append(f"{stream.name}: unknown fields {mapped.unknown_fields}")
        declared = {table_of(schema).name for schema in stream.tables}
        if set(mapped.frames) != declared:
            wrong.append(f"{stream.name}: fills {sorted(mapped.frames)}, not {sorted(declared)}")
        for table, frame in mapped.frames.items():
            if live(frame).is_empty():
                wrong.append(f"{stream.name}: no recorded page has a row of {table}")
            _, failed = TABLES[table].schema.filter(frame, cast=False)
            if failed.counts():
                wrong.append(f"{stream.name}: rows of {table} fail {failed.counts()}")
    assert wrong == [], "\n".join(wrong)


@every_connector
@pytest.mark.parametrize("kind", ["EMPTY", "nothing"])
def test_an_empty_answer_is_an_empty_frame_of_every_declared_table(name: str, kind: str) -> None:
    recorded, wrong = recording(name), []
    for stream in recorded.streams:
        pages = [] if kind == "nothing" else recorded.pages(kind, stream)
        mapped = recorded.mapped(stream, pages)
        for schema in stream.tables:
            frame = mapped.frames.get(table_of(schema).name)
            if frame is None or not live(frame).is_empty() or mapped.rejects.height:
                wrong.append(f"{stream.name}: {schema.__name__} is {frame}")
            elif frame.schema != schema.create_empty().schema:
                wrong.append(f"{stream.name}: {schema.__name__} has columns {frame.schema}")
    assert wrong == [], "\n".join(wrong)


@every_connector
def test_an_unknown_code_quarantines_its_document_and_no_other(name: str) -> None:
    recorded, wrong = recording(name), []
    for stream in recorded.streams:
        known, new = recorded.pages("PAGES", stream), recorded.pages("UNKNOWN", stream)
        if not new:
            continue
        before = recorded.mapped(stream, known)
        after = recorded.mapped(stream, [*known, *new])
        if set(after.rejects["reason"]) != {QuarantineReason.UNKNOWN_CODE}:
            wrong.append(f"{stream.name}: an unknown code is rejected as {after.rejects}")
        named = set(after.rejects.select("table", "document_id").rows())
        for table, frame in before.frames.items():
            known_ids = frame.select(TABLES[table].document_id).to_series()
            if any((table, one) in named for one in known_ids):
                wrong.append(f"{stream.name}: an unknown code names another document of {table}")
            if frame.join(
                after.frames[table], on=frame.columns, how="anti", nulls_equal=True
            ).height:
                wrong.append(f"{stream.name}: an unknown code changes other rows of {table}")
    assert wrong == [], "\n".join(wrong)


@every_connector
def test_pages_in_any_order_and_twice_give_identical_rows(name: str) -> None:
    recorded, wrong = recording(name), []
    for stream in recorded.streams:
        pages = recorded.pages("PAGES", stream)
        first = recorded.mapped(stream, pages)
        for how, replayed in _replays(pages):
            again = recorded.mapped(stream, replayed)
            wrong += [
                f"{stream.name}: pages {how} give other rows of {table}"
                for table, frame in first.frames.items()
                if not ordered(again.frames[table]).equals(ordered(frame))
            ]
    assert wrong == [], "\n".join(wrong)


def _replays(pages: list[Page]) -> Iterator[tuple[str, list[Page]]]:
    yield "once more", pages
    yield "in reverse", pages[::-1]
    yield "twice", [page for page in pages for _ in range(2)]
    yield "one after the other, twice", [*pages, *pages]
    for seed in range(3):
        yield f"in order {seed}", random.Random(seed).sample(pages, len(pages))


@every_connector
def test_a_person_is_found_in_personal_columns_only(name: str) -> None:
    recorded, wrong = recording(name), []
    marks: tuple[str, ...] = recorded.module.PEOPLE
    bodies = [page.body for stream in recorded.streams for page in recorded.pages("PAGES", stream)]
    for mark in marks:
        if not any(mark.encode() in body for body in bodies):
            wrong.append(f"{mark!r} stands in no recorded page")
    for stream in recorded.streams:
        mapped = recorded.mapped(stream, recorded.pages("PAGES", stream))
        members = Members(recorded.module.CONTEXT.shop_id, b"a key of the tests")
        shown = protect(mapped, members)
        for table, frame in shown.frames.items():
            open_to_all = frame.drop(list(purposes(TABLES[table].schema)))
            wrong += [
                f"{stream.name}: {mark!r} is in {table}.{column.name}"
                for column in open_to_all.select(pl.col(pl.String))
                for mark in marks
                if column.str.contains(mark, literal=True).any()
            ]
    assert wrong == [], "\n".join(wrong)


@every_connector
def test_a_stream_that_names_members_takes_them_out_of_its_raw_pages(name: str) -> None:
    recorded, wrong = recording(name), []
    for stream in recorded.streams:
        names_members = any(member_columns(table_of(schema)) for schema in stream.tables)
        if (stream.redact is not None) != names_members:
            wrong.append(f"{stream.name}: redact is {stream.redact}, members: {names_members}")
        if stream.redact is None:
            continue
        pages = recorded.pages("PAGES", stream)
        if not recorded.module.PEOPLE:
            wrong.append(f"{stream.name} names members; plant PEOPLE in its pages")
        kept = [stream.redact(page, lambda _: False) for page in pages]
        if [found.page for found in kept] != pages:
            wrong.append(f"{stream.name}: a page changes though nobody is meant")
        redacted = [stream.redact(page, lambda _: True).page for page in pages]
        wrong += [
            f"{stream.name}: {mark!r} stays in a redacted page"
            for mark in recorded.module.PEOPLE
            if any(mark.encode() in page.body for page in redacted)
        ]
        recorded.mapped(stream, redacted)
    assert wrong == [], "\n".join(wrong)


@every_connector
def test_each_error_of_the_platform_has_its_class(name: str) -> None:
    recorded, wrong = recording(name), []
    errors: dict[str, tuple[httpx.Response, type[ShopkeeperError]]] = recorded.module.ERRORS
    if not errors:
        return
    for needed in (TransientSourceError, SourceRejectedError, SourceContractError):
        if not any(issubclass(expected, needed) for _, expected in errors.values()):
            wrong.append(f"no recorded error is a {needed.__name__}")
    for code, (response, expected) in errors.items():
        body, status, headers = response.content, response.status_code, response.headers
        transport = httpx.MockTransport(
            lambda _, s=status, h=headers, b=body: httpx.Response(s, headers=h, content=b)
        )
        try:
            recorded.module.ask(transport)
        except expected as error:
            wrong += [
                f"{code}: its error tells {m!r}" for m in recorded.module.PEOPLE if m in str(error)
            ]
        except ShopkeeperError as error:
            wrong.append(f"{code}: is a {type(error).__name__}, not {expected.__name__}: {error}")
        else:
            wrong.append(f"{code}: is no error")
    assert wrong == [], "\n".join(wrong)
