"""What commands of the loop print in a home whose language is Chinese: no sentence is English."""

import re
from pathlib import Path
from typing import Any

import pytest

from flows.steps import backfill
from flows.steps.backfill import Backfilled, BackfillPlan
from tests.flows.commands import Typed, typing
from tests.flows.pricing_shop import made
from tests.flows.scripted import NOW

FIRST = NOW.date()
NAMES = re.compile(
    r"[a-z]+(?:_[a-z]+)+|/\S+|\b(?:shop|repricing|prices|costs|listings|competitor offers|velocity"
    r"|elasticities|SKU|CSV|XLSX|EUR)\b"
)
"""Tables, streams, policies and files, which have no other names, and what is called so."""


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    shop = made(tmp_path, monkeypatch)
    shop.read()
    shop.decided()
    settings = shop.folder / "shopkeeper.toml"
    told = settings.read_text("utf-8") if settings.exists() else ""
    settings.write_text('language = "zh-CN"\n' + told, encoding="utf-8")
    for module in ("steps", "history"):
        monkeypatch.setattr(f"shopkeeper.{module}.chosen_home", shop.open)
    return typing(shop.folder, monkeypatch, capsys)


SPAN = ("--from", FIRST, "--to", FIRST)
SAID: dict[tuple[Any, ...], str] = {
    ("build",): "已计算",
    ("build", "--remap"): "已计算；重放 ",
    ("report",): "报告：",
    ("publish",): " 天的指标",
    ("export", "prices", "--out", "{}/prices.csv", "--format", "csv"): " 行已写入",
    ("purchase-orders", "--out", "{}"): "采购单",
    ("backfill", *SPAN, "--plan-only"): " 次调用。",
    ("backtest", "repricing", "--shop", "shop", *SPAN): "未发送任何内容。",
}


def test_commands_speak_the_language_of_their_home(typed: Typed, tmp_path: Path) -> None:
    for words, said in SAID.items():
        code, printed, stopped = typed(*(str(word).format(tmp_path) for word in words))
        assert (code, stopped) == (0, "")
        assert said in printed
        assert re.findall("[A-Za-z]{2,}", NAMES.sub("", printed)) == [], printed


def test_what_a_backfill_read_is_told_in_chinese(
    typed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_home: object, planned: BackfillPlan, _bar: object) -> Backfilled:
        return Backfilled(plan=planned, pulled=[], checked=[], built={}, expired=[])

    monkeypatch.setattr(backfill, "backfill", read)
    printed = typed("backfill", *SPAN)[1]
    assert printed.splitlines()[-1] == "读取 0 行，隔离 0 份单据；该时段的 0 个动作已过期，未发送。"
