"""Review requests: offered inside a window after delivery, sent once per order."""

from datetime import timedelta
from typing import Any, Final

from sandbox.amazon.account import Account
from sandbox.amazon.call import Call
from sandbox.amazon.errors import RefusedError, denied, missing
from sandbox.amazon.names import order_number

KIND: Final = "request_review"
NAME: Final = "productReviewAndSellerFeedback"
FROM: Final = timedelta(days=5)
"""After the start of the promised delivery span."""
UNTIL: Final = timedelta(days=30)
"""After its end."""
_NOT_AVAILABLE: Final = "The requested solicitation is not available for this amazonOrderId."
_OUTSIDE: Final = (
    "You can't use this feature to request a review outside the 5-30 day range after the order "
    "delivery date."
)


def get_solicitation_actions(account: Account, call: Call) -> dict[str, Any]:
    """What may be sent for an order, as HAL links; nothing when it may not."""
    store, order = _asked(account, call)
    base = f"/solicitations/v1/orders/{call.path['amazonOrderId']}"
    action = {"href": f"{base}/solicitations/{NAME}?marketplaceIds={store}", "name": NAME}
    actions = [action] if _refusal(account, order) is None else []
    schema = {"href": f"{base}/solicitations/{NAME}/schema", "name": NAME}
    return {
        "_links": {"actions": actions, "self": {"href": f"{base}?marketplaceIds={store}"}},
        "_embedded": {
            "actions": [
                {"_links": {"schema": schema, "self": link}, "payload": {"name": NAME}}
                for link in actions
            ]
        },
    }


def create_review_solicitation(account: Account, call: Call) -> dict[str, Any]:
    """Ask the buyer for a review and for feedback; 403 when that is not offered."""
    _, order = _asked(account, call)
    refusal = _refusal(account, order)
    amazon_id = call.path["amazonOrderId"]
    if refusal is not None:
        account.record(KIND, amazon_id, after=None, applied=False)
        raise RefusedError(403, "Unauthorized", refusal)
    account.record(KIND, amazon_id, after=True, applied=True)
    return {}


def _asked(account: Account, call: Call) -> tuple[str, dict[str, Any]]:
    [store] = call.query.texts("marketplaceIds", most=1, required=True)
    if not account.is_ours(store):
        raise denied()
    number = order_number(call.path["amazonOrderId"])
    order = None if number is None else account.world.order(number)
    if order is None:
        raise missing("The requested order does not exist.")
    return store, order


def _refusal(account: Account, order: dict[str, Any]) -> str | None:
    """Why a request may not be sent for the order; None when it may.

    A refund does not matter to the platform: to leave those buyers alone is the seller's part.
    """
    is_sent = order["cancelled_at"] is None and order["fulfillment_status"] == "FULFILLED"
    if not is_sent or _was_sent(account, order["order_id"]):
        return _NOT_AVAILABLE
    opens, closes = order["deliver_from_at"] + FROM, order["deliver_by_at"] + UNTIL
    return None if opens <= account.world.clock <= closes else _OUTSIDE


def _was_sent(account: Account, order_id: int) -> bool:
    return any(
        write.get("kind") == KIND and write["applied"] and order_number(write["target"]) == order_id
        for write in account.world.writes
    )
