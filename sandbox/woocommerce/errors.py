"""A refusal as WordPress writes it: a code, a message, and the HTTP status again in `data`."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sandbox.kit.errors import ErrorTable, RefusedError

_SHOP: Final = "woocommerce_rest_"
ERRORS: Final = ErrorTable(
    ("code", "message", "status"),
    {
        # The platform has it, the sandbox does not: said aloud, so that no test passes by silence.
        "not_emulated": ("sandbox_not_emulated", "The sandbox does not emulate {what}.", 501),
        "no_path": (
            "rest_no_route", "No route was found matching the URL and request method.", 404,
        ),
        "stranger": (_SHOP + "cannot_{verb}", "Sorry, you cannot {verb} resources.", 401),
        "unsigned": (_SHOP + "authentication_missing_parameter", "{reason}", 401),
        "key": (_SHOP + "authentication_error", "{reason}", 401),
        "user": ("invalid_username", "Unknown username.", 401),
        "password": (
            "incorrect_password", "The provided password is an invalid application password.", 401,
        ),
        "json": ("rest_invalid_json", "Invalid JSON body passed.", 400),
        "invalid": ("rest_invalid_param", "Invalid parameter(s): {name}", 400),
        "missing": ("rest_missing_callback_param", "Missing parameter(s): {name}", 400),
        "batch": (
            _SHOP + "request_entity_too_large",
            "Unable to accept more than {most} items for this request.", 413,
        ),
        "no_trash": (_SHOP + "trash_not_supported", "{what} not support trashing.", 501),
        "trashed": (_SHOP + "already_trashed", "Already deleted.", 410),
        "no_order": (_SHOP + "shop_order_invalid_id", "Invalid ID.", 404),
        "no_orders_refund": (_SHOP + "invalid_order_id", "Invalid order ID.", 404),
        "no_refund": (_SHOP + "shop_order_refund_invalid_id", "Invalid ID.", 404),
        "no_product": (_SHOP + "product_invalid_id", "Invalid ID.", 404),
        "no_variation": (_SHOP + "product_variation_invalid_id", "Invalid ID.", 404),
        "is_variation": (
            _SHOP + "invalid_product_id",
            "To manipulate product variations you should use their own address.", 404,
        ),
        "no_customer": ("wc_user_invalid_id", "Invalid user ID.", 404),
        "no_coupon": (_SHOP + "shop_coupon_invalid_id", "Invalid ID.", 404),
        "no_review": (_SHOP + "review_invalid_id", "Invalid review ID.", 404),
        "coupon_exists": (_SHOP + "shop_coupon_exists", "Cannot create existing shop_coupon.", 400),
        "code_exists": (
            _SHOP + "coupon_code_already_exists", "The coupon code already exists", 400,
        ),
        "amount": ("coupon_invalid_amount", "Invalid discount amount.", 400),
        "buyer": (_SHOP + "invalid_customer_id", "Customer ID is invalid.", 400),
        "goods": (
            _SHOP + "required_product_reference", "Product ID or SKU is required.", 400,
        ),
        "coupon": (_SHOP + "invalid_coupon", "{reason}", 400),
    },
)  # fmt: skip


def answer(refused: RefusedError) -> dict[str, Any]:
    """The body of an answer, or the `error` of a row of a batch."""
    entry = refused.entry
    data = {"status": entry["status"], **entry.get("data", {})}
    return {"code": entry["code"], "message": entry["message"], "data": data}


def refused(name: str, /, data: Mapping[str, Any], **values: object) -> RefusedError:
    """A refusal that says more in its `data`."""
    found = ERRORS(name, **values)
    found.entry["data"] = data
    return found


def invalid(name: str, why: str) -> RefusedError:
    """A parameter has a value that its schema does not allow."""
    return refused("invalid", {"params": {name: why}}, name=name)


def missing(name: str) -> RefusedError:
    """A parameter that is required was not given."""
    return refused("missing", {"params": [name]}, name=name)


def not_emulated(what: str) -> RefusedError:
    """The platform has it, the sandbox does not."""
    return ERRORS("not_emulated", what=what)


def check_names(given: Mapping[str, Any], known: Collection[str], of: str) -> None:
    """Check that a write names no field beyond those that the sandbox can change.

    Raises:
        RefusedError: 501, it does.
    """
    if unknown := sorted(set(given) - set(known)):
        raise not_emulated(f"the field {unknown[0]} of {of}")


def check_choice(name: str, value: object, known: Sequence[str], *, place: str = "") -> None:
    """Check that a value is one of those that are known; `place` is where in the parameter it is.

    Raises:
        RefusedError: 400, it is another.
    """
    if value not in known:
        *others, last = known
        comma = "," if len(others) > 1 else ""
        raise invalid(name, f"{place or name} is not one of {', '.join(others)}{comma} and {last}.")
