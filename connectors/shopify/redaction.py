"""Where raw pages name customers: their own records, and what an order says of its customer."""

import re

from connectors.base.redaction import About, by_path

_CUSTOMER = re.compile(r"gid://shopify/Customer/(\d+)")


def _number(global_id: str) -> str | None:
    found = _CUSTOMER.fullmatch(global_id)
    return found[1] if found else None


_ABOUT = (
    # Beside a customer these say who it is. None is asked for; a page may hold them all the same.
    About(
        at="**",
        named_by=("customer.id",),
        tells=(
            "billingAddress",
            "clientIp",
            "customAttributes",
            "displayAddress",
            "email",
            "note",
            "phone",
            "shippingAddress",
        ),
        leaves_null=True,
        person_of=_number,
    ),
    About(at="**", named_by=("id", "__parentId"), person_of=_number),
)
redact = by_path(
    dict.fromkeys(("page", "rest", "bulk"), _ABOUT),
    lines=["bulk"],
    ids=re.compile(rb"gid:\\?/\\?/shopify\\?/Customer\\?/(\d+)"),
)
