"""Text that a platform or a file brings is shown, and never run."""

import csv
import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.errors import ConfigurationError
from flows.steps.build import build
from flows.steps.decide import decide
from flows.steps.export import export, inert
from flows.steps.opening import open_home
from flows.steps.pull import pull
from flows.steps.report import report
from tests.flows.conftest import Merchant

PLANTED = [
    '=HYPERLINK("http://evil.example","price list")',
    "  =1+1",
    "＝cmd|' /C calc'!A0",
    "\u200b+1+1",
    "\t@SUM(A1)",
    "<script>alert(7)</script>",
    "{{ 7 * 6 }}{% for x in y %}",
    "# head\n| cell | [link](javascript:alert(7)) |",
    '"; quotes, and\r\nbreaks',
]
SIGNS = "=+-@＝＋－＠﹢﹣﹦﹫−"


def would_run(cell: str) -> bool:
    """What a spreadsheet takes for a formula, blanks and invisible signs before it or not."""
    shown = "".join(sign for sign in cell if sign.isprintable() and not sign.isspace())
    return shown[:1] in SIGNS if shown else False


def cells_elsewhere(cell: str) -> list[str]:
    """The cells that a spreadsheet makes of one which parts cells by another sign than a comma."""
    return [piece.replace('"', "") for piece in re.split(r"[;|\t\r\n]", cell)[1:]]


@given(st.text(alphabet=st.sampled_from(SIGNS + " \t\r\n;|\"\u200b\ufeff\u3000'a1"), max_size=8))
@example("a;=1+1")
@example('a"\n =1+1')
def test_no_text_is_a_formula_in_a_spreadsheet_and_none_is_lost(text: str) -> None:
    shown = pl.DataFrame({"title": [text]}).select(inert("title")).item()
    assert not would_run(shown)
    assert not any(map(would_run, cells_elsewhere(shown)))
    assert shown.replace("'", "") == text.replace("'", "")


def plant(merchant: Merchant) -> None:
    """Titles, the codes of coupons and a SKU of the costs, each with a text of its own."""
    world = merchant.world
    chosen = [PLANTED[n % len(PLANTED)] for n in range(world.products.height)]
    world.products = world.products.with_columns(title=pl.Series(chosen))
    codes = [f"{PLANTED[n % 5]}{n}" for n in range(world.discounts.height)]
    world.discounts = world.discounts.with_columns(code=pl.Series(codes), title=pl.Series(codes))
    world.version += 1
    costs = max((merchant.folder / "inbox" / "erp").glob("成本_*.csv"))
    with costs.open("a", encoding="gb18030") as file:
        file.write("=1+1,a cost,1.00,USD,2026-11-01\n")


def cells_of(path: Path) -> list[str]:
    """Cells of a CSV file that are text."""
    with path.open(newline="", encoding="utf-8") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    return [cell for cell in cells if not re.fullmatch(r"-?\d+(\.\d+)?", cell)]


def test_planted_text_is_text_in_exports_report_and_ledger(
    merchant: Merchant, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plant(merchant)
    with merchant.open() as home:
        pull(home)
        build(home)
        decide(home)
        page = report(home).path.read_text(encoding="utf-8")
        for table in ("listings", "coupons", "costs"):
            export(home, table, out=tmp_path / f"{table}.csv", file_format="csv")
    cells = [cell for path in tmp_path.glob("*.csv") for cell in cells_of(path)]
    assert not [cell for cell in cells if would_run(cell)]
    assert "'=1+1" in cells
    assert sum(cell.startswith("'=HYPERLINK") for cell in cells) > 2
    assert "<script>alert(7)</script>" in cells
    assert "<script>alert(7)</script>" not in page
    assert not [line for line in caplog.messages if "alert" in line or "HYPERLINK" in line]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b'name = "\xff"', "is not UTF-8: see byte 8"),
        (b"#" * (2**20 + 1), "larger than a file of settings"),
    ],
)
@pytest.mark.parametrize("file", ["shopkeeper.toml", "shops/demo.toml", "policies/repricing.toml"])
def test_settings_that_are_a_bomb_end_in_one_sentence(
    tmp_path: Path, file: str, body: bytes, said: str
) -> None:
    (tmp_path / "shopkeeper.toml").write_bytes(b"")
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_bytes(body)
    with pytest.raises(ConfigurationError, match=said) as error:
        open_home(tmp_path)
    assert file in str(error.value)
