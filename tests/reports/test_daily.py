import re
from dataclasses import replace

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.codes import ActionState
from reports.daily import ActionCount, DailyReport, count_actions, reasons_of, refusals, states_of
from reports.page import render
from reports.spans import SpanKind
from tests.reports.conftest import restock


def test_the_page_tells_figures_checks_quarantine_and_actions(report: DailyReport) -> None:
    page = render(report)
    for told in (
        "Demo Grocer",
        "Data as of 2026-11-16 00:00, America/New_York",
        "Sunday, 15 November 2026",
        "16,697.33",
        "1 of 4 checks warned",
        "4 documents in quarantine",
        "60 confirmed, 30 refused, 1 unknown",
        "13 for approval; ada 12; nobody may 1",
        "301 rows (493 expected, -4.1 deviations)",
        "penny price",
        "A document of this time is in quarantine",
        "12.49 would leave 0.31 a piece, at least 0.62 is required",
        "read back 12.49",
        "20 more",
    ):
        assert told in page


def test_the_page_needs_nothing_from_elsewhere(report: DailyReport) -> None:
    page = render(report)
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    assert "<script" not in page
    assert not re.findall(r"<(?:link|iframe|object|embed|img)\b|<[^>]*\bsrc=|url\(|@import", page)
    assert re.findall(r'href="([^"#]+)"', page) == ["data-docs/index.html", "http://127.0.0.1:4200"]


def test_text_of_a_platform_is_text(report: DailyReport) -> None:
    page = render(report)
    assert "<img src=x" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") == 2


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(alphabet="<>&\"'/aé中\n", min_size=1, max_size=30))
def test_no_sentence_can_open_a_tag(report: DailyReport, text: str) -> None:
    plain = replace(report, shops=(), actions=[replace(report.actions[0], sentence=text)])
    altered = replace(plain, actions=[replace(report.actions[0], sentence="")])
    assert render(plain).count("<") == render(altered).count("<")


def test_a_first_day_without_anything_is_a_page_too(report: DailyReport) -> None:
    empty = replace(
        report,
        spans=report.spans.clear(),
        days=report.days.clear(),
        pulled=[],
        checks=[],
        quarantine=report.quarantine.clear(),
        actions=[],
        counts=[],
        links=(),
    )
    page = render(empty)
    for told in ("No complete day yet", "Nothing was checked", "Nothing was proposed"):
        assert told in page
    page = render(replace(empty, is_past=True))
    assert "No complete day yet" not in page
    assert "No order is known of this time" in page


def test_a_failed_blocking_check_is_not_a_warning(report: DailyReport) -> None:
    failed = [replace(one, is_blocking=True) for one in report.checks]
    assert "1 of 4 checks failed" in render(replace(report, checks=failed))


def test_actions_are_counted_by_policy_state_and_guard(report: DailyReport) -> None:
    counts = count_actions([one.action for one in report.actions])
    assert states_of(counts) == {
        "repricing": {
            ActionState.CONFIRMED: 60,
            ActionState.REFUSED: 30,
            ActionState.UNKNOWN: 1,
        },
        "restock": {ActionState.PROPOSED: 13},
    }
    by_guards = [
        ActionCount(policy=policy, state=ActionState.REFUSED, guard=guard, actions=number)
        for policy, guard, number in (("a", "floor", 2), ("b", "floor", 3), ("b", "step", 4))
    ]
    assert refusals(by_guards) == [("floor", 5), ("step", 4)]


def test_a_document_held_twice_for_one_reason_counts_once() -> None:
    quarantine = pl.DataFrame(
        {
            "reasons": [
                '[{"reason":"penny_price"},{"reason":"penny_price"},{"reason":"future_instant"}]'
            ]
        }
    )
    assert dict(reasons_of(quarantine)) == {"penny_price": 1, "future_instant": 1}


def test_a_day_without_orders_says_so_and_shows_no_figures_first(report: DailyReport) -> None:
    nothing = pl.when(pl.col("against") == "now").then(0.0).otherwise("orders").alias("orders")
    page = render(replace(report, spans=report.spans.with_columns(nothing)))
    assert "No order is known of this time." in page
    assert 'class="tile"' not in page


def test_days_that_are_over_are_labelled(report: DailyReport) -> None:
    label = "computed from the data of now"
    assert label not in render(report)
    assert label in render(replace(report, is_past=True))


def test_coupons_and_deposits_of_a_campaign_are_told(report: DailyReport) -> None:
    sums = {"coupon_orders": 12, "coupon_minor": 34_050, "deposit_orders": 7, "deposit_minor": 100}
    shop = replace(
        report.shops[0], span=replace(report.shops[0].span, kind=SpanKind.CAMPAIGN, name="<618>")
    )
    campaign = pl.DataFrame([{"shop_id": "demo", **sums}])
    page = render(replace(report, shops=(shop,), campaign=campaign))
    for told in ("Campaign &lt;618&gt;", "340.50 USD", "on 12 orders", "7 orders", "1.00 USD once"):
        assert told in page


def test_an_order_of_goods_says_what_is_ordered_and_no_value_before(report: DailyReport) -> None:
    order = replace(report.actions[-1], action=restock(1, before_value=0))
    page = render(replace(report, actions=[order]))
    assert "48 pieces" in page
    assert "0 →" not in page
    assert "<s>0</s>" not in page


def test_a_column_of_changes_says_against_what_where_there_is_no_room(report: DailyReport) -> None:
    named = re.findall(r'Change<small class="narrow">(.+?)</small>', render(report))
    against = [one for one in report.spans["against"] if one != "now"]
    assert len(set(named)) == len(named) == len(against) > 1
