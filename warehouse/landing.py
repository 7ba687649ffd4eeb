"""Raw answers, as received and sealed: pages by keyed hash, one manifest per whole reading."""

import datetime as dt
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import zstandard

from contracts.errors import ShopkeeperError
from contracts.streams import Facts, Page, Reading
from warehouse.encryption import SealError, Vault

_SUFFIX = ".zst.sealed"
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
        told = dict(facts())
        parts, new_pages, new_bytes = [], 0, 0
        for page in pages:
            part, is_new = self._keep_page(page)
            parts.append(part)
            new_pages += is_new
            new_bytes += part.size_bytes if is_new else 0
        kept = _Manifest(reading.id, reading.read_at, parts, told)
        _write_whole(self._manifest_path(reading.id), msgspec.json.encode(kept))
        return Landed(len(parts), new_pages, sum(part.size_bytes for part in parts), new_bytes)

    def is_kept(self, reading_id: str) -> bool:
        """Whether the reading is complete."""
        return self._manifest_path(reading_id).exists()

    def facts(self, reading_id: str) -> Facts:
        """What the account said when the reading was made."""
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

    def rewrite(self, shop_id: str, change: Callable[[str, Page], Page]) -> int:
        """Change pages of a shop, each told with its stream; pages that did change.

        A page that changed is gone after; so are pages of no whole reading, since nobody can tell
        whose they are. Like `expire`, not to be run beside `keep`.

        Raises:
            LandingError: a page is missing or was altered.
        """
        changed = 0
        for path, manifest in self._manifests(shop_id):
            parts = []
            for page, part in zip(self.pages(manifest.reading_id), manifest.parts, strict=True):
                new = change(manifest.reading_id.split("/")[1], page)
                is_other = new.body != page.body
                parts.append(self._keep_page(new)[0] if is_other else part)
                changed += is_other
            if parts != manifest.parts:
                kept = msgspec.structs.replace(manifest, parts=parts)
                _write_whole(path, msgspec.json.encode(kept))
        self._drop_orphans()
        return changed

    def kept(self, shop_id: str) -> list[str]:
        """Ids of the complete readings of a shop."""
        return [manifest.reading_id for _, manifest in self._manifests(shop_id)]

    def _manifests(self, shop_id: str | None = None) -> Iterator[tuple[Path, _Manifest]]:
        folder = self._readings if shop_id is None else self._readings / shop_id
        for path in sorted(folder.rglob("*.json")):
            yield path, msgspec.json.decode(path.read_bytes(), type=_Manifest)

    def _drop_orphans(self) -> None:
        held = {part.address for _, manifest in self._manifests() for part in manifest.parts}
        for path in self._pages.rglob(f"*{_SUFFIX}"):
            if path.name.removesuffix(_SUFFIX) not in held:
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
            encoded = self._manifest_path(reading_id).read_bytes()
        except FileNotFoundError:
            return None
        return msgspec.json.decode(encoded, type=_Manifest)

    def _manifest_path(self, reading_id: str) -> Path:
        path = (self._readings / f"{reading_id}.json").resolve()
        if not path.is_relative_to(self._readings.resolve()):
            raise LandingError(f"reading {reading_id} would lie outside of landing")
        return path

    def _page_path(self, address: str) -> Path:
        return self._pages / address[:2] / f"{address}{_SUFFIX}"


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
