"""Review requests: offered inside a window after delivery, sent once per order."""

from datetime import timedelta
from typing import Any, Final

from sandbox.amazon.account import Account
from sandbox.amazon.errors import ERRORS
from sandbox.amazon.names import order_number
from sandbox.amazon.operations import HAL, OPERATIONS
from sandbox.kit.fields import Document
from sandbox.kit.parameters import texts
from sandbox.kit.rest import Call

ROOTS: Final = {"/solicitations/v1": HAL}
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
_ORDER: Final = "/solicitations/v1/orders/{amazonOrderId}"
_STORE: Final = {"marketplaceIds": texts(most=1, is_required=True)}


@OPERATIONS("GET", _ORDER, 1, 5, query=_STORE, media=HAL)
def get_solicitation_actions_for_order(account: Account, call: Call) -> Document:
    """What may be sent for an order, as HAL links; nothing when it may not."""
    order, base, store = _requested(account, call), _ORDER.format(**call.path), account.store
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


@OPERATIONS("POST", f"{_ORDER}/solicitations/{NAME}", 1, 5, status=201, query=_STORE, media=HAL)
def create_product_review_and_seller_feedback_solicitation(
    account: Account, call: Call
) -> Document:
    """Request a review and feedback of the buyer; 403 when that is not offered."""
    refusal = _refusal(account, _requested(account, call))
    is_sent = refusal is None
    account.record(KIND, call.path["amazonOrderId"], is_sent or None, applied=is_sent)
    if not is_sent:
        raise ERRORS("unavailable", why=refusal)
    return {}


def _requested(account: Account, call: Call) -> dict[str, Any]:
    account.check_store(*call.query["marketplaceIds"])
    number = order_number(call.path["amazonOrderId"])
    order = None if number is None else account.world.order(number)
    if order is None:
        raise ERRORS("unknown", text="The requested order does not exist.")
    return order


def _refusal(account: Account, order: dict[str, Any]) -> str | None:
    """Why a request may not be sent for the order; None when it may.

    A refund does not matter to the platform: to leave those buyers alone is the seller's part.
    """
    is_sent = order["cancelled_at"] is None and order["fulfillment_status"] == "FULFILLED"
    if not is_sent or _was_requested(account, order["order_id"]):
        return _NOT_AVAILABLE
    opens, closes = order["deliver_from_at"] + FROM, order["deliver_by_at"] + UNTIL
    return None if opens <= account.now <= closes else _OUTSIDE


def _was_requested(account: Account, order_id: int) -> bool:
    return any(
        write["applied"] and order_number(write["target"]) == order_id
        for write in account.written(KIND)
    )
