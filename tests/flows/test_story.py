"""`actions show` answers six questions of one action, on one screen and in two languages."""

import ast
import datetime as dt
import json
import re
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import actions.guard
from actions.policies import delay_notice, fulfilment_watch, member_coupon, repricing, restock
from actions.texts import template_hash
from actions.undo import not_undoable
from actions.verdicts import PROVEN
from contracts.actions import OF_MESSAGE
from contracts.codes import ActionState, WriteKind
from contracts.payloads import CouponTerms, Message, Reply, encode
from contracts.tables import Listing, Order, OrderLine, Review
from flows.steps.actions import approve, describe
from flows.steps.explain import report_actions, report_without_names
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.steps.previews import previews
from flows.steps.story import _NEVER_UNDONE_ZH, _commands, story
from reports.markdown import proposals_list
from reports.words import GUARDS
from tests.flows.commands import typing
from tests.flows.mall import NUMBERS, TEXT, Place, made
from tests.flows.scripted import HOUR, NOW
from tests.warehouse.rows import judged, proposal, rows

TITLE = "Oolong tea, first harvest, roasted twice, in a tin of 250 grams, a gift for who likes tea"
WORDS = "It came three weeks late and the tin was open. " * 6
NOON: dict[str, Any] = {
    "shop_id": "shop",
    "window_start": NOW,
    "expires_at": NOW + 24 * HOUR,
}
RIVAL = dict.fromkeys(repricing._NUMBERS) | {
    "rivals_units": 3,
    "rival_minor": 870,
    "price_minor": 970,
    "currency": "EUR",
}
ORDERED = dict.fromkeys(restock._NUMBERS) | {
    "order_units": 48, "inbound_units": 0, "order_by_date": "2026-11-23", "available_units": 12,
    "cover_days": 3.0, "daily_units": 4.0, "lead_time_days": 9.0, "next_inbound_date": None,
    "service": "cycle", "service_level": 0.95, "reorder_point_units": 44.0, "short_units": 20.0,
    "lost_margin_minor": 6_400, "currency": "EUR", "stockout_rate": 0.9, "outlier_days": 1,
    "order_up_to_units": 58.0, "case_pack_units": 24, "minimum_order_units": 48,
    "is_margin_estimated": False, "event_days": 0, "overdue_units": 0, "overdue_since_date": None,
}  # fmt: skip
PARCEL = dict.fromkeys(delay_notice._NUMBERS) | {
    "order_id": "order-7", "carrier_code": "dhl", "tracking_number": "JD01", "late_hours": 31.0,
    "silent_hours": 40.0, "grace_hours": 6.0, "stuck_hours": 72.0, "last_days": 14.0,
}  # fmt: skip
MEMBER = dict.fromkeys(member_coupon._NUMBERS) | {
    "off_minor": None, "off_rate": 0.1, "currency": "EUR", "member_segment": "at_risk",
    "recency_days": 90.0, "usual_gap_days": 30.0, "factor": 2.0, "alive_rate": 0.4,
    "orders_count": 5, "month_minor": 4_000, "exposure_minor": 1_000,
}  # fmt: skip
ASKED = {"delivered_days": 9.0, "late_hours": 2.0, "delay_days": 7.0}
WRONG = {
    "currency": "EUR", "price_minor": 97, "right_minor": 890, "margin_minor": -700,
    "unit_cost_minor": 790, "floor_minor": 890, "anchor_minor": 970, "min_minor": 485,
    "max_minor": 1940, "daily_units": 3.0, "loss_day_minor": 2379,
    "price_observed_at": "2026-11-20T08:00:00Z",
}  # fmt: skip
DUE = dict.fromkeys(fulfilment_watch._NUMBERS) | {
    "order_id": "order-8", "over_hours": -5.0, "age_hours": 43.0, "limit_hours": 48.0,
    "currency": "EUR", "amount_minor": 2610, "goods_units": 3,
}  # fmt: skip
NOTICE = Message(
    template="delay_notice", language="en", template_hash=template_hash("delay_notice", "en"),
    values={"order_id": "order-7", "carrier": "DHL", "tracking_number": "JD01",
            "promised_date": "2026-11-18", "last_event_date": "2026-11-19", "shop_name": "Mall"},
)  # fmt: skip
TERMS = CouponTerms(
    title="Ten percent for you", starts_at=NOW, ends_at=NOW + dt.timedelta(days=14), usage_limit=1,
    min_spend_minor=2_500, listing_ids=("v1", "v2"),
)  # fmt: skip

PROPOSED: dict[str, dict[str, Any]] = {
    "repricing": proposal(
        "v1", sku_id="TEA-250", parent_id="p1", currency="EUR", before_value=970, after_value=870,
        state="approved", reason_code="match_rival",
        numbers=json.dumps({**RIVAL, "after_value": 870}), **NOON,
    ),
    "restock": proposal(
        "TEA-250", policy="restock", sku_id="TEA-250", write_kind="none", before_value=0,
        after_value=48, reason_code="before_next_arrival", numbers=json.dumps(ORDERED), **NOON,
    ),
    "member_coupon": proposal(
        "TENFORYOU7", policy="member_coupon", write_kind="create_coupon", before_value=None,
        after_value=1_000, reason_code="overdue", numbers=json.dumps(MEMBER), member_id="m" * 32,
        exposure_minor=1_000, payload=encode(TERMS), **NOON,
    ),
    "delay_notice": proposal(
        "dhl:JD01", policy="delay_notice", parent_id="order-7", write_kind="send_message",
        before_value=0, after_value=1, reason_code="late", numbers=json.dumps(PARCEL),
        member_id="m" * 32, channel="email", purpose="service", payload=encode(NOTICE), **NOON,
    ),
    "review_follow_up": proposal(
        "review-1", policy="review_follow_up", write_kind="reply_review",
        before_value=0, after_value=1, reason_code="bad_review", numbers=json.dumps(NUMBERS),
        payload=encode(Reply(text=TEXT)), **NOON,
    ),
    "price_watch": proposal(
        "v1", policy="price_watch", sku_id="TEA-250", write_kind="none", currency="EUR",
        before_value=97, after_value=890, reason_code="below_cost", numbers=json.dumps(WRONG),
        **NOON,
    ),
    "fulfilment_watch": proposal(
        "order-8", policy="fulfilment_watch", write_kind="none", before_value=0, after_value=1,
        reason_code="ship_due", numbers=json.dumps(DUE), **NOON,
        guard_reason="the data are stale: orders were last read at 2026-11-20 03:00 UTC;"
        " look before you act",
    ),
    "request": proposal(
        "order-7", policy="review_follow_up", write_kind="request_review", before_value=0,
        after_value=1, reason_code="time_to_ask", numbers=json.dumps(ASKED), **NOON,
    ),
}  # fmt: skip
EARLIER = proposal(
    "v1", sku_id="TEA-250", parent_id="p1", currency="EUR", before_value=970, after_value=500,
    state="refused", guard="floor", guard_reason="5.00 is below floor 7.31",
    reason_code="match_rival", numbers=json.dumps({**RIVAL, "after_value": 500}),
    shop_id="shop", window_start=NOW - 24 * HOUR, expires_at=NOW,
)  # fmt: skip

# Of each action what a stranger must find, by question; the same in either language.
ANSWERS: dict[str, tuple[str, ...]] = {
    "repricing": (
        TITLE, "TEA-250", "shop", "shopify", "9.70 EUR → 8.70 EUR",  # what
        "8.70 EUR",  # why
        "5.00 EUR", "7.31",  # what was refused before
        "8.70 EUR", "26.10 EUR",  # what it achieved
        "actions undo --shop shop --run run --target v1", "--yes",  # how to take it back
    ),
    "restock": (TITLE, "48", "58", "24", "2026-11-23", "64.00 EUR",
                "actions approve", "actions reject"),
    "member_coupon": ("TENFORYOU7", "10 %", "Ten percent for you", "10.00 EUR"),
    "delay_notice": ("JD01", "order-7", "31", "2026-11-18", "ada"),
    "review_follow_up": (TITLE, WORDS.strip(), TEXT, "review-1", "ada"),
    "price_watch": (TITLE, "0.97 EUR", "8.90 EUR", "7.00 EUR", "23.79 EUR", "actions impact v1"),
    "fulfilment_watch": ("order-8", "48", "26.10 EUR", "2026-11-20 03:00 UTC", "actions approve"),
    "request": ("order-7", "9", "7"),
}  # fmt: skip


NOBODY: Any = None  # who captures output: what this module's home prints is not looked at


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home with one action of each policy: a price in force, and what waits or was approved."""
    with pytest.MonkeyPatch.context() as patch:
        yield _filled(made(tmp_path_factory.mktemp("story") / "home", patch, NOBODY))


def _filled(place: Place) -> dict[str, Any]:
    head = {"shop_id": "shop", "source_updated_at": NOW, "read_at": NOW}
    bought = {"order_id": "9", "placed_at": NOW + HOUR, "currency": "EUR", **head}
    with open_home(place.folder) as home:
        frames = {
            "listings": rows(
                Listing,
                [
                    {
                        "listing_id": "v1",
                        "product_id": "p1",
                        "sku_id": "TEA-250",
                        "title": TITLE,
                        **head,
                    }
                ],
            ),
            "reviews": rows(
                Review,
                [
                    {
                        "review_id": "review-1",
                        "product_id": "p1",
                        "body": WORDS,
                        "review_result": "bad",
                        **head,
                    }
                ],
            ),
            "orders": rows(Order, [bought]),
            "order_lines": rows(
                OrderLine,
                [
                    {
                        **bought,
                        "line_id": "1",
                        "listing_id": "v1",
                        "quantity_units": 3,
                        "total_minor": 2_610,
                    }
                ],
            ),
        }
        home.lake.merge(home.keys.vault.seal_frames(frames))
        home.readings.record(home.lake.versions())
        home.ledger.record(judged(EARLIER), run_id="before", at=NOW - 24 * HOUR)
        home.ledger.record(judged(*PROPOSED.values()), run_id="run", at=NOW)
        (price,) = home.ledger.claim(
            shop_id="shop", holder="h", limit=9, lease=HOUR, at=NOW, policy="repricing"
        )
        for state in (ActionState.SENDING, ActionState.SENT):
            home.ledger.settle([price], state, at=NOW)
        home.ledger.settle([price], ActionState.CONFIRMED, at=NOW, observed={price.action_id: 870})
        ids = {row: _id(home, given) for row, given in PROPOSED.items()}
        approve(home, [ids["delay_notice"], ids["review_follow_up"]], by="ada")
    return {"folder": place.folder, "ids": ids}


def _id(home: Home, given: dict[str, Any]) -> str:
    found = home.ledger.find(targets=[given["target_id"]], policy=given["policy"], run_id="run")
    return next(
        one.action_id for one in found if one.write_kind == given.get("write_kind", "set_price")
    )


def screens(place: dict[str, Any], name: str) -> dict[str, str]:
    with open_home(place["folder"]) as home:
        screen: dict[str, str] = describe(home, place["ids"][name])["screen"]
    return screen


@pytest.mark.parametrize("name", ANSWERS)
def test_a_stranger_finds_the_answers_to_the_six_questions_in_each_language(
    place: dict[str, Any], name: str
) -> None:
    screens_shown = screens(place, name)
    for language, screen in screens_shown.items():
        sys.stdout.write(f"{screen}\n\n")  # `pytest -s` shows the screens
        missing = [one for one in ANSWERS[name] if one not in screen]
        assert missing == []
        lines = screen.splitlines()
        heads = [line for line in lines if line[:2] in {f"{number}." for number in range(1, 7)}]
        assert len(heads) == 6
        # Each question is followed by an answer, and nothing is cut.
        assert all(lines[lines.index(head) + 1].startswith("   ") for head in heads)
        assert "…" not in screen
        assert "None" not in screen
        assert len(lines) <= 45
        assert (language == "zh") == any(unicodedata.name(s, "").startswith("CJK") for s in screen)


def test_what_a_guard_said_of_an_earlier_proposal_is_said_in_either_language(
    place: dict[str, Any],
) -> None:
    screens_shown = screens(place, "repricing")
    assert "5.00 is below floor 7.31" in screens_shown["en"]
    assert "5.00 低于底价 7.31" in screens_shown["zh"]


def test_the_reviews_words_are_shown_beside_its_draft_and_nowhere_in_prefect(
    place: dict[str, Any],
) -> None:
    with open_home(place["folder"]) as home:
        found = home.ledger.find(action_ids=[place["ids"]["review_follow_up"]])
        artifact = proposals_list(report_without_names(found))
    screens_shown = screens(place, "review_follow_up")["en"]
    assert screens_shown.index(WORDS.strip()) < screens_shown.index(TEXT)
    assert WORDS.strip()[:20] not in artifact


def test_every_guard_says_in_both_languages_what_it_stands_for() -> None:
    named = set()
    for path in Path(actions.guard.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call)]
        names = ("GuardRule", "_change")
        guards = [one.args[0] for one in calls if getattr(one.func, "id", "") in names]
        named |= {one.value for one in guards if isinstance(one, ast.Constant)}
    assert len(named) > 40
    assert named <= GUARDS.keys()


def test_every_write_that_is_never_undone_says_so_in_both_languages() -> None:
    assert {kind for kind in WriteKind if not_undoable(kind)} == set(_NEVER_UNDONE_ZH)


@pytest.mark.parametrize(("lang", "alone"), [("zh", "1. 做什么？"), ("en", "1. What?")])
def test_one_language_is_shown_where_one_is_asked_for(
    place: dict[str, Any],
    lang: str,
    alone: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    typed = typing(place["folder"], monkeypatch, capsys)
    printed = typed("actions", "show", place["ids"]["repricing"], "--lang", lang)[1]
    assert alone in printed
    assert printed.count("1. ") == 1
    both = typed("actions", "show", place["ids"]["repricing"])[1]
    assert printed.strip() in both
    assert both.count("1. ") == 2


def test_an_action_of_an_older_release_that_lacks_a_number_is_told_all_the_same(
    place: dict[str, Any],
) -> None:
    with open_home(place["folder"]) as home:
        (now,) = home.ledger.find(action_ids=[place["ids"]["restock"]])
        older = replace(now, numbers=json.dumps({"order_units": 48}))
        result = story(home, older, previews(home, [older])[0])
        (reported,) = report_actions([older])
    assert result.why.en == result.why.zh == reported.sentence == "before_next_arrival"
    assert "48 pieces" in result.render("en")


def test_how_a_message_was_proven_to_be_sent_is_an_achievement_and_no_refusal(
    place: dict[str, Any],
) -> None:
    proofs = {"en": PROVEN, "zh": "平台已受理；是否送达或已读无法查询"}
    with open_home(place["folder"]) as home:
        (sent,) = home.ledger.claim(
            shop_id="shop", holder="h", limit=9, lease=HOUR, at=NOW, policy="delay_notice"
        )
        for state in (ActionState.SENDING, ActionState.SENT):
            home.ledger.settle([sent], state, at=NOW)
        home.ledger.settle([sent], ActionState.CONFIRMED, at=NOW, message=PROVEN)
    for language, screen in screens(place, "delay_notice").items():
        achieved = screen[screen.index("\n5. ") : screen.index("\n6. ")]
        assert proofs[language] in achieved
        assert screen.count(proofs[language]) == 1
        assert proofs[{"en": "zh", "zh": "en"}[language]] not in screen


def test_a_coupons_terms_are_amounts_and_days_of_the_shop_and_a_number_of_goods(
    place: dict[str, Any],
) -> None:
    screens_shown = screens(place, "member_coupon")
    for screen in screens_shown.values():
        assert not re.search(r"[a-z]_(?:at|minor|ids|limit)|\d{2}T\d{2}", screen)
        assert "25.00 EUR" in screen
    assert ("2 goods" in screens_shown["en"], "2 件商品" in screens_shown["zh"]) == (True, True)


def test_an_order_that_comes_too_late_says_so_and_how_it_would_be_taken_back(
    place: dict[str, Any],
) -> None:
    screens_shown = screens(place, "restock")
    assert "though it runs out before that arrives" in screens_shown["en"]
    assert "到货前仍会断货" in screens_shown["zh"]
    assert all(
        "`actions undo`" in one or "actions undo 从在途" in one for one in screens_shown.values()
    )
    assert "In force" not in screens_shown["en"]


def test_the_code_of_a_message_that_was_sent_can_be_closed_and_no_other(
    place: dict[str, Any],
) -> None:
    with open_home(place["folder"]) as home:
        [action] = home.ledger.find(targets=["TENFORYOU7"], policy="member_coupon")
    sent = replace(action, target_id=f"TENFORYOU7{OF_MESSAGE}", state=ActionState.CONFIRMED)
    assert _commands(sent)["close"].endswith("--run run --target TENFORYOU7")
    waiting = replace(sent, state=ActionState.APPROVED)
    itself = replace(action, state=ActionState.CONFIRMED)
    assert not any("close" in _commands(one) for one in (waiting, itself))
