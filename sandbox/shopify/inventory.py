"""Stock set by hand: all or nothing, once per idempotency key."""

from typing import Any, Final

from graphql import GraphQLError, get_directive_values

from sandbox.shopify.errors import Plain, WriteRefusedError
from sandbox.shopify.fields import GID
from sandbox.shopify.reads import parsed
from sandbox.shopify.shop import Info, Shop
from sandbox.world.world import LOCATION_ID, World

NAMES: Final = ("available", "on_hand")
REASONS: Final = (
    "correction", "cycle_count_available", "damaged", "movement_created", "other", "promotion",
    "quality_control", "received", "reservation_created", "restock", "safety_stock", "shrinkage",
)  # fmt: skip


def set_quantities(_: object, info: Info, **arguments: Any) -> Plain:
    """Resolve `inventorySetQuantities`.

    Raises:
        GraphQLError: the `@idempotent` directive is missing.
    """
    shop: Shop = info.context
    given: dict[str, Any] = arguments["input"]
    key = _key(info)
    if key in shop.answers:
        known, answer = shop.answers[key]
        if known == given:
            return Plain(answer)
        error = WriteRefusedError(
            "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
            "The idempotency key was used with other parameters.",
            ("input",),
        )
        shop.record("inventorySetQuantities", given, applied=[], errors=[error.entry()])
        return Plain(inventoryAdjustmentGroup=None, userErrors=[error.entry()])
    answer = _applied(shop, given)
    shop.answers[key] = (given, answer)
    return answer


def _key(info: Info) -> str:
    directive = info.schema.get_directive("idempotent")
    assert directive is not None
    values = get_directive_values(directive, info.field_nodes[0], info.variable_values)
    if not values:
        raise GraphQLError(
            "The @idempotent directive is required for this mutation.",
            extensions={"code": "BAD_REQUEST"},
        )
    return str(values["key"])


def _applied(shop: Shop, given: dict[str, Any]) -> Plain:
    try:
        changes = _changes(shop.world, given)
    except WriteRefusedError as refused:
        shop.record("inventorySetQuantities", given, applied=[], errors=[refused.entry()])
        return Plain(inventoryAdjustmentGroup=None, userErrors=[refused.entry()])
    for product_id, (_, after) in changes.items():
        shop.world.set_product(product_id, on_hand_units=after, stock_updated_at=shop.world.clock)
    applied = [{"sku": str(key), "on_hand_units": after} for key, (_, after) in changes.items()]
    shop.record("inventorySetQuantities", given, applied=applied, errors=[])
    group = Plain(
        id=f"{GID}InventoryAdjustmentGroup/{len(shop.world.writes)}",
        createdAt=shop.world.clock.strftime("%Y-%m-%dT%H:%M:%SZ"),
        reason=given["reason"],
        referenceDocumentUri=given.get("referenceDocumentUri"),
        changes=[
            Plain(name=given["name"], delta=after - before, quantityAfterChange=after)
            for before, after in changes.values()
        ],
    )
    return Plain(inventoryAdjustmentGroup=group, userErrors=[])


def _changes(world: World, given: dict[str, Any]) -> dict[int, tuple[int, int]]:
    """The quantity before and after, per product.

    Raises:
        WriteRefusedError: the first thing that is wrong.
    """
    if given["name"] not in NAMES:
        raise WriteRefusedError("INVALID_NAME", "Unknown quantity name", ("input", "name"))
    if given["reason"] not in REASONS:
        raise WriteRefusedError("INVALID_REASON", "Unknown reason", ("input", "reason"))
    return dict(_change(world, item, place) for place, item in enumerate(given["quantities"]))


def _change(world: World, item: dict[str, Any], place: int) -> tuple[int, tuple[int, int]]:
    at = ("input", "quantities", str(place))
    kind, product_id = parsed(item["inventoryItemId"])
    product = world.product(product_id) if kind == "InventoryItem" else None
    if product is None:
        raise WriteRefusedError(
            "INVALID_INVENTORY_ITEM", "Inventory item does not exist", (*at, "inventoryItemId")
        )
    if parsed(item["locationId"]) != ("Location", LOCATION_ID):
        raise WriteRefusedError("INVALID_LOCATION", "Location does not exist", (*at, "locationId"))
    if item["quantity"] < 0:
        raise WriteRefusedError(
            "INVALID_QUANTITY_NEGATIVE", "Quantity can't be negative", (*at, "quantity")
        )
    before = int(product["on_hand_units"])
    expected = item.get("changeFromQuantity")
    if expected is not None and expected != before:
        raise WriteRefusedError(
            "CHANGE_FROM_QUANTITY_STALE",
            "The quantity has changed since it was read.",
            (*at, "changeFromQuantity"),
        )
    return product_id, (before, int(item["quantity"]))
