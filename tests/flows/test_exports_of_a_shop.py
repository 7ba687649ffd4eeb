"""A folder of exports, pulled: a bad file costs itself alone, and is right once it is put right."""

import datetime as dt
from pathlib import Path

import pytest

from flows.steps.opening import open_home
from flows.steps.pull import pull
from tests.flows.conftest import KEYS

SHOP = """
name = "Bazaar"
currency = "USD"
time_zone = "America/New_York"
history_from = 2026-01-01

[sources.files]
folder = "inbox"
mappings = ["costs.toml", "competitor_offers"]
time_zone = "UTC"
quiet_seconds = 0
as_of = {as_of}

[economics]
fee_rate = 0.03
min_margin_rate = 0.1
"""
COSTS = """
[[file]]
stream = "costs"
pattern = "costs_{yyyymmdd}.csv"
format = "csv"

[file.tables.costs.columns]
sku_id = { column = "sku" }
valid_from = { column = "from" }
unit_cost_minor = { column = "COLUMN", unit = "major" }
"""
HEADER = "sku,from,cost\n"
START = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)


class Bazaar:
    """A home whose folder a test fills, read once an hour."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = START
        for name in ("shops", "inbox", "policies"):
            (folder / name).mkdir()
        (folder / "shopkeeper.toml").write_text(
            '[keys]\ndata = "env:DATA"\nmembers = "env:MEMBERS"\n'
        )
        self.describe("cost")

    def describe(self, column: str) -> None:
        text = COSTS.replace("COLUMN", column)
        (self.folder / "costs.toml").write_text(text, encoding="utf-8")

    def file(self, name: str, text: str | bytes) -> Path:
        path = self.folder / "inbox" / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def read(self) -> tuple[list[str], list[tuple[str, str]]]:
        """SKUs with a cost after a pull, and what is in quarantine."""
        self.now += dt.timedelta(hours=1)
        shop = SHOP.replace("{as_of}", self.now.isoformat())
        (self.folder / "shops" / "bazaar.toml").write_text(shop, encoding="utf-8")
        with open_home(self.folder) as home:
            assert [row.blocked for row in pull(home)] == [(), ()]
            there = "costs" in home.readings.versions()
            costs = home.scan("costs", home.shop("bazaar")).collect() if there else None
            held = home.quarantine.open(shop_id="bazaar")
        skus = [] if costs is None else sorted(costs["sku_id"].to_list())
        return skus, held.select("table", "document_id").rows()


@pytest.fixture
def bazaar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bazaar:
    monkeypatch.setenv("DATA", KEYS["data"])
    monkeypatch.setenv("MEMBERS", KEYS["members"])
    return Bazaar(tmp_path)


BAD = ("costs", "part:costs_20261102.csv")
OLD = ("costs", "part:costs_20260301.csv")


def test_file_of_another_column_holds_itself_until_its_description_is_corrected(
    bazaar: Bazaar,
) -> None:
    bazaar.file("costs_20261101.csv", HEADER + "A,2026-11-01,1.00\n")
    bazaar.describe("price")
    bazaar.file("costs_20261102.csv", "sku,from,price\nB,2026-11-01,2.00\n")
    bazaar.file("costs_20260301.csv", HEADER + "OLD,2026-03-01,1.00\n")
    assert bazaar.read() == (["B"], [OLD, ("costs", "part:costs_20261101.csv")])
    bazaar.describe("cost")
    assert bazaar.read() == (["A", "B", "OLD"], [BAD])
    assert bazaar.read() == (["A", "B", "OLD"], [BAD])


@pytest.mark.parametrize("how", ["repaired", "deleted", "renamed"])
def test_file_that_is_put_right_is_held_no_longer(bazaar: Bazaar, how: str) -> None:
    bazaar.file("costs_20261101.csv", HEADER + "A,2026-11-01,1.00\n")
    bad = bazaar.file("costs_20261102.csv", "sku,from,price\nB,2026-11-01,2.00\n")
    old = bazaar.file("costs_20260301.csv", b"\xff\xfe\x00")
    assert bazaar.read() == (["A"], [OLD, BAD])
    assert bazaar.read() == (["A"], [OLD, BAD])
    if how == "repaired":
        bad.write_text(HEADER + "B,2026-11-01,2.00\n", encoding="utf-8")
    elif how == "deleted":
        bad.unlink()
    else:
        bad.rename(bad.with_name("costs 2 Nov.csv"))
    old.unlink()
    assert bazaar.read() == (["A", "B"] if how == "repaired" else ["A"], [])


def test_code_of_210_characters_costs_its_row_now_and_in_the_next_pull(bazaar: Bazaar) -> None:
    long = "S" * 210
    bazaar.file("costs_20261101.csv", f"{HEADER}A,2026-11-01,1.00\n{long},2026-11-01,2.00\n")
    for _ in range(2):
        skus, held = bazaar.read()
        assert skus == ["A"]
        assert [table for table, _ in held] == ["costs"]
        assert held[0][1].startswith("S")


def test_any_bytes_among_good_files_cost_themselves(bazaar: Bazaar) -> None:
    bazaar.file("costs_20261101.csv", HEADER + "A,2026-11-01,1.00\n")
    bazaar.file("costs_20261102.csv", b"\x00\xff" * 250)
    bazaar.file("costs_20261399.csv", HEADER)
    assert bazaar.read() == (["A"], [BAD, ("costs", "part:costs_20261399.csv")])
