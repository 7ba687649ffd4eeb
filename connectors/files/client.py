"""A folder of exports: which files a window holds, and their bytes."""

import datetime as dt
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, field_validator

from connectors.files import privacy
from connectors.files.columns import Strict
from connectors.files.descriptions import load, problems
from connectors.files.layout import (
    Described,
    Export,
    FileLayout,
    Limits,
    Listing,
    Part,
    RefusedFileError,
    TimeZone,
)
from contracts.errors import ConfigurationError, TransientSourceError
from contracts.ports import Stores
from contracts.streams import Page, Window

_NOT_EXPORTS = (".", "~$", "Thumbs.db", "desktop.ini")
"""How names begin that systems and spreadsheets leave in folders."""


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
        described: Described,
        *,
        clock: Callable[[], dt.datetime] = _machine_clock,
    ) -> None:
        self._settings = settings
        self._described = described
        self._clock = clock

    def now(self) -> dt.datetime:
        """A folder has no clock: just after the settings' instant, else when it is looked at."""
        as_of = self._settings.as_of
        # Windows are half-open: without the second a file stamped with `as_of` is never read.
        return self._clock() if as_of is None else as_of + dt.timedelta(seconds=1)

    def close(self) -> None:
        """Nothing is held open."""

    def exports(self, stream: str, window: Window) -> Iterator[Page]:
        """What is kept of a stream's files of the window, oldest first, then what the folder lists.

        Raises:
            TransientSourceError: the folder does not answer.
        """
        mine = self._described.of(stream)
        files = sorted(self._files())
        held: list[tuple[dt.datetime, str, list[Export]]] = []
        for file in filter(mine.names, files):
            try:
                exports = mine.exports(file)
            except RefusedFileError as error:
                yield refused(file, str(error))
                continue
            at = exports[0].exported_at
            if window.start <= at < window.end:
                held.append((at, file, exports))
        for _, file, exports in sorted(held, key=lambda one: one[:2]):
            yield from self._pages(file, exports)
        yield self._listing(mine, files)

    def strangers(self) -> list[str]:
        """Files that no description names."""
        return sorted(file for file in self._files() if not self._is_known(file))

    def _is_known(self, file: str) -> bool:
        return self._described.names(file) or Path(file).name.startswith(_NOT_EXPORTS)

    def _listing(self, mine: Described, files: list[str]) -> Page:
        # One stream tells of strangers: each of them would otherwise be told as often.
        is_teller = self._described.layouts[0].stream == mine.layouts[0].stream
        listing = Listing(
            files=tuple(filter(mine.names, files)),
            strangers=tuple(self.strangers()) if is_teller else (),
        )
        return Page(listing.model_dump_json().encode(), Part(file="").model_dump_json())

    def _pages(self, file: str, exports: list[Export]) -> Iterator[Page]:
        """The file as it lies there, but for the columns that tell of persons needlessly."""
        try:
            body = self._read(file, exports[0].limits.max_bytes)
            if body is not None:
                yield from privacy.taken_out(body, exports)
        except RefusedFileError as error:
            yield refused(file, str(error))

    def _read(self, file: str, limit: int) -> bytes | None:
        """The file's bytes; none where it was taken away meanwhile.

        Raises:
            RefusedFileError: it is larger than the limit, or we may not read it.
            TransientSourceError: the folder does not answer.
        """
        try:
            with (self._settings.folder / file).open("rb") as opened:
                body = opened.read(limit + 1)
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise RefusedFileError(f"cannot be read: {error.strerror}") from None
        except OSError as error:
            raise TransientSourceError(f"{file} cannot be read: {error.strerror}") from None
        if len(body) > limit:
            raise RefusedFileError(f"is larger than max_bytes = {limit}")
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


def described(settings: FilesSettings) -> Described:
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
    return Described(tuple(layouts), settings.time_zone, settings.limits)


def refused(file: str, why: str) -> Page:
    """Stands for a file that is not kept."""
    return Page(b"", Part(file=file, refused=why).model_dump_json())


def open_client(settings: FilesSettings, _stores: Stores = Stores()) -> FolderClient:
    """Read the descriptions and find the folder, which limits nobody.

    Raises:
        ConfigurationError: one of them is missing or wrong.
    """
    if not settings.folder.is_dir():
        raise ConfigurationError(f"files: the folder {settings.folder} does not exist")
    return FolderClient(settings, described(settings))


def fetch(client: FolderClient, window: Window, *, stream: str) -> Iterator[Page]:
    """Yield the stream's files exported inside `window`, oldest first, and what the folder lists.

    A page's part is a `Part`: the file it is of. A file that cannot be kept is a page that says so.

    Raises:
        TransientSourceError: the folder does not answer.
    """
    return client.exports(stream, window)
