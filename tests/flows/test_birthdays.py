"""A list of members in a shop's folder, from file to offer, and forgotten."""

import json
from pathlib import Path

import pytest

from contracts.tables import Consent, Contact, Member
from flows.steps.build import build
from flows.steps.decide import consider
from flows.steps.forget import forget
from flows.steps.opening import open_home
from flows.steps.pull import pull
from flows.steps.subject import subject
from tests.connectors.files.ready import JD, csv_bytes, put
from tests.flows.test_families import lying_open
from tests.flows.test_member_tables import store

pytestmark = pytest.mark.long

SHOP = """
name = "Tea"
currency = "CNY"
time_zone = "Asia/Shanghai"
[sources.files]
folder = "exports"
mappings = ["jd_orders", "member_list"]
time_zone = "Asia/Shanghai"
as_of = 2026-11-22T12:00:00+08:00
quiet_seconds = 0
[economics]
fee_rate = 0.029
min_margin_rate = 0.05
"""
POLICY = """
mode = "shadow"
[parameters]
off_minor = 500
min_spend_minor = 5000
shop_name = "Tea"
triggers = ["birthday", "tier_change"]
[limits]
max_actions = 9
max_exposure_minor = 5000
"""
HEADER = ["会员ID", "生日", "会员等级"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A home whose shop buys nothing but what back offices export."""
    for name, text in {"shops/demo.toml": SHOP, "policies/member_coupon.toml": POLICY}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "shopkeeper.toml").write_text("", encoding="utf-8")
    exports = tmp_path / "exports"
    put(exports, f"{JD.file.format('202611201030')}.csv", csv_bytes(JD.rows))
    return tmp_path


def members(folder: Path, stamp: str, *rows: list[str]) -> None:
    put(folder / "exports", f"members/会员_{stamp}.csv", csv_bytes([HEADER, *rows]))


def decided(folder: Path) -> list[str]:
    """Why the shop's one member is offered something, or is not."""
    with open_home(folder) as home:
        assert [one.blocked for one in pull(home) if one.blocked] == []
        member_id = home.members(home.shop("demo")).pseudonym("zora-pin")
        mail = {"channel": "email", "member_id": member_id}
        store(
            home,
            {
                Member: [{"member_id": member_id, "platform_member_id": "1"}],
                Contact: [{**mail, "address": "zora@example.com", "language": "zh-CN"}],
                Consent: [{**mail, "purpose": "marketing", "consent_status": "granted"}],
            },
        )
        build(home)
        found = consider(home, home.shop("demo"), "member_coupon")
        return [*found.judged["reason_code"].unique(), *found.holds["reason_code"]]


def test_a_birthday_in_the_folder_is_a_reason_and_lies_sealed_without_its_year(
    folder: Path,
) -> None:
    members(folder, "202611201030", ["zora-pin", "1992-11-25", "普通会员"])
    assert decided(folder) == ["birthday"]
    with open_home(folder) as home:
        (kept,) = home.scan("occasions", home.shop("demo")).collect()["month_day"]
        assert "11-25" not in kept
    assert "1992-11-25" not in lying_open(folder / "data")
    assert '"11-25"' not in lying_open(folder / "data")


def test_a_list_that_is_filed_late_tells_the_rise_of_tier_that_lies_before_it(folder: Path) -> None:
    members(folder, "202611201030", ["zora-pin", "", "金卡会员"])
    assert decided(folder) == ["no_occasion"]
    members(folder, "202611101030", ["zora-pin", "", "银卡会员"])
    shop = folder / "shops" / "demo.toml"  # a day later
    shop.write_text(SHOP.replace("11-22T", "11-23T"), encoding="utf-8")
    assert decided(folder) == ["tier_change"]


def test_who_is_forgotten_has_no_birthday_and_no_tier_any_more(
    folder: Path, tmp_path: Path
) -> None:
    members(folder, "202611201030", ["zora-pin", "1992-11-25", "银卡会员"])
    decided(folder)
    with open_home(folder) as home:
        subject(home, "zora-pin", out=tmp_path / "told.json", by="ann")
        answer = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
        assert [one["month_day"] for one in answer["occasions"]] == ["11-25"]
        assert [one["tier_rank"] for one in answer["member_tiers"]] == [2]
        forget(home, "zora-pin", by="ann")
        pull(home)
        for name in ("occasions", "member_tiers"):
            assert home.scan(name, home.shop("demo")).collect().is_empty()
