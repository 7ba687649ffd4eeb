"""A folder of exports: which files a window holds, and their bytes."""

import datetime as dt
import os
import stat
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Discriminator, Field, Tag, field_validator

from connectors.files import privacy
from connectors.files.columns import Strict
from connectors.files.layout import (
    STAMPS,
    Export,
    FileLayout,
    Limits,
    TimeZone,
    load,
    problems,
)
from contracts.errors import ConfigurationError, SourceContractError, TransientSourceError
from contracts.ports import Stores
from contracts.streams import Page, Window


def _tag(given: Any) -> str:
    return "name" if isinstance(given, str) else "inline"


# Told apart before they are read, so that an error names the key that is wrong.
Mapping = Annotated[
    Annotated[str, Tag("name")] | Annotated[FileLayout, Tag("inline")], Discriminator(_tag)
]


class FilesSettings(Strict):
    """A folder and the descriptions of what lies in it."""

    folder: Path
    mappings: tuple[Mapping, ...] = Field(min_length=1)
    """TOML files, names of ready-made descriptions, or descriptions themselves."""
    time_zone: TimeZone
    """Zone of the systems that wrote the exports, unless a description says otherwise."""
    as_of: dt.datetime | None = None
    """Read the folder as it was at this instant, files stamped with it included; else as of now."""
    quiet_seconds: float = Field(default=5, ge=0)
    """A file changed less long ago may still be being written: it is left for next time."""
    limits: Limits = Limits()

    @field_validator("mappings", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return (str(value),) if isinstance(value, str | Path) else value

    @field_validator("as_of")
    @classmethod
    def _zoned(cls, value: dt.datetime | None) -> dt.datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("give the instant with its offset, as in 2026-11-11T00:00:00+08:00")
        return None if value is None else value.astimezone(dt.UTC)


def _machine_clock() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class FolderClient:
    """An open folder."""

    def __init__(
        self,
        settings: FilesSettings,
        layouts: tuple[FileLayout, ...],
        *,
        clock: Callable[[], dt.datetime] = _machine_clock,
    ) -> None:
        self._settings = settings
        self._layouts = layouts
        self._clock = clock

    def now(self) -> dt.datetime:
        """A folder has no clock: just after the settings' instant, else when it is looked at."""
        as_of = self._settings.as_of
        # Windows are half-open: without the second a file stamped with `as_of` is never read.
        return self._clock() if as_of is None else as_of + dt.timedelta(seconds=1)

    def close(self) -> None:
        """Nothing is held open."""

    def exports(self, stream: str, window: Window) -> list[Export]:
        """Files of a stream whose export instant lies in the window, oldest first."""
        layouts = [layout for layout in self._layouts if layout.stream == stream]
        found = [
            export
            for file in self._files()
            for layout in layouts
            if (export := self._export(file, layout)) is not None
            and window.start <= export.exported_at < window.end
        ]
        return sorted(found, key=lambda export: (export.exported_at, export.file))

    def read(self, export: Export) -> bytes:
        """The file's bytes.

        Raises:
            SourceContractError: it is larger than the limit.
            TransientSourceError: it was taken away, or may not be read.
        """
        limit = export.limits.max_bytes
        try:
            with (self._settings.folder / export.file).open("rb") as file:
                body = file.read(limit + 1)
        except OSError as error:
            raise TransientSourceError(f"{export.file} cannot be read: {error.strerror}") from None
        if len(body) > limit:
            raise SourceContractError(f"{export.file} is larger than max_bytes = {limit}")
        return body

    def _files(self) -> Iterator[str]:
        """Paths below the folder, links left out: they may lead anywhere."""
        youngest = time.time() - self._settings.quiet_seconds
        for root, _, names in os.walk(self._settings.folder, followlinks=False):
            for name in names:
                path = Path(root, name)
                try:
                    status = path.lstat()
                except FileNotFoundError:
                    continue
                if stat.S_ISREG(status.st_mode) and status.st_mtime <= youngest:
                    yield path.relative_to(self._settings.folder).as_posix()

    def _export(self, file: str, layout: FileLayout) -> Export | None:
        # Some file systems hand out 成 and é decomposed.
        match = layout.regex().fullmatch(unicodedata.normalize("NFC", file))
        if match is None:
            return None
        zone = layout.time_zone or self._settings.time_zone
        try:
            local = dt.datetime.strptime(match[1], STAMPS[layout.stamp][1])  # noqa: DTZ007 zoned below
        except ValueError:
            raise SourceContractError(f"{file}: {match[1]} in its name is no date") from None
        fold = int(layout.ambiguous == "later")
        return Export(
            file=file,
            exported_at=local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(dt.UTC),
            time_zone=zone,
            layout=_of_format(file, layout),
            limits=self._settings.limits,
        )


def _of_format(file: str, layout: FileLayout) -> FileLayout:
    """The description of a file whose name says what it is."""
    if layout.format != "by_name":
        return layout
    ending = file.lower().rpartition(".")[2]
    if ending not in ("csv", "xlsx"):
        raise SourceContractError(f"{file} is neither CSV nor XLSX: save it as one of them")
    return layout.model_copy(update={"format": ending})


def described(settings: FilesSettings) -> tuple[FileLayout, ...]:
    """The descriptions that the settings name or hold.

    Raises:
        ConfigurationError: one of them is missing or wrong.
    """
    layouts: list[FileLayout] = []
    for number, given in enumerate(settings.mappings):
        if isinstance(given, str):
            layouts += load(given)
            continue
        for path, problem in problems(given):
            key = ".".join(("mappings", str(number), *path))
            raise ConfigurationError(f"files: `{key}`: {problem}")
        layouts.append(given)
    return tuple(layouts)


def open_client(settings: FilesSettings, _stores: Stores = Stores()) -> FolderClient:
    """Read the descriptions and find the folder, which limits nobody.

    Raises:
        ConfigurationError: one of them is missing or wrong.
    """
    if not settings.folder.is_dir():
        raise ConfigurationError(f"files: the folder {settings.folder} does not exist")
    return FolderClient(settings, described(settings))


def fetch(client: FolderClient, window: Window, *, stream: str) -> Iterator[Page]:
    """Yield the stream's files exported inside `window`, oldest first: bytes as they lie there,
    but for the columns that tell of persons and are not needed.

    A page's part is all that is needed to map it: the file, its export instant, its description.

    Raises:
        SourceContractError: a file is too large, or such columns cannot be taken out of it.
        TransientSourceError: a file cannot be opened.
    """
    for export in client.exports(stream, window):
        yield privacy.taken_out(Page(client.read(export), export.model_dump_json()))
