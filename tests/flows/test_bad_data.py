"""Bad data is held with its reason, while the rest goes on."""

import json
from pathlib import Path

import polars as pl
import pytest

from flows.steps.build import build
from flows.steps.decide import decide
from flows.steps.home import Home
from flows.steps.pull import pull
from tests.flows.conftest import Merchant
from tests.flows.test_loop import differences


def reasons(home: Home) -> dict[str, set[str]]:
    """Reasons per quarantined order."""
    held = home.quarantine.open(shop_id="demo", table_name="orders")
    return {
        row["document_id"]: {entry["reason"] for entry in json.loads(row["reasons"])}
        for row in held.iter_rows(named=True)
    }


def order(home: Home, order_id: str) -> pl.DataFrame:
    return home.scan("orders", home.shop("demo")).filter(pl.col("order_id") == order_id).collect()


@pytest.mark.parametrize(
    ("op", "reason"),
    [
        ("penny_price", "penny_price"),
        ("currency", "foreign_currency"),
        ("status", "unknown_code"),
        ("future", "future_instant"),
    ],
)
def test_a_bad_order_is_quarantined_with_its_reason_and_the_rest_is_loaded(
    merchant: Merchant, op: str, reason: str
) -> None:
    order_id = merchant.tamper(op)["order_id"]
    with merchant.open() as home:
        pulled = {one.stream: one for one in pull(home)}
        held = reasons(home)
        assert reason in held[order_id]
        assert order(home, order_id).is_empty()
        assert pulled["orders"].loaded_rows > 100
        assert differences(home, merchant).is_empty()


def test_a_quarantined_order_is_released_by_a_later_good_version(merchant: Merchant) -> None:
    order_id = merchant.tamper("status")["order_id"]
    with merchant.open() as home:
        pull(home)
        assert order_id in reasons(home)
        merchant.tamper("status", order_id=order_id, status="PAID")
        pull(home)
        assert order_id not in reasons(home)
        assert order(home, order_id).height == 1
        assert differences(home, merchant).is_empty()


def test_a_page_answered_twice_counts_once(merchant: Merchant) -> None:
    merchant.tamper("duplicate_page")
    with merchant.open() as home:
        pull(home, stream="orders")
        assert differences(home, merchant).is_empty()


@pytest.mark.parametrize("op", ["change_order", "remove_line"])
def test_an_order_that_changes_after_it_was_read_is_read_again(merchant: Merchant, op: str) -> None:
    with merchant.open() as home:
        pull(home, stream="orders")
        order_id = merchant.tamper(op)["order_id"]
        assert not differences(home, merchant).is_empty()
        pull(home, stream="orders")
        assert differences(home, merchant).is_empty()
        assert order(home, order_id).height == 1


def test_a_line_that_disappears_from_an_order_is_kept_as_deleted(merchant: Merchant) -> None:
    with merchant.open() as home:
        pull(home, stream="orders")
        touched = merchant.tamper("remove_line")
        pull(home, stream="orders")
        lines = home.lake.scan("order_lines", with_deleted=True).collect()
    of_order = lines.filter(pl.col("order_id") == touched["order_id"])
    gone = of_order.filter(pl.col("deleted_at").is_not_null())
    assert gone["line_id"].to_list() == [touched["line_id"]]
    assert of_order.height > gone.height


def test_a_price_without_a_cost_is_refused_on_the_record(merchant: Merchant) -> None:
    with merchant.open() as home:
        pull(home)
        build(home)
        decide(home, policy="repricing")
        wanted = [one for one in home.ledger.find() if one.state == "approved"]
    sku = wanted[0].sku_id
    assert sku is not None
    _forget_cost(merchant.folder, sku)
    _start_over(merchant.folder)
    with merchant.open() as home:
        pull(home)
        build(home)
        decide(home, policy="repricing")
        again = {one.sku_id: one for one in home.ledger.find()}
    assert again[sku].state == "refused"
    assert again[sku].guard == "cost_missing"
    assert again[sku].guard_reason
    assert any(one.state == "approved" for one in again.values())


def _forget_cost(folder: Path, sku: str) -> None:
    for file in (folder / "inbox" / "erp").glob("成本_*.csv"):
        lines = file.read_bytes().decode("gb18030").splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith(f"{sku},")]
        file.write_bytes("".join(kept).encode("gb18030"))


def _start_over(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder / "data")
