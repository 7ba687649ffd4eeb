"""What a patch of a listing would change, and what is wrong with it."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from sandbox.amazon.account import Account
from sandbox.amazon.listings import CHANNEL_CODE
from sandbox.kit.money import decimals

PRICE: Final = "purchasable_offer"
STOCK: Final = "fulfillment_availability"
MAX_UNITS: Final = 10**6
MAX_AMOUNT: Final = Decimal(10**9)
Entry = dict[str, Any]

# The code, the category and the message; all codes but the first stand in the official examples.
_ISSUES: Final = {
    kind: (code, category, message)
    for (code, category), messages in {
        ("90000900", "INVALID_ATTRIBUTE"): {
            "fixed": "'{attribute}' cannot be changed.",
            "listed": "'{attribute}' cannot be deleted from an active listing.",
            "store": "The offer is for a store that was not named.",
            "kind": "Only the regular price for all buyers can be changed.",
            "currency": "The currency of this store is {currency}.",
            "channel": f"Only the quantity of the channel {CHANNEL_CODE} can be set.",
            "quantity": "The quantity must be a whole number that is not negative.",
            "type": "The product type of this listing is {type}.",
        },
        ("90000900", "INVALID_PRICE"): {
            "price": "The price must be a positive number with at most {places} decimals.",
        },
        ("90220", "MISSING_ATTRIBUTE"): {"lacking": "'{name}' is required but not supplied."},
        ("18155", "INVALID_PRICE"): {
            "bound": "The selling price does not keep the listing's '{name}'.",
        },
        ("90248", "INVALID_PRICE"): {"doubtful": "The price may be wrong."},
    }.items()
    for kind, message in messages.items()
}


class Patch(msgspec.Struct):
    """One operation on one top-level attribute."""

    op: Literal["add", "replace", "merge", "delete"]
    path: str
    value: list[Entry] | UnsetType = UNSET


@dataclass
class Change:
    """The new price and stock, where a patch has one, and the issues of severity ERROR."""

    price_minor: int | None = None
    units: int | None = None
    issues: list[Entry] = field(default_factory=list)

    def reject(self, kind: str, attribute: str, /, **values: object) -> None:
        """Note what is wrong with an attribute."""
        self.issues.append(issue(kind, attribute, **values))


def issue(kind: str, attribute: str, /, **values: object) -> Entry:
    """An issue that keeps a submission from being processed."""
    code, category, message = _ISSUES[kind]
    return {
        "code": code,
        "message": message.format(attribute=attribute, **values),
        "severity": "ERROR",
        "attributeNames": [attribute],
        "categories": [category],
    }


def change_of(account: Account, patches: list[Patch]) -> Change:
    """What the patches would do, in their order."""
    change = Change()
    for patch in patches:
        name = patch.path.removeprefix("/attributes/")
        read = {PRICE: _price, STOCK: _stock}.get(name)
        if read is None:
            change.reject("fixed", name)
        elif patch.op == "delete":
            change.reject("listed", name)
        elif not patch.value:
            change.reject("lacking", name, name=name)
        else:
            for entry in patch.value:
                read(account, change, entry, is_merge=patch.op == "merge")
    return change


def _price(account: Account, change: Change, entry: Entry, *, is_merge: bool) -> None:
    currency = account.world.currency
    if entry.get("marketplace_id", account.store) != account.store:
        change.reject("store", PRICE)
    elif entry.get("audience", "ALL") != "ALL" or "discounted_price" in entry:
        change.reject("kind", PRICE)
    elif "currency" not in entry:
        change.reject("lacking", PRICE, name="currency")
    elif entry["currency"] != currency:
        change.reject("currency", PRICE, currency=currency)
    elif "our_price" in entry:
        _our_price(change, entry, decimals(currency))
    elif not is_merge:
        change.reject("lacking", PRICE, name="our_price")


def _our_price(change: Change, entry: Entry, places: int) -> None:
    price = _amount(entry, "our_price")
    if price is None or not 0 < price <= MAX_AMOUNT or price != round(price, places):
        change.reject("price", PRICE, places=places)
        return
    for name, side in (("minimum_seller_allowed_price", 1), ("maximum_seller_allowed_price", -1)):
        bound = _amount(entry, name)
        if bound is not None and (bound - price) * side > 0:
            change.reject("bound", PRICE, name=name)
    change.price_minor = int(price.scaleb(places))


def _amount(entry: Entry, name: str) -> Decimal | None:
    """The price in force of one kind; None when it is not a number."""
    try:
        [kind] = entry[name]
        [schedule] = kind["schedule"]
        value = schedule["value_with_tax"]
    except (KeyError, ValueError, TypeError):
        return None
    return Decimal(repr(value)) if type(value) in (int, float) else None


def _stock(_: Account, change: Change, entry: Entry, *, is_merge: bool) -> None:
    units = entry.get("quantity")
    if entry.get("fulfillment_channel_code") != CHANNEL_CODE:
        change.reject("channel", STOCK)
    elif units is None:
        if not is_merge:
            change.reject("lacking", STOCK, name="quantity")
    elif type(units) is not int or not 0 <= units <= MAX_UNITS:
        change.reject("quantity", STOCK)
    else:
        change.units = units
