"""A wrong description is told by file, line and key before anything is read."""

import importlib.resources
from pathlib import Path

import pytest

from connectors.files import CONNECTOR
from connectors.files.client import FilesSettings, open_client
from connectors.files.descriptions import load
from contracts.errors import ConfigurationError
from contracts.toml_settings import parse
from tests.connectors.files.exports import COSTS, changed

GOOD = """\
[[file]]
stream = "costs"
pattern = "costs_{yyyymmdd}.csv"
format = "csv"

[file.tables.costs.columns]
sku_id = { column = "sku" }
valid_from = { column = "from" }
unit_cost_minor = { column = "cost", unit = "major" }
"""
TRAFFIC = """
[[file]]
stream = "offers"
pattern = "offers_{yyyymmdd}.csv"
format = "csv"

[file.tables.competitor_offers.columns]
sku_id = { column = "sku" }
competitor_id = { column = "rival" }
observed_at = { column = "seen", format = "iso" }
price_minor = { column = "price", unit = "major" }
shipping_minor = { constant = 0 }
is_in_stock = { constant = true }
fulfilment = { column = "by", codes = { us = "platform" } }
"""
READY = sorted(
    file.name.removesuffix(".toml")
    for file in (importlib.resources.files("connectors.files") / "mappings").iterdir()
)


def written(folder: Path, text: str) -> str:
    (folder / "exports.toml").write_text(text, encoding="utf-8")
    return str(folder / "exports.toml")


@pytest.mark.parametrize("name", READY)
def test_ready_made_description_fits_the_contracts(name: str) -> None:
    assert len(load(name)) >= 1


def test_good_file_holds_its_descriptions(tmp_path: Path) -> None:
    layouts = load(written(tmp_path, GOOD + TRAFFIC))
    assert [layout.stream for layout in layouts] == ["costs", "offers"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"csv"', '"csv"\nencodign = "utf-8"', "line 5: unknown key `file.0.encodign`"),
        ('"csv"', '"xls"', "line 4: `file.0.format`: "),
        ('"csv"', '"csv"\nencoding = "klingon"', "line 5: `file.0.encoding`: "),
        ('"csv"', '"csv"\ntime_zone = "Mars"', "line 5: `file.0.time_zone`: 'Mars' is not an IANA"),
        ('"csv"', '"csv"\nsheet = "x"', "line 5: `file.0.sheet`: means nothing to csv"),
        ("_{yyyymmdd}", "", r"line 3: `file.0.pattern`: needs the export instant as one of "),
        ("_{yyyymmdd}", "_{week}", "line 3: `file.0.pattern`: needs"),
        (
            "tables.costs.",
            "tables.prices.",
            "`file.0.tables.prices`: stream costs fills costs only",
        ),
        ("sku_id =", "sku =", "line 7: `file.0.tables.costs.columns.sku`: the table has sku_id, "),
        ('sku_id = { column = "sku" }', "", "line 6: .*columns`: `sku_id` is missing"),
        (', unit = "major"', "", "line 9: .*unit_cost_minor`: money needs `unit`"),
        ('unit = "major"', 'unit = "yuan"', "line 9: "),
        ('column = "sku"', "", "line 7: .*sku_id`: give either `column`"),
        ('column = "sku"', 'column = "a", constant = "b"', "line 7: .*sku_id`: give either"),
    ],
)
def test_wrong_key_is_told_with_file_and_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"^exports.toml, .*{said}") as error:
        load(written(tmp_path, GOOD.replace(old, new, 1)))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (', format = "iso"', "", "line 19: .*observed_at`: an instant needs `format`"),
        ("constant = true", "constant = 1.5", "line 22: .*is_in_stock`: `constant` is none of"),
        ('"platform"', '"us"', "line 23: .*fulfilment`: needs `codes` .* platform, seller"),
        (', codes = { us = "platform" }', "", "line 23: .*fulfilment`: needs `codes`"),
        (
            "[file.tables.competitor_offers.columns]",
            '[file.tables.competitor_offers]\nsum = ["sku_id"]\n\n'
            "[file.tables.competitor_offers.columns]",
            "line 17: .*sum`: `sku_id` is no measure",
        ),
    ],
)
def test_second_description_is_judged_by_its_own_lines(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        load(written(tmp_path, GOOD + TRAFFIC.replace(old, new, 1)))


ORDER = """
[[file]]
stream = "exported_cases"
pattern = "cases_{yyyymmdd}.csv"
format = "csv"
known = { "kind" = ["money", "goods"] }

[file.tables.refund_cases]
latest = ["refunded_at"]

[file.tables.refund_cases.mixed.case_status]
"closed+refunded" = "refunded"

[file.tables.refund_cases.columns]
case_id = { column = "case", plus = ["line"] }
order_id = { column = "order" }
requested_at = { stamp = true }
refunded_at = { column = "done", format = "iso" }
case_status = { column = "state", codes = { done = "refunded", shut = "closed" } }
has_return = { constant = true, when = { "kind" = ["goods"] }, otherwise = { constant = false } }
asked_minor = { column = "asked", split = ["weight"], unit = "major" }
"""


def test_description_with_conditions_and_several_rows_is_read(tmp_path: Path) -> None:
    (layout,) = load(written(tmp_path, ORDER))
    assert layout.sources() == {"case", "line", "order", "done", "state", "kind", "asked", "weight"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('["goods"]', '["good"]', "has_return`: `known` of the file lacks 'good' of 'kind'"),
        ("when = {", "ask = {", "unknown key .*has_return.ask`"),
        ('when = { "kind" = ["goods"] }, ', "", "has_return`: `otherwise` needs a `when`"),
        ('["refunded_at"]', '["case_status"]', "latest`: `case_status` is no instant"),
        ('= "refunded"\n', '= "gone"\n', "mixed.case_status`: needs codes of this table: closed,"),
        ('plus = ["line"]', 'minus = ["line"]', "case_id`: only money and counts are taken off"),
        ("codes = {", 'plus = ["x"], codes = {', "case_status`: only money, counts and identif"),
        ('plus = ["line"]', 'split = ["line"]', "case_id`: only money is divided"),
        ('"asked", ', '"asked", when_zero = "asked", ', "asked_minor`: `split` is for every row"),
        ('"order" }', '"order", stamp = true }', "order_id`: give either `column`"),
        ('{ column = "order" }', "{ stamp = true }", "order_id`: `stamp` is an instant or a day"),
    ],
)
def test_condition_that_asks_for_what_is_not_there_is_told(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in ORDER
    with pytest.raises(ConfigurationError, match=said):
        load(written(tmp_path, ORDER.replace(old, new, 1)))


def test_split_is_for_tables_of_documents(tmp_path: Path) -> None:
    text = TRAFFIC.replace('"price", unit', '"price", split = ["x"], unit')
    with pytest.raises(ConfigurationError, match="price_minor`: `split` is for every row"):
        load(written(tmp_path, text))


def test_stream_is_read_only_where_a_description_fills_it(tmp_path: Path) -> None:
    given = {"folder": tmp_path, "mappings": ["jd_orders", "erp_costs"], "time_zone": "UTC"}
    assert CONNECTOR.streams_of is not None
    told = CONNECTOR.streams_of(FilesSettings.model_validate(given))
    assert [stream.name for stream in told] == ["costs", "exported_orders"]
    wrong = FilesSettings.model_validate(given | {"mappings": ["gone"]})
    assert CONNECTOR.streams_of(wrong) == CONNECTOR.streams


def test_fingerprint_is_that_of_the_descriptions_of_its_stream(tmp_path: Path) -> None:
    def prints(*mappings: object, zone: str = "UTC") -> dict[str, str]:
        given = {"folder": tmp_path, "mappings": mappings, "time_zone": zone}
        assert CONNECTOR.streams_of is not None
        found = CONNECTOR.streams_of(FilesSettings.model_validate(given))
        return {stream.name: stream.fingerprint for stream in found}

    first = prints(COSTS, "jd_orders")
    assert first == prints(COSTS, "jd_orders")
    corrected = prints(changed(COSTS, "unit_cost_minor", column="costs"), "jd_orders")
    assert corrected["costs"] != first["costs"]
    assert corrected["exported_orders"] == first["exported_orders"]
    assert prints(COSTS, zone="Asia/Shanghai") != prints(COSTS)


@pytest.mark.parametrize("source", ["no_such_export", "gone.toml"])
def test_description_that_does_not_exist_is_said(source: str) -> None:
    with pytest.raises(ConfigurationError, match=f"There is no mapping '{source}'"):
        load(source)


def test_description_inside_the_settings_is_judged_too(tmp_path: Path) -> None:
    settings = FilesSettings.model_validate(
        {"folder": tmp_path, "mappings": [COSTS | {"pattern": "costs.csv"}], "time_zone": "UTC"}
    )
    with pytest.raises(ConfigurationError, match=r"^files: `mappings.0.pattern`: needs"):
        open_client(settings)


def test_wrong_key_of_a_description_inside_the_settings_is_told_with_its_line() -> None:
    text = f'folder = "."\ntime_zone = "UTC"\n{GOOD.replace("format", "fromat")}'
    text = text.replace("[file", "[mappings")
    with pytest.raises(
        ConfigurationError, match=r"^shop.toml, line 3: unknown key .*inline.fromat"
    ):
        parse(text, FilesSettings, file="shop.toml")
