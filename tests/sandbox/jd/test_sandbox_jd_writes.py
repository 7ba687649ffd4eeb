"""What is written to JD is read back; what is refused changes nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.jd.shop import SKU
from tests.sandbox.jd.seller import Seller, selling


@pytest.fixture
def seller() -> Iterator[Seller]:
    with selling() as found:
        yield found


def sku_of(seller: Seller) -> int:
    return SKU + int(seller.world.products["product_id"][5])


def read(seller: Seller, sku: int) -> dict[str, Any]:
    page = seller.call("sku.read.searchSkuList", skuId=str(sku), field="jdPrice,stockNum")["page"]
    found: dict[str, Any] = page["data"][0]
    return found


def test_a_price_is_set_in_yuan(seller: Seller) -> None:
    sku, before = sku_of(seller), read(seller, sku_of(seller))
    answer = seller.call("price.write.updateSkuJdPrice", skuId=sku, jdPrice=98.76)
    assert answer["success"] is True
    after = read(seller, sku)
    assert (after["jdPrice"], after["stockNum"]) == (98.76, before["stockNum"])
    assert after["modified"] > before["modified"]
    (write,) = seller.world.writes
    assert (write["kind"], write["channel"], write["after"]) == ("set_price", "jd", 9876)
    assert write["before"] == round(before["jdPrice"] * 100)


@pytest.mark.parametrize("method", ["stock.write.updateSkuStock", "ware.stock.sku.set"])
def test_stock_is_set_absolutely(seller: Seller, method: str) -> None:
    sku = sku_of(seller)
    for _ in range(2):
        answer = seller.call(method, skuId=sku, stockNum=41)
        assert answer.get("returnType", answer)["success"] is True
        stocks = seller.call("stock.read.findSkuStock", skuId=sku)["skuStocks"]
        assert [(one["skuId"], one["stockNum"]) for one in stocks] == [(sku, 41)]
    assert seller.error(method, skuId=sku, stockNum=-1) == "61"
    assert seller.error(method, skuId=sku) == "60"
    assert seller.error(method, skuId=sku, stockNum=1, storeId=9) == "61"


@pytest.mark.parametrize("price", ["0", "-1", "1.001", "much", "100000000"])
def test_a_price_that_is_none_is_refused(seller: Seller, price: str) -> None:
    sku, before = sku_of(seller), read(seller, sku_of(seller))
    assert seller.error("price.write.updateSkuJdPrice", skuId=sku, jdPrice=price) == "61"
    assert read(seller, sku) == before
    assert seller.world.writes == []


def test_what_is_not_there_is_refused_in_the_answers_own_code(seller: Seller) -> None:
    for method in ("price.write.updateSkuJdPrice", "stock.write.updateSkuStock"):
        whole = seller.whole(method, skuId=7, jdPrice=1, stockNum=1)
        (inside,) = whole.values()
        assert inside["code"] == "11200025"
        assert "success" not in inside
    assert seller.world.writes == []


def test_a_lost_write_was_done(seller: Seller) -> None:
    sku = sku_of(seller)
    seller.faults.lost = 1
    assert seller.error("price.write.updateSkuJdPrice", skuId=sku, jdPrice="55.50") == "65"
    assert read(seller, sku)["jdPrice"] == 55.5
