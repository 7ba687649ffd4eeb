"""Reports of other days than the last: of a day, a week, a campaign; and their workbooks."""

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from contracts.errors import ConfigurationError
from flows.steps.metrics import show
from flows.steps.opening import open_home
from flows.steps.report import gather, report, write_tables
from flows.steps.wanted import Wanted
from reports.page import render
from tests.flows.commands import Typed, typing
from tests.flows.conftest import Merchant
from tests.flows.homes import campaign

LAST = dt.date(2026, 11, 15)


@pytest.fixture
def typed(
    built: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    return typing(built.folder, monkeypatch, capsys)


def test_a_week_counts_its_buyers_once_and_so_does_the_week_before(built: Merchant) -> None:
    with built.open() as home:
        (shop,) = home.select(None)
        wanted = Wanted.of(last=None, is_week=True, campaign=None)
        daily = gather(home, [shop], as_of=home.data_as_of(shop), wanted=wanted)
        spans = {row["against"]: row for row in daily.spans.to_dicts()}
        for against, last in (("now", LAST), ("before", LAST - dt.timedelta(weeks=1))):
            first = last - dt.timedelta(days=6)
            assert (spans[against]["first"], spans[against]["last"]) == (first, last)
            for name in ("gmv", "buyers", "contribution", "conversion"):
                (row,) = show(home, name, first=first, last=last, by=["span"]).rows.to_dicts()
                assert spans[against][name] == pytest.approx(row["value"])
    assert "year" not in spans  # five weeks of data have none
    assert spans["now"]["buyers"] < daily.days.tail(7)["buyers"].sum()
    moved = daily.movers["effect_minor"].sum()
    assert moved == spans["now"]["gmv"] - spans["before"]["gmv"]
    page = render(daily)
    assert "Weekly report" in page
    assert "These days are computed from the data of now" in page


def test_a_day_that_is_over_is_told_from_the_data_of_now_with_its_own_actions(
    built: Merchant, typed: Typed
) -> None:
    code, printed, _ = typed("--json", "report", "--date", "2026-11-10", "--xlsx")
    assert code == 0
    files = json.loads(printed)
    assert Path(files["report"]).name == "day-2026-11-10.html"
    page = Path(files["report"]).read_text("utf-8")
    assert "Tuesday, 10 November 2026" in page
    assert "Nothing was proposed" in page
    book = openpyxl.load_workbook(files["xlsx"])
    rows = list(book["Figures"].iter_rows(values_only=True))
    with built.open() as home:
        day = dt.date(2026, 11, 10)
        (gmv,) = show(home, "gmv", first=day, last=day).rows["value"]
    (now,) = [row for row in rows if row[1:5] == ("now", _at(day), _at(day), "GMV")]
    assert now[5] == pytest.approx(gmv / 100)


def test_stock_at_risk_is_left_off_a_page_of_days_before_the_last(built: Merchant) -> None:
    pages = {}
    with built.open() as home:
        for last in (LAST, LAST - dt.timedelta(days=3)):
            written = report(home, wanted=Wanted.of(last=last, is_week=False, campaign=None))
            pages[last] = (written.daily, written.path.read_text("utf-8"))
    daily, page = pages.pop(LAST)
    assert daily.stock[0].skus >= daily.risks.height > 0
    assert "sales missed" in page
    ((daily, page),) = pages.values()
    assert (list(daily.stock), daily.risks.height) == ([], 0)
    assert "sales missed" not in page
    assert "known of the last whole day alone" in page
    assert "Sold out before goods can come" not in page  # that is no want of data


def _at(day: dt.date) -> dt.datetime:
    """A day as a workbook gives it back."""
    return dt.datetime.combine(day, dt.time())


def test_a_campaign_is_told_against_the_same_weekdays_before_and_after(built: Merchant) -> None:
    sale = campaign(
        starts="2026-11-03T00:00:00-05:00", ends="2026-11-05T00:00:00-05:00", name="Singles' Day"
    )
    settings = built.folder / "shopkeeper.toml"
    settings.write_text(settings.read_text("utf-8") + sale, encoding="utf-8")
    with built.open() as home:
        wanted = Wanted.of(last=None, is_week=False, campaign="Singles' Day")
        written = report(home, wanted=wanted)
    spans = {row["against"]: (row["first"], row["last"]) for row in written.daily.spans.to_dicts()}
    assert spans == {
        "now": (dt.date(2026, 11, 3), dt.date(2026, 11, 4)),
        "before": (dt.date(2026, 10, 27), dt.date(2026, 10, 28)),
        "after": (dt.date(2026, 11, 10), dt.date(2026, 11, 11)),
    }
    assert written.path.name == "campaign-Singles-Day.html"
    page = written.path.read_text("utf-8")
    assert "Campaign Singles&#39; Day" in page
    assert re.search(r"[+-][\d.,]+(%| USD) on before", page)
    assert " afterwards" in page
    (sums,) = written.daily.campaign.to_dicts()
    assert f"on {sums['coupon_orders']:,} orders with a code" in page
    assert sums["deposit_orders"] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--date", "2026-11-16"), "the last whole day of demo is 2026-11-15"),
        (("--date", "yesterday"), "is not a day"),
        (("--campaign", "11.11"), "no campaign is named '11.11'"),
        (("--campaign", "11.11", "--week"), "give --campaign alone"),
    ],
)
def test_what_cannot_be_reported_is_wrong_use(
    typed: Typed, words: tuple[str, ...], told: str
) -> None:
    code, _, error = typed("report", *words)
    assert (code, told in error) == (2, True)


def test_text_of_a_workbook_is_never_a_formula(
    built: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hostile(*_: Any) -> dict[str, str]:
        return {sku: "=HYPERLINK(1)" for sku in written.daily.risks["sku_id"]}

    with built.open() as home:
        written = report(home)
        assert written.daily.risks.height
        monkeypatch.setattr("flows.steps.report.titles_of", hostile)
        book = openpyxl.load_workbook(write_tables(report(home)))
    titles = [row[2] for row in book["Stock at risk"].iter_rows(min_row=2)]
    assert {one.value for one in titles} == {"'=HYPERLINK(1)"}
    kinds = {one.data_type for sheet in book for row in sheet.iter_rows() for one in row}
    assert "f" not in kinds


def test_a_campaign_that_has_not_begun_has_no_report(built: Merchant) -> None:
    sale = campaign(starts="2026-12-12T00:00:00-05:00", ends="2026-12-13T00:00:00-05:00")
    settings = built.folder / "shopkeeper.toml"
    settings.write_text(settings.read_text("utf-8") + sale, encoding="utf-8")
    with open_home(built.folder) as home:
        (name,) = [one.name for one in home.settings.campaigns]
        wanted = Wanted.of(last=None, is_week=False, campaign=name)
        with pytest.raises(ConfigurationError, match="is over yet"):
            report(home, wanted=wanted)
