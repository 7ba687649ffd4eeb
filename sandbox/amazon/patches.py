"""Patches of listings: previewed and accepted at once, done later, and sometimes not at all."""

import uuid
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from sandbox.amazon.account import Account
from sandbox.amazon.attributes import PRICE, Change, Patch, change_of, issue
from sandbox.amazon.errors import wrong
from sandbox.amazon.listings import ITEMS, check_seller, product_of, product_type
from sandbox.amazon.names import asin
from sandbox.amazon.operations import OPERATIONS
from sandbox.amazon.under_way import Submission
from sandbox.kit.fields import Document, Row, as_is, document, written
from sandbox.kit.parameters import text, texts
from sandbox.kit.rest import Call

DOUBTFUL_FACTOR: Final = 10
"""A price so many times the one in force, or a part of it, is kept back after it was accepted."""
ANY_TYPE: Final = "PRODUCT"
_ROOT: Final = "/attributes/"
_IDENTIFIERS: Final = as_is(marketplaceId="store") | written(asin, asin="product_id")


class _Patches(msgspec.Struct, rename="camel"):
    """The body of `patchListingsItem`."""

    product_type: str
    patches: Annotated[list[Patch], Meta(min_length=1)]


@OPERATIONS(
    "PATCH", ITEMS + "/{sku}", 5, 5, body=_Patches, names_media=True,
    query={
        "marketplaceIds": texts(is_required=True),
        "includedData": texts("identifiers", "issues"),
        "mode": text("VALIDATION_PREVIEW"),
    },
)  # fmt: skip
def patch_listings_item(account: Account, call: Call) -> Document:
    """Change a price or a stock; with `mode=VALIDATION_PREVIEW` only say whether it would do."""
    check_seller(account, call)
    is_preview = call.query["mode"] is not None
    has_identifiers = "identifiers" in call.query["includedData"]
    if has_identifiers and not is_preview:
        raise wrong("identifiers can only be included when mode is VALIDATION_PREVIEW.")
    product = product_of(account, call)
    if product is None:
        # This operation documents no 404.
        raise wrong(f"SKU '{call.path['sku']}' not found.")
    if any("/" in patch.path.removeprefix(_ROOT) for patch in call.body.patches):
        raise wrong("Only top-level attributes can be patched.")
    change, own_type = change_of(account, call.body.patches), product_type(product)
    if call.body.product_type not in (ANY_TYPE, own_type):
        change.reject("type", "product_type", type=own_type)
    accepted = "VALID" if is_preview else "ACCEPTED"
    answer: dict[str, Any] = {
        "sku": call.path["sku"],
        "status": "INVALID" if change.issues else accepted,
        "submissionId": uuid.uuid4().hex,
        "issues": change.issues,
    }
    if has_identifiers:
        answer["identifiers"] = [document(_IDENTIFIERS, product)]
    if not is_preview:
        _submit(account, product, change)
    return answer


def settle(account: Account) -> None:
    """Do what was accepted and is due, in the order it came."""
    now, waiting = account.seconds(), account.submissions
    account.submissions = []
    for submission in waiting:
        if now < submission.due:
            account.submissions.append(submission)
        elif submission.issues:
            account.issues[submission.product_id] = submission.issues
        else:
            account.issues.pop(submission.product_id, None)
            account.world.set_product(submission.product_id, **submission.values)
            for write in submission.writes:
                write["applied"] = True


def _submit(account: Account, product: Row, change: Change) -> None:
    """Keep what was requested; what is valid waits for its time."""
    sku, clock, manner = product["product_id"], account.now, account.manner
    values: dict[str, Any] = {}
    writes = []
    if change.price_minor is not None:
        values |= {"price_minor": change.price_minor, "updated_at": clock}
        writes.append(account.record("set_price", sku, change.price_minor, applied=False))
    if change.units is not None:
        values |= {"on_hand_units": change.units, "stock_updated_at": clock, "updated_at": clock}
        writes.append(account.record("set_stock", sku, change.units, applied=False))
    if change.issues or not values:
        return
    issues = _late_issues(account, product, change)
    due = account.seconds() + (manner.issue_seconds if issues else manner.listing_seconds)
    account.submissions.append(Submission(sku, values, writes, issues, due))


def _late_issues(account: Account, product: Row, change: Change) -> list[dict[str, Any]]:
    """The issues of a price that passes validation and is still not published."""
    before, after = max(1, product["price_minor"]), change.price_minor
    is_doubtful = after is not None and not (
        before <= after * DOUBTFUL_FACTOR and after <= before * DOUBTFUL_FACTOR
    )
    if not is_doubtful and not account.faults.spend("rejected"):
        return []
    enforcements = {
        "actions": [{"action": "ATTRIBUTE_SUPPRESSED"}],
        "exemption": {"status": "NOT_EXEMPT"},
    }
    rest = {"enforcements": enforcements, "marketplaceIds": [account.store]}
    return [issue("doubtful", PRICE) | rest]
