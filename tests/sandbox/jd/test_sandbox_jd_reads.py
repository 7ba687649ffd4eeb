"""What JD tells of a shop (orders, refunds, goods, reviews, ads) adds up to the truth."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from sandbox import truth
from sandbox.jd.shop import ORDER, SKU, WARE
from sandbox.world.ads import ads_seen
from tests.sandbox.jd.seller import SHANGHAI, Seller, beijing, selling

DAY = timedelta(days=1)
EVERYTHING = (
    "orderState,modified,orderStartTime,orderEndTime,paymentConfirmTime,itemInfoList,shouldPay,"
    "actualPay,totalOriginalPrice,totalSellerDiscount,freightPrice,couponDetailList,waybill,"
    "logisticsId,pin,open_id_buyer,orderPayment,consigneeInfo"
)


@pytest.fixture(scope="module")
def reader() -> Iterator[Seller]:
    with selling() as seller:
        yield seller


@pytest.fixture
def seller() -> Iterator[Seller]:
    with selling() as found:
        yield found


def minor(text: object) -> int:
    return int(Decimal(str(text)) * 100)


def test_orders_of_a_month_are_those_that_were_placed(reader: Seller) -> None:
    end = reader.world.clock
    start = end - 20 * DAY
    span = {"start_date": beijing(start), "end_date": beijing(end), "dateType": 1}
    found = reader.all_orders(**span, optional_fields=EVERYTHING)
    placed = reader.world.orders.filter(pl.col("created_at") >= start)
    assert {int(one["orderId"]) - ORDER for one in found} == set(placed["order_id"])
    goods = sum(minor(one["totalOriginalPrice"]) for one in found)
    off = sum(minor(one["totalSellerDiscount"]) for one in found)
    sums = {row["order_id"]: row for row in truth.orders(reader.world)}
    assert goods - off == sum(sums[str(key)]["gmv_minor"] for key in placed["order_id"])
    for one in found:
        lines = sum(minor(item["jdPrice"]) * int(item["itemTotal"]) for item in one["itemInfoList"])
        cut = sum(minor(each["couponPrice"]) for each in one["couponDetailList"])
        assert lines == minor(one["totalOriginalPrice"])
        assert cut == minor(one["totalSellerDiscount"])
        due = lines - cut + minor(one["freightPrice"])
        assert minor(one["shouldPay"]) == due
        assert minor(one["actualPay"]) == (0 if one["paymentConfirmTime"][:4] == "0001" else due)
        assert set(one["consigneeInfo"].values()) <= {"*", "*****", "***********"}


def test_an_order_has_what_was_asked_for(reader: Seller) -> None:
    one = reader.orders(optional_fields="orderState")["orderInfoList"][0]
    assert set(one) == {"orderId", "orderState"}
    asked = {"order_id": int(one["orderId"]), "optional_fields": "orderState,pin"}
    detail = reader.call("pop.order.get", **asked)["orderDetailInfo"]
    assert detail["apiResult"]["success"] == "true"
    assert detail["orderInfo"].keys() == {"orderId", "orderState", "pin"}


def test_states_follow_what_happened(reader: Seller) -> None:
    found = {
        int(one["orderId"]) - ORDER: one for one in reader.all_orders(optional_fields=EVERYTHING)
    }
    assert {one["orderState"] for one in found.values()} == {
        "WAIT_SELLER_STOCK_OUT", "WAIT_GOODS_RECEIVE_CONFIRM", "FINISHED_L", "TRADE_CANCELED",
    }  # fmt: skip
    parcels = {row["order_id"]: row for row in reader.world.parcels.iter_rows(named=True)}
    for key, one in found.items():
        if one["orderState"] == "WAIT_SELLER_STOCK_OUT":
            assert one["waybill"] is None
        if one["orderState"] == "FINISHED_L":
            assert one["orderEndTime"] > beijing(parcels[key]["delivered_at"])
            assert one["waybill"] == parcels[key]["number"]
        if one["orderState"].startswith("WAIT"):
            assert one["orderEndTime"] == "0001-01-01 00:00:00"


def test_an_unpaid_order_says_so(seller: Seller) -> None:
    key = seller.world.orders.sort("created_at")["order_id"][-1]
    seller.world.set_order(key, financial_status="PENDING")
    asked = {"order_id": ORDER + key, "optional_fields": EVERYTHING}
    one = seller.call("pop.order.get", **asked)["orderDetailInfo"]["orderInfo"]
    assert (one["orderState"], one["actualPay"]) == ("NOT_PAY", "0.00")
    assert one["paymentConfirmTime"] == "0001-01-01 00:00:00"
    seller.world.set_order(key, financial_status="HELD_BY_PARTNER")
    one = seller.call("pop.order.get", **asked)["orderDetailInfo"]["orderInfo"]
    assert one["orderState"] == "HELD_BY_PARTNER"


def test_orders_are_listed_by_change_or_creation_in_either_direction(reader: Seller) -> None:
    for name, kind in (("modified", 0), ("orderStartTime", 1)):
        rising = [one[name] for one in reader.orders(dateType=kind)["orderInfoList"]]
        falling = [one[name] for one in reader.orders(dateType=kind, sortType=1)["orderInfoList"]]
        assert rising == sorted(rising)
        assert falling == sorted(falling, reverse=True)
        assert rising != falling


def test_spans_pages_and_states_have_limits(reader: Seller) -> None:
    now = reader.world.clock

    def code(**given: Any) -> str:
        asked = {
            "start_date": beijing(now - 30 * DAY), "end_date": beijing(now), "page": "1",
            "order_state": "FINISHED_L", "optional_fields": "orderState", "page_size": "100",
            **given,
        }  # fmt: skip
        return reader.error("pop.order.search", **asked)

    assert code(start_date=beijing(now - 32 * DAY)) == "61"
    assert code(start_date=beijing(now + DAY)) == "61"
    assert code(page_size="101") == "61"
    assert code(page="0") == "61"
    assert code(optional_fields="") == "60"
    assert code(order_state="") == "60"
    done = reader.orders(order_state="FINISHED_L")["orderInfoList"]
    assert {one["orderState"] for one in done} == {"FINISHED_L"}
    beyond = reader.orders(page="101", page_size="1")
    assert (beyond["orderInfoList"], int(beyond["orderTotal"]) > 101) == ([], True)


def test_changes_are_seen_for_three_months(reader: Seller) -> None:
    now = reader.world.clock
    span = {"start_date": beijing(now - 105 * DAY), "end_date": beijing(now - 95 * DAY)}
    assert reader.orders(**span)["orderTotal"] == "0"
    assert reader.orders(**span, dateType=1)["orderTotal"] != "0"


def bills(reader: Seller, days: int = 90) -> list[dict[str, Any]]:
    now = reader.world.clock
    found: list[dict[str, Any]] = []
    for back in range(0, days, 7):
        end = now - back * DAY - (timedelta(seconds=1) if back else timedelta())
        asked = {
            "applyTimeBegin": beijing(now - (back + 7) * DAY), "applyTimeEnd": beijing(end),
            "pageSize": 50,
        }  # fmt: skip
        number, total = 1, 1
        while len([one for one in found if one["week"] == back]) < total:
            page = reader.call("asc.serviceAndRefund.view", **asked, pageNumber=number)
            result = page["pageResult"]
            assert (result["success"], result["code"]) == (True, "00000")
            total, number = int(result["totalCount"]), number + 1
            found += [{**one, "week": back} for one in result["data"]]
    return found


def applications(reader: Seller) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = reader.call(
            "pop.afs.soa.refundapply.queryPageList", pageIndex=len(found) // 50 + 1, pageSize=50
        )["queryResult"]
        found += page["result"]
        if len(found) == page["totalCount"]:
            return found


def test_money_given_back_is_told_once_in_yuan_or_in_fen(reader: Seller) -> None:
    first = reader.world.clock - 80 * DAY
    back = 0
    for one in bills(reader):
        number = one["sameOrderServiceBill"]["serviceId"]
        detail = reader.call("b2c.shop.aftersales.refund.get", afsServiceId=number)["result"]
        assert (detail["success"], detail["errorCode"]) == (True, 200)
        assert detail["data"]["orderId"] == one["sameOrderServiceBill"]["orderId"]
        assert ("afsActualRefundDetail" in detail["data"]) == (one["status"] == 13)
        assert ("afsEstimateRefundDetail" in detail["data"]) == (one["status"] != 13)
        if one["status"] == 13 and one["completeTime"] >= beijing(first):
            back += minor(detail["data"]["afsActualRefundDetail"]["actualRefundAmount"])
    for one in applications(reader):
        if one["status"] == 3 and one["checkTime"] >= beijing(first):
            back += one["applyRefundSum"]
    paid = reader.world.refunds.filter(pl.col("created_at").dt.truncate("1s") >= first)
    assert paid.height > 5
    assert back == paid["amount_minor"].sum()


def test_bills_ask_for_a_short_span_or_an_order(reader: Seller) -> None:
    now, method = reader.world.clock, "asc.serviceAndRefund.view"
    assert reader.error(method) == "60"
    for name, days in (("applyTime", 7), ("approveTime", 10)):
        ends = {f"{name}End": beijing(now)}
        assert reader.error(method, **ends) == "61"
        too_long = {**ends, f"{name}Begin": beijing(now - (days + 1) * DAY)}
        assert reader.error(method, **too_long) == "61"
        reader.call(method, **{**ends, f"{name}Begin": beijing(now - days * DAY)})
    one = bills(reader)[0]["sameOrderServiceBill"]
    mine = reader.call(method, order_id=one["orderId"])["pageResult"]["data"]
    assert one["serviceId"] in {each["sameOrderServiceBill"]["serviceId"] for each in mine}
    assert reader.error(method, order_id=one["orderId"], pageSize=51) == "61"


def test_an_unknown_bill_is_refused_in_the_result(reader: Seller) -> None:
    result = reader.call("b2c.shop.aftersales.refund.get", afsServiceId=7)["result"]
    assert result["success"] is False
    assert "data" not in result


def test_wares_and_skus_are_the_goods(reader: Seller) -> None:
    goods = {row["product_id"]: row for row in reader.world.products.iter_rows(named=True)}
    for method, key, base in (
        ("ware.read.searchWare4Valid", "wareId", WARE),
        ("sku.read.searchSkuList", "skuId", SKU),
    ):
        asked = {"pageNo": 1, "pageSize": 50, "field": "jdPrice,stockNum"}
        page = reader.call(method, **asked)["page"]
        assert page["totalItem"] == len(goods)
        assert len(page["data"]) == 50
        for one in page["data"]:
            own = goods[one[key] - base]
            assert minor(one["jdPrice"]) == own["price_minor"]
            assert one["stockNum"] == own["on_hand_units"]
            assert one["outerId"] == str(own["product_id"])
        second = reader.call(method, **{**asked, "pageNo": 2})["page"]["data"]
        assert not {one[key] for one in second} & {one[key] for one in page["data"]}
        assert "jdPrice" not in reader.call(method, pageNo=1)["page"]["data"][0]
        wanted = [page["data"][3][key], page["data"][7][key]]
        both = reader.call(method, **{key: wanted})["page"]["data"]
        assert [one[key] for one in both] == sorted(wanted)
        assert reader.error(method, pageSize=51) == "61"


def test_goods_are_dated_by_price_and_not_by_stock(seller: Seller) -> None:
    first, second = seller.world.products["product_id"][:2]
    at = seller.world.clock
    seller.world.set_product(first, price_minor=1234, updated_at=at)
    seller.world.set_product(second, on_hand_units=3, stock_updated_at=at)
    since = int((at - timedelta(seconds=1)).timestamp() * 1000)
    page = seller.call("ware.read.searchWare4Valid", startModifiedTime=since)["page"]
    assert [one["wareId"] - WARE for one in page["data"]] == [first]
    changed = datetime.fromtimestamp(page["data"][0]["modified"] / 1000, UTC)
    assert changed == at.replace(microsecond=at.microsecond // 1000 * 1000)


def comments(reader: Seller, **given: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        number = len(found) // 50 + 1
        page = reader.call(
            "pop.PopCommentJsfService.getVenderCommentsForJos", page=number, pageSize=50, **given
        )
        found += page["comments"]
        if len(found) == page["totalItem"]:
            return found


def test_reviews_are_told_with_their_replies(reader: Seller) -> None:
    written = {str(row["review_id"]): row for row in reader.world.reviews.iter_rows(named=True)}
    found = comments(reader)
    assert {one["commentId"] for one in found} == set(written)
    for one in found:
        own = written[one["commentId"]]
        assert (one["score"], one["content"]) == (own["stars"], own["text"])
        assert (one["orderId"] - ORDER, int(one["skuid"]) - SKU) == (
            own["order_id"], own["product_id"],
        )  # fmt: skip
        assert [each["content"] for each in one["replies"]] == (
            [own["reply"]] if own["reply"] else []
        )
    assert {one["score"] for one in comments(reader, score=1)} == {1}
    assert {one["score"] for one in comments(reader, score=3)} == {4, 5}
    replied = comments(reader, isVenderReply=True)
    assert 0 < len(replied) < len(found)
    assert all(one["isVenderReply"] for one in replied)
    some = ",".join(str(one["orderId"]) for one in found[:3])
    assert len(comments(reader, orderIds=some)) == 3
    many = ",".join(["1"] * 51)
    assert reader.error("pop.PopCommentJsfService.getVenderCommentsForJos", orderIds=many) == "61"


def test_ads_of_each_kind_add_up_to_what_was_shown(reader: Seller) -> None:
    last = reader.world.clock.astimezone(SHANGHAI).date() - DAY
    first = last - 6 * DAY
    shown = ads_seen(reader.world, reader.world.clock).filter(pl.col("date") >= first)
    asked = {
        "startDay": str(first), "endDay": str(last), "isDaily": "true", "platform": "all",
        "clickOrOrderDay": 15, "clickOrOrderCaliber": 0, "pageSize": 100,
    }  # fmt: skip
    campaigns = {
        product: reader.call(f"ads.dsp.rtb.{name}.accountCampaignReport", **asked, page=1)["data"]
        for name, product in (("kuaiche", "kuaiche"), ("tp", "haitou"))
    }
    for product, data in campaigns.items():
        own = shown.filter(pl.col("product") == product)
        rows = data["data"]["datas"]
        assert data["data"]["paginator"]["items"] == len(rows)
        assert sum(one["impressions"] for one in rows) == own["impressions"].sum()
        assert sum(minor(one["cost"]) for one in rows) == own["spend_minor"].sum() > 0
        assert sum(one["totalOrderCnt"] for one in rows) == own["orders"].sum()
        assert sum(minor(one["totalOrderSum"]) for one in rows) == own["revenue_minor"].sum()
    account = reader.call("dsp.report.queryAccountReport", **asked, pageIndex=1)
    days = account["querycampdailysum_result"]["value"]["datas"]
    assert [one["date"] for one in days] == [str(first + one * DAY) for one in range(7)]
    kuaiche = shown.filter(pl.col("product") == "kuaiche")
    assert sum(minor(one["cost"]) for one in days) == kuaiche["spend_minor"].sum()
    daily = reader.call(
        "dsp.report.queryCampDailySum", startDay=str(first), endDay=str(last), isDaily=True,
        platform="all", isOrderOrClick=False, isTodayOr15Days=True, pageIndex=1, pageSize=100,
    )["querycampdailysum_result"]  # fmt: skip
    assert daily["total"] == len(daily["value"]) == 14
    figures = [one["figureData"] for one in daily["value"]]
    assert sum(int(one["Clicks"]) for one in figures) == kuaiche["clicks"].sum()
    assert {one["CampaignId"] for one in figures} == {str(one["id"]) for one in daily["value"]}
