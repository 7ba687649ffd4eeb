"""What lies sealed in a home: which keys open it, and what it reads as."""

import base64
import hashlib
import hmac
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from sqlalchemy import text

from contracts.personal import purposes
from contracts.tables import TABLES
from flows.steps.home import Home
from tests.flows.test_keyed_events import TRIGGERS
from warehouse.encryption import SealError, Vault, key_id

ACCOUNT = "shop.example"


def texts(data: Path) -> Iterator[tuple[str, bytes]]:
    """Every file as it lies there, tables and the database unpacked."""
    for path in sorted(path for path in data.rglob("*") if path.is_file()):
        name = str(path.relative_to(data))
        yield name, path.read_bytes()
        if path.suffix == ".parquet":
            yield name, json.dumps(pl.read_parquet(path).to_dicts(), default=str).encode()
        elif path.suffix == ".db":
            database = sqlite3.connect(path)
            yield name, "\n".join(database.iterdump()).encode()
            database.close()


def sealed_with(data: Path, key: bytes) -> set[str]:
    """Files with anything at any place that this key sealed."""
    head = b"SK1" + bytes.fromhex(key_id(key))
    as_text = base64.b64encode(head)[:9], base64.urlsafe_b64encode(head)[:9]
    return {name for name, told in texts(data) if any(one in told for one in (head, *as_text))}


def opened(home: Home, vault: Vault) -> int:
    """How much of the home a vault opens."""
    found = 0
    for path in (home.folder / "data" / "landing").rglob("*.*"):
        names = ("manifest", path.name.partition(".")[0])
        found += any(_opens(vault.open, path.read_bytes(), name=name) for name in names)
    for name in (one.name for one in TABLES.values() if purposes(one.schema)):
        for row in home.lake.scan(name, with_deleted=True).collect().iter_slices(1):
            for column in purposes(TABLES[name].schema):
                one = row.select(column)
                is_there = one[column].null_count() == 0
                found += is_there and _opens(vault.open_frame, one, table_name=name)
    with home.database.read() as connection:
        for (payload,) in connection.execute(text("SELECT payload FROM quarantine")):
            found += _opens(vault.open_text, payload, name="payload")
        for account, sealed in connection.execute(text("SELECT account, sealed FROM tokens")):
            found += _opens(vault.open_text, sealed, name=f"tokens {account}")
    return found


def _opens(open_: Callable[..., Any], sealed: object, **more: Any) -> bool:
    try:
        open_(sealed, **more)
    except SealError:
        return False
    return True


def readable(home: Home) -> dict[str, Any]:
    """All that who has the keys can read, wherever it stands."""
    vault = home.keys.vault
    tables = {
        name: vault.open_frame(home.lake.scan(name, with_deleted=True).collect(), name)
        for name in TABLES
    }
    return {
        **{name: sorted(map(str, rows.to_dicts())) for name, rows in tables.items()},
        "pages": [
            (reading_id, page.part, page.body)
            for reading_id in home.landing.complete("shop")
            for page in home.landing.pages(reading_id)
        ],
        "quarantine": home.quarantine.all("shop").to_dicts(),
        "ledger": home.ledger.find(),
        "tokens": home.tokens.load(ACCOUNT),
    }


def forged(home: Home, key: bytes, *, cut: bool = False) -> None:
    """Write one more event under a key, as whoever owns the database and has that key can; or cut
    the chain at the rotation first."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derived = HKDF(SHA256(), 32, None, b"shopkeeper events").derive(key)
    with home.database.write() as connection:
        for trigger in TRIGGERS:
            connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger}"))
        if cut:
            query = "SELECT min(event_id) FROM events WHERE kind = 'data key rotated'"
            first = connection.execute(text(query)).scalar_one()
            connection.execute(text("DELETE FROM events WHERE event_id >= :n"), {"n": first})
        last = connection.execute(text("SELECT * FROM events ORDER BY event_id DESC")).mappings()
        row = dict(next(iter(last)))
        row |= {"event_id": row["event_id"] + 1, "by": "mallory", "previous_hash": row["hash"]}
        row["key_id"] = key_id(key)
        instant = str(row["at"]).replace(" ", "T") + "+00:00"
        listed = [row[name] for name in ("event_id", "kind", "subject", "by")]
        listed += [instant, row["details"], row["os_user"], row["key_id"]]
        content = row["previous_hash"].encode() + msgspec.json.encode(listed)
        row["hash"] = hmac.digest(derived, content, hashlib.sha256).hex()
        names = ", ".join(row)
        connection.execute(text(f"INSERT INTO events ({names}) VALUES (:{', :'.join(row)})"), row)
        head = {"n": row["event_id"], "hash": row["hash"]}
        connection.execute(text("UPDATE event_head SET event_id = :n, hash = :hash"), head)
