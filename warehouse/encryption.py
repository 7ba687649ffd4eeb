"""What is sealed at rest: raw pages and quarantined documents by AES-GCM, personal columns by
AES-SIV, which gives equal values equal seals, so that an unchanged row stays unchanged.

Codes and parcels are named in several tables, which are joined by them as they are: one value has
one seal wherever it stands, under a key that is never rotated.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from contracts.errors import ConfigurationError, ShopkeeperError
from contracts.personal import COMPARED, purposes
from contracts.streams import PART
from contracts.tables import TABLES

KEY_BYTES = 32
_MARK = b"SK1"
_ID_BYTES = 4
_NONCE_BYTES = 12
_UNKNOWN = "?"
_WORD = "word"
_SEALED = base64.urlsafe_b64encode(_MARK).decode()
_HEAD_BYTES = len(_MARK) + _ID_BYTES
_STANDARD = bytes.maketrans(b"-_", b"+/")
"""From the alphabet of `urlsafe_b64encode` to the other one."""


class SealError(ShopkeeperError):
    """What is stored was altered, or sealed with a key that this home does not have."""


@dataclass(frozen=True, slots=True, repr=False)
class _Keys:
    """What one secret gives: a public name, and a key per use."""

    id: bytes
    address: bytes
    events: bytes
    pages: AESGCM
    columns: AESSIV


class Vault:
    """Seals with the first secret; opens what any of them sealed. A secret is 32 bytes.

    `names` is the secret of what tables are joined by, the first one if not given.
    """

    def __init__(
        self, secret: bytes, *, earlier: Sequence[bytes] = (), names: bytes | None = None
    ) -> None:
        self._keys = _derive(secret)
        self._names = self._keys if names is None else _derive(names)
        self._data = [self._keys, *map(_derive, earlier)]
        self._by_id = {keys.id: keys for keys in (*self._data, self._names)}

    @property
    def key_ids(self) -> list[str]:
        """The public names of the keys, that which seals first."""
        return [keys.id.hex() for keys in self._data]

    @property
    def event_keys(self) -> dict[str, bytes]:
        """What seals the chain of events, by the key's public name, that which seals first."""
        return {keys.id.hex(): keys.events for keys in self._data}

    @property
    def outdated(self) -> list[str]:
        """The public names of the data keys that seal no more."""
        return [one for one in self.key_ids if one != self.key_ids[0]]

    def address(self, body: bytes) -> str:
        """A name that equal bodies share and that reveals nothing about them without the key."""
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
        return self.open(_decode(sealed, name), name=name).decode()

    def reseal_text(self, sealed: str, *, name: str) -> str:
        """The same text under the key in use."""
        return self.seal_text(self.open_text(sealed, name=name), name=name)

    def seal_frames(self, frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        """Frames by table name, their personal columns sealed; a null stays a null."""
        return {
            name: _each(frame, name, self._sealed_value) if _is_personal(name) else frame
            for name, frame in frames.items()
        }

    def open_frame(
        self, frame: pl.DataFrame, table_name: str, *, only: Collection[str] | None = None
    ) -> pl.DataFrame:
        """A frame whose personal columns, those of some purposes or all, can be read.

        Raises:
            SealError: a value was altered, or its key is missing.
        """
        return _each(frame, table_name, self._opened_value, only=only)

    def open_lazily(
        self, frame: pl.DataFrame, table_name: str, *, only: Collection[str]
    ) -> pl.LazyFrame:
        """The same, lazy: a column is opened when first read, and once however often it is.

        Raises:
            SealError: when a column is read in which a value was altered, or its key missing.
        """

        def column(name: str, purpose: str) -> pl.Expr:
            place = _place(table_name, name, purpose)
            whole = cache(partial(_map_values, frame[name], place=place, change=self._opened_value))
            return pl.col(name).map_batches(lambda _: whole(), return_dtype=pl.String)

        columns = purposes(TABLES[table_name].schema).items()
        return frame.lazy().with_columns(column(*one) for one in columns if one[1] in only)

    def seal_rest(self, frame: pl.DataFrame, table_name: str) -> pl.DataFrame:
        """A frame of a release that left codes and parcels open; what is sealed stays."""
        return _each(
            frame,
            table_name,
            lambda value, place: value if is_sealed(value) else self._sealed_value(value, place),
            only=COMPARED,
        )

    def reseal_frame(self, frame: pl.DataFrame, table_name: str) -> pl.DataFrame:
        """A frame of which no value is sealed with an outdated key; what is not stays.

        Raises:
            SealError: a value was altered.
        """
        outdated = tuple(map(text_head, self.outdated))
        return _each(
            frame,
            table_name,
            lambda value, place: (
                self._sealed_value(self._opened_value(value, place), place)
                if value.startswith(outdated)
                else value
            ),
        )

    def seal_word(self, value: str) -> str:
        """Text of a row that is looked up by it: equal texts have equal seals."""
        return _seal(value, _WORD, self._names)

    def open_word(self, sealed: str) -> str:
        """The text that `seal_word` sealed.

        Raises:
            SealError: it was altered, or its key is missing.
        """
        return self._opened_value(sealed, _WORD)

    def seals(self, values: Collection[str], *, table_name: str, column: str) -> list[str]:
        """How values stand in a personal column of the lake, whichever key sealed them."""
        purpose = purposes(TABLES[table_name].schema)[column]
        place = _place(table_name, column, purpose)
        keys = [self._names] if purpose in COMPARED else self._data
        return [_seal(value, place, one) for one in keys for value in values]

    def seal_document(self, table_name: str, document_id: str) -> str:
        """A document's id as the lake has it: one that names a parcel or holds a code is sealed."""
        place = _document_place(table_name)
        if place is None or document_id.startswith((PART, _UNKNOWN)):
            return document_id
        return self._sealed_value(document_id, place)

    def open_document(self, table_name: str, document_id: str) -> str:
        """The id that `seal_document` was given.

        Raises:
            SealError: it was altered, or its key is missing.
        """
        place = _document_place(table_name)
        if place is None or document_id.startswith((PART, _UNKNOWN)):
            return document_id
        return self._opened_value(document_id, place)

    def _sealed_value(self, value: str, place: str) -> str:
        is_name = place.partition(".")[0] in COMPARED
        return _seal(value, place, self._names if is_name else self._keys)

    def _opened_value(self, value: str, place: str) -> str:
        keys, content = self._opened(_decode(value, place), place)
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


def is_sealed(value: str) -> bool:
    """Whether a text has the form of a sealed one."""
    return value.startswith(_SEALED)


def seal_head(key_id: str) -> bytes:
    """How all begins that a key, by its public name, sealed."""
    return _MARK + bytes.fromhex(key_id)


def text_head(key_id: str) -> str:
    """The same of sealed text: as many letters as reveal nothing but the head."""
    head = base64.urlsafe_b64encode(seal_head(key_id)).decode()
    return head[: _HEAD_BYTES * 8 // 6]


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
    """A public name of a key that reveals nothing about it."""
    return _expand(key, b"id", _ID_BYTES).hex()


def _derive(secret: bytes) -> _Keys:
    return _Keys(
        id=_expand(secret, b"id", _ID_BYTES),
        address=_expand(secret, b"address", KEY_BYTES),
        events=_expand(secret, b"events", KEY_BYTES),
        pages=AESGCM(_expand(secret, b"pages", KEY_BYTES)),
        columns=AESSIV(_expand(secret, b"columns", 2 * KEY_BYTES)),
    )


def _expand(secret: bytes, use: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=b"shopkeeper " + use).derive(
        secret
    )


def _decode(sealed: str, name: str) -> bytes:
    try:
        # What `base64.b64decode` does, without what it prepares anew for each of many values.
        return binascii.a2b_base64(sealed.encode().translate(_STANDARD), strict_mode=True)
    except binascii.Error as error:
        raise SealError(f"{name} is not sealed") from error


def _is_personal(table_name: str) -> bool:
    return bool(purposes(TABLES[table_name].schema))


def _document_place(table_name: str) -> str | None:
    """What the seals of a table's document ids are bound to; None: they are not sealed."""
    if table_name not in TABLES or len(TABLES[table_name].document) != 1:
        return None
    table = TABLES[table_name]
    purpose = purposes(table.schema).get(table.document[0])
    return _place(table_name, table.document[0], purpose) if purpose in COMPARED else None


def _seal(value: str, place: str, keys: _Keys) -> str:
    content = keys.columns.encrypt(value.encode(), [place.encode()])
    return base64.urlsafe_b64encode(_MARK + keys.id + content).decode()


def _place(table_name: str, column: str, purpose: str) -> str:
    """What a seal is bound to: its column, or for what tables are joined by, its purpose."""
    return f"{purpose if purpose in COMPARED else table_name}.{column}"


def _each(
    frame: pl.DataFrame,
    table_name: str,
    change: Callable[[str, str], str],
    *,
    only: Collection[str] | None = None,
) -> pl.DataFrame:
    """Change each distinct value of the personal columns once."""
    for name, purpose in purposes(TABLES[table_name].schema).items():
        if (only is None or purpose in only) and name in frame.columns:
            place = _place(table_name, name, purpose)
            frame = frame.with_columns(_map_values(frame[name], place=place, change=change))
    return frame


def _map_values(values: pl.Series, *, place: str, change: Callable[[str, str], str]) -> pl.Series:
    """Values, each distinct one changed once; a null stays a null."""
    old = values.drop_nulls().unique()
    new = pl.Series([change(value, place) for value in old.to_list()], dtype=pl.String)
    return values.replace_strict(old, new, default=None, return_dtype=pl.String)
