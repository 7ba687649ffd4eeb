"""Reviews, campaigns and the account: what is only read, and follows from the world."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import polars as pl

from sandbox.klaviyo.account import Account, Call
from sandbox.klaviyo.documents import Reply, Row, collection, listed, look, single, target
from sandbox.klaviyo.errors import not_found
from sandbox.klaviyo.filters import utc_text
from sandbox.klaviyo.profiles import LOCALES, repeats
from sandbox.world.world import SHOP_NAME

_FIRST_MONDAY: Final = datetime(2020, 1, 6, 9, tzinfo=UTC)
_WEEK: Final = timedelta(weeks=1)
_SENDS_AFTER: Final = timedelta(days=3, hours=1)
_ITEM: Final = "$custom:::$default:::"


def get_reviews(call: Call) -> Reply:
    """A page of reviews."""
    page, links = collection(
        _reviews(call.account), call.query, call.address, look=_look_review,
        repeats=repeats(call.account),
    )  # fmt: skip
    return listed(page, links, call.query, call.address)


def get_review(call: Call) -> Reply:
    """One review."""
    row = next((row for row in _reviews(call.account) if row["id"] == call.key), None)
    if row is None:
        raise not_found("review", call.key)
    return single(row, call.query, call.address)


def get_campaigns(call: Call) -> Reply:
    """A page of the campaigns of one channel: a newsletter a week, every fourth by SMS."""
    page, links = collection(
        _campaigns(call.account), call.query, call.address, look=_look_campaign,
        repeats=repeats(call.account),
    )  # fmt: skip
    return listed(page, links, call.query, call.address, _messages(page, call))


def get_campaign(call: Call) -> Reply:
    """One campaign."""
    row = next((row for row in _campaigns(call.account) if row["id"] == call.key), None)
    if row is None:
        raise not_found("campaign", call.key)
    return single(row, call.query, call.address, _messages([row], call))


def get_accounts(call: Call) -> Reply:
    """The only account that the key opens."""
    world = call.account.world
    contact = {
        "default_sender_name": SHOP_NAME,
        "default_sender_email": "news@shop.example",
        "website_url": "https://shop.example",
        "organization_name": SHOP_NAME,
        "street_address": dict.fromkeys(
            ("address1", "address2", "city", "region", "country", "zip"), ""
        ),
    }
    attributes = {
        "test_account": False,
        "contact_information": contact,
        "industry": "Food & Drink",
        "timezone": world.zone,
        "preferred_currency": world.currency,
        "public_api_key": "SANDBX",
        "locale": LOCALES[world.channel.language],
    }
    row = {"type": "account", "id": "SANDBX", "attributes": attributes}
    return listed([row], {"self": call.address.own}, call.query, call.address)


def _reviews(account: Account) -> list[Row]:
    world = account.world
    return account.derived(_written, world.reviews, world.products, world.contacts)


def _written(reviews: pl.DataFrame, products: pl.DataFrame, contacts: pl.DataFrame) -> list[Row]:
    frame = reviews.join(products.select("product_id", "title"), on="product_id", how="left").join(
        contacts.select("household_id", "email", "first_name"), on="household_id", how="left"
    )
    return [_review(row) for row in frame.sort("review_id").iter_rows(named=True)]


def _review(given: dict[str, Any]) -> Row:
    product_id = str(given["product_id"])
    attributes: Row = {
        "email": given["email"],
        "status": {"value": "published"},
        "verified": True,
        "review_type": "review",
        "created": utc_text(given["created_at"]),
        "updated": utc_text(given["updated_at"]),
        "images": [],
        "product": {
            "url": f"https://shop.example/products/{product_id}",
            "name": given["title"] or product_id,
            "image_url": None,
            "external_id": product_id,
        },
        "rating": given["stars"],
        "author": given["first_name"],
        "content": given["text"],
        "title": None,
        "smart_quote": None,
    }
    if given["reply"] is not None:
        attributes["public_reply"] = {
            "content": given["reply"],
            "author": SHOP_NAME,
            "updated": utc_text(given["replied_at"]),
        }
    related = {"events": ("event", []), "item": ("catalog-item", f"{_ITEM}{product_id}")}
    key = str(given["review_id"])
    return {"type": "review", "id": key, "attributes": attributes, "relationships": related}


def _look_review(row: Row, name: str) -> list[Any]:
    if name == "item.id":
        return [target(row, "item")]
    return look(row, "status.value" if name == "status" else name)


def _campaigns(account: Account) -> list[Row]:
    clock = account.world.clock
    first: datetime | None = account.world.orders.select(pl.col("created_at").min()).item()
    number = ((first or clock) - _FIRST_MONDAY) // _WEEK
    rows = []
    while _FIRST_MONDAY + number * _WEEK < clock:
        rows.append(_campaign(number, clock))
        number += 1
    return rows


def _campaign(number: int, clock: datetime) -> Row:
    created_at = _FIRST_MONDAY + number * _WEEK
    sends_at = created_at + _SENDS_AFTER
    is_sent = sends_at <= clock
    key = f"01CAMPAIGN{number:016d}"
    attributes = {
        "name": f"Members' news {created_at:%G week %V}",
        "status": "Sent" if is_sent else "Scheduled",
        "archived": False,
        "audiences": {"included": ["SKNEWS"], "excluded": []},
        "send_options": {"use_smart_sending": True},
        "send_strategy": {
            "method": "static",
            "datetime": utc_text(sends_at),
            "options": {"is_local": False},
        },
        "created_at": utc_text(created_at),
        "scheduled_at": utc_text(created_at),
        "updated_at": utc_text(sends_at if is_sent else created_at),
        "send_time": utc_text(sends_at),
    }
    related = {"campaign-messages": ("campaign-message", [f"01MESSAGE{number:017d}"])}
    return {"type": "campaign", "id": key, "attributes": attributes, "relationships": related}


def _channel(key: str) -> str:
    return "sms" if int(key[-16:]) % 4 == 0 else "email"


def _messages(campaigns: list[Row], call: Call) -> list[Row]:
    """The message of each campaign, if messages are to be included."""
    if "campaign-messages" not in call.query.include:
        return []
    return [_message(row) for row in campaigns]


def _message(campaign: Row) -> Row:
    name, channel = campaign["attributes"]["name"], _channel(campaign["id"])
    content = {"subject": name, "preview_text": None, "from_email": "news@shop.example"}
    definition = {
        "channel": channel,
        "content": content if channel == "email" else {"body": name, "media_url": None},
    }
    return {
        "type": "campaign-message",
        "id": campaign["relationships"]["campaign-messages"][1][0],
        "attributes": {
            "definition": definition | ({"label": name} if channel == "email" else {}),
            "created_at": campaign["attributes"]["created_at"],
            "updated_at": campaign["attributes"]["updated_at"],
        },
        "relationships": {"campaign": ("campaign", campaign["id"])},
    }


def _look_campaign(row: Row, name: str) -> list[Any]:
    return [_channel(row["id"])] if name == "messages.channel" else look(row, name)
