"""Wrong input gets one sentence and exit code 2; --json is one document and nothing else."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from prefect.exceptions import TerminationSignal

from actions.policies.registry import policies
from contracts.codes import PolicyMode
from contracts.errors import ConfigurationError
from flows.steps.opening import open_home
from shopkeeper import cli
from shopkeeper.cli import main
from shopkeeper.console import OPTIONS

SHOP = """
name = "Shop"
currency = "USD"
time_zone = "America/New_York"

[sources.shopify]
base_url = "http://127.0.0.1:9"
access_token = "env:NO_SUCH_TOKEN"
is_sandbox = true

[economics]
fee_rate = 0.03
min_margin_rate = 0.1
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "shops").mkdir()
    (tmp_path / "policies").mkdir()
    (tmp_path / "shopkeeper.toml").write_text("", encoding="utf-8")
    (tmp_path / "shops" / "mine.toml").write_text(SHOP, encoding="utf-8")
    return tmp_path


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Type a command; its exit code."""
    monkeypatch.setattr(sys, "argv", ["shopkeeper", *words])
    monkeypatch.setattr(OPTIONS, "as_json", False)
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pull", "--shop", "mime"), "no shop is named 'mime', did you mean 'mine'?"),
        (("pull", "--from", "2026-13-01"), "--from '2026-13-01' is not a day"),
        (("pull", "--shop", "mine"), "environment variable NO_SUCH_TOKEN is not set"),
        (("pull", "--stream", "weather"), "shop mine has no stream 'weather'; it has orders"),
        (("export", "sales", "--out", "x.csv"), "no table is named 'sales', did you mean 'sales_"),
        (("export", "x", "--out", "x.csv"), "no table is named 'x'; there are ads_daily"),
        (("export", "orders", "--format", "doc", "--out", "x"), "--format 'doc' is none of"),
        (("decide", "--as-of", "soon"), "--as-of 'soon' is neither a day nor an instant"),
        (("decide", "--policy", "guess"), "there is no policy 'guess'; there are delay_notice"),
        (("actions", "list", "--state", "done"), "--state 'done' is none of shadow"),
        (("pull", "--from", "2026-11-05", "--to", "2026-11-01"), "--from 2026-11-05 is later than"),
        (("actions", "list", "--policy", "guess"), "there is no policy 'guess'; there are"),
        (("actions", "list", "--since", "2026-12-05", "--until", "2026-12-01"), "is later than"),
        (("actions", "undo", "--yes"), "say what to undo: a run, a policy, targets, a shop or"),
        (("actions", "undo", "--policy", "repricng"), "did you mean 'repricing'?"),
        (("actions", "show", "feed"), "no action has the id 'feed'"),
        (("stop", "--policy", "guess"), "no policy is named 'guess'"),
        (("stop", "--shop", "mine", "--policy", "x"), "give one of --all, --platform, --shop and"),
        (("resume", "--all"), "nothing is stopped for all"),
        (("report",), "shop mine has no data yet: run `shopkeeper pull`"),
        (("init",), "exists already"),
    ],
)
def test_wrong_input_is_told_in_one_sentence(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.delenv("NO_SUCH_TOKEN", raising=False)
    assert call(monkeypatch, "--home", str(home), *words) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""


def test_a_home_that_does_not_exist_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "--home", str(tmp_path / "nowhere"), "report") == 2
    assert "is not a home: it has no shopkeeper.toml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "shops/mine.toml",
            "currency",
            "curency",
            "shops/mine.toml, line 3: unknown key `curency`",
        ),
        ("shops/mine.toml", '"Shop"', '"Shop', "shops/mine.toml is not valid TOML"),
        (
            "shops/mine.toml",
            "fee_rate = 0.03",
            "fee_rate = 3",
            "shops/mine.toml, line 12: `economics.fee_rate`: input should be less than 1",
        ),
        (
            "shops/mine.toml",
            "base_url",
            "base_ulr",
            "line 7: unknown key `sources.shopify.base_ulr`, did you mean `base_url`?",
        ),
        (
            "shops/mine.toml",
            "[sources.shopify]",
            "[sources.shopfy]",
            "shops/mine.toml, [sources.shopfy]: no connector is named 'shopfy', did you mean",
        ),
    ],
)
def test_a_typing_error_in_settings_is_told_with_file_line_and_key(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    file: str,
    old: str,
    new: str,
    said: str,
) -> None:
    path = home / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    assert call(monkeypatch, "--home", str(home), "report") == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1


def test_a_secret_written_out_is_refused_and_not_repeated(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / "shops" / "mine.toml"
    text = path.read_text(encoding="utf-8").replace("env:NO_SUCH_TOKEN", "shpat_inline")
    path.write_text(text, encoding="utf-8")
    assert call(monkeypatch, "--home", str(home), "report") == 2
    printed = capsys.readouterr().err
    assert "write a reference, env:NAME or file:PATH" in printed
    assert "shpat_inline" not in printed


FILLED = {
    "amazon": (),
    "medusa": (("# shop_url =", 'shop_url = "https://api.example.com"  #'),),
    "shopify": (("# shop_domain =", 'shop_domain = "my-shop.myshopify.com"  #'),),
    "taobao": (("# session =", "session ="),),
    "woocommerce": (
        ("# shop_url =", 'shop_url = "https://shop.example.com"  #'),
        ("# consumer_key =", "consumer_key ="),
        ("# consumer_secret =", "consumer_secret ="),
    ),
}


def example_of(home: Path, platform: str) -> str:
    """The example of a shop, with what a merchant has to fill in."""
    text = (home / "shops" / f"my-{platform}.toml.example").read_text(encoding="utf-8")
    for left_out, filled in FILLED[platform]:
        assert left_out in text
        text = text.replace(left_out, filled, 1)
    return text


@pytest.mark.parametrize("platform", FILLED)
def test_init_writes_a_home_that_opens_with_everything_in_shadow(
    platform: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(monkeypatch, "--home", str(tmp_path), "init") == 0
    assert "policies/repricing.toml" in capsys.readouterr().out
    text = example_of(tmp_path, platform)
    (tmp_path / "shops" / "my-shop.toml").write_text(text, encoding="utf-8")
    with open_home(tmp_path) as home:
        assert set(home.policies) == set(policies())
        assert {home.policy(home.shop("my-shop"), name).mode for name in home.policies} == {
            PolicyMode.SHADOW
        }
        assert home.shop("my-shop").platform.connector.name == platform


def test_a_run_that_is_told_to_end_while_a_flow_runs_says_so_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def told() -> None:
        raise TerminationSignal(signal.SIGTERM)

    monkeypatch.setattr(cli, "app", told)
    assert call(monkeypatch, "run") == 130
    assert capsys.readouterr().err.startswith("shopkeeper: stopped; what was finished is kept")


def test_two_marketplaces_in_one_shop_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call(monkeypatch, "--home", str(tmp_path), "init")
    other = example_of(tmp_path, "taobao")
    sources = other[other.index("[sources.taobao]") : other.index("# [sources.")]
    shop = example_of(tmp_path, "shopify") + sources
    (tmp_path / "shops" / "both.toml").write_text(shop, encoding="utf-8")
    capsys.readouterr()
    assert call(monkeypatch, "--home", str(tmp_path), "pull") == 2
    text = capsys.readouterr().err
    assert "shops/both.toml: shopify and taobao both report `orders`" in text


def test_statements_of_the_marketplace_beside_exported_ones_are_refused_before_they_count_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call(monkeypatch, "--home", str(tmp_path), "init")
    for secret in ("CLIENT_SECRET", "REFRESH_TOKEN"):
        monkeypatch.setenv(secret, "s")
    shop = example_of(tmp_path, "amazon")
    exports = (
        '\n[sources.files]\nfolder = "exports"\ntime_zone = "UTC"\nmappings = ["{}_settlements"]\n'
    )
    path = tmp_path / "shops" / "az.toml"

    def told(text: str) -> str:
        path.write_text(text, encoding="utf-8")
        try:
            with open_home(tmp_path) as home:
                return ", ".join(stream.name for _, stream in home.shop("az").streams())
        except ConfigurationError as error:
            return str(error)

    both = told(shop + exports.format("amazon"))
    assert "shops/az.toml: amazon and files both report settlements" in both
    off = re.sub(r"(?m)^(\[sources.amazon\].*)$", r"\1\nhas_finances = false", shop)
    assert "exported_settlements" in told(off + exports.format("amazon"))
    assert ", settlements" in told(shop)
    # A description that is wrong is told by the folder itself.
    assert "both report" not in told(shop + exports.format("no_such"))


def test_json_is_one_document_on_standard_output(home: Path) -> None:
    words = ["--home", str(home), "--json", "audit"]
    done = subprocess.run(
        [sys.executable, "-m", "shopkeeper", *words], capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout)
    assert (answer["events"], answer["broken_at"], answer["altered"]) == (0, None, {})
    assert done.stderr == ""


def test_help_imports_nothing_heavy() -> None:
    seen = "import sys, shopkeeper.cli; print([m for m in HEAVY if m in sys.modules])"
    heavy = ["polars", "prefect", "sqlalchemy", "great_expectations", "httpx", "deltalake"]
    done = subprocess.run(
        [sys.executable, "-c", f"HEAVY = {heavy}; {seen}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("pasted", ["shpat_é", "shpat_\u200bx", "口令", "two\nlines"])
@pytest.mark.parametrize("command", ["doctor", "pull"])
def test_a_token_that_no_header_can_hold_is_told_in_a_sentence_and_not_repeated(
    pasted: str,
    command: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NO_SUCH_TOKEN", pasted)
    call(monkeypatch, "--home", str(home), "--json", command)
    expected = "".join(capfd.readouterr())
    assert "`access_token` holds characters beyond printable ASCII" in expected
    assert "Traceback" not in expected
    assert pasted not in expected
