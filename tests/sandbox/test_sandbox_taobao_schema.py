"""Every answer fits the platform's own field trees: names, types and how lists are wrapped."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sandbox.taobao import ids
from sandbox.taobao.members import is_blocked, is_member
from sandbox.taobao.methods import METHODS
from tests.sandbox.taobao_seller import ALL_TYPES, OURS, Seller, beijing, selling

SCHEMAS = Path(__file__).parents[3] / "shared/schemas/top_schemas.json"
Tree = list[dict[str, Any]]
Given = Callable[[Seller], dict[str, Any]]


@cache
def apis() -> dict[str, Any]:
    if not SCHEMAS.exists():
        pytest.skip("the platform's field trees lie outside the repository")
    found: dict[str, Any] = json.loads(SCHEMAS.read_text("utf-8"))["apis"]
    return found


@pytest.fixture(scope="module")
def seller() -> Iterator[Seller]:
    with selling() as found:
        yield found


def item(seller: Seller) -> int:
    found: int = seller.world.products["product_id"][0]
    return found


def line(seller: Seller) -> int:
    """The number of the line that was reviewed last."""
    given = {"rate_type": "get", "role": "buyer", "fields": "oid"}
    rows = seller.call("taobao.traderates.get", **given)["trade_rates"]["trade_rate"]
    found: int = rows[0]["oid"]
    return found


def days(seller: Seller) -> dict[str, Any]:
    end = seller.world.clock.date() - timedelta(days=1)
    return {"start_time": end - timedelta(days=1), "end_time": end}


def report(seller: Seller) -> dict[str, Any]:
    token = seller.call("taobao.simba.login.authsign.get")["subway_token"]
    own = {"subway_token": token, "source": "1,2", "search_type": "ALL", "campaign_id": 31_001}
    return {**days(seller), **own}


def query(seller: Seller) -> dict[str, Any]:
    span = {name: str(day) for name, day in days(seller).items()}
    return {"report_query": json.dumps(span), "api_service_context": "{}"}


def sent(seller: Seller) -> dict[str, Any]:
    end = beijing(seller.world.clock + timedelta(days=3))
    made = seller.call("taobao.promotion.coupon.add", denominations=5, end_time=end)
    customers = seller.world.customers["household_id"].to_list()
    member = next(one for one in customers if is_member(one) and not is_blocked(one))
    stranger = next(one for one in customers if not is_member(one))
    ouids = [{"ouid": ids.open_uid(one)} for one in (member, stranger)]
    return {"coupon_id": made["coupon_id"], "ouid_data": json.dumps(ouids)}


def modified(seller: Seller) -> dict[str, Any]:
    end = seller.world.clock - timedelta(days=9)
    start = end - timedelta(days=1)
    return {"start_modified": beijing(start), "end_modified": beijing(end), "type": ALL_TYPES}


def fulfilled(seller: Seller) -> int:
    return ids.tid(seller.world.parcels["order_id"][1])


CALLS: list[tuple[str, Given]] = [
    ("taobao.time.get", lambda _: {}),
    ("taobao.top.auth.token.refresh", lambda _: {"refresh_token": OURS.refresh_token}),
    ("taobao.trades.sold.get", lambda _: {"type": ALL_TYPES, "page_size": 100}),
    ("taobao.trades.sold.increment.get", modified),
    ("taobao.trade.fullinfo.get", lambda s: {"tid": fulfilled(s)}),
    ("taobao.refunds.receive.get", lambda _: {"type": ALL_TYPES, "page_size": 100}),
    ("taobao.items.onsale.get", lambda _: {}),
    ("taobao.items.inventory.get", lambda _: {"banner": "sold_out"}),
    ("taobao.item.seller.get", lambda s: {"num_iid": ids.num_iid(item(s))}),
    ("taobao.items.seller.list.get", lambda s: {"num_iids": ids.num_iid(item(s))}),
    ("taobao.item.skus.get", lambda s: {"num_iids": ids.num_iid(item(s))}),
    ("taobao.item.sku.get", lambda s: {"sku_id": ids.sku_id(item(s))}),
    ("taobao.traderates.get", lambda _: {"rate_type": "get", "role": "buyer"}),
    ("tmall.traderate.feeds.get", lambda s: {"child_trade_id": line(s)}),
    ("taobao.traderate.explain.add", lambda s: {"oid": line(s), "reply": "谢谢"}),
    ("taobao.crm.members.get", lambda _: {"current_page": 1}),
    ("taobao.crm.members.search", lambda _: {"current_page": 1}),
    ("taobao.crm.members.increment.get", lambda _: {"current_page": 1}),
    ("taobao.crm.grade.get", lambda _: {}),
    ("taobao.promotion.coupon.send", sent),
    ("taobao.promotion.coupons.get", lambda _: {}),
    ("taobao.logistics.orders.get", lambda _: {}),
    ("taobao.logistics.trace.search", lambda s: {"tid": fulfilled(s)}),
    ("tmall.item.price.update", lambda s: {
        "item_id": ids.num_iid(item(s)), "item_price": "3.21",
        "sku_prices": f'[{{"sku_id":{ids.sku_id(item(s))},"price":"3.21"}}]'}),
    ("taobao.item.quantity.update", lambda s: {
        "num_iid": ids.num_iid(item(s)), "sku_id": ids.sku_id(item(s)), "quantity": 4}),
    ("taobao.skus.quantity.update", lambda s: {
        "num_iid": ids.num_iid(item(s)), "skuid_quantities": f"{ids.sku_id(item(s))}:4"}),
    ("tmall.item.quantity.update", lambda s: {
        "item_id": ids.num_iid(item(s)),
        "sku_quantities": f'[{{"sku_id":{ids.sku_id(item(s))},"quantity":4}}]'}),
    *((f"taobao.simba.rpt.{name}.get", report)
      for name in ("custbase", "custeffect", "campaignbase", "campaigneffect")),
    *((f"taobao.simba.rtrpt.{name}.get", lambda s: {"the_date": days(s)["end_time"]})
      for name in ("cust", "campaign")),
    *((f"taobao.onebp.dkx.report.report.{name}", query)
      for name in ("campaign.daylist", "account.daylist", "account.realtime")),
]  # fmt: skip


@pytest.mark.parametrize(("method", "given"), CALLS, ids=[method for method, _ in CALLS])
def test_an_answer_fits_the_platforms_field_tree(seller: Seller, method: str, given: Given) -> None:
    api = apis()[method]
    own = given(seller)
    session = None if method == "taobao.top.auth.token.refresh" else seller.session
    asked = {name["name"] for name in api["request"]} & {"fields"}
    if asked:
        own["fields"] = ",".join(names(api["response"]))
    allowed = {one["name"] for one in api["request"]}
    answer = seller.call(method, **own, session=session)
    if session is None:
        seller.session = json.loads(answer["token_result"])["access_token"]
    assert {one["name"] for one in api["request"] if one.get("required")} <= set(own)
    assert set(own) - allowed <= {"search_type", "campaign_id", "api_service_context"}
    answer.pop("request_id")
    assert answer
    fits(answer, api["response"], method)


def names(tree: Tree) -> Iterator[str]:
    """Every field of the rows a call answers, those of their lists included."""
    for field in tree:
        for below in field.get("fields", []):
            yield below["name"]


def fits(row: dict[str, Any], tree: Tree, where: str) -> None:
    known = {field["name"]: field for field in tree}
    for name, value in row.items():
        assert name in known, f"{where} has no {name}"
        fits_type(value, known[name], f"{where}.{name}")


def fits_type(value: Any, field: dict[str, Any], where: str) -> None:
    kind = field["type"].replace(" ", "")
    if kind.endswith("[]"):
        assert isinstance(value, dict), where
        assert len(value) == 1, where
        for one in next(iter(value.values())):
            fits(one, field["fields"], where)
    elif "fields" in field:
        fits(value, field["fields"], where)
    elif kind == "Date":
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", value), where
    else:
        expected = {"Number": int, "Boolean": bool, "String": str, "Json": str, "Price": str}
        assert type(value) is expected[kind], where


def test_every_call_of_the_dialect_that_has_a_tree_is_compared() -> None:
    compared = {method for method, _ in CALLS}
    alone = {"taobao.item.sku.price.update", "taobao.promotion.coupon.add", "taobao.refund.get"}
    assert set(METHODS) & set(apis()) == compared | alone
