"""A folder is read by export instant; nothing outside of it, half-written or too large is."""

import datetime as dt
import os
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from connectors.files import CONNECTOR
from connectors.files.client import FilesSettings, FolderClient, described, fetch, open_client
from connectors.files.layout import Listing, Part
from contracts.errors import ConfigurationError, TransientSourceError
from contracts.streams import Window
from tests.connectors.files.exports import COSTS, TRAFFIC, file_of

CLOCK = dt.datetime(2026, 11, 22, 5, tzinfo=dt.UTC)
ALL = Window(dt.datetime(2020, 1, 1, tzinfo=dt.UTC), CLOCK)


def opened(
    folder: Path,
    *,
    pattern: str = "costs_{yyyymmdd}.csv",
    more: tuple[dict[str, Any], ...] = (),
    **given: Any,
) -> FolderClient:
    settings = {
        "folder": folder,
        "mappings": [COSTS | {"pattern": pattern}, *more],
        "time_zone": "Asia/Shanghai",
        "quiet_seconds": 0,
        **given,
    }
    return open_client(FilesSettings.model_validate(settings))


def names(client: FolderClient, window: Window = ALL) -> list[str]:
    return [file_of(page) for page in fetch(client, window, stream="costs") if file_of(page)]


def refusals(client: FolderClient) -> dict[str, str | None]:
    pages = [page for page in fetch(client, ALL, stream="costs") if page.body == b""]
    return {file_of(one): Part.model_validate_json(one.part).refused for one in pages}


def write(folder: Path, *files: str) -> None:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(file)


def test_file_is_landed_as_it_lies_there_with_its_export_instant(tmp_path: Path) -> None:
    (tmp_path / "costs_20261101.csv").write_bytes(b"\xff\x00any")
    client = opened(tmp_path)
    page, _ = fetch(client, ALL, stream="costs")
    assert page.body == b"\xff\x00any"
    midnight = dt.datetime(2026, 10, 31, 16, tzinfo=dt.UTC)
    second = dt.timedelta(seconds=1)
    assert names(client, Window(midnight, midnight + second)) == ["costs_20261101.csv"]
    assert names(client, Window(midnight - second, midnight)) == []


def test_reading_the_folder_again_gives_the_same_pages(tmp_path: Path) -> None:
    write(tmp_path, "costs_20261101.csv", "costs_20261102.csv")
    first = list(fetch(opened(tmp_path), ALL, stream="costs"))
    assert first == list(fetch(opened(tmp_path), ALL, stream="costs"))


def test_window_holds_its_start_and_not_its_end(tmp_path: Path) -> None:
    write(tmp_path, "costs_20261103.csv", "costs_20261102.csv", "costs_20261101.csv")
    start = dt.datetime(2026, 10, 31, 16, tzinfo=dt.UTC)
    window = Window(start, start + dt.timedelta(days=2))
    assert names(opened(tmp_path), window) == ["costs_20261101.csv", "costs_20261102.csv"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("costs_{yyyymmdd}.csv", ["costs_20261101.csv"]),
        ("*/costs_{yyyymmdd}.csv", ["erp/costs_20261102.csv"]),
        ("**/costs_{yyyymmdd}.csv", ["costs_20261101.csv", "erp/costs_20261102.csv"]),
        ("cost?_{yyyymmddThhmm}.csv", ["costs_20261101T0930.csv"]),
        ("costs-{yyyy-mm-dd}*.csv", ["costs-2026-11-01 (1).csv"]),
    ],
)
def test_pattern_finds_its_files_only(tmp_path: Path, pattern: str, found: list[str]) -> None:
    write(
        tmp_path,
        "costs_20261101.csv",
        "costs_20261101T0930.csv",
        "costs-2026-11-01 (1).csv",
        "erp/costs_20261102.csv",
        "costs_20261101.csv.part",
        "xcosts_20261101.csv",
    )
    assert names(opened(tmp_path, pattern=pattern)) == found


def test_decomposed_name_is_the_same_name(tmp_path: Path) -> None:
    write(tmp_path, unicodedata.normalize("NFD", "coûts_20261101.csv"))
    assert len(names(opened(tmp_path, pattern="coûts_{yyyymmdd}.csv"))) == 1


def test_file_that_no_description_names_is_told_once(tmp_path: Path) -> None:
    left = ("Costs 2026.csv", ".hidden.csv", "~$costs_20261101.csv", "Thumbs.db")
    write(tmp_path, "costs_20261101.csv", *left)
    client = opened(tmp_path, more=({**TRAFFIC},))
    assert client.strangers() == ["Costs 2026.csv"]
    told = [
        stranger
        for stream in ("costs", "traffic")
        for page in fetch(client, ALL, stream=stream)
        if not file_of(page)
        for stranger in Listing.model_validate_json(page.body).strangers
    ]
    assert told == ["Costs 2026.csv"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    write(outside, "costs_20261101.csv", "sub/costs_20261101.csv")
    (inside / "costs_20261101.csv").symlink_to(outside / "costs_20261101.csv")
    (inside / "sub").symlink_to(outside / "sub")
    assert names(opened(inside, pattern="**/costs_{yyyymmdd}.csv")) == []


def test_file_still_being_written_is_left_for_next_time(tmp_path: Path) -> None:
    write(tmp_path, "costs_20261101.csv", "costs_20261102.csv")
    os.utime(tmp_path / "costs_20261101.csv", (0, 0))
    assert names(opened(tmp_path, quiet_seconds=3600)) == ["costs_20261101.csv"]


def test_name_with_an_impossible_date_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "costs_20261301.csv")
    assert refusals(opened(tmp_path)) == {"costs_20261301.csv": "20261301 in its name is no date"}


def test_file_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "costs_20261101.csv")
    told = refusals(opened(tmp_path, limits={"max_bytes": 3}))
    assert told == {"costs_20261101.csv": "is larger than max_bytes = 3"}


def test_file_taken_away_meanwhile_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "costs_20261101.csv", "costs_20261102.csv")
    client = opened(tmp_path)
    pages = fetch(client, ALL, stream="costs")
    assert file_of(next(pages)) == "costs_20261101.csv"
    (tmp_path / "costs_20261102.csv").unlink()
    assert [file_of(one) for one in pages] == [""]


@pytest.mark.parametrize(
    ("error", "is_told"), [(PermissionError(13, "no"), True), (OSError(116, "stale"), False)]
)
def test_file_that_we_may_not_read_costs_itself_and_a_folder_that_fails_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, is_told: bool
) -> None:
    write(tmp_path, "costs_20261101.csv", "costs_20261102.csv")
    opening = Path.open

    def failing(path: Path, *given: Any) -> Any:
        if path.name == "costs_20261101.csv":
            raise error
        return opening(path, *given)

    monkeypatch.setattr(Path, "open", failing)
    client = opened(tmp_path)
    if is_told:
        assert refusals(client) == {"costs_20261101.csv": "cannot be read: no"}
        assert names(client) == ["costs_20261101.csv", "costs_20261102.csv"]
    else:
        with pytest.raises(
            TransientSourceError, match=r"costs_20261101\.csv cannot be read: stale"
        ):
            names(client)


def test_export_stamped_with_the_frozen_clock_is_read(tmp_path: Path) -> None:
    write(tmp_path, "costs_20261122T1300.csv")
    client = opened(tmp_path, pattern="costs_{yyyymmddThhmm}.csv", as_of=CLOCK)
    assert names(client, Window(ALL.start, client.now())) == ["costs_20261122T1300.csv"]


def test_without_a_frozen_clock_it_is_the_time_of_looking(tmp_path: Path) -> None:
    settings = FilesSettings(folder=tmp_path, mappings=("erp_costs",), time_zone="UTC")
    assert FolderClient(settings, described(settings), clock=lambda: CLOCK).now() == CLOCK
    assert opened(tmp_path).now().tzinfo is dt.UTC


def test_folder_that_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="gone does not exist"):
        opened(tmp_path / "gone")


def test_connector_declares_each_stream_with_its_tables() -> None:
    assert {stream.name: len(stream.tables) for stream in CONNECTOR.streams} == {
        "costs": 1,
        "purchasing": 2,
        "bundles": 1,
        "stockouts": 1,
        "offers": 1,
        "traffic": 6,
        "visits": 1,
        "daily_totals": 1,
        "exported_orders": 2,
        "exported_cases": 1,
        "exported_stock": 1,
        "exported_reviews": 1,
        "exported_members": 2,
        "exported_carts": 1,
        "exported_tickets": 1,
        "exported_settlements": 1,
        "shop_ratings": 1,
        "goals": 2,
    }
    assert CONNECTOR.writes == ()


def test_asterisks_beside_each_other_say_no_more_than_one_and_cost_no_more(tmp_path: Path) -> None:
    write(tmp_path, "my_costs_20261101.csv")
    write(tmp_path, f"{'a' * 200}.csv")
    client = opened(tmp_path, pattern=f"{'*' * 60}costs_{{yyyymmdd}}.csv")
    assert names(client) == ["my_costs_20261101.csv"]


@pytest.mark.parametrize("part", ["*a", "**/a", "*?"])
def test_a_pattern_that_would_search_for_ever_is_refused(tmp_path: Path, part: str) -> None:
    with pytest.raises(ConfigurationError, match=r"pattern.*more than 6 of \* and \*\*/"):
        opened(tmp_path, pattern=f"{part * 7}_{{yyyymmdd}}.csv")
