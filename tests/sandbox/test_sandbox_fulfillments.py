"""Fulfillments: one per parcel, told as time passes, and every step of it moves the order."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from sandbox.world.draws import among, uniform
from sandbox.world.parcels import FATES
from tests.sandbox.merchant import Merchant

SENT = (
    "id createdAt updatedAt deliveredAt estimatedDeliveryAt status displayStatus"
    " trackingInfo { company number url }"
)
COMPANIES = {
    "yuantong": "YTO Express",
    "zhongtong": "ZTO Express",
    "shunfeng": "SF Express",
    "jd": "JD Logistics",
    "ems": "EMS",
}


def text(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def read(merchant: Merchant, fields: str, *, query: str = "") -> dict[int, dict[str, Any]]:
    """Orders by number."""
    found = merchant.orders(f"id {fields}", query=query, page=100)
    return {int(order["id"].rsplit("/", 1)[1]): order for order in found}


def test_every_parcel_is_a_fulfillment_of_its_order_and_nothing_else_is(reader: Merchant) -> None:
    parcels = {row["order_id"]: row for row in reader.world.parcels.iter_rows(named=True)}
    assert {row["delivered_at"] is None for row in parcels.values()} == {True, False}
    assert {row["carrier"] for row in parcels.values()} == set(COMPANIES)
    orders = read(reader, f"fulfillments(first: 2) {{ {SENT} }}")
    assert 0 < len(parcels) < len(orders) == reader.world.orders.height
    for order_id, order in orders.items():
        parcel = parcels.get(order_id)
        expected = parcel and {
            "id": f"gid://shopify/Fulfillment/{parcel['parcel_id']}",
            "createdAt": text(parcel["shipped_at"]),
            "updatedAt": text(parcel["delivered_at"] or parcel["shipped_at"]),
            "deliveredAt": text(parcel["delivered_at"]),
            "estimatedDeliveryAt": text(parcel["promised_at"]),
            "status": "SUCCESS",
            "displayStatus": "DELIVERED" if parcel["delivered_at"] else "IN_TRANSIT",
            "trackingInfo": [
                {
                    "company": COMPANIES[parcel["carrier"]],
                    "number": parcel["number"],
                    "url": f"https://demo-grocer.example/track/{parcel['number']}",
                }
            ],
        }
        assert order["fulfillments"] == ([expected] if expected else [])


def test_a_cancelled_order_was_never_sent(merchant: Merchant) -> None:
    world = merchant.world
    sent = world.parcels["order_id"][0]
    world.set_order(sent, cancelled_at=world.clock - timedelta(hours=1))
    orders = read(merchant, "cancelledAt fulfillments { id }")
    cancelled = [order for order in orders.values() if order["cancelledAt"]]
    assert orders[sent] in cancelled
    assert all(order["fulfillments"] == [] for order in cancelled)


def test_a_lost_parcel_stays_sent_and_is_never_delivered(merchant: Merchant) -> None:
    world = merchant.world
    ids = pl.Series(range(1, 10_000))
    fates = among(uniform(ids, "fate"), [share for _, share, _, _ in FATES])
    lost = ids.filter(pl.Series(fates) == [name for name, _, _, _ in FATES].index("lost"))[0]
    first = pl.col("order_id") == world.parcels["order_id"][0]
    world.orders = world.orders.with_columns(
        order_id=pl.when(first).then(lost).otherwise("order_id")
    )
    merchant.http.post("/world/advance", json={"hours": 48}).raise_for_status()
    order = read(merchant, "fulfillments { status displayStatus deliveredAt }", query=f"id:{lost}")
    assert order[lost]["fulfillments"] == [
        {"status": "SUCCESS", "displayStatus": "IN_TRANSIT", "deliveredAt": None}
    ]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("first: 1", True),
        ("first: 0", False),
        ('query: "created_at:>={sent}"', True),
        ('query: "created_at:{sent}"', True),
        ("query: \"created_at:<'{sent}'\"", False),
        ('query: "updated_at:<={sent}"', False),
        ('query: "created_at:<={sent} updated_at:>{sent}"', True),
    ],
)
def test_fulfillments_are_cut_and_filtered_by_their_instants(
    reader: Merchant, asked: str, shown: bool
) -> None:
    delivered = reader.world.parcels.filter(pl.col("delivered_at").is_not_null())
    parcel = delivered.row(0, named=True)
    asked = asked.format(sent=text(parcel["shipped_at"]))
    query = f"id:{parcel['order_id']}"
    (order,) = read(reader, f"fulfillments({asked}) {{ id }}", query=query).values()
    assert bool(order["fulfillments"]) is shown


def test_tracking_can_be_cut_to_nothing(reader: Merchant) -> None:
    query = f"id:{reader.world.parcels['order_id'][0]}"
    fields = (
        "fulfillments { one: trackingInfo(first: 1) { number } trackingInfo(first: 0) { url } }"
    )
    (order,) = read(reader, fields, query=query).values()
    assert [(len(f["one"]), f["trackingInfo"]) for f in order["fulfillments"]] == [(1, [])]


def test_an_order_also_reached_through_its_refund_tells_its_parcel(merchant: Merchant) -> None:
    world = merchant.world
    parcel = world.parcels.row(0, named=True)
    refund = pl.DataFrame(
        [
            {
                "refund_id": 900_001,
                "order_id": parcel["order_id"],
                "line_id": 1,
                "is_full": True,
                "created_at": world.clock - timedelta(hours=1),
                "amount_minor": 100,
            }
        ],
        schema=world.refunds.schema,
    )
    world.refunds = refund
    since = text(parcel["shipped_at"])
    inner = f'fulfillments(query: "created_at:{since}") {{ trackingInfo {{ number }} }}'
    fields = f"refunds {{ order {{ updatedAt {inner} }} }} updatedAt {inner}"
    (order,) = read(merchant, fields, query=f"id:{parcel['order_id']}").values()
    (through,) = order.pop("refunds")
    assert through["order"].items() <= order.items()
    assert order["fulfillments"] == [{"trackingInfo": [{"number": parcel["number"]}]}]


def test_sending_and_delivering_move_the_order_and_nothing_comes_before_the_clock(
    reader: Merchant,
) -> None:
    changed = dict(reader.world.orders.select("order_id", "updated_at").iter_rows())
    orders = read(reader, "updatedAt fulfillments { updatedAt }")
    shown = {key: datetime.fromisoformat(order["updatedAt"]) for key, order in orders.items()}
    for key, order in orders.items():
        steps = [datetime.fromisoformat(one["updatedAt"]) for one in order["fulfillments"]]
        assert shown[key] == max([changed[key], *steps]) < reader.world.clock
    # The frame, which other platforms read too, keeps what happened to the order itself.
    assert any(shown[key] > changed[key] for key in shown)


def test_an_incremental_read_finds_every_order_whose_parcel_moved(merchant: Merchant) -> None:
    world = merchant.world
    known = read(merchant, f"updatedAt fulfillments {{ {SENT} }}")
    mark = world.clock
    merchant.http.post("/world/advance", json={"hours": 60}).raise_for_status()
    query = f"updated_at:>={text(mark)}"
    count = merchant.data("query($q: String) { ordersCount(query: $q) { count } }", q=query)
    found = read(merchant, f"updatedAt fulfillments {{ {SENT} }}", query=query)
    moved = world.parcels.filter((pl.col("shipped_at") >= mark) | (pl.col("delivered_at") >= mark))
    assert set(moved["order_id"]) <= set(found)
    assert {"sent", "delivered"} == {
        "sent" if not known[key]["fulfillments"] else "delivered" for key in found if key in known
    }
    assert count["ordersCount"]["count"] == len(found)
    shown = [order["updatedAt"] for order in found.values()]
    assert shown == sorted(shown)
    assert text(mark) <= shown[0]
    # What was not found has not changed.
    now = read(merchant, f"updatedAt fulfillments {{ {SENT} }}")
    assert {key: now[key] for key in known.keys() - found.keys()} == {
        key: known[key] for key in known.keys() - found.keys()
    }
