"""The report of a home: in whose language, by which figures, and what comes first."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from contracts.codes import ActionState
from flows.report import report_flow
from flows.steps.days import SHOWN
from flows.steps.decide import decide
from flows.steps.metrics import show
from flows.steps.report import gather
from reports.page import render
from tests.flows.conftest import Merchant


def configure(folder: Path, *, home: str, shop: str | None) -> None:
    (folder / "shopkeeper.toml").write_text(f'language = "{home}"\n', encoding="utf-8")
    if shop is not None:
        (path,) = (folder / "shops").glob("*.toml")
        path.write_text(f'language = "{shop}"\n{path.read_text("utf-8")}', encoding="utf-8")


@pytest.mark.parametrize(
    ("home", "shop", "language"),
    [("en", None, "en"), ("zh-CN", None, "zh"), ("en", "zh-CN", "zh"), ("zh-CN", "en", "en")],
)
def test_a_page_is_in_the_shops_language_or_the_homes(
    built: Merchant, home: str, shop: str | None, language: str
) -> None:
    configure(built.folder, home=home, shop=shop)
    with built.open() as opened:
        shops = opened.select(None)
        daily = gather(opened, shops, as_of=opened.data_as_of(shops[0]))
    assert daily.language == language
    page = render(daily)
    assert ("运营日报" in page) == (language == "zh")
    assert ("Operations report" in page) == (language == "en")


def test_the_artifact_of_what_waits_counts_all_and_shows_the_first(
    built: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[str, str] = {}

    async def keep(markdown: str, *, key: str, **_: Any) -> None:
        kept[key] = markdown

    monkeypatch.setattr("flows.report.acreate_markdown_artifact", keep)
    monkeypatch.setattr("flows.steps.report.SHOWN_ACTIONS", 2)
    with built.open() as home:
        decide(home)
    daily = asyncio.run(report_flow.fn(str(built.folder))).daily
    waiting = sum(one.actions for one in daily.counts if one.state is ActionState.PROPOSED)
    assert f"\n{waiting - 2} more" in kept["waiting"]


def test_figures_are_those_of_the_catalogue(built: Merchant) -> None:
    with built.open() as home:
        (shop,) = home.select(None)
        daily = gather(home, [shop], as_of=home.data_as_of(shop))
        days = daily.days
        for name in SHOWN:
            rows = show(home, name, first=days["day"][0], last=days["day"][-1]).rows
            found = rows.sort("period")["value"].to_list()
            assert [one is None for one in found] == days[name].is_null().to_list()
            assert [one for one in found if one is not None] == pytest.approx(
                days[name].drop_nulls().to_list()
            )
            assert rows.sort("period")["gap"].to_list() == days[f"{name}_gap"].to_list()
    assert [one.name for one in daily.metrics] == list(SHOWN)
    assert days["day"][0] >= daily.shops[0].since
    assert re.search(r"data since \d+ \w+ \d{4}", render(daily))


def test_what_the_page_says_is_what_the_catalogue_measures(built: Merchant) -> None:
    with built.open() as home:
        (shop,) = home.select(None)
        daily = gather(home, [shop], as_of=home.data_as_of(shop))
        last = daily.shops[0].span.last
        value = {
            name: show(home, name, first=last, last=last).rows["value"].item() for name in SHOWN
        }
    page = render(daily)
    tile = r'<p class="label">(.*?)</p>\s*<p class="value">(.*?)</p>'
    tiles = dict(re.findall(tile, page))
    assert tiles["GMV"] == f"{value['gmv'] / 100:,.2f}"
    assert tiles["Visitors"] == f"{value['visitors']:,.0f}"
    assert tiles["Conversion"] == f"{value['conversion']:.1%}"
    assert tiles["Refunded"] == f"{value['refunded'] / 100:,.2f}"
    row = r"<tr><td>(.*?)(?:<br>.*?)?</td>\s*<td class=\"n\"><b>(.*?)</b>"
    rows = dict(re.findall(row, page))
    for title, name in (("Orders", "orders"), ("Buyers", "buyers"), ("Units", "units")):
        assert rows[title] == f"{value[name]:,.0f}"
    assert rows["Average order"] == f"{round(value['aov']) / 100:,.2f}"
