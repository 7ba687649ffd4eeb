import io
from dataclasses import replace
from typing import Any

from rich.console import Console

from reports.daily import DailyReport
from reports.summary import screen

PATH = "demo-home/reports/" + "a-long-name/" * 8 + "2026-11-16.html"

COUNTED = ("pages", "new_pages", "rows", "loaded_rows", "quarantined")


def printed(report: DailyReport) -> list[str]:
    out = io.StringIO()
    steps = [("Report", PATH), ("UI", "make ui, then http://127.0.0.1:4200")]
    Console(file=out, width=100).print(screen(report, next_steps=steps), crop=False)
    return out.getvalue().splitlines()


def test_the_screen_fits_and_tells_what_happened(report: DailyReport) -> None:
    many = replace(report, pulled=[*report.pulled] * 3, shops=report.shops * 3)
    lines = printed(many)
    assert len(lines) <= 45
    assert max(map(len, lines)) <= 100
    text = "\n".join(lines)
    for told in (
        "1,617,000",
        "9 smaller",
        "16,697.33",
        "repricing",
        "Refused by: below the floor 30",
    ):
        assert told in text
    assert "Quarantine: 4 documents (penny price 1" in text
    assert "http://127.0.0.1:4200" in text


def test_the_path_can_be_copied_whole(report: DailyReport) -> None:
    assert PATH in "".join(line.removeprefix("Report").strip() for line in printed(report))


def test_brackets_of_a_platform_are_no_markup(report: DailyReport) -> None:
    stream = replace(report.pulled[0], stream="[red]orders[/red]")
    assert "[red]orders[/red]" in "\n".join(printed(replace(report, pulled=[stream])))


def test_a_passed_run_says_so(report: DailyReport) -> None:
    passed = [replace(one, passed=True) for one in report.checks]
    assert "Checks: all 4 passed" in "\n".join(printed(replace(report, checks=passed)))


def test_no_figure_of_a_large_shop_is_cut(report: DailyReport) -> None:
    large: dict[str, Any] = {name: 10**17 + place for place, name in enumerate(COUNTED)}
    text = "\n".join(printed(replace(report, pulled=[replace(report.pulled[0], **large)])))
    assert all(f"{number:,}" in text for number in large.values())
