"""What was paid out takes the place of what was expected, to what a person works out by hand."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.economics import Economics
from contracts.metrics import Dimension
from tests.transforms.metrics.shop import at, on, shop
from transforms.metrics.measure import measure

Row = dict[str, Any]
WEEK: Any = {"first": on(0), "last": on(6)}
ECONOMICS = Economics(
    fee_rate=0.1, fixed_fee_minor=7, shipping_minor=50, vat_rate=0.13, return_rate=0.2,
    return_cost_minor=30, min_margin_rate=0,
)  # fmt: skip
COST = 200


def order(number: int, goods: int, **more: Any) -> Row:
    return {
        "order_id": str(number), "placed_at": at(number % 7), "payment_status": "paid",
        "goods_units": 1, "goods_minor": goods, "tax_minor": 0, "refunded_minor": 0,
        "total_minor": goods, **more,
    }  # fmt: skip


def line(number: int, total: int, line_id: str = "1", **more: Any) -> Row:
    return {
        "order_id": str(number), "line_id": line_id, "sku_id": "A", "line_kind": "sale",
        "placed_at": at(number % 7), "quantity_units": 1, "current_units": 1,
        "total_minor": total, **more,
    }  # fmt: skip


def entry(number: int, kind: str, amount: int) -> Row:
    return {
        "entry_id": f"{number} {kind} {amount}", "order_id": str(number), "entry_kind": kind,
        "amount_minor": amount,
    }  # fmt: skip


def cases_of(number: int, refunded: int) -> list[Row]:
    """Two that together gave so much back, and one that asks for as much and gave nothing."""
    halves = (refunded // 2, refunded - refunded // 2)
    return [
        {
            "case_id": f"{number} {place}", "order_id": str(number), "requested_at": at(6),
            "case_status": status, "asked_minor": minor,
            "refunded_at": at(6) if status == "refunded" else None,
        }
        for place, (status, minor) in enumerate(
            [*(("refunded", half) for half in halves), ("requested", refunded)]
        )
    ]  # fmt: skip


def settled(**tables: Any) -> Any:
    of = shop(
        costs=[{"sku_id": "A", "valid_from": on(-9), "unit_cost_minor": COST}], **tables
    )  # fmt: skip
    return replace(of, economics=ECONOMICS)


def value(name: str, of: Any, **how: Any) -> float | str:
    row: Row = measure([name], of, **{**WEEK, **how}).row(0, named=True)
    found: float | str = row[f"{name}_gap"] if row[name] is None else round(row[name], 4)
    return found


ORDERS = st.lists(
    st.fixed_dictionaries(
        {
            "lines": st.lists(
                st.tuples(st.integers(0, 5000), st.integers(1, 4)), min_size=1, max_size=3
            ),
            "postage": st.integers(0, 300),
            "tax": st.integers(0, 300),
            "refunded": st.sampled_from([0, 0, 100]),
            "reported": st.sampled_from(["by order", "by case", "both ways"]),
            "entries": st.dictionaries(
                st.sampled_from(["refund", "commission", "fee", "shipping", "tax", "adjustment"]),
                st.integers(-400, 50),
                max_size=4,
            ),
            "sale": st.sampled_from(["all", "part", "none"]),
        }
    ),
    max_size=4,
)


def by_hand(orders: list[Row]) -> dict[str, float]:
    """Order by order, line by line."""
    names = ("settled_received", "settled_fees", "payout_gap", "contribution", "settled_gmv")
    sums = dict.fromkeys(names, 0.0)
    vat = 0.13 / 1.13
    for one in orders:
        goods = sum(total for total, _ in one["lines"])
        sale = paid_out(one, goods)
        entries = {**one["entries"], **({} if sale is None else {"sale": sale})}
        is_settled = sale is not None and sale >= goods - one["refunded"]
        for total, pieces in one["lines"]:
            if not is_settled:
                left = total * (1 - 0.1 - vat) - pieces * (50 + 7 + 0.2 * 30)
                sums["contribution"] += left - pieces * COST
                continue
            share = total / goods if goods else 1 / len(one["lines"])
            net = sum(amount for kind, amount in entries.items() if kind != "tax")
            net -= 0 if "tax" in entries else one["tax"]
            kept = -sum(entries.get(kind, 0) for kind in ("commission", "fee", "shipping"))
            carried = pieces * 50 if "shipping" in entries else 0
            expected = (
                share * (goods + one["postage"] - one["refunded"])
                - (total - share * one["refunded"]) * 0.1 - pieces * 7 - carried
            )  # fmt: skip
            taken = max(one["refunded"], -entries.get("refund", 0))
            sums["settled_gmv"] += total
            sums["settled_received"] += share * net
            sums["settled_fees"] += share * kept
            sums["payout_gap"] += expected - share * net
            # One piece came back where something was refunded.
            back = 1 if one["refunded"] else 0
            left = share * net - (total - share * taken) * vat
            left -= pieces * 50 - carried
            sums["contribution"] += left + back * (COST - 30) - pieces * COST
    return sums


def paid_out(one: Row, goods: int) -> int | None:
    part = max(goods - one["refunded"] - 1, 0)
    amounts: dict[str, int | None] = {"all": goods + one["postage"], "part": part, "none": None}
    return amounts[one["sale"]]


@settings(max_examples=60, deadline=None)
@given(orders=ORDERS)
def test_settled_orders_count_as_they_were_paid_out_and_the_others_as_expected(
    orders: list[Row],
) -> None:
    placed, lines, entries, cases = [], [], [], []
    for number, one in enumerate(orders):
        goods = sum(total for total, _ in one["lines"])
        is_by_case = one["reported"] == "by case"
        more = {
            "tax_minor": one["tax"], "refunded_minor": 0 if is_by_case else one["refunded"],
            "total_minor": goods + one["postage"] + one["tax"],
        }  # fmt: skip
        placed.append(order(number, goods, **more))
        cases += [] if one["reported"] == "by order" else cases_of(number, one["refunded"])
        for place, (total, pieces) in enumerate(one["lines"]):
            back = 1 if one["refunded"] else 0
            lines.append(
                line(
                    number, total, str(place),
                    quantity_units=pieces, current_units=pieces - back,
                )
            )  # fmt: skip
        sale = paid_out(one, goods)
        given_entries = {**one["entries"], **({} if sale is None else {"sale": sale})}
        entries += [entry(number, kind, amount) for kind, amount in given_entries.items()]
    of = settled(orders=placed, lines=lines, settlements=entries, cases=cases)
    expected = by_hand(orders)
    if sum(total for one in orders for total, _ in one["lines"]) == 0:
        expected.pop("contribution")  # nothing was sold: no part of it has a cost
    if not expected["settled_gmv"]:
        expected.pop("payout_gap")  # nothing is settled: no gap, and not a gap of 0
    found = measure(list(expected), of, **WEEK)
    assert {name: found[name].item() for name in expected} == pytest.approx(expected)


def test_what_is_settled_can_be_told_by_sku_and_by_order_and_adds_up() -> None:
    of = settled(
        orders=[order(1, 3000), order(2, 500)],
        lines=[line(1, 1000), line(1, 2000, "2", sku_id="B"), line(2, 500)],
        settlements=[
            entry(1, "sale", 3000), entry(1, "commission", -300), entry(2, "commission", -9),
        ],
    )  # fmt: skip
    assert value("settled_share", of) == round(3000 / 3500, 4)
    by_sku = measure(["settled_received"], of, **WEEK, by=[Dimension.SKU])
    assert dict(by_sku.select("sku", "settled_received").rows()) == {"A": 900, "B": 1800}
    by_order = measure(["settled_fees", "contribution"], of, **WEEK, by=[Dimension.ORDER])
    assert by_order.select("order", "settled_fees").rows() == [("1", 300), ("2", 0)]
    # Nothing is withheld of an order whose goods all have a cost.
    assert by_order["contribution_gap"].to_list() == ["cost_missing", None]


def test_a_platform_that_keeps_more_than_the_settings_say_leaves_a_gap() -> None:
    sold = {"orders": [order(1, 1000)], "lines": [line(1, 1000)]}
    as_stated = [entry(1, "sale", 1000), entry(1, "commission", -100), entry(1, "fee", -7)]
    assert value("payout_gap", settled(**sold, settlements=as_stated)) == 0
    more = [*as_stated, entry(1, "adjustment", -40)]
    assert value("payout_gap", settled(**sold, settlements=more)) == 40
    assert value("contribution_settled", settled(**sold, settlements=more)) == round(
        1000 - 147 - 1000 * 0.13 / 1.13 - 50 - COST, 4
    )


def test_without_statements_contribution_is_what_the_settings_say() -> None:
    sold = {"orders": [order(1, 1000)], "lines": [line(1, 1000)]}
    none = replace(settled(**sold), settlements=None)
    assert value("contribution", none) == value("contribution", settled(**sold))
    assert value("contribution", none) == round(
        1000 * (0.9 - 0.13 / 1.13) - 50 - 7 - 6 - COST, 4
    )  # fmt: skip
    assert (value("settled_received", none), value("settled_share", none)) == (0, 0)
    assert value("contribution_settled", none) == value("payout_gap", none) == "no_base"


def test_an_order_that_was_settled_in_another_currency_stays_estimated() -> None:
    sold = {"orders": [order(1, 1000)], "lines": [line(1, 1000)]}
    entries = [entry(1, "sale", 140), {**entry(1, "fee", -9), "currency": "USD"}]
    foreign = settled(**sold, settlements=[{**one, "currency": "USD"} for one in entries])
    mixed = settled(**sold, settlements=[entry(1, "sale", 1000), entries[1]])
    for of in (foreign, mixed):
        assert value("contribution", of) == value("contribution", settled(**sold))
        assert value("settled_received", of) == 0
