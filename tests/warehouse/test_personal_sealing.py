"""What is stored cannot be read, moved or altered without the key."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import ConfigurationError
from contracts.personal import COMPARED
from contracts.streams import Page, Reading, Window
from contracts.tables import Coupon, Listing
from tests.warehouse.rows import hour
from warehouse.database import Database
from warehouse.encryption import SealError, Vault, new_key, read_key
from warehouse.erasures import Erasure, Erasures, confirm_keys
from warehouse.landing import Landing
from warehouse.quarantine import Quarantine

ONE, OTHER = Vault(b"1" * 32), Vault(b"2" * 32)
READING = Reading("demo", "orders", Window(hour(0), hour(1)), hour(2))
LATER = Reading("demo", "customers", Window(hour(0), hour(1)), hour(3))
PERSON = "Zacharias Querfeldt"


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_is_sealed_comes_back_and_only_under_its_name(plain: bytes, name: str) -> None:
    sealed = ONE.seal(plain, name=name)
    assert ONE.open(sealed, name=name) == plain
    with pytest.raises(SealError, match="altered"):
        ONE.open(sealed, name=name + "x")


@given(st.integers(min_value=0, max_value=47), st.integers(min_value=1, max_value=255))
def test_a_single_altered_byte_is_noticed(place: int, change: int) -> None:
    sealed = bytearray(ONE.seal(b"a page of orders", name="page"))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(SealError):
        ONE.open(bytes(sealed), name="page")


def test_another_key_opens_nothing_and_is_told_by_its_public_name() -> None:
    with pytest.raises(SealError, match=f"sealed with key {ONE.key_ids[0]}"):
        OTHER.open(ONE.seal(b"x", name="page"), name="page")


def test_after_a_rotation_the_earlier_key_still_opens_what_it_sealed() -> None:
    rotated = Vault(b"2" * 32, earlier=[b"1" * 32])
    assert rotated.open(ONE.seal(b"x", name="page"), name="page") == b"x"
    with pytest.raises(SealError):
        ONE.open(rotated.seal(b"x", name="page"), name="page")


def test_titles_are_sealed_alike_so_that_an_unchanged_listing_stays_unchanged() -> None:
    listing = Listing.sample(overrides=[{"title": PERSON}, {"title": PERSON}, {"title": "Mug"}])
    sealed = ONE.seal_frames({"listings": listing})["listings"]
    assert sealed["title"][0] == sealed["title"][1] != sealed["title"][2]
    assert PERSON not in sealed.write_csv()
    assert ONE.seal_frames({"listings": listing})["listings"].equals(sealed)
    assert ONE.open_frame(sealed, "listings").equals(listing)
    with pytest.raises(SealError, match="is not sealed"):
        ONE.open_frame(listing, "listings")


def test_a_seal_cannot_be_moved_to_another_column() -> None:
    listing = Listing.sample(overrides=[{"title": PERSON}])
    moved = ONE.seal_frames({"listings": listing})["listings"].select("title")
    with pytest.raises(SealError, match="altered"):
        ONE.open_frame(moved, "coupons")


def test_of_a_lazy_frame_only_what_is_asked_for_is_opened() -> None:
    given = Coupon.sample(overrides=[{"coupon_code": "ABC", "title": "T"}])
    sealed = ONE.seal_frames({"coupons": given})["coupons"]
    broken = sealed.with_columns(coupon_code=pl.lit("altered"))
    rows = ONE.open_lazily(sealed, "coupons", only=COMPARED)
    assert rows.collect()["coupon_code"].to_list() == ["ABC"]
    assert rows.filter(pl.col("coupon_code") == "ABC").collect().height == 1
    unread = ONE.open_lazily(broken, "coupons", only=COMPARED)
    assert unread.select("title").collect().equals(sealed.select("title"))
    with pytest.raises(SealError, match="coupon_code"):
        unread.collect()


def test_landing_holds_nothing_that_can_be_read_and_its_names_tell_nothing(tmp_path: Path) -> None:
    page = Page(PERSON.encode() * 50, "page")
    Landing(tmp_path / "one", ONE).keep(READING, iter([page]))
    Landing(tmp_path / "other", OTHER).keep(READING, iter([page]))
    held = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(held) == 4
    assert not any(PERSON.encode() in path.read_bytes() for path in held)
    names = {path.name for path in held if path.suffix == ".sealed"}
    assert len(names) == 2


def test_a_page_without_the_person_takes_the_place_of_the_one_with_them(tmp_path: Path) -> None:
    landing = Landing(tmp_path, ONE)
    shared = Page(b"nobody", "page")
    landing.keep(READING, iter([Page(PERSON.encode(), "page"), shared]))
    landing.keep(LATER, iter([shared, Page(PERSON.encode(), "bulk")]))

    def without(stream: str, page: Page) -> Page:
        is_meant = stream == "orders" and page.body == PERSON.encode()
        return Page(b"redacted", page.part) if is_meant else page

    assert landing.rewrite("demo", without) == 1
    assert [page.body for page in landing.pages(READING.id)] == [b"redacted", b"nobody"]
    assert [page.body for page in landing.pages(LATER.id)] == [b"nobody", PERSON.encode()]
    assert landing.rewrite("demo", lambda _, page: Page(b"", page.part)) == 4
    assert len(list(tmp_path.rglob("*.sealed"))) == 1


def test_pages_of_a_reading_that_broke_off_are_gone_after_a_rewrite(tmp_path: Path) -> None:
    landing = Landing(tmp_path, ONE)
    with pytest.raises(ZeroDivisionError):
        landing.keep(READING, (Page(str(1 // n).encode(), "page") for n in (1, 0)))
    assert len(list(tmp_path.rglob("*.sealed"))) == 1
    landing.rewrite("demo", lambda _, page: page)
    assert list(tmp_path.rglob("*.sealed")) == []


def test_a_quarantined_document_cannot_be_read_in_the_database(database: Database) -> None:
    bad = pl.DataFrame(
        {
            "table": ["orders", "members"],
            "document_id": ["1", "m-1"],
            "reasons": ["[]", "[]"],
            "payload": [f'{{"orders":[{{"note":"{PERSON}","member_id":"m-1"}}]}}', "{}"],
        }
    )
    quarantine = Quarantine(database, ONE)
    quarantine.keep(READING, bad)
    with database.read() as connection:
        raw = connection.exec_driver_sql("SELECT payload, reasons FROM quarantine").all()
    assert PERSON not in str(raw)
    assert PERSON in quarantine.open()["payload"][1]
    quarantine.erase("demo", quarantine.all("demo").filter(pl.col("table") == "members"))
    assert quarantine.all("demo")["table"].to_list() == ["orders"]


def test_a_key_file_is_read_and_anything_else_is_refused_without_repeating_it() -> None:
    assert len(read_key(new_key(), where="keys/data.key")) == 32
    for wrong in ("", "hunter2", "aHVudGVyMg=="):
        with pytest.raises(ConfigurationError, match=r"keys/data.key is no key") as raised:
            read_key(wrong, where="keys/data.key")
        assert "hunter2" not in str(raised.value)


def test_data_kept_under_one_key_is_not_opened_with_another(database: Database) -> None:
    confirm_keys(database, {"data": ["a"], "members": ["m"]})
    confirm_keys(database, {"data": ["b", "a"], "members": ["m"]})
    confirm_keys(database, {"data": ["b"], "members": ["m"]})
    with pytest.raises(ConfigurationError, match="members is not the key"):
        confirm_keys(database, {"data": ["b"], "members": ["other"]})


def test_a_restored_database_learns_from_the_file_who_was_forgotten(
    database: Database, tmp_path: Path
) -> None:
    erasure = Erasure("demo", "m-1", hour(0), "ann")
    erasures = Erasures(database, tmp_path / "erasures.ndjson")
    assert not erasures.recall()
    (tmp_path / "erasures.ndjson").write_bytes(
        b'{"shop_id":"demo","member_id":"m-1","asked_at":"2026-01-01T00:00:00Z","by":"ann"}\n'
    )
    assert erasures.recall()
    assert erasures.of("demo") == {"m-1"}
    erasures.finish(erasures.unfinished()[0], at=hour(1), counts={"rows": 1})
    assert not erasures.recall()
    erasures.add(erasure)
    assert erasures.unfinished()[0].member_id == "m-1"
    assert len((tmp_path / "erasures.ndjson").read_text().splitlines()) == 1


def test_a_list_of_the_forgotten_that_cannot_be_read_stops_everything(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "erasures.ndjson").write_text("half a li")
    with pytest.raises(ConfigurationError, match=r"erasures.ndjson cannot be read"):
        Erasures(database, tmp_path / "erasures.ndjson").recall()
