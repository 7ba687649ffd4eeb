"""Patches of listings: previewed and accepted at once, done later, and sometimes not at all."""

import uuid
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from sandbox.amazon.account import Account
from sandbox.amazon.attributes import DOUBTFUL_PRICE, PRICE, Change, Patch, change_of, issue
from sandbox.amazon.call import Call
from sandbox.amazon.errors import invalid
from sandbox.amazon.listings import check_seller, product_of, product_type
from sandbox.amazon.names import asin
from sandbox.amazon.query import body

DOUBTFUL_FACTOR: Final = 10
"""A price so many times the one in force, or a part of it, is held back after it was accepted."""
ANY_TYPE: Final = "PRODUCT"
_ROOT: Final = "/attributes/"


class _Asked(msgspec.Struct):
    """The body of `patchListingsItem`."""

    productType: str  # noqa: N815 the platform's name
    patches: Annotated[list[Patch], Meta(min_length=1)]


@dataclass
class Submission:
    """An accepted patch: what it does at `due`, or the issues that are shown at `told` instead."""

    product_id: int
    values: dict[str, Any]
    writes: list[dict[str, Any]]
    issues: list[dict[str, Any]]
    due: float
    told: float


def patch_listings_item(account: Account, call: Call) -> dict[str, Any]:
    """Change a price or a stock; with `mode=VALIDATION_PREVIEW` only tell whether it would do."""
    query = call.query
    included = query.texts("includedData", choices=("identifiers", "issues"))
    is_preview = query.text("mode", choices=("VALIDATION_PREVIEW",)) is not None
    asked = body(call.body, _Asked)
    check_seller(account, call)
    if "identifiers" in included and not is_preview:
        raise invalid("identifiers can only be included when mode is VALIDATION_PREVIEW.")
    product = product_of(account, call)
    if product is None:
        # This operation documents no 404.
        raise invalid(f"SKU '{call.path['sku']}' not found.")
    if any("/" in patch.path.removeprefix(_ROOT) for patch in asked.patches):
        raise invalid("Only top-level attributes can be patched.")
    change = change_of(account, asked.patches)
    if asked.productType not in (ANY_TYPE, product_type(product)):
        text = f"The product type of this listing is {product_type(product)}."
        change.issues.append(issue("90000900", text, "product_type", "INVALID_ATTRIBUTE"))
    submitted = "VALID" if is_preview else "ACCEPTED"
    answer: dict[str, Any] = {
        "sku": call.path["sku"],
        "status": "INVALID" if change.issues else submitted,
        "submissionId": uuid.uuid4().hex,
        "issues": change.issues,
    }
    if not is_preview:
        _submit(account, product, change)
    if "identifiers" in included:
        own = {"marketplaceId": account.credentials.marketplace_id}
        answer["identifiers"] = [own | {"asin": asin(product["product_id"])}]
    return answer


def settle(account: Account) -> None:
    """Do what was accepted and whose time is here, in the order it came."""
    now, waiting = account.now(), account.submissions
    account.submissions = []
    for submission in waiting:
        if now < (submission.told if submission.issues else submission.due):
            account.submissions.append(submission)
        elif submission.issues:
            account.issues[submission.product_id] = submission.issues
        else:
            account.issues.pop(submission.product_id, None)
            world = account.world
            world.set_product(submission.product_id, **submission.values)
            for write in submission.writes:
                write["applied"] = True


def _submit(account: Account, product: dict[str, Any], change: Change) -> None:
    """Keep what was asked; what is valid waits for its time."""
    sku, now, clock = str(product["product_id"]), account.now(), account.world.clock
    values: dict[str, Any] = {}
    writes = []
    if change.price_minor is not None:
        values |= {"price_minor": change.price_minor, "updated_at": clock}
        writes.append(account.record("set_price", sku, after=change.price_minor, applied=False))
    if change.units is not None:
        values |= {"on_hand_units": change.units, "stock_updated_at": clock, "updated_at": clock}
        writes.append(account.record("set_stock", sku, after=change.units, applied=False))
    if change.issues or not values:
        return
    account.submissions.append(
        Submission(
            product_id=product["product_id"],
            values=values,
            writes=writes,
            issues=_held_back(account, product, change),
            due=now + account.manner.listing_seconds,
            told=now + account.manner.issue_seconds,
        )
    )


def _held_back(account: Account, product: dict[str, Any], change: Change) -> list[dict[str, Any]]:
    """The issues of a price that passes validation and is still not published."""
    before, after = max(1, product["price_minor"]), change.price_minor
    is_doubtful = after is not None and not (
        before <= after * DOUBTFUL_FACTOR and after <= before * DOUBTFUL_FACTOR
    )
    if not is_doubtful and not account.faults.spend("rejected"):
        return []
    held = issue(DOUBTFUL_PRICE, "The price may be wrong.", PRICE, "INVALID_PRICE")
    held["enforcements"] = {
        "actions": [{"action": "ATTRIBUTE_SUPPRESSED"}],
        "exemption": {"status": "NOT_EXEMPT"},
    }
    held["marketplaceIds"] = [account.credentials.marketplace_id]
    return [held]
