"""Subject: hand out what is stored about a person."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from contracts.errors import ConfigurationError
from flows.steps.clock import machine_now
from flows.steps.family import family_of
from flows.steps.files import write_atomically
from flows.steps.forget import find_stored, pages_about, quarantined_of
from flows.steps.holders import person
from flows.steps.home import Home
from warehouse.event_chain import Events
from warehouse.events import LedgerEvent


def subject(
    home: Home, member: str, *, out: Path, shop_id: str | None = None, by: str | None = None
) -> dict[str, int]:
    """Write all that is stored about a member as one JSON file; entries per part of it.

    Parts: rows of the lake with the documents they belong to, documents in quarantine, what was
    written or was to be written to them, and what the raw answers contain. The hand-out is an
    event.

    Raises:
        ConfigurationError: as `find_stored`, nothing is stored, or the folder does not exist.
    """
    if not out.absolute().parent.is_dir():
        raise ConfigurationError(f"--out: the folder {out.parent} does not exist")
    found = find_stored(home, member, shop_id=shop_id)
    if found.is_empty:
        raise ConfigurationError("--member: nothing is stored about this person")
    shop = home.shop(found.shop_id)
    family = family_of(home, shop, found.member_id)
    parts: dict[str, list[Any]] = {
        **{name: rows.to_dicts() for name, rows in family.rows.items()},
        "quarantine": quarantined_of(home, family).to_dicts(),
        "actions": [asdict(action) for action in family.actions],
        "answers": _distinct(item for page in pages_about(home, shop, family) for item in page),
    }
    document = {"shop_id": shop.id, "member_id": found.member_id, **parts}
    with write_atomically(out) as draft:
        draft.touch(mode=0o600)
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2))
    counts = {name: len(entries) for name, entries in parts.items()}
    event = LedgerEvent(
        kind="subject", subject=found.member_id, by=person(by), at=machine_now(), details=counts
    )
    Events(home.database).append([event])
    return counts


def _distinct(found: Iterable[object]) -> list[object]:
    """Each item once, however many readings contain it."""
    return [msgspec.json.decode(item) for item in dict.fromkeys(map(msgspec.json.encode, found))]
