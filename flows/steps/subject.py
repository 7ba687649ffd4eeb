"""Subject: hand out what is held of a person."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from contracts.errors import ConfigurationError
from contracts.tables import TABLES
from flows.steps.actions import person
from flows.steps.files import whole
from flows.steps.forget import held, pages_about, rows_about
from flows.steps.home import Home, Shop, machine_now
from warehouse.events import Event, Events
from warehouse.merge import family


def subject(
    home: Home, member: str, *, out: Path, shop_id: str | None = None, by: str | None = None
) -> dict[str, int]:
    """Write all that is held of a member as one JSON file; entries per part of it.

    Parts: rows of the lake with the documents they belong to, documents in quarantine, what was
    written or was to be written to them, and what the raw answers say. The hand-out is an event.

    Raises:
        ConfigurationError: as `held`, nothing is held, or the folder does not exist.
    """
    if not out.absolute().parent.is_dir():
        raise ConfigurationError(f"--out: the folder {out.parent} does not exist")
    found = held(home, member, shop_id=shop_id)
    if found.is_empty:
        raise ConfigurationError("--member: nothing is held of this person")
    shop = home.shop(found.shop_id)
    tables = _tables(home, shop, found.member_id)
    quarantined = home.quarantine.naming(shop.id, found.member_id).to_dicts()
    answers = _distinct(
        said for page in pages_about(home, shop, found.member_id) for said in page.removed
    )
    written = home.ledger.find(shop_id=shop.id, member_id=found.member_id)
    actions = [asdict(action) for action in written]
    parts: dict[str, list[Any]] = {
        **tables,
        "quarantine": quarantined,
        "actions": actions,
        "answers": answers,
    }
    told = {"shop_id": shop.id, "member_id": found.member_id, **parts}
    with whole(out) as draft:
        draft.touch(mode=0o600)
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=2))
    counts = {name: len(entries) for name, entries in parts.items()}
    event = Event(
        kind="subject", subject=found.member_id, by=person(by), at=machine_now(), details=counts
    )
    Events(home.database).append([event])
    return counts


def _tables(home: Home, shop: Shop, member_id: str) -> dict[str, list[dict[str, Any]]]:
    """Rows that name the member, in clear, and the other rows of the orders among them."""
    frames = rows_about(home, shop, member_id)
    if "orders" in frames:
        of_theirs = pl.col("order_id").is_in(frames["orders"]["order_id"].implode())
        for name in family(TABLES["orders"]):
            if name not in frames:
                frames[name] = home.scan(name, shop).filter(of_theirs).collect()
    vault = home.keys.vault
    return {name: vault.open_frame(frame, name).to_dicts() for name, frame in frames.items()}


def _distinct(found: Iterable[object]) -> list[object]:
    """Each thing said once, however many readings hold it."""
    return [msgspec.json.decode(said) for said in dict.fromkeys(map(msgspec.json.encode, found))]
