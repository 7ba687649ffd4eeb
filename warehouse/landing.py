"""Raw answers, exactly as received: pages by content hash, one manifest per whole reading."""

import datetime as dt
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import zstandard

from contracts.errors import ShopkeeperError
from contracts.streams import Page, Reading

_LEVEL = 3  # level 9 saves a tenth of the bytes for five times the time


class LandingError(ShopkeeperError):
    """A kept page is missing or is not what was received; the reading has to be read again."""


@dataclass(frozen=True, slots=True)
class Landed:
    """What keeping a reading added. Bytes are those on disk; `new_`: not kept before."""

    pages: int = 0
    new_pages: int = 0
    size_bytes: int = 0
    new_bytes: int = 0


class _Part(msgspec.Struct, frozen=True):
    sha256: str
    part: str
    size_bytes: int


class _Manifest(msgspec.Struct, frozen=True):
    reading_id: str
    read_at: dt.datetime
    parts: list[_Part]


class Landing:
    """A folder of pages and manifests. Safe to be written by several processes at once."""

    def __init__(self, folder: Path) -> None:
        self._pages = folder / "pages"
        self._readings = folder / "readings"

    def keep(self, reading: Reading, pages: Iterator[Page]) -> Landed:
        """Keep a reading; one that is complete already is not fetched again.

        The manifest is written last: a reading is either complete or was never there.
        """
        manifest = self._manifest(reading.id)
        if manifest is not None:
            return Landed(len(manifest.parts), 0, sum(part.size_bytes for part in manifest.parts))
        parts, new_pages, new_bytes = [], 0, 0
        for page in pages:
            part, is_new = self._keep_page(page)
            parts.append(part)
            new_pages += is_new
            new_bytes += part.size_bytes if is_new else 0
        kept = _Manifest(reading.id, reading.read_at, parts)
        _write_whole(self._manifest_path(reading.id), msgspec.json.encode(kept))
        return Landed(len(parts), new_pages, sum(part.size_bytes for part in parts), new_bytes)

    def is_kept(self, reading_id: str) -> bool:
        """Whether the reading is complete."""
        return self._manifest_path(reading_id).exists()

    def pages(self, reading_id: str) -> Iterator[Page]:
        """The pages of a complete reading, in the order they were received.

        Raises:
            LandingError: when the reading is not complete, or a page is missing or was altered.
        """
        manifest = self._manifest(reading_id)
        if manifest is None:
            raise LandingError(f"reading {reading_id} is not in landing: read it again")
        for part in manifest.parts:
            body = self._body(part.sha256)
            if body is None:
                raise LandingError(f"a page of {reading_id} is missing or altered: read it again")
            yield Page(body, part.part)

    def expire(self, before: dt.datetime) -> int:
        """Remove readings made before an instant and the pages only they hold; the readings gone.

        Not to be run beside `keep`: a page that is being received again could be removed.
        """
        held: set[str] = set()
        stale: list[tuple[Path, _Manifest]] = []
        for path in self._readings.rglob("*.json"):
            manifest = msgspec.json.decode(path.read_bytes(), type=_Manifest)
            if manifest.read_at < before:
                stale.append((path, manifest))
            else:
                held.update(part.sha256 for part in manifest.parts)
        for path, manifest in stale:
            path.unlink()
            for digest in {part.sha256 for part in manifest.parts} - held:
                self._page_path(digest).unlink(missing_ok=True)
        return len(stale)

    def _keep_page(self, page: Page) -> tuple[_Part, bool]:
        digest = hashlib.sha256(page.body).hexdigest()
        path = self._page_path(digest)
        is_new = self._body(digest) is None
        if is_new:
            _write_whole(path, zstandard.compress(page.body, _LEVEL))
        return _Part(digest, page.part, path.stat().st_size), is_new

    def _body(self, digest: str) -> bytes | None:
        """The page, or nothing where it is missing or damaged."""
        try:
            body = zstandard.decompress(self._page_path(digest).read_bytes())
        except (OSError, zstandard.ZstdError):
            return None
        return body if hashlib.sha256(body).hexdigest() == digest else None

    def _manifest(self, reading_id: str) -> _Manifest | None:
        try:
            encoded = self._manifest_path(reading_id).read_bytes()
        except FileNotFoundError:
            return None
        return msgspec.json.decode(encoded, type=_Manifest)

    def _manifest_path(self, reading_id: str) -> Path:
        path = (self._readings / f"{reading_id}.json").resolve()
        if not path.is_relative_to(self._readings.resolve()):
            raise LandingError(f"reading {reading_id} would lie outside of landing")
        return path

    def _page_path(self, digest: str) -> Path:
        return self._pages / digest[:2] / f"{digest}.zst"


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file that is either whole or absent, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
