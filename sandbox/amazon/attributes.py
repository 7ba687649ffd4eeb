"""What a patch of a listing would change, and what is wrong with it."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from sandbox.amazon.account import Account
from sandbox.amazon.listings import CHANNEL_CODE
from sandbox.amazon.names import decimals

PRICE: Final = "purchasable_offer"
STOCK: Final = "fulfillment_availability"
MAX_UNITS: Final = 10**6
MAX_AMOUNT: Final = Decimal(10**9)
# The codes of issues: the first three stand in the official examples.
INVALID_ATTRIBUTE: Final = "90000900"
MISSING_ATTRIBUTE: Final = "90220"
PRICE_BOUND: Final = "18155"
DOUBTFUL_PRICE: Final = "90248"

Entry = dict[str, Any]


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


def issue(code: str, message: str, attribute: str, category: str) -> Entry:
    """An issue that keeps a submission from being processed."""
    return {
        "code": code,
        "message": message,
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
        entries = [] if patch.value is UNSET else patch.value
        if read is None:
            _reject(change, f"'{name}' cannot be changed.", name)
        elif patch.op == "delete":
            _reject(change, f"'{name}' cannot be deleted from an active listing.", name)
        elif not entries:
            _lacking(change, name, name)
        else:
            for entry in entries:
                read(account, change, entry, is_merge=patch.op == "merge")
    return change


def _price(account: Account, change: Change, entry: Entry, *, is_merge: bool) -> None:
    currency = account.world.currency
    if not account.is_ours(entry.get("marketplace_id", account.credentials.marketplace_id)):
        _reject(change, "The offer is for a store that was not named.", PRICE)
    elif entry.get("audience", "ALL") != "ALL" or "discounted_price" in entry:
        _reject(change, "Only the regular price for all buyers can be changed.", PRICE)
    elif "currency" not in entry:
        _lacking(change, "currency", PRICE)
    elif entry["currency"] != currency:
        _reject(change, f"The currency of this store is {currency}.", PRICE)
    elif "our_price" in entry:
        _our_price(change, entry, currency)
    elif not is_merge:
        _lacking(change, "our_price", PRICE)


def _our_price(change: Change, entry: Entry, currency: str) -> None:
    price = _amount(entry, "our_price")
    places = decimals(currency)
    if price is None or not 0 < price <= MAX_AMOUNT or price != round(price, places):
        text = f"The price must be a positive number with at most {places} decimals."
        change.issues.append(issue(INVALID_ATTRIBUTE, text, PRICE, "INVALID_PRICE"))
        return
    for name, side in (("minimum_seller_allowed_price", 1), ("maximum_seller_allowed_price", -1)):
        bound = _amount(entry, name)
        if bound is not None and (bound - price) * side > 0:
            text = f"The selling price does not keep the listing's '{name}'."
            change.issues.append(issue(PRICE_BOUND, text, PRICE, "INVALID_PRICE"))
    change.price_minor = int(price.scaleb(places))


def _amount(entry: Entry, name: str) -> Decimal | None:
    """The price in force of one kind; None when it is not a number."""
    try:
        [kind] = entry[name]
        [schedule] = kind["schedule"]
        value = schedule["value_with_tax"]
    except (KeyError, ValueError, TypeError):
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return Decimal(repr(value)) if is_number else None


def _stock(_: Account, change: Change, entry: Entry, *, is_merge: bool) -> None:
    units = entry.get("quantity")
    if entry.get("fulfillment_channel_code") != CHANNEL_CODE:
        _reject(change, f"Only the quantity of the channel {CHANNEL_CODE} can be set.", STOCK)
    elif units is None:
        if not is_merge:
            _lacking(change, "quantity", STOCK)
    elif not isinstance(units, int) or isinstance(units, bool) or not 0 <= units <= MAX_UNITS:
        _reject(change, "The quantity must be a whole number that is not negative.", STOCK)
    else:
        change.units = units


def _reject(change: Change, message: str, attribute: str) -> None:
    change.issues.append(issue(INVALID_ATTRIBUTE, message, attribute, "INVALID_ATTRIBUTE"))


def _lacking(change: Change, name: str, attribute: str) -> None:
    text = f"'{name}' is required but not supplied."
    change.issues.append(issue(MISSING_ATTRIBUTE, text, attribute, "MISSING_ATTRIBUTE"))
