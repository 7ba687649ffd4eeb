"""Every connector's entry: what test_every_connector_live.py judges it by."""

from typing import Final

from contracts.codes import WriteKind
from tests.connectors.live import (
    Entry,
    cancelled,
    create_coupon,
    orders_of,
    paid,
    refunded,
    repriced,
    restocked,
    scene,
    sent,
    set_price,
    set_stock,
)
from tests.connectors.live_scenes import (
    asked_for,
    bounced,
    bounces,
    cost,
    credited,
    crm_scene,
    event,
    grant,
    jd_scene,
    mailed,
    not_told,
    on_its_way,
    profile_dated,
    properties,
    refund_deleted,
    replied_at_jd,
    replied_at_taobao,
    reply,
    restarred,
    returned_at_jd,
    rivals,
    scanned,
    taobao_scene,
    withdrawn,
    woo_scene,
)

_NO_ORDERS: Final = "it knows no orders: the shop's connector tells"
_NO_GOODS: Final = "it knows no goods: the shop's connector tells"
_SNAPSHOT: Final = "what does not date its parent is read whole, as prices and stock are"


REAL_SERVERS: Final[dict[str, str]] = {
    "medusa": "judged by the real server: make real-shops (tests/connectors/medusa)",
}
"""Connectors without an emulated platform, and what judges them."""

ENTRIES: Final[dict[str, Entry]] = {
    "shopify": Entry(
        shop_id="shopify",
        prepare=scene("shopify"),
        changes={
            "payment": paid("shopify"),
            "refund": refunded("shopify"),
            "parcel": sent("shopify"),
            "price": repriced("shopify"),
            "stock": restocked("shopify"),
            "undated": f"all that belongs to an order dates it; {_SNAPSHOT}",
        },
        writes={
            WriteKind.SET_PRICE: set_price("shopify"),
            WriteKind.SET_STOCK: set_stock("shopify"),
            WriteKind.CREATE_COUPON: create_coupon("shopify"),
        },
        dated=orders_of("shopify"),
    ),
    "taobao": Entry(
        shop_id="taobao",
        prepare=taobao_scene,
        changes={
            "payment": paid("taobao"),
            "refund": refunded("taobao"),
            "parcel": sent("taobao"),
            "price": repriced("taobao"),
            "stock": restocked("taobao"),
            "undated": replied_at_taobao,
        },
        writes={
            WriteKind.SET_PRICE: set_price("taobao"),
            WriteKind.SET_STOCK: set_stock("taobao"),
            WriteKind.GRANT_COUPON: grant,
            WriteKind.REPLY_REVIEW: reply,
        },
        dated=orders_of("taobao"),
    ),
    "taobao_ads": Entry(
        shop_id="taobao",
        changes={
            **not_told("payment", "refund", "parcel", why=_NO_ORDERS),
            **not_told("price", "stock", why=_NO_GOODS),
            "undated": credited("taobao"),
        },
        dated="it is read by whole days, the last ones again with every pull",
    ),
    "jd": Entry(
        shop_id="jd",
        prepare=jd_scene,
        changes={
            "payment": paid("jd"),
            "refund": returned_at_jd,
            "parcel": sent("jd"),
            "price": repriced("jd"),
            "stock": restocked("jd"),
            "undated": replied_at_jd,
        },
        writes={WriteKind.SET_PRICE: set_price("jd"), WriteKind.SET_STOCK: set_stock("jd")},
        dated=orders_of("jd"),
    ),
    "jd_ads": Entry(
        shop_id="jd",
        changes={
            **not_told("payment", "refund", "parcel", why=_NO_ORDERS),
            **not_told("price", "stock", why=_NO_GOODS),
            "undated": credited("jd"),
        },
        dated="it is read by whole days, the last ones again with every pull",
    ),
    "amazon": Entry(
        shop_id="amazon",
        prepare=scene("amazon"),
        changes={
            "payment": cancelled("amazon"),
            "refund": refunded("amazon"),
            "parcel": sent("amazon"),
            "price": repriced("amazon"),
            "stock": restocked("amazon"),
            "rival": rivals("amazon"),
            "undated": f"all that belongs to an order dates it; {_SNAPSHOT}",
        },
        writes={
            WriteKind.SET_PRICE: set_price("amazon"),
            WriteKind.REQUEST_REVIEW: asked_for,
        },
        dated=orders_of("amazon"),
    ),
    "woocommerce": Entry(
        shop_id="woocommerce",
        prepare=woo_scene,
        changes={
            "payment": paid("woocommerce"),
            "refund": refunded("woocommerce"),
            "parcel": "the platform has no parcels: plugins keep them",
            "price": repriced("woocommerce"),
            "stock": restocked("woocommerce"),
            "undated": refund_deleted,
        },
        writes={
            WriteKind.SET_PRICE: set_price("woocommerce"),
            WriteKind.SET_STOCK: set_stock("woocommerce"),
            WriteKind.CREATE_COUPON: create_coupon("woocommerce"),
        },
        idle={"lost_refunds": "it asks about refunds that are gone; the `undated` change is one"},
        dated=orders_of("woocommerce"),
    ),
    "klaviyo": Entry(
        shop_id="shopify",
        prepare=crm_scene,
        changes={
            **not_told("payment", "refund", "parcel", why=_NO_ORDERS),
            **not_told("price", "stock", why=_NO_GOODS),
            "consent": withdrawn,
            "review": restarred,
            "undated": "codes do not date their coupon: they are read whole",
        },
        writes={
            WriteKind.CREATE_COUPON: create_coupon("shopify", code="JUDGED-2"),
            WriteKind.RECORD_EVENT: event,
            WriteKind.SET_PROFILE: properties,
        },
        dated=("profiles", "member_id", profile_dated),
    ),
    "kuaidi100": Entry(
        shop_id="shopify",
        prepare=on_its_way,
        changes={
            **not_told("payment", "refund", why=_NO_ORDERS),
            **not_told("price", "stock", why=_NO_GOODS),
            "parcel": scanned,
            "undated": "a parcel is answered whole",
        },
        dated="it answers what is known now, whatever the window",
    ),
    "email": Entry(
        shop_id="shopify",
        prepare=bounced,
        changes={
            **not_told("payment", "refund", "parcel", why=_NO_ORDERS),
            **not_told("price", "stock", why=_NO_GOODS),
            "report": bounces(2),
            "undated": "a report is a mail of its own, dated by its arrival",
        },
        writes={WriteKind.SEND_MESSAGE: mailed},
        dated="mail is dated by the host when it arrives; nobody can date it",
    ),
    "files": Entry(
        shop_id="shopify",
        changes={
            **not_told("payment", "refund", "parcel", why="these exports are the ERP's"),
            "price": rivals("shopify"),
            "stock": "the ERP's exports here hold none; ready mappings of others do",
            "cost": cost,
            "undated": "a file is read by what it holds: none of its rows has a parent",
        },
        dated="a folder is read by what lies in it; a file has no window of its own",
    ),
}
