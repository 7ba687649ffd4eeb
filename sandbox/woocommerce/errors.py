"""A refusal as WordPress writes it: a code, a message, and the HTTP status again in `data`."""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.kit.errors import ErrorTable, RefusedError

ERRORS: Final = ErrorTable(
    ("code", "message", "status"),
    {
        # The platform has it, the sandbox does not: said aloud, so that no test passes by silence.
        "not_emulated": ("sandbox_not_emulated", "The sandbox does not emulate {what}.", 501),
        **dict.fromkeys(
            ("no_path", "no_method"),
            ("rest_no_route", "No route was found matching the URL and request method.", 404),
        ),
        "stranger": ("woocommerce_rest_cannot_{verb}", "Sorry, you cannot {verb} resources.", 401),
        "unsigned": ("woocommerce_rest_authentication_missing_parameter", "{reason}", 401),
        "key": ("woocommerce_rest_authentication_error", "{reason}", 401),
        "user": ("invalid_username", "Unknown username.", 401),
        "password": (
            "incorrect_password", "The provided password is an invalid application password.", 401,
        ),
        "json": ("rest_invalid_json", "Invalid JSON body passed.", 400),
        "invalid": ("rest_invalid_param", "Invalid parameter(s): {name}", 400),
        "missing": ("rest_missing_callback_param", "Missing parameter(s): {name}", 400),
        "batch": (
            "woocommerce_rest_request_entity_too_large",
            "Unable to accept more than {most} items for this request.", 413,
        ),
        "no_trash": ("woocommerce_rest_trash_not_supported", "{what} not support trashing.", 501),
        "trashed": ("woocommerce_rest_already_trashed", "Already deleted.", 410),
        "no_order": ("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404),
        "no_orders_refund": ("woocommerce_rest_invalid_order_id", "Invalid order ID.", 404),
        "no_refund": ("woocommerce_rest_shop_order_refund_invalid_id", "Invalid ID.", 404),
        "no_product": ("woocommerce_rest_product_invalid_id", "Invalid ID.", 404),
        "no_variation": ("woocommerce_rest_product_variation_invalid_id", "Invalid ID.", 404),
        "is_variation": (
            "woocommerce_rest_invalid_product_id",
            "To manipulate product variations you should use their own address.", 404,
        ),
        "no_customer": ("wc_user_invalid_id", "Invalid user ID.", 404),
        "no_coupon": ("woocommerce_rest_shop_coupon_invalid_id", "Invalid ID.", 404),
        "no_review": ("woocommerce_rest_review_invalid_id", "Invalid review ID.", 404),
        "coupon_exists": (
            "woocommerce_rest_shop_coupon_exists", "Cannot create existing shop_coupon.", 400,
        ),
        "code_exists": (
            "woocommerce_rest_coupon_code_already_exists", "The coupon code already exists", 400,
        ),
        "amount": ("coupon_invalid_amount", "Invalid discount amount.", 400),
        "buyer": ("woocommerce_rest_invalid_customer_id", "Customer ID is invalid.", 400),
        "goods": (
            "woocommerce_rest_required_product_reference", "Product ID or SKU is required.", 400,
        ),
        "coupon": ("woocommerce_rest_invalid_coupon", "{reason}", 400),
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
