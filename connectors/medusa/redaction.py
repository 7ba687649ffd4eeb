"""What Medusa's raw pages say of customers: their ids, and their own words in lines."""

from connectors.base.redaction import About, by_path

redact = by_path(
    {
        # Lines come with all their fields: what a customer had engraved lies in there.
        "orders": About(
            at="orders",
            named_by=("customer_id",),
            tells=("items.metadata", "items.line_item_metadata"),
            nobody={"customer_id": None},
        ),
        "customers": About(at="customers", named_by=("id",)),
    }
)
