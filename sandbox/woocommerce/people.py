"""Customers and their reviews."""

import html
from typing import Any, Final

import polars as pl

from sandbox.kit.fields import alike
from sandbox.kit.lists import equal
from sandbox.phones import phone_of
from sandbox.woocommerce import schema
from sandbox.woocommerce.calls import Call, Row
from sandbox.woocommerce.listing import Collection
from sandbox.woocommerce.resources import Resource
from sandbox.world.world import row_of

_HIDDEN: Final = ("hold", "spam", "trash")
_WRITTEN: Final[dict[str, schema.Reader]] = {
    "id": schema.anything,
    "review": schema.text,
    "rating": schema.integer(),
    "status": schema.one_of(("approved", *_HIDDEN, "unspam", "untrash")),
}


class Customers(Resource):
    """Accounts; there is no trash for people, and no filter by date."""

    kind, frame, target = "customer", "customers", "household_id"
    missing, no_trash = "no_customer", "Customers do"
    allows = "list_all get delete"
    collection = Collection(
        "household_id",
        {"id": "household_id", "name": "first_name", "registered_date": "created_at"},
        default="name", direction="asc", created=None, filters="email role",
    )  # fmt: skip

    def _chosen(self, call: Call, rows: pl.DataFrame) -> pl.DataFrame:
        if call.params.text("role", "customer") not in ("all", "customer"):
            rows = rows.clear()
        return rows.filter(equal("email", call.params.text("email") or None))

    def _document(self, call: Call, row: Row) -> Row:
        return {
            "id": row["household_id"],
            **call.shop.dates(date_created=row["created_at"], date_modified=row["updated_at"]),
            **{name: row[name] for name in ("email", "first_name", "last_name")},
            "role": "customer",
            "username": row["email"].partition("@")[0],
            **addresses(row, row["household_id"]),
            "is_paying_customer": True,
            "avatar_url": "",
            "meta_data": [],
            "_links": call.links("customers", row["household_id"]),
        }


class Reviews(Resource):
    """Reviews; no filter knows when they changed, and there is no reply to one."""

    kind, frame, target = "review", "reviews", "review_id"
    missing = "no_review"
    allows, batches = "list_all get update delete batch", "update"
    collection = Collection(
        "review_id",
        {"date": "created_at", "date_gmt": "created_at", "id": "review_id",
         "product": "product_id"},
        default="date_gmt", filters="product status",
    )  # fmt: skip

    def _chosen(self, call: Call, rows: pl.DataFrame) -> pl.DataFrame:
        """Without a status only those that are approved."""
        status, kept = call.params.text("status", "approved"), call.shop.kept.status["reviews"]
        key = pl.col("review_id")
        if status == "approved":
            rows = rows.filter(~key.is_in(list(kept)))
        elif status != "all":
            rows = rows.filter(key.is_in([one for one, own in kept.items() if own == status]))
        asked = call.params.listed("product")
        return rows.filter(pl.col("product_id").cast(pl.String).is_in(asked)) if asked else rows

    def _document(self, call: Call, row: Row) -> Row:
        """The text is HTML in a paragraph; the customer who wrote it may be gone."""
        key, product, shop = row["review_id"], row["product_id"], call.shop
        member = row_of(shop.world.customers, "household_id", row["household_id"]) or {}
        return {
            "id": key,
            **shop.dates(date_created=row["created_at"]),
            "product_id": product,
            "product_name": f"product-{product}",
            "product_permalink": "",
            "status": shop.kept.status["reviews"].get(key, "approved"),
            "reviewer": member.get("first_name", ""),
            "reviewer_email": member.get("email", ""),
            "review": f"<p>{html.escape(row['text'], quote=False)}</p>\n",
            "rating": row["stars"],
            "verified": True,
            "reviewer_avatar_urls": {},
            "_links": call.links("products/reviews", key, up=f"products/{product}"),
        }

    def _checked(self, call: Call, row: Row | None, given: Row) -> Any:
        assert row is not None
        found = schema.read(given, _WRITTEN, "a review")
        text, stars = found.get("review", row["text"]), found.get("rating", row["stars"])
        return {"text": text, "stars": stars}, found.get("status")

    def _write(self, call: Call, row: Row, written: Any) -> None:
        key, shop, kept = row["review_id"], call.shop, call.shop.kept.status["reviews"]
        values, status = written
        shop.world.set_review(key, **values, updated_at=shop.now)
        if status:
            kept.pop(key, None)
        if status in _HIDDEN:
            kept[key] = status
        shop.record("set_review", key, {"stars": values["stars"], "status": status})

    def _updated(self, call: Call, key: int, given: Row) -> Row:
        """The text is answered as it was written."""
        found = super()._updated(call, key, given)
        return found | {"review": self.found(call, key)["text"].item()}

    def _deleted(self, call: Call, key: int, *, is_forced: bool) -> Row:
        found = super()._deleted(call, key, is_forced=is_forced)
        return {"deleted": True, "previous": found} if is_forced else found


def addresses(member: Row, household_id: int) -> Row:
    """A made-up address, twice; the names are the member's. Only that to bill reaches one."""
    own = {
        **{name: member.get(name, "") for name in ("first_name", "last_name")},
        **alike("", "company address_2 state"),
        "address_1": f"Musterstraße {household_id % 200 + 1}",
        "city": "Musterstadt",
        "postcode": "00000",
        "country": "DE",
    }
    reached = {"email": member.get("email", ""), "phone": phone_of(household_id)}
    return {"billing": own | reached, "shipping": own}
