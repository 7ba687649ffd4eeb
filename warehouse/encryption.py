"""What is sealed at rest: raw pages and quarantined documents by AES-GCM, personal columns by
AES-SIV, which gives equal values equal seals, so that an unchanged row stays unchanged."""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from contracts.errors import ConfigurationError, ShopkeeperError
from contracts.personal import purposes
from contracts.tables import TABLES

KEY_BYTES = 32
_MARK = b"SK1"
_ID_BYTES = 4
_NONCE_BYTES = 12
_HEAD_BYTES = len(_MARK) + _ID_BYTES


class SealError(ShopkeeperError):
    """What is stored was altered, or sealed with a key that this home does not have."""


@dataclass(frozen=True, slots=True, repr=False)
class _Keys:
    """What one secret gives: a public name, and a key per use."""

    id: bytes
    address: bytes
    pages: AESGCM
    columns: AESSIV


class Vault:
    """Seals with the first secret; opens what any of them sealed. A secret is 32 bytes."""

    def __init__(self, secret: bytes, *, earlier: Sequence[bytes] = ()) -> None:
        self._keys = _derived(secret)
        self._by_id = {keys.id: keys for keys in (self._keys, *map(_derived, earlier))}

    @property
    def key_ids(self) -> list[str]:
        """The public names of the keys, that which seals first."""
        return [found.hex() for found in self._by_id]

    def address(self, body: bytes) -> str:
        """A name that equal bodies share and that tells nothing about them without the key."""
        return hmac.digest(self._keys.address, body, hashlib.sha256).hex()

    def seal(self, plain: bytes, *, name: str) -> bytes:
        """Sealed bytes that open only under the same name."""
        nonce = os.urandom(_NONCE_BYTES)
        return _MARK + self._keys.id + nonce + self._keys.pages.encrypt(nonce, plain, name.encode())

    def open(self, sealed: bytes, *, name: str) -> bytes:
        """What was sealed under that name.

        Raises:
            SealError: it was altered, or its key is missing.
        """
        keys, rest = self._opened(sealed, name)
        nonce, content = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        try:
            return keys.pages.decrypt(nonce, content, name.encode())
        except (InvalidTag, ValueError) as error:
            raise SealError(f"{name} was altered") from error

    def seal_text(self, plain: str, *, name: str) -> str:
        """The same for text."""
        return base64.urlsafe_b64encode(self.seal(plain.encode(), name=name)).decode()

    def open_text(self, sealed: str, *, name: str) -> str:
        """The text that was sealed under that name.

        Raises:
            SealError: it was altered, or its key is missing.
        """
        return self.open(_decoded(sealed, name), name=name).decode()

    def seal_frames(self, frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        """Frames by table name, their personal columns sealed; a null stays a null."""
        return {
            name: _each(frame, name, self._sealed_value) if _is_personal(name) else frame
            for name, frame in frames.items()
        }

    def open_frame(
        self, frame: pl.DataFrame, table_name: str, *, purpose: str | None = None
    ) -> pl.DataFrame:
        """A frame whose personal columns, those of one purpose or all, can be read.

        Raises:
            SealError: a value was altered, or its key is missing.
        """
        return _each(frame, table_name, self._opened_value, purpose=purpose)

    def _sealed_value(self, value: str, place: str) -> str:
        content = self._keys.columns.encrypt(value.encode(), [place.encode()])
        return base64.urlsafe_b64encode(_MARK + self._keys.id + content).decode()

    def _opened_value(self, value: str, place: str) -> str:
        keys, content = self._opened(_decoded(value, place), place)
        try:
            return keys.columns.decrypt(content, [place.encode()]).decode()
        except (InvalidTag, ValueError) as error:
            raise SealError(f"a value of {place} was altered") from error

    def _opened(self, sealed: bytes, name: str) -> tuple[_Keys, bytes]:
        if not sealed.startswith(_MARK):
            raise SealError(f"{name} is not sealed")
        key_id = sealed[len(_MARK) : _HEAD_BYTES]
        if key_id not in self._by_id:
            raise SealError(f"{name} was sealed with key {key_id.hex()}, which this home lacks")
        return self._by_id[key_id], sealed[_HEAD_BYTES:]


def read_key(text: str, *, where: str) -> bytes:
    """The 32 bytes that a key file holds in base64.

    Raises:
        ConfigurationError: it holds something else; the text is not repeated.
    """
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigurationError(f"{where} is no key: it is {KEY_BYTES} random bytes in base64")
    return key


def new_key() -> str:
    """A key as `read_key` reads it."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def key_id(key: bytes) -> str:
    """A public name of a key that tells nothing about it."""
    return _expanded(key, b"id", _ID_BYTES).hex()


def _derived(secret: bytes) -> _Keys:
    return _Keys(
        id=_expanded(secret, b"id", _ID_BYTES),
        address=_expanded(secret, b"address", KEY_BYTES),
        pages=AESGCM(_expanded(secret, b"pages", KEY_BYTES)),
        columns=AESSIV(_expanded(secret, b"columns", 2 * KEY_BYTES)),
    )


def _expanded(secret: bytes, use: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=b"shopkeeper " + use).derive(
        secret
    )


def _decoded(sealed: str, name: str) -> bytes:
    try:
        return base64.b64decode(sealed, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise SealError(f"{name} is not sealed") from error


def _is_personal(table_name: str) -> bool:
    return bool(purposes(TABLES[table_name].schema))


def _each(
    frame: pl.DataFrame,
    table_name: str,
    change: Callable[[str, str], str],
    *,
    purpose: str | None = None,
) -> pl.DataFrame:
    """Change each distinct value of the personal columns once."""
    for name, held_for in purposes(TABLES[table_name].schema).items():
        if purpose in (None, held_for) and name in frame.columns:
            old = frame[name].drop_nulls().unique()
            changed = [change(value, f"{table_name}.{name}") for value in old.to_list()]
            new = pl.Series(changed, dtype=pl.String)
            frame = frame.with_columns(
                frame[name].replace_strict(old, new, default=None, return_dtype=pl.String)
            )
    return frame
