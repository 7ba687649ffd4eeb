"""Raw answers, as received and sealed: pages by keyed hash, one manifest per whole reading."""

import datetime as dt
import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import zstandard

from contracts.errors import ShopkeeperError
from contracts.streams import Facts, Page, Reading
from warehouse.encryption import SealError, Vault, seal_head

_SUFFIX = ".zst.sealed"
_DRAFT = ".tmp"
_MANIFEST = "manifest"
_OPEN = b"{"
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
    address: str
    part: str
    size_bytes: int


class _Manifest(msgspec.Struct, frozen=True):
    reading_id: str
    read_at: dt.datetime
    parts: list[_Part]
    facts: dict[str, str | int | bool] = {}


class Landing:
    """A folder of pages and manifests. Safe to be written by several processes at once."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._vault = vault
        self._pages = folder / "pages"
        self._readings = folder / "readings"

    def keep(
        self, reading: Reading, pages: Iterator[Page], *, facts: Callable[[], Facts] = dict
    ) -> Landed:
        """Keep a reading and what its account says; one that is complete is not fetched again.

        The manifest is written last: a reading is either complete or was never there.
        """
        manifest = self._manifest(reading.id)
        if manifest is not None:
            return Landed(len(manifest.parts), 0, sum(part.size_bytes for part in manifest.parts))
        known_facts = dict(facts())
        parts, new_pages, new_bytes = [], 0, 0
        for page in pages:
            part, is_new = self._keep_page(page)
            parts.append(part)
            new_pages += is_new
            new_bytes += part.size_bytes if is_new else 0
        kept = _Manifest(reading.id, reading.read_at, parts, known_facts)
        _write_whole(self._manifest_path(reading.id), self._seal(kept))
        return Landed(len(parts), new_pages, sum(part.size_bytes for part in parts), new_bytes)

    def is_complete(self, reading_id: str) -> bool:
        """Whether the reading is complete."""
        return self._manifest_path(reading_id).exists()

    def facts(self, reading_id: str) -> Facts:
        """What the account reported when the reading was made."""
        manifest = self._manifest(reading_id)
        return {} if manifest is None else manifest.facts

    def drop(self, reading_id: str) -> None:
        """Let a reading be fetched again; pages that only it held go with the next `expire`."""
        self._manifest_path(reading_id).unlink(missing_ok=True)

    def pages(self, reading_id: str) -> Iterator[Page]:
        """The pages of a complete reading, in the order they were received.

        Raises:
            LandingError: when the reading is not complete, or a page is missing or was altered.
        """
        manifest = self._manifest(reading_id)
        if manifest is None:
            raise LandingError(f"reading {reading_id} is not in landing: read it again")
        for part in manifest.parts:
            body = self._body(part.address)
            if body is None:
                raise LandingError(f"a page of {reading_id} is missing or altered: read it again")
            yield Page(body, part.part)

    def expire(self, before: dt.datetime, *, shop_id: str | None = None) -> int:
        """Remove readings made before an instant and the pages only they hold; the readings gone.

        Not to be run beside `keep`: a page that is being received again could be removed.
        """
        stale = [path for path, manifest in self._manifests(shop_id) if manifest.read_at < before]
        for path in stale:
            path.unlink()
        self._drop_orphans()
        return len(stale)

    def rewrite(self, shop_id: str, change: Callable[[str, Page], Page | None]) -> int:
        """Change or drop pages of a shop, each named with its stream; pages that did change.

        A page that changed is gone after; so are pages of no whole reading, since nobody knows
        whose they are. Like `expire`, not to be run beside `keep`.

        Raises:
            LandingError: a page is missing or was altered.
        """
        changed = 0
        for path, manifest in self._manifests(shop_id):
            of_stream = partial(change, manifest.reading_id.split("/")[1])
            changed += self._rewrite(path, manifest, of_stream)
        self._drop_orphans()
        return changed

    def rewrite_reading(self, reading_id: str, change: Callable[[Page], Page | None]) -> int:
        """The same for one reading, beside others that are being kept; pages that did change.

        Raises:
            LandingError: a page is missing or was altered.
        """
        manifest = self._manifest(reading_id)
        if manifest is None:
            return 0
        changed = self._rewrite(self._manifest_path(reading_id), manifest, change)
        in_use = {part.address for _, other in self._manifests() for part in other.parts}
        for part in manifest.parts if changed else ():
            if part.address not in in_use:
                self._page_path(part.address).unlink(missing_ok=True)
        return changed

    def _rewrite(
        self, path: Path, manifest: _Manifest, change: Callable[[Page], Page | None]
    ) -> int:
        parts, changed = [], 0
        for page, part in zip(self.pages(manifest.reading_id), manifest.parts, strict=True):
            new = change(page)
            is_other = new is None or new.body != page.body
            changed += is_other
            if not is_other:
                parts.append(part)
            elif new is not None:
                parts.append(self._keep_page(new)[0])
        if changed:
            _write_whole(path, self._seal(msgspec.structs.replace(manifest, parts=parts)))
        return changed

    def seal_manifests(self) -> None:
        """Seal manifests that a release of before left open."""
        for path in sorted(self._readings.rglob("*.json")):
            stored = path.read_bytes()
            if stored.startswith(_OPEN):
                _write_whole(path, self._seal(msgspec.json.decode(stored, type=_Manifest)))

    def sealed_with(self, key_ids: Collection[str]) -> int:
        """Files that are sealed with one of these keys, by their public names."""
        heads = tuple(map(seal_head, key_ids))
        return sum(_is_sealed_with(path, heads) for path in self._files())

    def reseal(self) -> int:
        """Seal with the key in use what an outdated one sealed; readings that were changed.

        Pages get new addresses. One that is damaged goes, since whoever has the outdated key could
        read what is left of it: it is missing then, as it was before. Not to be run beside `keep`.
        """
        heads = tuple(map(seal_head, self._vault.outdated))
        changed = 0
        for path, manifest in self._manifests():
            pages = [self._page_path(part.address) for part in manifest.parts]
            if any(_is_sealed_with(one, heads) for one in (path, *pages)):
                parts = [self._reseal(part) for part in manifest.parts]
                renewed = msgspec.structs.replace(manifest, parts=parts)
                _write_whole(path, self._seal(renewed))
                changed += 1
        self._drop_orphans()
        return changed

    def _reseal(self, part: _Part) -> _Part:
        body = self._body(part.address)
        if body is not None:
            return self._keep_page(Page(body, part.part))[0]
        self._page_path(part.address).unlink(missing_ok=True)
        return part

    def _files(self) -> Iterator[Path]:
        for folder in (self._pages, self._readings):
            yield from (path for path in folder.rglob("*") if path.is_file())

    def complete(self, shop_id: str) -> list[str]:
        """Ids of the complete readings of a shop."""
        return [manifest.reading_id for _, manifest in self._manifests(shop_id)]

    def _manifests(self, shop_id: str | None = None) -> Iterator[tuple[Path, _Manifest]]:
        folder = self._readings if shop_id is None else self._readings / shop_id
        for path in sorted(folder.rglob("*.json")):
            yield path, self._open(path)

    def _drop_orphans(self) -> None:
        in_use = {part.address for _, manifest in self._manifests() for part in manifest.parts}
        for path in self._pages.rglob(f"*{_SUFFIX}"):
            if path.name.removesuffix(_SUFFIX) not in in_use:
                path.unlink(missing_ok=True)
        for path in self._files():
            if path.name.endswith(_DRAFT):  # of somebody who was killed while writing it
                path.unlink(missing_ok=True)

    def _keep_page(self, page: Page) -> tuple[_Part, bool]:
        address = self._vault.address(page.body)
        path = self._page_path(address)
        is_new = self._body(address) is None
        if is_new:
            packed = zstandard.compress(page.body, _LEVEL)
            _write_whole(path, self._vault.seal(packed, name=address))
        return _Part(address, page.part, path.stat().st_size), is_new

    def _body(self, address: str) -> bytes | None:
        """The page, or nothing where it is missing or damaged."""
        try:
            sealed = self._page_path(address).read_bytes()
            return zstandard.decompress(self._vault.open(sealed, name=address))
        except (OSError, SealError, zstandard.ZstdError):
            return None

    def _manifest(self, reading_id: str) -> _Manifest | None:
        try:
            return self._open(self._manifest_path(reading_id))
        except FileNotFoundError:
            return None

    def _seal(self, manifest: _Manifest) -> bytes:
        """A part may name a parcel or a file of somebody."""
        return self._vault.seal(msgspec.json.encode(manifest), name=_MANIFEST)

    def _open(self, path: Path) -> _Manifest:
        try:
            manifest = self._vault.open(path.read_bytes(), name=_MANIFEST)
        except SealError as error:
            raise SealError(f"{path}: {error}") from error
        return msgspec.json.decode(manifest, type=_Manifest)

    def _manifest_path(self, reading_id: str) -> Path:
        path = (self._readings / f"{reading_id}.json").resolve()
        if not path.is_relative_to(self._readings.resolve()):
            raise LandingError(f"reading {reading_id} would lie outside of landing")
        return path

    def _page_path(self, address: str) -> Path:
        return self._pages / address[:2] / f"{address}{_SUFFIX}"


def _is_sealed_with(path: Path, heads: tuple[bytes, ...]) -> bool:
    """Whether a file begins as one of these seals does; one that is missing does not."""
    try:
        with path.open("rb") as file:
            return file.read(max(map(len, heads), default=0)).startswith(heads)
    except FileNotFoundError:
        return False


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file that is either whole or absent, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}{_DRAFT}")
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
