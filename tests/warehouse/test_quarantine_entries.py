import json

import polars as pl
import pytest

from contracts.streams import Quarantined, Reading, Window
from tests.warehouse.conftest import VAULT
from tests.warehouse.rows import hour, rows
from warehouse.database import Database
from warehouse.encryption import SealError, Vault
from warehouse.quarantine import Quarantine


def reading(number: int) -> Reading:
    return Reading("demo", "orders", Window(hour(0), hour(1)), hour(number))


def bad(document_id: str = "1", *reasons: str) -> pl.DataFrame:
    found = [{"reason": reason, "table": "orders", "column": None, "detail": None}
             for reason in reasons or ("penny_price",)]  # fmt: skip
    row = {"table": "orders", "document_id": document_id, "reasons": json.dumps(found)}
    return rows(Quarantined, [{**row, "payload": "{}"}])


def open_ids(quarantine: Quarantine) -> list[str]:
    return quarantine.open()["document_id"].to_list()


def close(quarantine: Quarantine, number: int, *ids: str) -> int:
    good = pl.Series([*ids, "never held"])
    return quarantine.close("demo", "orders", document_ids=good, read_at=hour(number))


def test_a_document_seen_bad_twice_is_one_entry_with_its_first_and_last_sight(
    database: Database,
) -> None:
    quarantine = Quarantine(database, VAULT)
    for number in (1, 3, 2):
        quarantine.keep(reading(number), bad("1", "penny_price" if number == 3 else "other"))
    entry = quarantine.open(shop_id="demo", table_name="orders").row(0, named=True)
    assert (entry["first_seen_at"], entry["last_seen_at"]) == (hour(1), hour(3))
    assert "penny_price" in entry["reasons"]
    assert entry["reading_id"] == reading(3).id


def test_a_good_version_that_is_not_older_closes_the_entry(database: Database) -> None:
    quarantine = Quarantine(database, VAULT)
    quarantine.keep(reading(2), pl.concat([bad("1"), bad("2")]))
    assert close(quarantine, 1, "1") == 0
    assert close(quarantine, 2, "1") == 1
    assert close(quarantine, 3, "1") == 0
    assert open_ids(quarantine) == ["2"]


def test_an_old_reading_replayed_does_not_open_what_a_newer_good_version_closed(
    database: Database,
) -> None:
    quarantine = Quarantine(database, VAULT)
    quarantine.keep(reading(1), bad())
    close(quarantine, 2, "1")
    quarantine.keep(reading(1), bad())
    assert open_ids(quarantine) == []
    quarantine.keep(reading(3), bad())
    assert open_ids(quarantine) == ["1"]


def test_documents_are_counted_under_each_of_their_reasons(database: Database) -> None:
    quarantine = Quarantine(database, VAULT)
    assert quarantine.counts().is_empty()
    quarantine.keep(
        reading(1),
        pl.concat([bad("1", "penny_price", "penny_price"), bad("2", "penny_price", "other")]),
    )
    assert quarantine.counts(shop_id="demo").rows() == [
        ("demo", "orders", "other", 1),
        ("demo", "orders", "penny_price", 2),
    ]
    assert quarantine.counts(shop_id="elsewhere").is_empty()


def test_what_an_outdated_key_sealed_is_sealed_anew_and_opens_with_it_no_more(
    database: Database,
) -> None:
    old, new = b"o" * 32, Vault(b"n" * 32, names=b"m" * 32)
    before = Quarantine(database, Vault(old, names=b"m" * 32))
    before.keep(reading(1), pl.concat([bad("1"), bad("2")]))
    close(before, 2, "1")
    entries = before.all("demo")
    both = Quarantine(database, Vault(b"n" * 32, earlier=[old], names=b"m" * 32))
    both.keep(reading(3), bad("3"))
    outdated, in_use = Vault(old).key_ids, new.key_ids
    assert (both.sealed_with(outdated), both.sealed_with(in_use)) == (2, 1)
    assert (both.reseal(), both.reseal()) == (2, 0)
    assert (both.sealed_with(outdated), both.sealed_with(in_use)) == (0, 3)
    after = Quarantine(database, new).all("demo")
    assert (
        after.filter(pl.col("document_id") != "3")
        .sort("document_id")
        .equals(entries.sort("document_id"))
    )
    with pytest.raises(SealError):
        before.all("demo")
