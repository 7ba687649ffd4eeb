"""Customers and their reviews."""

import html
from typing import Any, Final

import polars as pl

from sandbox.kit.fields import alike
from sandbox.phones import phone_of
from sandbox.woocommerce.calls import Call, Row
from sandbox.woocommerce.errors import check_choice, check_names, invalid
from sandbox.woocommerce.listing import Collection
from sandbox.woocommerce.resources import Resource
from sandbox.world.world import World, row_of

REVIEW_STATUSES: Final = ("approved", "hold", "spam", "unspam", "trash", "untrash")


class Customers(Resource):
    """Accounts; there is no trash for people, and no filter by date."""

    kind, frame, target = "customer", "customers", "household_id"
    missing, no_trash = "no_customer", "Customers do"
    allows = "list get delete"
    collection = Collection(
        "household_id",
        {"id": "household_id", "name": "first_name", "registered_date": "created_at"},
        default="name",
        direction="asc",
        created=None,
        filters=frozenset({"email", "role"}),
    )

    def chosen(self, call: Call, rows: pl.DataFrame) -> pl.DataFrame:
        """By role, which is the same for all, and by email."""
        if call.params.text("role", "customer") not in ("all", "customer"):
            rows = rows.clear()
        email = call.params.text("email")
        return rows.filter(pl.col("email") == email) if email else rows

    def document(self, call: Call, row: Row) -> Row:
        """The document of a customer."""
        key = row["household_id"]
        return {
            "id": key,
            **call.shop.dates(date_created=row["created_at"], date_modified=row["updated_at"]),
            **{name: row[name] for name in ("email", "first_name", "last_name")},
            "role": "customer",
            "username": row["email"].partition("@")[0],
            **addresses(row, key),
            "is_paying_customer": True,
            "avatar_url": "",
            "meta_data": [],
            "_links": call.links("customers", key),
        }


class Reviews(Resource):
    """Reviews; no filter knows when they changed, and there is no reply to one."""

    kind, frame, target = "review", "reviews", "review_id"
    missing = "no_review"
    allows, batches = "list get update delete batch", "update"
    collection = Collection(
        "review_id",
        {
            "date": "created_at", "date_gmt": "created_at", "id": "review_id",
            "product": "product_id",
        },
        default="date_gmt",
        filters=frozenset({"product", "status"}),
    )  # fmt: skip

    def chosen(self, call: Call, rows: pl.DataFrame) -> pl.DataFrame:
        """By product, and by status: without one only those that are approved."""
        status, kept = call.params.text("status", "approved"), call.shop.kept.status["reviews"]
        key = pl.col("review_id")
        if status == "approved":
            rows = rows.filter(~key.is_in(list(kept)))
        elif status != "all":
            rows = rows.filter(key.is_in([one for one, own in kept.items() if own == status]))
        asked = call.params.listed("product")
        return rows.filter(pl.col("product_id").cast(pl.String).is_in(asked)) if asked else rows

    def document(self, call: Call, row: Row) -> Row:
        """The document of a review; its text is HTML in a paragraph."""
        key, product = row["review_id"], row["product_id"]
        member = member_of(call.shop.world, row["household_id"])
        return {
            "id": key,
            **call.shop.dates(date_created=row["created_at"]),
            "product_id": product,
            "product_name": f"product-{product}",
            "product_permalink": "",
            "status": call.shop.kept.status["reviews"].get(key, "approved"),
            "reviewer": member.get("first_name", ""),
            "reviewer_email": member.get("email", ""),
            "review": f"<p>{html.escape(row['text'], quote=False)}</p>\n",
            "rating": row["stars"],
            "verified": True,
            "reviewer_avatar_urls": {},
            "_links": call.links("products/reviews", key, up=f"products/{product}"),
        }

    def checked(self, call: Call, row: Row | None, given: Row) -> Row:
        """What is written of a review: its text, its rating, or whether it is shown."""
        assert row is not None
        check_names(given, {"id", "review", "rating", "status"}, "a review")
        check_choice("status", given.get("status", "approved"), REVIEW_STATUSES)
        rating = given.get("rating", row["stars"])
        if isinstance(rating, bool) or not isinstance(rating, int):
            raise invalid("rating", "rating is not of type integer.")
        text = str(given.get("review", row["text"]))
        return {"text": text, "stars": rating, "status": given.get("status")}

    def write(self, call: Call, key: int, written: Any) -> None:
        """Change a review."""
        shop, status = call.shop, written.pop("status")
        shop.world.set_review(key, **written, updated_at=shop.now)
        if status:
            shop.kept.status["reviews"].pop(key, None)
        if status in ("hold", "spam", "trash"):
            shop.kept.status["reviews"][key] = status
        shop.record("set_review", key, {"stars": written["stars"], "status": status})

    def updated(self, call: Call, key: int, given: Row) -> Row:
        """Change one; its text is answered as it was written."""
        found = super().updated(call, key, given)
        return found | {"review": self.found(call, key)["text"].item()}

    def deleted(self, call: Call, key: int, *, is_forced: bool) -> Row:
        """Delete one; for good, its answer is another."""
        found = super().deleted(call, key, is_forced=is_forced)
        return {"deleted": True, "previous": found} if is_forced else found


def member_of(world: World, household_id: int) -> Row:
    """The customer with an id, or nothing of one who is gone."""
    return row_of(world.customers, "household_id", household_id) or {}


def addresses(member: Row, household_id: int) -> Row:
    """A made-up address, twice; the names are the member's. Only that to bill reaches one."""
    own = {
        "first_name": member.get("first_name", ""),
        "last_name": member.get("last_name", ""),
        **alike("", "company address_2 state"),
        "address_1": f"Musterstraße {household_id % 200 + 1}",
        "city": "Musterstadt",
        "postcode": "00000",
        "country": "DE",
    }
    reached = {"email": member.get("email", ""), "phone": phone_of(household_id)}
    return {"billing": own | reached, "shipping": own}
