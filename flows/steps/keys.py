"""The keys of a home: by reference, made with the first use of one that holds nothing yet."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from contracts.errors import ConfigurationError
from flows.steps import secrets
from flows.steps.settings import Keys
from warehouse.database import Database
from warehouse.encryption import Vault, key_id, new_key, read_key
from warehouse.erasures import confirm_keys
from warehouse.journal import sync_folder

_WHERE = "shopkeeper.toml, [keys]"
_LEAVING = ".earlier"


@dataclass(frozen=True, slots=True)
class OpenedKeys:
    """The keys in use."""

    vault: Vault
    members: bytes = field(repr=False)

    @classmethod
    def of(cls, folder: Path, keys: Keys, *, is_new: bool) -> "OpenedKeys":
        """The keys of a home; a new one's are made.

        Raises:
            ConfigurationError: a key is missing, or is none.
        """
        if is_new:
            make(folder, keys)
        data, *earlier = (_read(folder, one) for one in (keys.data, *keys.earlier))
        if is_leaving(folder, keys):
            earlier.append(_read(folder, keys.data + _LEAVING))
        members = _read(folder, keys.members)
        return cls(Vault(data, earlier=earlier, names=members), members)

    def confirm(self, database: Database) -> "OpenedKeys":
        """The same, if the data is kept under them: with another key a customer becomes another.

        Raises:
            ConfigurationError: a key is not the one of the first use.
        """
        known = {"members": [key_id(self.members)], "data": self.vault.key_ids}
        confirm_keys(database, known)
        return self


def is_leaving(folder: Path, keys: Keys) -> bool:
    """Whether a rotation has not given the data key of before up yet."""
    scheme, _, name = keys.data.partition(":")
    if scheme != "file" or not secrets.is_file(_leaving(folder, keys)):
        return False
    # Of a rotation that was ended before there was a new key, both are the same.
    return _leaving(folder, keys).read_bytes() != (folder / name).read_bytes()


def renew(folder: Path, keys: Keys) -> None:
    """Put a new data key in place of the one in the file, which is kept beside it until `give_up`.

    At every moment both are there that something may be sealed with; again after a crash, the new
    key that was made stays.
    """
    path = (folder / keys.data.partition(":")[2]).resolve()
    leaving = _leaving(folder, keys)
    if not leaving.exists():
        os.link(path, leaving)
        sync_folder(leaving.parent)
    if path.read_bytes() == leaving.read_bytes():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            draft.touch(mode=0o600)
            with draft.open("w", encoding="utf-8") as file:
                file.write(new_key() + "\n")
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(path.parent)


def give_up(folder: Path, keys: Keys) -> None:
    """Remove the data key of before: nothing is sealed with it any more."""
    if is_leaving(folder, keys):
        _leaving(folder, keys).unlink()
        sync_folder(_leaving(folder, keys).parent)


def _leaving(folder: Path, keys: Keys) -> Path:
    return folder / (keys.data.partition(":")[2] + _LEAVING)


def make(folder: Path, keys: Keys) -> list[Path]:
    """Make the key files that are missing, for their owner's eyes only; those made.

    Of two processes that make one at the same time, both go on with the first one's.
    """
    made = []
    for reference in (keys.data, keys.members):
        scheme, _, name = reference.partition(":")
        path = folder / name
        if scheme == "file" and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if path.parent != folder:
                # A home that is kept in git, as its settings may be, keeps no key there.
                (path.parent / ".gitignore").write_text("*\n", encoding="utf-8")
            draft = path.with_name(f".{path.name}.{os.getpid()}")
            try:
                draft.touch(mode=0o600)
                draft.write_text(new_key() + "\n", encoding="utf-8")
                os.link(draft, path)
                made.append(path)
            except FileExistsError:
                pass
            finally:
                draft.unlink(missing_ok=True)
    return made


def _read(folder: Path, reference: str) -> bytes:
    scheme, _, name = reference.partition(":")
    if scheme == "file" and not secrets.is_file(folder / name):
        raise ConfigurationError(
            f"{_WHERE}: {secrets.display_path(folder / name, name)} does not exist and what is"
            " stored cannot be read without it: put it back from where you keep a copy"
        )
    return read_key(
        secrets.resolve(reference, where=_WHERE, folder=folder), where=f"{_WHERE}: {reference}"
    )
