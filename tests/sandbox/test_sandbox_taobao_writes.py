"""Items, prices and stock: what was written is what is read from then on."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from sandbox.taobao import ids
from tests.sandbox.taobao_seller import OURS, Seller, beijing, selling

TMALL_PRICE = "tmall.item.price.update"
SKU_PRICE = "taobao.item.sku.price.update"


@pytest.fixture
def seller() -> Iterator[Seller]:
    with selling() as found:
        yield found


@pytest.fixture
def small_shop() -> Iterator[Seller]:
    """A shop of Taobao, not of Tmall."""
    with selling(credentials=replace(OURS, is_tmall=False)) as found:
        yield found


def product(seller: Seller) -> int:
    found: int = seller.world.products.filter(pl.col("on_hand_units") > 5)["product_id"][0]
    return found


def item(seller: Seller, product_id: int) -> dict[str, Any]:
    fields = "num_iid,price,num,modified,approve_status,skus"
    number = ids.num_iid(product_id)
    found: dict[str, Any] = seller.call("taobao.item.seller.get", fields=fields, num_iid=number)[
        "item"
    ]
    return found


def test_items_that_are_sold_out_are_in_the_warehouse_under_their_own_banner(
    seller: Seller,
) -> None:
    on_sale = seller.call("taobao.items.onsale.get", fields="num_iid")["total_results"]
    shelved = seller.call("taobao.items.inventory.get", fields="num_iid")["total_results"]
    sold_out = seller.call("taobao.items.inventory.get", fields="num_iid", banner="sold_out")
    assert shelved == 0
    assert sold_out["total_results"] > 0
    assert on_sale + sold_out["total_results"] == seller.world.products.height
    assert seller.error("taobao.items.inventory.get", fields="num_iid", banner="new")[0] == 41


def test_pages_of_items_end_at_twenty_thousand(seller: Seller) -> None:
    asked = {"fields": "num_iid", "page_size": 200}
    assert "items" not in seller.call("taobao.items.onsale.get", page_no=100, **asked)
    assert seller.error("taobao.items.onsale.get", page_no=101, **asked)[0] == 41
    assert seller.error("taobao.items.onsale.get", fields="num_iid", page_size=201)[0] == 41
    late = {"fields": "num_iid", "page_no": 102}
    assert seller.error("taobao.items.inventory.get", **late)[0] == 41


def test_items_are_read_by_when_they_changed(seller: Seller) -> None:
    start = beijing(seller.world.clock - timedelta(days=2))
    answer = seller.call(
        "taobao.items.onsale.get", fields="modified", start_modified=start, order_by="modified:asc"
    )
    times = [row["modified"] for row in answer["items"]["item"]]
    assert times == sorted(times)
    assert times[0] >= start


def test_skus_of_some_items_are_read_at_once(seller: Seller) -> None:
    products = seller.world.products["product_id"].head(3).to_list()
    numbers = ",".join(str(ids.num_iid(one)) for one in products)
    fields = "sku_id,num_iid,properties,quantity,price,outer_id,status"
    skus = seller.call("taobao.item.skus.get", fields=fields, num_iids=numbers)["skus"]["sku"]
    assert sorted(int(sku["outer_id"]) for sku in skus) == sorted(products)
    many = ",".join(["1"] * 41)
    assert seller.error("taobao.item.skus.get", fields=fields, num_iids=many)[0] == 41


def test_the_price_that_was_set_is_the_price_that_is_read(seller: Seller) -> None:
    chosen = product(seller)
    sku_prices = f'[{{"sku_id":{ids.sku_id(chosen)},"price":"12.34"}}]'
    answer = seller.call(
        TMALL_PRICE, item_id=ids.num_iid(chosen), item_price="12.34", sku_prices=sku_prices
    )
    assert answer["price_update_result"] == str(ids.num_iid(chosen))
    found = item(seller, chosen)
    assert found["price"] == found["skus"]["sku"][0]["price"] == "12.34"
    assert found["modified"] == beijing(seller.world.clock)
    write = seller.world.writes[-1]
    assert (write["channel"], write["kind"], write["target"]) == (
        "taobao",
        "set_price",
        str(chosen),
    )
    assert (write["after"], write["applied"]) == (1234, True)


@pytest.mark.parametrize("price", ["0", "-1", "1.234", "100000000", "NaN", "a"])
def test_a_price_that_is_none_is_refused(seller: Seller, price: str) -> None:
    number = ids.num_iid(product(seller))
    assert seller.error(TMALL_PRICE, item_id=number, item_price=price)[0] == 41
    assert seller.world.writes == []


def test_an_items_price_stays_within_those_of_its_skus(small_shop: Seller) -> None:
    chosen = product(small_shop)
    asked = {"num_iid": ids.num_iid(chosen), "properties": ids.properties(chosen), "price": "9.90"}
    assert small_shop.error(SKU_PRICE, **asked)[1] == "isv.invalid-parameter:item_price"
    assert small_shop.error(SKU_PRICE, **asked, item_price="9.80")[0] == 15
    answer = small_shop.call(SKU_PRICE, **asked, item_price="9.90")
    assert answer["sku"]["sku_id"] == ids.sku_id(chosen)
    assert item(small_shop, chosen)["price"] == "9.90"
    assert len(small_shop.world.writes) == 1


def test_each_kind_of_shop_has_its_own_call_for_prices(seller: Seller, small_shop: Seller) -> None:
    chosen = product(seller)
    one = {"num_iid": ids.num_iid(chosen), "properties": ids.properties(chosen), "price": "9.90"}
    assert seller.error(SKU_PRICE, **one)[1].startswith("isv.invalid-permission")
    other = {"item_id": ids.num_iid(chosen), "item_price": "9.90"}
    assert small_shop.error(TMALL_PRICE, **other)[1].startswith("isv.invalid-permission")


def test_a_sku_of_another_item_is_refused(seller: Seller) -> None:
    first, second = seller.world.products["product_id"].head(2).to_list()
    prices = f'[{{"sku_id":"{ids.sku_id(second)}","price":"1.00"}}]'
    asked = {"item_id": ids.num_iid(first), "sku_prices": prices, "item_price": "1.00"}
    assert seller.error(TMALL_PRICE, **asked)[1] == "isv.invalid-parameter:sku-properties"
    unknown = seller.error(TMALL_PRICE, item_id=7, item_price="1.00")
    assert unknown == (15, "isv.item-not-exist:invalid-numIid-or-iid")


def test_a_write_may_be_done_and_answered_as_if_not(seller: Seller) -> None:
    chosen = product(seller)
    seller.faults.lost = 1
    asked = {"item_id": ids.num_iid(chosen), "item_price": "7.77"}
    asked["sku_prices"] = f'[{{"outer_id":"{chosen}","price":"7.77"}}]'
    assert seller.error(TMALL_PRICE, **asked)[1].startswith("isp.")
    assert item(seller, chosen)["price"] == "7.77"


@pytest.mark.parametrize(
    ("way", "quantity", "after"),
    [(None, 7, 7), (1, 0, 0), (2, 3, 13), (2, -4, 6), (2, -11, None), (1, -1, None)],
)
def test_stock_of_a_sku_is_set_or_changed_and_never_below_nothing(
    seller: Seller, way: int | None, quantity: int, after: int | None
) -> None:
    chosen = product(seller)
    seller.world.set_product(chosen, on_hand_units=10)
    asked = {"num_iid": ids.num_iid(chosen), "sku_id": ids.sku_id(chosen), "quantity": quantity}
    if after is None:
        refused = seller.error("taobao.item.quantity.update", **asked, type=way)
        assert refused == (15, "isv.invalid-parameter:quantity")
        assert item(seller, chosen)["num"] == 10
    else:
        answer = seller.call("taobao.item.quantity.update", **asked, type=way)
        assert answer["item"]["num"] == after
        assert item(seller, chosen)["num"] == after


def test_an_item_that_has_skus_takes_no_stock_of_its_own(seller: Seller) -> None:
    asked = {"num_iid": ids.num_iid(product(seller)), "quantity": 5}
    assert seller.error("taobao.item.quantity.update", **asked)[0] == 15


@pytest.mark.parametrize(("way", "quantity", "after"), [(1, 4, 4), (2, -99, 0), (2, 5, 15)])
def test_stock_by_list_stops_at_nothing(
    seller: Seller, way: int, quantity: int, after: int
) -> None:
    chosen = product(seller)
    seller.world.set_product(chosen, on_hand_units=10)
    pairs = f"{ids.sku_id(chosen)}:{quantity}"
    asked = {"num_iid": ids.num_iid(chosen), "type": way, "skuid_quantities": pairs}
    answer = seller.call("taobao.skus.quantity.update", **asked)
    assert answer["item"]["skus"]["sku"][0]["quantity"] == after
    assert item(seller, chosen)["num"] == after


def test_stock_by_list_takes_twenty_skus_and_no_negative_amount(seller: Seller) -> None:
    chosen = product(seller)
    number = {"num_iid": ids.num_iid(chosen)}
    many = ";".join([f"{ids.sku_id(chosen)}:1"] * 21)
    error = seller.error("taobao.skus.quantity.update", **number, skuid_quantities=many)
    assert error[0] == 41
    below = f"{chosen}:-1"
    error = seller.error("taobao.skus.quantity.update", **number, outerid_quantities=below)
    assert error == (15, "isv.invalid-parameter:quantity")


def test_a_key_makes_a_change_of_stock_happen_once(seller: Seller) -> None:
    chosen = product(seller)
    seller.world.set_product(chosen, on_hand_units=10)
    asked = {
        "item_id": ids.num_iid(chosen),
        "sku_quantities": f'[{{"sku_id":{ids.sku_id(chosen)},"quantity":3}}]',
        "options": '{"type":2,"outer_biz_key":"c0ffee"}',
    }
    for _ in range(2):
        seller.call("tmall.item.quantity.update", **asked)
    assert item(seller, chosen)["num"] == 13
    wrong = {**asked, "options": '{"outer_biz_key":"order-7"}'}
    assert seller.error("tmall.item.quantity.update", **wrong)[0] == 41
