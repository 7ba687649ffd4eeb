"""Trades and refund cases: windows, pages that shift, types, sums that change."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from sandbox import truth
from sandbox.taobao import ids
from sandbox.world.demand import advance
from tests.sandbox.taobao_seller import ALL_TYPES, SHANGHAI, Seller, beijing, selling

INCREMENT = "taobao.trades.sold.increment.get"
SOLD = "taobao.trades.sold.get"
REFUNDS = "taobao.refunds.receive.get"


@pytest.fixture(scope="module")
def reader() -> Iterator[Seller]:
    with selling() as seller:
        yield seller


@pytest.fixture
def seller() -> Iterator[Seller]:
    with selling() as found:
        yield found


def day(seller: Seller, *, back: int = 1, **more: Any) -> dict[str, Any]:
    end = seller.world.clock - timedelta(days=back - 1)
    start = end - timedelta(days=1)
    return {"start_modified": beijing(start), "end_modified": beijing(end), **more}


def fen(text: str) -> int:
    assert len(text.rpartition(".")[2]) == 2
    return int(Decimal(text) * 100)


def trades(seller: Seller, fields: str, **given: Any) -> list[dict[str, Any]]:
    given.setdefault("start_created", beijing(seller.world.clock - timedelta(days=14)))
    return seller.pages(SOLD, "trades", "trade", fields=fields, type=ALL_TYPES, **given)


def test_a_window_of_more_than_a_day_is_refused(reader: Seller) -> None:
    end = reader.world.clock
    start = end - timedelta(days=1, seconds=1)
    window = {"start_modified": beijing(start), "end_modified": beijing(end)}
    assert reader.error(INCREMENT, fields="tid", **window)[0] == 41


def test_a_window_must_have_both_ends_in_order(reader: Seller) -> None:
    now = beijing(reader.world.clock)
    assert reader.error(INCREMENT, fields="tid", start_modified=now)[0] == 40
    assert reader.error(INCREMENT, fields="tid", start_modified=now, end_modified=now)[0] == 41


def test_changes_are_answered_with_the_last_one_first(reader: Seller) -> None:
    rows = reader.call(INCREMENT, fields="tid,modified", **day(reader))["trades"]["trade"]
    times = [row["modified"] for row in rows]
    assert len(times) > 10
    assert times == sorted(times, reverse=True)


def test_asking_only_for_more_drops_the_total(reader: Seller) -> None:
    window = day(reader, page_size=20)
    total = reader.call(INCREMENT, fields="tid", **window)["total_results"]
    last = -(-total // 20)
    answers = [
        reader.call(INCREMENT, fields="tid", page_no=number, use_has_next="true", **window)
        for number in (1, last)
    ]
    assert [answer["has_next"] for answer in answers] == [True, False]
    assert not any("total_results" in answer for answer in answers)


def test_a_page_past_the_end_is_empty(reader: Seller) -> None:
    answer = reader.call(INCREMENT, fields="tid", page_no=99, **day(reader))
    assert "trades" not in answer
    assert answer["total_results"] > 0


def test_pages_shift_while_the_world_goes_on_and_the_last_page_first_misses_none(
    seller: Seller,
) -> None:
    end = seller.world.clock + timedelta(hours=3)
    window = {
        "start_modified": beijing(end - timedelta(days=1)),
        "end_modified": beijing(end),
        "page_size": 20,
        "fields": "tid",
    }
    before = seller.call(INCREMENT, **window)
    old = {row["tid"] for row in seller.pages(INCREMENT, "trades", "trade", **window)}
    first = {row["tid"] for row in before["trades"]["trade"]}
    advance(seller.world, 3)
    second = seller.call(INCREMENT, page_no=2, **window)["trades"]["trade"]
    # What was on the first page has moved to the second: read forwards, the rest would be missed.
    assert first & {row["tid"] for row in second}
    after = seller.call(INCREMENT, **window)
    assert after["total_results"] > before["total_results"]
    backwards = {row["tid"] for row in seller.pages(INCREMENT, "trades", "trade", **window)}
    assert old <= backwards


def test_the_default_types_miss_some_trades(reader: Seller) -> None:
    start = beijing(reader.world.clock - timedelta(days=14))
    default = reader.call(SOLD, fields="tid", start_created=start)["total_results"]
    every = trades(reader, "tid,type", start_created=start)
    assert default < len(every)
    missed = {"o2o_offlinetrade", "external_trade"}
    kinds = Counter(row["type"] for row in every)
    assert set(kinds) == missed | {"fixed", "cod", "step"}
    assert default == len(every) - sum(kinds[kind] for kind in missed)


def test_only_three_months_of_trades_are_listed(reader: Seller) -> None:
    oldest = beijing(reader.world.clock - timedelta(days=90))
    start = beijing(reader.world.clock - timedelta(days=110))
    asked = {"fields": "created", "type": ALL_TYPES, "page_size": 100, "start_created": start}
    total = reader.call(SOLD, **asked)["total_results"]
    assert total < reader.world.orders.height
    last = reader.call(SOLD, page_no=-(-total // 100), **asked)["trades"]["trade"]
    assert last[-1]["created"] >= oldest


def test_trades_are_the_worlds_day_by_day(reader: Seller) -> None:
    lines = "orders.price,orders.num,orders.discount_fee,orders.part_mjz_discount"
    last = reader.world.clock.astimezone(SHANGHAI).date()
    first = last - timedelta(days=10)
    found: dict[str, list[int]] = {}
    window = {"start_created": f"{first} 00:00:00", "end_created": f"{last} 23:59:59"}
    for trade in trades(reader, f"created,status,{lines}", **window):
        entry = found.setdefault(trade["created"][:10], [0, 0, 0, 0])
        entry[0] += 1
        entry[3] += trade["status"] == "TRADE_CLOSED_BY_TAOBAO"
        for line in trade["orders"]["order"]:
            entry[1] += line["num"]
            paid = fen(line["price"]) * line["num"] - fen(line["discount_fee"])
            entry[2] += paid - fen(line["part_mjz_discount"])
    names = ("orders", "units", "gmv_minor", "cancelled_orders")
    expected = {
        entry["date"]: [entry[name] for name in names]
        for entry in truth.days(reader.world, first, last)
    }
    assert found == expected


def test_numbers_of_trades_and_lines_are_beyond_what_a_float_holds(reader: Seller) -> None:
    fields = "tid,num,orders.num,orders.oid,orders.num_iid,orders.sku_id,orders.outer_sku_id"
    for trade in trades(reader, fields):
        orders = trade["orders"]["order"]
        assert trade["tid"] > 2**53
        assert reader.world.order(trade["tid"] - ids.TRADE) is not None
        if len(orders) == 1:
            assert orders[0]["oid"] == trade["tid"]
            assert trade["num"] == orders[0]["num"]
        else:
            assert trade["num"] == 0
        for order in orders:
            assert order["num_iid"] - ids.ITEM == int(order["outer_sku_id"])
            assert int(order["sku_id"]) - ids.SKU == int(order["outer_sku_id"])


def test_what_sending_costs_is_in_the_payment_of_a_single_line_only(reader: Seller) -> None:
    fields = (
        "payment,post_fee,status,total_fee,discount_fee,orders.payment,orders.divide_order_fee,"
        "orders.part_mjz_discount,orders.refund_status"
    )
    seen = set()
    for trade in trades(reader, fields):
        orders = trade["orders"]["order"]
        if any(order["refund_status"] == "SUCCESS" for order in orders):
            continue
        divided = sum(fen(order["divide_order_fee"]) for order in orders)
        post = fen(trade["post_fee"])
        assert fen(trade["payment"]) == divided + post
        shared = sum(fen(order["part_mjz_discount"]) for order in orders)
        assert shared == fen(trade["discount_fee"])
        if len(orders) == 1:
            assert orders[0]["payment"] == trade["payment"]
        else:
            assert sum(fen(order["payment"]) for order in orders) == divided + shared
        seen.add((len(orders) == 1, post > 0))
    assert {(True, True), (True, False), (False, False)} <= seen


def test_a_refund_lowers_the_payment_that_is_read_afterwards(seller: Seller) -> None:
    order = seller.world.orders.filter(
        (pl.col("line_count") > 2)
        & (pl.col("financial_status") == "PAID")
        & (pl.col("order_id") % 101 != 7)
    ).row(-1, named=True)
    asked = {"fields": "payment,modified,orders", "tid": ids.tid(order["order_id"])}
    before = seller.call("taobao.trade.fullinfo.get", **asked)["trade"]
    line = seller.world.lines.filter(pl.col("order_id") == order["order_id"]).row(0, named=True)
    net = line["unit_minor"] * line["quantity"] - line["automatic_minor"] - line["code_minor"]
    advance(seller.world, 30)
    refund = {
        "refund_id": 999_001, "order_id": order["order_id"], "line_id": line["line_id"],
        "is_full": False, "created_at": seller.world.clock, "amount_minor": net,
    }  # fmt: skip
    seller.world.refunds = pl.concat(
        [seller.world.refunds, pl.DataFrame([refund], schema=seller.world.refunds.schema)]
    )
    after = seller.call("taobao.trade.fullinfo.get", **asked)["trade"]
    assert fen(after["payment"]) == fen(before["payment"]) - net
    assert after["modified"] == beijing(seller.world.clock)
    own, was = after["orders"]["order"][0], before["orders"]["order"][0]
    assert own["refund_status"] == "SUCCESS"
    assert own["status"] == "TRADE_CLOSED"
    assert fen(own["payment"]) == fen(was["payment"]) - net
    assert own["divide_order_fee"] == was["divide_order_fee"]
    window = day(seller, fields="refund_id,tid,oid,refund_fee,status")
    case = seller.call(REFUNDS, type=ALL_TYPES, **window)["refunds"]["refund"][0]
    assert case["oid"] == own["oid"]
    assert case["refund_id"] == own["refund_id"]
    assert fen(case["refund_fee"]) == net


def test_refund_cases_that_were_paid_are_the_worlds_refunds(reader: Seller) -> None:
    fields = "refund_id,tid,oid,refund_fee,status"
    cases = reader.pages(REFUNDS, "refunds", "refund", fields=fields, type=ALL_TYPES)
    paid = [case for case in cases if case["status"] == "SUCCESS"]
    expected = sum(reader.world.refunds["amount_minor"].to_list())
    assert sum(fen(case["refund_fee"]) for case in paid) == expected
    assert {case["tid"] - ids.TRADE for case in paid} == set(reader.world.refunds["order_id"])
    assert len({case["refund_id"] for case in cases}) == len(cases)
    others = {case["status"] for case in cases} - {"SUCCESS"}
    assert others <= {"CLOSED", "SELLER_REFUSE_BUYER", "WAIT_SELLER_AGREE"}
    assert others
    assert reader.call(REFUNDS, fields="tid")["total_results"] < len(cases)


def test_a_trade_goes_through_its_states_as_time_passes(seller: Seller) -> None:
    newest = seller.world.orders.filter(pl.col("cancelled_at").is_null())
    tids = [ids.tid(order) for order in newest["order_id"].tail(20)]
    fields = "status,consign_time,end_time,orders.invoice_no,orders.logistics_company"
    states: list[set[str]] = []
    for hours in (0, 24 * 2, 24 * 9):
        if hours:
            advance(seller.world, hours)
        found = [
            seller.call("taobao.trade.fullinfo.get", fields=fields, tid=tid)["trade"]
            for tid in tids
        ]
        states.append({trade["status"] for trade in found})
        for trade in found:
            line = trade.get("orders", {}).get("order", [{}])[0]
            assert ("invoice_no" in line) is ("consign_time" in trade)
    assert "WAIT_SELLER_SEND_GOODS" in states[0]
    assert "WAIT_BUYER_CONFIRM_GOODS" in states[1]
    assert "TRADE_FINISHED" in states[2]
    assert "WAIT_SELLER_SEND_GOODS" not in states[1]


def test_a_state_that_was_planted_reaches_the_client(seller: Seller) -> None:
    order_id = seller.world.orders["order_id"][-1]
    seller.world.set_order(order_id, financial_status="HELD_BY_PARTNER")
    found = seller.call("taobao.trade.fullinfo.get", fields="status", tid=ids.tid(order_id))
    assert found["trade"]["status"] == "HELD_BY_PARTNER"


def test_buyers_are_opaque_and_what_is_personal_is_hidden(reader: Seller) -> None:
    fields = "buyer_nick,buyer_open_uid,receiver_name,receiver_address,receiver_mobile,buyer_email"
    found = trades(reader, fields)[:50]
    names = set(reader.world.customers["first_name"].to_list())
    for trade in found:
        assert trade["buyer_nick"].endswith("**")
        assert set(trade["receiver_name"] + trade["receiver_mobile"]) == {"*"}
        assert trade["buyer_open_uid"].startswith("AAH")
        assert "buyer_email" not in trade
        assert not names & set(trade.values())
    one = found[0]["buyer_open_uid"]
    own = trades(reader, "buyer_open_uid", buyer_open_id=one)
    assert {trade["buyer_open_uid"] for trade in own} == {one}


def test_a_trade_that_is_not_known_is_refused(reader: Seller) -> None:
    refused = reader.error("taobao.trade.fullinfo.get", fields="tid", tid=1)
    assert refused == (15, "isv.trade-not-exist")
    assert reader.error("taobao.refund.get", fields="tid", refund_id=1)[0] == 15


def test_parcels_are_told_by_trade_and_followed_by_number(reader: Seller) -> None:
    sent = reader.call("taobao.logistics.orders.get", fields="tid,out_sid,company_name,status")
    followed = 0
    for shipping in sent["shippings"]["shipping"]:
        answer = reader.call("taobao.logistics.trace.search", tid=shipping["tid"])
        assert answer["out_sid"] == shipping["out_sid"]
        assert answer["company_name"] == shipping["company_name"]
        order_id = shipping["tid"] - ids.TRADE
        # A number typed in by hand has no steps.
        assert ("trace_list" in answer) is (order_id % 6 != 0)
        followed += "trace_list" in answer
    assert followed
