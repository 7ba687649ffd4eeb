from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.streams import Page, Reading, Window
from tests.warehouse.conftest import VAULT
from tests.warehouse.rows import hour
from warehouse.landing import Landed, Landing, LandingError

READING = Reading("demo", "orders", Window(hour(0), hour(1)), hour(2))
LATER = Reading("demo", "orders", Window(hour(0), hour(1)), hour(3))
PAGES = [Page(b'{"orders": [1]}' * 100, "page"), Page(b"", "bulk"), Page(b"\xff\x00", "export.csv")]


def bytes_under(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_pages_come_back_as_received_and_in_order(tmp_path: Path) -> None:
    landing = Landing(tmp_path, VAULT)
    landing.keep(READING, iter([*PAGES, PAGES[0]]))
    assert list(landing.pages(READING.id)) == [*PAGES, PAGES[0]]


def test_the_same_answers_again_add_no_page_and_no_page_bytes(tmp_path: Path) -> None:
    landing = Landing(tmp_path, VAULT)
    first = landing.keep(READING, iter(PAGES))
    held = bytes_under(tmp_path / "pages")
    second = landing.keep(LATER, iter(PAGES))
    assert (first.pages, first.new_pages) == (3, 3)
    assert first.new_bytes == first.size_bytes == held
    assert second == Landed(3, 0, first.size_bytes, 0)
    assert bytes_under(tmp_path / "pages") == held


def test_a_complete_reading_is_not_fetched_again(tmp_path: Path) -> None:
    def fetch(_: int) -> Page:
        raise AssertionError("fetched again")

    landing = Landing(tmp_path, VAULT)
    landing.keep(READING, iter(PAGES))
    assert landing.keep(READING, map(fetch, [1])).pages == 3


def test_a_reading_that_broke_off_is_not_there_and_its_pages_are_used_when_it_resumes(
    tmp_path: Path,
) -> None:
    def broken() -> Iterator[Page]:
        yield PAGES[0]
        raise ConnectionError

    landing = Landing(tmp_path, VAULT)
    with pytest.raises(ConnectionError):
        landing.keep(READING, broken())
    assert not landing.is_complete(READING.id)
    with pytest.raises(LandingError, match="not in landing"):
        list(landing.pages(READING.id))
    assert landing.keep(READING, iter(PAGES)).new_pages == 2


def test_an_altered_page_is_noticed_and_replaced_when_it_is_received_again(tmp_path: Path) -> None:
    landing = Landing(tmp_path, VAULT)
    landing.keep(READING, iter(PAGES[:1]))
    page = next((tmp_path / "pages").rglob("*.zst.sealed"))
    page.write_bytes(b"something else")
    with pytest.raises(LandingError, match="altered"):
        list(landing.pages(READING.id))
    assert landing.keep(LATER, iter(PAGES[:1])).new_pages == 1
    assert list(landing.pages(READING.id)) == PAGES[:1]


def test_after_its_time_a_reading_goes_with_the_pages_that_only_it_holds(tmp_path: Path) -> None:
    landing = Landing(tmp_path, VAULT)
    landing.keep(READING, iter(PAGES[:2]))
    landing.keep(LATER, iter(PAGES[1:]))
    assert landing.expire(hour(3)) == 1
    assert not landing.is_complete(READING.id)
    assert list(landing.pages(LATER.id)) == PAGES[1:]
    assert len(list((tmp_path / "pages").rglob("*.zst.sealed"))) == 2


def test_a_shop_named_like_a_path_does_not_leave_the_folder(tmp_path: Path) -> None:
    outside = Reading("../../shop", "orders", READING.window, READING.read_at)
    with pytest.raises(LandingError, match="outside"):
        Landing(tmp_path / "landing", VAULT).keep(outside, iter(PAGES))


def test_what_an_account_said_of_itself_stays_with_its_reading(tmp_path: Path) -> None:
    landing = Landing(tmp_path, VAULT)
    landing.keep(READING, iter(PAGES), facts=lambda: {"decimals": 4, "with_tax": True})
    landing.keep(READING, iter(PAGES), facts=lambda: {"decimals": 2})
    landing.keep(LATER, iter(PAGES))
    landing.rewrite("demo", lambda _, page: Page(page.body + b" ", page.part))
    assert landing.facts(READING.id) == {"decimals": 4, "with_tax": True}
    assert landing.facts(LATER.id) == {}
    assert landing.facts("demo/orders/never") == {}
