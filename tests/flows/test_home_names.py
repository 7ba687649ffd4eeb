"""What settings name has to exist; a home that names something else does not open."""

import datetime as dt
from pathlib import Path

import pytest

from contracts.errors import ConfigurationError
from contracts.money import CURRENCIES, exponent
from flows.steps.check import check
from flows.steps.clock import machine_now
from flows.steps.opening import open_home
from tests.flows.conftest import Merchant
from tests.flows.homes import campaign, write_settings

RESTOCK = 'mode = "off"\n[shops]\n{}\n[limits]\nmax_actions = 5\nmax_exposure_minor = 0\n'


def refused(folder: Path) -> str:
    with pytest.raises(ConfigurationError) as error:
        open_home(folder)
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            campaign(shops='["bos"]'),
            "shopkeeper.toml, line 6: no shop is named 'bos', did you mean 'boss'?",
        ),
        (
            '[channels]\norder = ["boss", "tmal"]\n',
            "shopkeeper.toml, line 2: no shop is named 'tmal', did you mean 'tmall'?",
        ),
        (
            "[retention.purpose_days]\ncontct = 30\n",
            "shopkeeper.toml, line 2: no purpose is named 'contct', did you mean 'contact'?",
        ),
        (
            campaign(starts="2026-11-12T00:00:00+08:00", ends="2026-11-11T23:59:59+08:00"),
            "shopkeeper.toml, line 2: `campaigns.0`: ends_at is not after starts_at: the campaign "
            "ends before it begins",
        ),
        (
            campaign(starts="2026-11-11T00:00:00+08:00", ends="2026-11-10T17:00:00+01:00"),
            "ends_at is not after starts_at",
        ),
        (campaign(ends="0001-01-01T00:00:00+08:00"), "the year 1 is far from today's"),
        (campaign(ends="9999-12-31T23:59:59-08:00"), "the year 9999 is far from today's"),
        (
            '[fx]\nbase = "RMB"\n',
            "shopkeeper.toml, line 2: `fx.base`: 'RMB' is no currency of ISO 4217, "
            "did you mean 'CNY'?",
        ),
        ("[fx.rates.EUT]\nrate = 7\ndate = 2026-11-01\n", "'EUT' is no currency of ISO 4217"),
    ],
)
def test_a_name_in_the_home_that_names_nothing_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    refusal = refused(write_settings(tmp_path, text, boss="EUR", tmall="CNY"))
    assert said in refusal


@pytest.mark.parametrize(
    ("typed", "meant"), [("RMB", "CNY"), ("rmb", "CNY"), ("usd", "USD"), ("EURO", "EUR")]
)
def test_an_unknown_currency_is_refused_with_the_one_that_was_meant(
    tmp_path: Path, typed: str, meant: str
) -> None:
    shop = write_settings(tmp_path, tmall="CNY") / "shops" / "tmall.toml"
    shop.write_text(shop.read_text().replace('"CNY"', f'"{typed}"'), encoding="utf-8")
    expected = f"shops/tmall.toml, line 3: `currency`: {typed!r} is no currency of ISO 4217, "
    assert refused(tmp_path).startswith(f"{expected}did you mean {meant!r}")


def test_every_currency_of_the_list_has_an_exponent() -> None:
    assert {exponent(code) for code in CURRENCIES} == {0, 2, 3}
    assert {"CNY", "USD", "EUR", "JPY", "KWD"} <= CURRENCIES
    assert len(CURRENCIES) > 150


def test_a_shop_that_a_policy_names_and_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    policy = write_settings(tmp_path, tmall="CNY") / "policies" / "restock.toml"
    policy.write_text(RESTOCK.format('tmal = "off"'), encoding="utf-8")
    assert refused(tmp_path) == (
        "policies/restock.toml, line 3: no shop is named 'tmal', did you mean 'tmall'?"
    )
    policy.write_text(RESTOCK.format('tmall = "of"'), encoding="utf-8")
    assert "policies/restock.toml, line 3: `shops.tmall.mode`" in refused(tmp_path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("policies/restok.toml", "there is no policy 'restok', did you mean 'restock'?"),
        ("policies/restock.tml", "policies/restock.tml is not read: files there end in .toml"),
        ("shops/outlet.toml.txt", "shops/outlet.toml.txt is not read"),
        ("shops/outlet", "shops/outlet is not read"),
    ],
)
def test_a_file_that_nothing_reads_is_refused(tmp_path: Path, name: str, said: str) -> None:
    write_settings(tmp_path, tmall="CNY")
    (tmp_path / name).write_text('mode = "off"\n', encoding="utf-8")
    assert said in refused(tmp_path)


@pytest.mark.parametrize(
    "name", ["shops/my-shop.toml.example", "shops/tmall.toml~", "policies/.restock.toml.swp"]
)
def test_examples_and_what_editors_leave_are_not_read(tmp_path: Path, name: str) -> None:
    write_settings(tmp_path, tmall="CNY")
    (tmp_path / name).write_text("what an editor left", encoding="utf-8")
    with open_home(tmp_path) as home:
        assert list(home.shops) == ["tmall"]
        assert home.policies == {}


@pytest.mark.parametrize(("days", "is_refused"), [(-1, False), (2, True)])
def test_history_that_begins_in_the_future_is_refused(
    tmp_path: Path, days: int, is_refused: bool
) -> None:
    shop = write_settings(tmp_path, tmall="CNY") / "shops" / "tmall.toml"
    first = machine_now().date() + dt.timedelta(days=days)
    text = shop.read_text().replace("\n[sources", f"\nhistory_from = {first}\n[sources", 1)
    shop.write_text(text, encoding="utf-8")
    if is_refused:
        expected = f"shops/tmall.toml, line 6: `history_from`: {first} lies in the future"
        assert refused(tmp_path) == expected
    else:
        assert open_home(tmp_path).shop("tmall").settings.history_from == first


@pytest.mark.parametrize("file", ["shopkeeper.toml", "shops/tmall.toml", "policies/restock.toml"])
def test_a_byte_order_mark_before_settings_is_read_over(tmp_path: Path, file: str) -> None:
    write_settings(tmp_path, '[fx]\nbase = "USD"\n', tmall="CNY")
    (tmp_path / "policies" / "restock.toml").write_text(RESTOCK.format(""), encoding="utf-8")
    path = tmp_path / file
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    with open_home(tmp_path) as home:
        assert home.settings.fx.base == "USD"
        assert list(home.shops) == ["tmall"]
        assert list(home.policies) == ["restock"]


def test_a_sku_that_is_named_and_that_no_listing_has_holds_prices_and_is_told(
    built: Merchant,
) -> None:
    settings = built.folder / "shopkeeper.toml"
    policy = built.folder / "policies" / "repricing.toml"
    text = policy.read_text(encoding="utf-8")

    def names() -> list[tuple[bool, bool, str]]:
        with built.open() as home:
            found = [one for one in check(home) if one.check == "named_skus"]
        return [(one.passed, one.is_blocking, one.measured) for one in found]

    with built.open() as home:
        sku = home.scan("listings", home.shop("demo")).select("sku_id").first().collect().item()
    assert names() == []
    settings.write_text(campaign(skus=f'["{sku}x"]'), encoding="utf-8")
    bounds = f'\n[parameters.bounds."{sku}y"]\nmin_minor = 1\nmax_minor = 2\n[limits]'
    policy.write_text(text.replace("\n[limits]", bounds), encoding="utf-8")
    [(passed, is_blocking, reported)] = names()
    assert not passed
    assert is_blocking
    assert f"shopkeeper.toml, campaign '11.11': no SKU is named '{sku}x', did you mean" in reported
    assert f"policies/repricing.toml: no SKU is named '{sku}y'" in reported
    settings.write_text(campaign(skus=f'["{sku}"]'), encoding="utf-8")
    policy.write_text(text, encoding="utf-8")
    assert names() == [(True, True, "every SKU named exists")]
