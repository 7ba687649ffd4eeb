"""What is done at emulated platforms before a connector reads them, or after."""

import datetime as dt

import polars as pl

from connectors.email import CONNECTOR as EMAIL
from contracts.actions import Change
from contracts.codes import OutcomeState, WriteKind
from contracts.payloads import Event, Properties, Reply, encode
from sandbox.amazon.names import amazon_order_id
from sandbox.klaviyo.profiles import profile_id
from sandbox.taobao import ids
from sandbox.world.ads import ads_seen
from sandbox.world.reviews import REVIEW_IDS
from tests.connectors.email.hosts import message
from tests.connectors.live import (
    HOUR,
    NUMBERS,
    PASSED,
    REFUND,
    SECOND,
    UNDATED,
    Demand,
    Told,
    change_of,
    create_coupon,
    order_of,
    pay_back,
    reviewed,
    scene,
    ship,
)
from tests.connectors.stage import COUPON, Stage

_DAY = dt.timedelta(days=1)


def not_told(*kinds: str, why: str) -> dict[str, str]:
    return dict.fromkeys(kinds, why)


def _review_at_taobao(stage: Stage, place: int) -> tuple[int, str]:
    """The world's number of one of the two reviews, and the platform's: that of its line."""
    world = stage.world("taobao")
    key = order_of(world, UNDATED)
    line = world.lines.filter(pl.col("order_id") == key)["line_id"][place]
    return REVIEW_IDS + line, str(ids.oid(key, line, 2))


# ---- taobao -------------------------------------------------------------------------------------


def taobao_scene(stage: Stage) -> None:
    scene("taobao")(stage)
    reviewed(stage, "taobao")
    pay_back(stage.world("taobao"), order_of(stage.world("taobao"), SECOND),
             stage.world("taobao").clock - _DAY)  # fmt: skip
    end = (stage.world("taobao").clock + 30 * _DAY).strftime("%Y-%m-%d 00:00:00")
    with stage.client("taobao", "taobao") as client:
        coupon = {"denominations": "5", "condition": "50", "end_time": end}
        client.write("taobao.promotion.coupon.add", coupon)


def replied_at_taobao(stage: Stage) -> Demand:
    """A reply to a review of days ago: reviews are listed by when they were written."""
    world, (number, review) = stage.world("taobao"), _review_at_taobao(stage, 0)
    world.set_review(number, reply="谢谢", replied_at=world.clock - HOUR)
    return Demand("reviews", {"review_id": review}, {"reply": ...})


def grant(stage: Stage) -> Change:
    coupon = stage.held[-1][("taobao", "coupons")].row(0, named=True)
    member = ids.open_uid(stage.world("taobao").customers["household_id"][0])
    return change_of(member, None, 1, parent_id=coupon["coupon_id"], recipient=member)


def reply(stage: Stage) -> Change:
    _, target = _review_at_taobao(stage, 1)
    return change_of(target, 0, 1, payload=encode(Reply(text="感谢反馈")))


def credited(shop_id: str) -> Told:
    """Orders that were credited to a day's ads when that day was read already."""

    def change(stage: Stage) -> Demand:
        world = stage.world(shop_id)
        last = stage.held[-1][(shop_id, "ads_daily")].filter(ad_level="campaign")
        by_day = ads_seen(world, world.clock).group_by("date", "campaign_id")
        now = by_day.agg(pl.col("orders").sum()).sort("date", "campaign_id")
        for row in now.iter_rows(named=True):
            key = {"ad_date": row["date"], "campaign_id": str(row["campaign_id"])}
            known = last.filter(**key)
            if known.height == 1 and known["orders_count"][0] not in (None, row["orders"]):
                value = {"orders_count": row["orders"]}
                return Demand("ads_daily", {**key, "ad_level": "campaign"}, value)
        raise AssertionError("no day's orders grew")

    return change


# ---- jd -----------------------------------------------------------------------------------------


def jd_scene(stage: Stage) -> None:
    scene("jd")(stage)
    reviewed(stage, "jd")
    world = stage.world("jd")
    pay_back(world, order_of(world, SECOND), world.clock - _DAY)


def replied_at_jd(stage: Stage) -> Demand:
    """A reply to a review of days ago: reviews are listed by when they were written."""
    world = stage.world("jd")
    key = order_of(world, UNDATED)
    number = REVIEW_IDS + world.lines.filter(pl.col("order_id") == key)["line_id"][0]
    world.set_review(number, reply="谢谢", replied_at=world.clock - HOUR)
    return Demand("reviews", {"review_id": str(number)}, {"reply": ...})


def returned_at_jd(stage: Stage) -> Demand:
    """Money for goods that had come: the order stays as it is, the cases of its lines tell."""
    world = stage.world("jd")
    key = order_of(world, REFUND)
    pay_back(world, key, world.clock - PASSED)
    told = {"case_status": "refunded", "refunded_at": ..., "asked_minor": ...}
    return Demand("refund_cases", {"order_id": NUMBERS["jd"](key)}, told)


# ---- woocommerce --------------------------------------------------------------------------------


def woo_scene(stage: Stage) -> None:
    scene("woocommerce")(stage)
    reviewed(stage, "woocommerce")
    world = stage.world("woocommerce")
    pay_back(world, order_of(world, UNDATED), world.clock - 2 * _DAY)


def refund_deleted(stage: Stage) -> Demand:
    """A refund that is deleted, which does not date its order."""
    world = stage.world("woocommerce")
    key = order_of(world, UNDATED)
    world.refunds = world.refunds.filter(pl.col("order_id") != key)
    world.set_order(key, financial_status="PAID", refunded_minor=0)
    return Demand("refunds", {"order_id": str(key)}, None)


# ---- amazon -------------------------------------------------------------------------------------


def asked_for(stage: Stage) -> Change:
    """A review request for an order whose time for it has come."""
    world = stage.world("amazon")
    is_open = (
        (pl.col("fulfillment_status") == "FULFILLED")
        & (pl.col("deliver_from_at") + 5 * _DAY <= world.clock)
        & (pl.col("deliver_by_at") + 30 * _DAY >= world.clock)
    )
    order = world.orders.filter(is_open).sort("order_id").row(-1, named=True)
    return change_of(amazon_order_id(order["order_id"]), 0, 1)


# ---- people, carriers, mail, files --------------------------------------------------------------


def crm_scene(stage: Stage) -> None:
    stage.crm("coupons", external_id=COUPON)
    reviewed(stage, "shopify")
    with stage.client("shopify", "klaviyo") as client:
        write = stage.write("klaviyo", WriteKind.CREATE_COUPON)
        first = create_coupon("shopify", code="KNOWN-1")(stage)
        assert [one.state for one in write.send(client, [first])] == [OutcomeState.ACCEPTED]


def withdrawn(stage: Stage) -> Demand:
    """Somebody unsubscribes at the very instant that the reading before ended with."""
    world = stage.world("shopify")
    one = world.contacts.filter(consent="granted").sort("household_id").row(0, named=True)
    world.set_contact(one["household_id"], consent="withdrawn", updated_at=stage.read_until)
    member = stage.pseudonym("shopify", str(one["household_id"]))
    return Demand("consents", {"member_id": member}, {"consent_status": "withdrawn"})


def restarred(stage: Stage) -> Demand:
    """A review that its author changed."""
    world = stage.world("shopify")
    key = world.reviews.sort("review_id")["review_id"][-1]
    world.set_review(key, stars=5, updated_at=world.clock - HOUR)
    return Demand("reviews", {"review_id": str(key)}, {"stars_units": 5})


def profile_dated(stage: Stage, place: int, at: dt.datetime) -> str:
    key = stage.world("shopify").contacts.sort("household_id")["household_id"][place]
    stage.world("shopify").set_contact(key, updated_at=at)
    return str(key)


def _profile(stage: Stage) -> str:
    return profile_id(stage.world("shopify").contacts["household_id"][0])


def event(stage: Stage) -> Change:
    payload = encode(Event(name="Parcel is late", properties={"days": 3}))
    return change_of("late-parcel", 0, 1, payload=payload, recipient=_profile(stage))


def properties(stage: Stage) -> Change:
    payload = encode(Properties(values={"segment": "at_risk"}))
    return change_of("segment-1", 0, 1, payload=payload, recipient=_profile(stage))


def on_its_way(stage: Stage) -> None:
    """Parcels that left an hour before the first reading, are promised soon and come late: carriers
    are asked about parcels whose promise is less than a day away."""
    world = stage.world("shopify")
    late = world.voyages.filter(pl.col("fate").is_in(["delayed", "stuck", "lost", "returned"]))
    taken = [order_of(world, place) for place in range(5)]
    for key in late.filter(~pl.col("order_id").is_in(taken))["order_id"]:
        ship(world, key, world.clock - HOUR, within=12 * HOUR)


def scanned(stage: Stage) -> Demand:
    """Of a parcel that is under way the carrier scanned something since."""
    world = stage.world("shopify")
    known = stage.held[-1][("shopify", "parcels")]
    under_way = world.parcels.filter(pl.col("delivered_at").is_null())
    for row in under_way.sort("number").iter_rows(named=True):
        key = {"shipment_id": f"{row['carrier']}:{row['number']}"}
        events = world.parcel_events.filter(pl.col("number") == row["number"])
        told = known.filter(**key)
        if told.height and events.height:
            at = events["at"].dt.truncate("1s").max()
            if told["last_event_at"][0] != at:
                return Demand("parcels", key, {"last_event_at": at})
    raise AssertionError(f"no parcel that is under way was scanned since: {known}")


def bounces(number: int) -> Told:
    """A message to somebody who is not there; the report comes a minute later."""

    def post(stage: Stage) -> Demand:
        wanted = message(number, recipient=f"nobody{number}.13@marked.example")
        with stage.client("shopify", "email") as client:
            (outcome,) = EMAIL.writes[0].send(client, [wanted])
        assert outcome.state is OutcomeState.ACCEPTED
        status = {"delivery_status": "bounced"}
        return Demand("deliveries", {"message_id": wanted.action_id}, status)

    return post


def bounced(stage: Stage) -> None:
    bounces(1)(stage)


def rivals(shop_id: str) -> Told:
    """Rivals who are all dearer than before; Amazon is asked about some listings at a time."""

    def change(stage: Stage) -> Demand:
        world = stage.world(shop_id)
        price = pl.lit(77_777, dtype=world.offers.schema["price_minor"])
        world.offers = world.offers.with_columns(price_minor=price)
        return Demand("competitor_offers", {"is_in_stock": True}, {"price_minor": 77_777})

    return change


def cost(stage: Stage) -> Demand:
    """What a piece costs by the ERP's next export."""
    world = stage.world("shopify")
    known = stage.held[-1][("shopify", "costs")].sort("sku_id").row(0, named=True)
    cost = known["unit_cost_minor"] + 5
    world.set_product(int(known["sku_id"]), unit_cost_minor=cost)
    return Demand("costs", {"sku_id": known["sku_id"]}, {"unit_cost_minor": cost})


def mailed(_: Stage) -> Change:
    return message(9, recipient="zora@marked.example")
