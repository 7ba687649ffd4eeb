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

_WHERE = "shopkeeper.toml, [keys]"


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
        return cls(Vault(data, earlier=earlier), _read(folder, keys.members))

    def confirmed(self, database: Database) -> "OpenedKeys":
        """The same, if the data is kept under them: with another key a customer becomes another.

        Raises:
            ConfigurationError: a key is not the one of the first use.
        """
        known = {"members": [key_id(self.members)], "data": self.vault.key_ids}
        confirm_keys(database, known)
        return self


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
            draft = path.with_name(f".{path.name}.{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(new_key() + "\n", encoding="utf-8")
            try:
                os.link(draft, path)
                made.append(path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
    return made


def _read(folder: Path, reference: str) -> bytes:
    scheme, _, name = reference.partition(":")
    if scheme == "file" and not (folder / name).is_file():
        raise ConfigurationError(
            f"{_WHERE}: {name} does not exist and what is stored cannot be read without it: "
            "put it back from where you keep a copy"
        )
    return read_key(
        secrets.resolve(reference, where=_WHERE, folder=folder), where=f"{_WHERE}: {reference}"
    )
