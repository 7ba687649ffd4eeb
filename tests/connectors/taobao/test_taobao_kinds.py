"""Lines that are no sales: links for differences and postage, gifts, stored value, services."""

import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from checks.rows import split
from connectors.taobao.client import TaobaoClient, TaobaoSettings
from connectors.taobao.order_mapping import orders
from contracts.codes import GOODS, LineKind
from contracts.streams import Context
from tests.connectors.taobao.recorded import CONTEXT, line, trade, trades

TID = 2600000000000000001
LINK = {"price": "0.01", "num": 350, "discount_fee": "0.00", "part_mjz_discount": "0.00"}


def link(**values: Any) -> dict[str, Any]:
    """350 pieces of a link at one fen: 3.50 are paid afterwards."""
    return line(2, **{**LINK, "total_fee": "3.50", "divide_order_fee": "3.50", **values})


def kind_of(row: dict[str, Any], context: Context = CONTEXT) -> str:
    found = orders([trades(trade(TID, line(1), row))], context).frames["order_lines"]
    return str(found.sort("line_id")["line_kind"][1])


def of_a_shop(**settings: Any) -> Context:
    """The context of a shop whose settings these are."""
    keys = {"app_key": "12345678", "app_secret": SecretStr("s"), "session": SecretStr("t")}
    client = TaobaoClient(TaobaoSettings.model_validate(keys | settings))
    try:
        return replace(CONTEXT, facts=client.account_facts())
    finally:
        client.close()


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (link(title="补差价专用链接"), LineKind.DIFFERENCE),
        (link(title="差价补拍 差多少拍多少件"), LineKind.DIFFERENCE),
        (link(title="补差价", price="1.00", divide_order_fee="350.00"), LineKind.DIFFERENCE),
        (link(title="邮费补拍"), LineKind.DIFFERENCE),
        (link(title="邮费链接"), LineKind.FEE),
        (line(2, is_service_order=True), LineKind.FEE),
        (line(2, is_devalue_fee="true"), LineKind.FEE),
        (line(2, divide_order_fee="0.00"), LineKind.GIFT),
        (line(2, divide_order_fee="0.02", num=2), LineKind.SAMPLE),
        (link(title="绿茶小样 非卖品", num=1, divide_order_fee="0.01"), LineKind.SAMPLE),
        (line(2, title="绿茶 买贵补差价 免运费"), LineKind.SALE),
        (line(2, divide_order_fee="0.03", num=2), LineKind.SALE),
        (line(2), LineKind.SALE),
    ],
)
def test_what_a_line_is_to_the_trade(row: dict[str, Any], kind: LineKind) -> None:
    assert kind_of(row) == kind
    page = trades(trade(TID, line(1), row))
    assert split(orders([page], CONTEXT), CONTEXT).bad.is_empty()


def test_a_penny_price_of_a_sale_stays_an_error() -> None:
    held = split(orders([trades(trade(TID, line(1), link(title="绿茶")))], CONTEXT), CONTEXT).bad
    assert [one["reason"] for text in held["reasons"] for one in json.loads(text)] == [
        "penny_price"
    ]


def test_a_difference_is_charged_and_is_in_no_goods() -> None:
    page = trades(trade(TID, line(1), link(title="补差价")))
    found = orders([page], CONTEXT).frames["orders"].row(0, named=True)
    assert (found["goods_minor"], found["goods_units"]) == (5_000, 2)
    assert found["total_minor"] == 5_000 + 350 + 600
    assert LineKind.DIFFERENCE not in GOODS


def test_a_shop_names_its_own_links_and_words() -> None:
    dear = line(2, num_iid=7, price="50.00", divide_order_fee="50.00")
    assert kind_of(dear, of_a_shop(difference_items=("7", "8"))) == LineKind.DIFFERENCE
    assert kind_of(dear, of_a_shop(stored_value_items=("7",))) == LineKind.STORED_VALUE
    assert kind_of(dear, of_a_shop(difference_items=("70",))) == LineKind.SALE
    assert kind_of(link(title="尾款补拍"), of_a_shop(difference_words=("尾款",))) == "difference"
    assert kind_of(link(title="补差价"), of_a_shop(difference_words=())) == LineKind.SALE


@pytest.mark.parametrize(
    "wrong", [{"difference_items": ("https://item",)}, {"difference_words": ("补,差",)}]
)
def test_a_link_is_named_by_its_number_and_a_word_is_one(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        of_a_shop(**wrong)
