"""Reviews, campaigns and the account: what is only read, and follows from the world."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import polars as pl

from sandbox.kit.fields import alike
from sandbox.klaviyo.account import Account, Call, Row
from sandbox.klaviyo.filters import utc_text
from sandbox.klaviyo.profiles import LOCALES
from sandbox.klaviyo.resources import Resource
from sandbox.world.world import SHOP_NAME

_FIRST_MONDAY: Final = datetime(2020, 1, 6, 9, tzinfo=UTC)
_WEEK: Final = timedelta(weeks=1)
_SENDS_AFTER: Final = timedelta(days=3, hours=1)
_ITEM: Final = "$custom:::$default:::"
_SITE, _SENDER = "https://shop.example", "news@shop.example"


class Reviews(Resource):
    """The reviews of the world."""

    kind = "review"
    alias, pointers = ("status", "status.value"), "item.id"

    def rows(self, account: Account) -> dict[str, Row]:
        """What was written until now."""
        world = account.world
        return account.derived(_reviews, world.reviews, world.products, world.contacts)


class Campaigns(Resource):
    """The campaigns of one channel: a newsletter a week, every fourth by SMS."""

    kind = "campaign"

    def rows(self, account: Account) -> dict[str, Row]:
        """Those that began since the first order."""
        clock = account.now
        first: datetime | None = account.world.orders.select(pl.col("created_at").min()).item()
        begun = range(
            ((first or clock) - _FIRST_MONDAY) // _WEEK, -((_FIRST_MONDAY - clock) // _WEEK)
        )
        return {row["id"]: row for row in (_campaign(number, clock) for number in begun)}

    def _look(self, row: Row, name: str) -> list[Any]:
        """The channel is that of the message."""
        return [_channel(row["id"])] if name == "messages.channel" else super()._look(row, name)

    def _included(self, call: Call, rows: Sequence[Row]) -> list[Row]:
        """The message of each campaign."""
        return [_message(row) for row in rows]


class Accounts(Resource):
    """The only account that the key opens."""

    kind = "account"

    def rows(self, account: Account) -> dict[str, Row]:
        """It alone."""
        world = account.world
        attributes = {
            "test_account": False,
            "contact_information": {
                **alike(SHOP_NAME, "default_sender_name organization_name"),
                "default_sender_email": _SENDER,
                "website_url": _SITE,
                "street_address": alike("", "address1 address2 city region country zip"),
            },
            "industry": "Food & Drink",
            "timezone": world.zone,
            "preferred_currency": world.currency,
            "public_api_key": "SANDBX",
            "locale": LOCALES[world.channel.language],
        }
        return {"SANDBX": {"type": "account", "id": "SANDBX", "attributes": attributes}}


def _reviews(
    reviews: pl.DataFrame, products: pl.DataFrame, contacts: pl.DataFrame
) -> dict[str, Row]:
    frame = reviews.join(products.select("product_id", "title"), on="product_id", how="left").join(
        contacts.select("household_id", "email", "first_name"), on="household_id", how="left"
    )
    rows = map(_review, frame.sort("review_id").iter_rows(named=True))
    return {row["id"]: row for row in rows}


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
            "url": f"{_SITE}/products/{product_id}",
            "name": given["title"] or product_id,
            "image_url": None,
            "external_id": product_id,
        },
        "rating": given["stars"],
        "author": given["first_name"],
        "content": given["text"],
        **alike(None, "title smart_quote"),
    }
    if given["reply"] is not None:
        at = utc_text(given["replied_at"])
        attributes["public_reply"] = {"content": given["reply"], "author": SHOP_NAME, "updated": at}
    related = {"events": ("event", []), "item": ("catalog-item", f"{_ITEM}{product_id}")}
    key = str(given["review_id"])
    return {"type": "review", "id": key, "attributes": attributes, "relationships": related}


def _campaign(number: int, clock: datetime) -> Row:
    created_at = _FIRST_MONDAY + number * _WEEK
    sends_at = created_at + _SENDS_AFTER
    is_sent = sends_at <= clock
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
        **alike(utc_text(created_at), "created_at scheduled_at"),
        "updated_at": utc_text(sends_at if is_sent else created_at),
        "send_time": utc_text(sends_at),
    }
    key = f"01CAMPAIGN{number:016d}"
    related = {"campaign-messages": ("campaign-message", [f"01MESSAGE{number:017d}"])}
    return {"type": "campaign", "id": key, "attributes": attributes, "relationships": related}


def _channel(key: str) -> str:
    return "sms" if int(key[-16:]) % 4 == 0 else "email"


def _message(campaign: Row) -> Row:
    own, channel = campaign["attributes"], _channel(campaign["id"])
    name = own["name"]
    email = {"subject": name, "preview_text": None, "from_email": _SENDER}
    definitions = {
        "email": {"channel": channel, "content": email, "label": name},
        "sms": {"channel": channel, "content": {"body": name, "media_url": None}},
    }
    return {
        "type": "campaign-message",
        "id": campaign["relationships"]["campaign-messages"][1][0],
        "attributes": {
            "definition": definitions[channel],
            **{name: own[name] for name in ("created_at", "updated_at")},
        },
        "relationships": {"campaign": ("campaign", campaign["id"])},
    }
