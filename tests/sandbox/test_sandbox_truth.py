"""The scoreboard equals what the pages say, also after time has passed and faults were planted."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tests.sandbox.merchant import Merchant

MONEY = "{ shopMoney { amount } }"
FIELDS = (
    "createdAt cancelledAt lineItems(first: 150) { pageInfo { hasNextPage }"
    f" nodes {{ quantity discountedTotalSet(withCodeDiscounts: true) {MONEY} }} }}"
)


def summed(merchant: Merchant) -> list[dict[str, object]]:
    """Days summed from paged answers alone."""
    days: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for order in merchant.orders(FIELDS, page=2):
        assert not order["lineItems"]["pageInfo"]["hasNextPage"]
        at = datetime.fromisoformat(order["createdAt"]).astimezone(ZoneInfo("America/New_York"))
        day = days[at.date().isoformat()]
        day[0] += 1
        day[3] += order["cancelledAt"] is not None
        for line in order["lineItems"]["nodes"]:
            day[1] += line["quantity"]
            amount = line["discountedTotalSet"]["shopMoney"]["amount"]
            day[2] += int(Decimal(amount) * 100)
    return [
        {
            "date": date,
            "orders": orders,
            "units": units,
            "gmv_minor": gmv,
            "cancelled_orders": cancelled,
        }
        for date, (orders, units, gmv, cancelled) in sorted(days.items())
    ]


def test_truth_equals_the_sum_of_paged_answers(reader: Merchant) -> None:
    assert reader.days() == summed(reader)


def test_truth_follows_time_and_changes(merchant: Merchant) -> None:
    before = merchant.days()
    merchant.http.post("/world/advance", json={"hours": 24}).raise_for_status()
    for op in ("penny_price", "change_order", "remove_line", "currency", "status"):
        merchant.tamper(op)
    after = merchant.days()
    assert after == summed(merchant)
    assert sum(day["orders"] for day in after) > sum(day["orders"] for day in before)


def test_truth_can_be_asked_for_some_days(reader: Merchant) -> None:
    everything = reader.days()
    first, last = everything[1]["date"], everything[3]["date"]
    some = reader.http.get("/truth/days", params={"from": first, "to": last}).json()
    assert some == everything[1:4]


def test_prices_of_unknown_skus_are_left_out(reader: Merchant) -> None:
    sku = reader.world.products["product_id"][7]
    found = reader.http.get("/truth/prices", params={"skus": f"{sku},none"}).json()
    assert found == {str(sku): reader.world.products["price_minor"][7]}


@pytest.mark.parametrize(
    ("path", "given"),
    [("/world/advance", {"hours": 0}), ("/world/advance", {}), ("/world/tamper", {"op": "rain"})],
)
def test_a_wrong_request_is_refused_with_a_reason(
    reader: Merchant, path: str, given: dict[str, object]
) -> None:
    answer = reader.http.post(path, json=given)
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_time_moves_over_http(merchant: Merchant) -> None:
    clock = merchant.http.get("/world/clock").json()["clock"]
    moved = merchant.http.post("/world/advance", json={"hours": 5}).json()["clock"]
    hours = datetime.fromisoformat(moved) - datetime.fromisoformat(clock)
    assert hours.total_seconds() == 5 * 3600
