"""What is left alone is counted by reason on every surface, and said of one SKU when asked."""

import datetime as dt
import json
from dataclasses import replace

import pytest

from contracts.codes import IMPERSONAL_WRITES
from flows.steps.decide import consider, decide
from flows.steps.explain import report_holds
from flows.steps.report import gather
from flows.steps.why import why
from reports.markdown import left_alone_table
from reports.page import render
from tests.flows.commands import typing
from tests.flows.conftest import Merchant


def test_all_that_is_left_alone_is_counted_by_reason_and_shown_everywhere(
    built: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = typing(built.folder, monkeypatch, capsys)
    decided = json.loads(typed("--json", "decide")[1])
    with built.open() as home:
        (shop,) = home.shops.values()
        daily = gather(home, [shop], as_of=home.data_as_of(shop))
        kept = home.left_alone.latest(shop_id=shop.id)
        ledger = home.ledger.find()
        for one in decided:
            # The slow way: the policy is asked for each target that it holds.
            found = consider(home, shop, one["policy"])
            counts = {row["reason"]: row["targets"] for row in one["left_alone"]}
            capped = counts.pop("cap", 0)
            reasons = found.holds["reason_code"].to_list()
            assert counts == {reason: reasons.count(reason) for reason in set(reasons)}
            assert counts or one["policy"] != "repricing"
            if one["policy"] == "repricing":
                assert capped == found.judged.height - sum(one["states"].values()) > 0
                assert not any(action.guard == "cap" for action in ledger)
            fields = {
                count.reason: count.targets for count in kept if count.policy == one["policy"]
            }
            assert fields == {row["reason"]: row["targets"] for row in one["left_alone"]}
        assert set(found.holds["sku_id"].drop_nulls()) >= {
            sku for count in kept if count.policy == one["policy"] for sku in count.samples
        }
    page, artifact = render(daily), left_alone_table(report_holds(kept))
    chinese = render(replace(daily, language="zh"))
    screen = typed("decide")[1]
    for count in report_holds(kept):
        assert count.phrase.replace("'", "&#39;") in page
        assert count.phrase_zh in chinese
        assert f"{count.targets:,}" in artifact
        assert " ".join(count.summary.split()[:4]) in screen


def test_a_past_decision_does_not_take_the_place_of_what_is_left_alone_now(
    built: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = typing(built.folder, monkeypatch, capsys)
    typed("decide", "--policy", "repricing")
    with built.open() as home:
        before = home.left_alone.latest()
        (shop,) = home.shops.values()
        past = home.data_as_of(shop) - dt.timedelta(days=3)
    typed("decide", "--policy", "repricing", "--as-of", past.isoformat())
    with built.open() as home:
        assert home.left_alone.latest() == before != []


def test_one_sku_is_told_of_by_every_policy_and_nothing_is_recorded(
    built: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = typing(built.folder, monkeypatch, capsys)
    with built.open() as home:
        (shop,) = home.shops.values()
        found = consider(home, shop, "repricing")
    held = found.holds.drop_nulls("sku_id").row(0, named=True)
    refused = found.judged.filter(found.judged["guard"] == "cap").row(0, named=True)
    passed = found.judged.filter(found.judged["guard"].is_null()).row(0, named=True)
    for row, outcome in ((held, "left alone"), (refused, "refused"), (passed, "approved")):
        answer = json.loads(typed("--json", "actions", "why", row["sku_id"])[1])
        assert {one["policy"] for one in answer} == {"repricing", "restock"}
        (own,) = [one for one in answer if one["policy"] == "repricing"]
        assert own["target_id"] == row["target_id"]
        assert own["outcome"] == outcome
        assert own["guard"] == row.get("guard")
        assert own["numbers"] == json.loads(row["numbers"])
        assert not own["sentence_zh"].isascii()
    with built.open() as home:
        assert home.ledger.find() == []
        assert home.left_alone.latest() == []
    code, _, error = typed("actions", "why", f"{held['sku_id']}x")
    assert (code, "no listing or SKU is named" in error) == (2, True)


def test_what_is_about_a_person_is_counted_and_named_nowhere(built: Merchant) -> None:
    settings = built.folder / "policies" / "review_follow_up.toml"
    settings.write_text(
        'mode = "approve"\n[limits]\nmax_actions = 10\nmax_exposure_minor = 0\n', encoding="utf-8"
    )
    with built.open() as home:
        (shop,) = home.shops.values()
        policy = home.policy(shop, "review_follow_up").module
        assert not IMPERSONAL_WRITES.issuperset(policy.WRITES)
        sku = home.scan("listings", shop).select("sku_id").collect()["sku_id"][0]
        assert why(home, sku, policy="review_follow_up") == []
        (done,) = decide(home, policy="review_follow_up")
        assert sum(count.targets for count in done.left_alone) > 0
        assert not any(count.samples for count in done.left_alone)
