"""Where raw pages name customers: their accounts, and what an order says of its customer."""

from connectors.base.redaction import About, by_path

# Hardly any of it is asked for; a page may hold it all the same.
_ORDER = About(
    named_by=("customer_id",),
    tells=(
        "billing",
        "customer_ip_address",
        "customer_note",
        "customer_user_agent",
        "meta_data",
        "shipping",
        "transaction_id",
        "line_items.meta_data",
        "refunds.reason",
    ),
    nobody={"customer_id": 0},
)
redact = by_path({"orders": _ORDER, "again": _ORDER, "customers": About(named_by=("id",))})
"""Pages of refunds and of reviews name no account."""
