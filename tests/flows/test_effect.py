"""What a policy earned is told from the two arms in the ledger and from what was sold."""

import datetime as dt
import json
from dataclasses import replace

import polars as pl
import pytest

from contracts.codes import ActionState
from contracts.tables import RefundCase
from deployments.at_once import AT_ONCE
from flows.steps.decide import consider
from flows.steps.effect import effects, receipts
from flows.steps.home import Home
from flows.steps.report import gather
from flows.steps.shop import Shop
from reports.markdown import effects_list
from reports.page import render
from tests.flows.commands import typing
from tests.flows.conftest import Merchant
from tests.warehouse.rows import rows
from warehouse.arms import arms

AGO = dt.timedelta(days=16)
SHARE = '[holdout]\nsalt = "pepper"\nshare_rate = 0.4\n'


def acted_before(home: Home, shop: Shop) -> pl.DataFrame:
    """The proposals of today as if they had been made, and sent, sixteen days ago."""
    found = consider(home, shop, "repricing").judged
    moment = home.data_as_of(shop) - AGO
    earlier = found.with_columns(
        window_start=pl.col("window_start") - AGO, expires_at=pl.col("expires_at") - AGO
    )
    home.ledger.record(earlier, run_id="then", at=moment)
    approved = home.ledger.find(states=[ActionState.APPROVED])
    ids = [one.action_id for one in approved]
    claimed = home.ledger.claim(
        shop_id=shop.id, holder="h", limit=999, lease=dt.timedelta(hours=1), at=moment
    )
    for state in (ActionState.SENDING, ActionState.SENT, ActionState.CONFIRMED):
        assert len(home.ledger.settle(claimed, state, at=moment)) == len(ids)
    return earlier


def test_the_effect_is_that_of_the_margins_of_either_arm(
    built: Merchant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (built.folder / "shopkeeper.toml").write_text(AT_ONCE + SHARE, encoding="utf-8")
    policy = built.folder / "policies" / "repricing.toml"
    policy.write_text(
        policy.read_text(encoding="utf-8").replace("keep_actions = 20", "keep_actions = 100"),
        encoding="utf-8",
    )
    with built.open() as home:
        (shop,) = home.shops.values()
        acted_before(home, shop)
        found = arms(home.database, shop_id=shop.id, policy="repricing")
        (reported,) = effects(home, policy="repricing")
        sold = home.scan("sales_daily", shop).collect()
        costs = dict(
            home.scan("price_facts", shop).select("sku_id", "unit_cost_minor").collect().iter_rows()
        )
        last = home.data_as_of(shop).astimezone(shop.zone).date() - dt.timedelta(days=1)
        start = home.data_as_of(shop).astimezone(shop.zone).date() - AGO
    economics = shop.economics
    arms_: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for unit, is_alone in found.select("unit_id", "is_left_alone").iter_rows():
        own = sold.filter(pl.col("sku_id") == unit)
        margins = {
            row["sales_date"]: row["gmv_minor"] * (1 - economics.fee_rate)
            - row["sold_units"] * costs[unit]
            for row in own.to_dicts()
        }
        first = max(min(sold["sales_date"]), start - dt.timedelta(days=28))
        before = sum(value for day, value in margins.items() if first <= day < start)
        after = sum(value for day, value in margins.items() if start <= day <= last)
        spans = (start - first).days, (last - start).days + 1
        arms_[is_alone].append((after / spans[1], before / spans[0]))
    means = {
        arm: [sum(part) / len(values) for part in zip(*values, strict=True)]
        for arm, values in arms_.items()
    }
    pairs = [
        (after - means[arm][0], before - means[arm][1])
        for arm, values in arms_.items()
        for after, before in values
    ]
    slope = sum(y * x for y, x in pairs) / sum(x * x for _, x in pairs)
    gain = {arm: after - slope * before for arm, (after, before) in means.items()}
    assert (reported.effect.acted_on, reported.effect.left_alone) == tuple(
        len(arms_[arm]) for arm in (False, True)
    )
    assert reported.effect.ready_left_alone >= 30
    assert reported.effect.mean_minor == pytest.approx(gain[False] - gain[True], rel=1e-6)
    typed = typing(built.folder, monkeypatch, capsys)
    answer = json.loads(typed("--json", "actions", "effect")[1])
    assert answer[0]["effect"]["mean_minor"] == pytest.approx(reported.effect.mean_minor)
    assert "95 % between" in typed("actions", "effect")[1].replace("\n", " ")
    # The share of those left alone is that of the settings: of another one the arms tell nothing.
    assert (reported.effect.drawn_rate, reported.effect.is_drawn_fairly) == (0.4, True)
    (built.folder / "shopkeeper.toml").write_text(
        AT_ONCE + SHARE.replace("0.4", "0.1"), encoding="utf-8"
    )
    with built.open() as home:
        (off,) = effects(home, policy="repricing")
    assert off.effect.mean_minor is None
    assert "that is no luck" in off.summary
    assert "两组不可比" in off.summary_zh


def test_before_there_is_enough_it_says_how_much_is_there(built: Merchant) -> None:
    with built.open() as home:
        (shop,) = home.shops.values()
        (reported,) = effects(home)
        daily = gather(home, [shop], as_of=home.data_as_of(shop))
    assert reported.effect.mean_minor is None
    assert reported.summary.startswith(
        "not enough data yet: watched for 14 days were 0 of the 30 SKUs that are needed"
    )
    assert reported.summary in render(daily)
    assert reported.summary_zh in render(replace(daily, language="zh"))
    assert reported.summary in effects_list(daily.effects, "en")
    assert reported.summary_zh in effects_list(daily.effects, "zh")


def test_both_arms_are_those_that_the_policy_would_have_sent_on_days_on_which_it_sent(
    built: Merchant,
) -> None:
    (built.folder / "shopkeeper.toml").write_text(AT_ONCE + SHARE, encoding="utf-8")
    with built.open() as home:
        (shop,) = home.shops.values()
        then = acted_before(home, shop)
        shadow = consider(home, shop, "repricing").judged.with_columns(
            state=pl.when(pl.col("guard").is_null()).then(pl.lit("shadow")).otherwise("state")
        )
        home.ledger.record(shadow, run_id="now", at=home.data_as_of(shop))
        found = arms(home.database, shop_id=shop.id, policy="repricing")
        assert arms(home.database, shop_id="elsewhere", policy="repricing").is_empty()
    guards = dict(then.select("sku_id", "guard").iter_rows())
    assert {guards[unit] for unit in found["unit_id"]} == {None, "holdout"}
    assert dict(found.select("unit_id", "is_left_alone").iter_rows()) == {
        unit: guard == "holdout" for unit, guard in guards.items() if guard in (None, "holdout")
    }
    assert found["since"].unique().to_list() == [then["window_start"][0]]


def test_members_are_compared_by_what_their_orders_left(built: Merchant) -> None:
    with built.open() as home:
        (shop,) = home.shops.values()
        rows = receipts(home, shop).rows.collect()
        orders = (
            home.scan("orders", shop)
            .collect()
            .filter(
                pl.col("member_id").is_not_null(),
                pl.col("cancelled_at").is_null(),
                ~pl.col("is_test"),
            )
        )
    kept = int((orders["goods_minor"] - orders["refunded_minor"]).sum())
    assert rows["outcome_minor"].sum() == pytest.approx(kept * (1 - shop.economics.fee_rate))
    assert rows["unit_id"].n_unique() == orders["member_id"].n_unique()


def left(home: Home, shop: Shop) -> float:
    """What is left of all members' orders, in minor units."""
    return float(receipts(home, shop).rows.select(pl.col("outcome_minor").sum()).collect().item())


def test_what_a_case_gave_back_is_taken_off_what_a_members_order_left(built: Merchant) -> None:
    with built.open() as home:
        (shop,) = home.shops.values()
        orders = home.scan("orders", shop).collect()
        one = orders.filter(
            pl.col("member_id").is_not_null(),
            pl.col("cancelled_at").is_null(),
            pl.col("refunded_minor") == 0,
            ~pl.col("is_test"),
        ).row(0, named=True)
        before = left(home, shop)
        case = {
            "case_id": "1", "order_id": one["order_id"], "case_status": "refunded",
            "currency": one["currency"], "asked_minor": one["goods_minor"],
            "requested_at": one["placed_at"], "refunded_at": one["placed_at"],
        }  # fmt: skip
        merged = home.lake.merge({"refund_cases": rows(RefundCase, [case])})
        home.readings.record({name: table.version for name, table in merged.items()})
        after = left(home, shop)
    lost = one["goods_minor"] * (1 - shop.economics.fee_rate)
    assert before - after == pytest.approx(lost)
