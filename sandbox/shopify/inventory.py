"""Stock set by hand: all or nothing, once per idempotency key."""

from dataclasses import replace
from typing import Any, Final

from graphql import GraphQLError, get_directive_values

from sandbox.kit.graphql.documents import Plain
from sandbox.kit.graphql.mutations import Done, WriteRefusedError, refuse_if
from sandbox.kit.values import utc_text
from sandbox.shopify.fields import GID
from sandbox.shopify.reads import parsed
from sandbox.shopify.shop import Info, Shop
from sandbox.world.world import LOCATION_ID, World

NAMES: Final = ("available", "on_hand")
REASONS: Final = (
    "correction", "cycle_count_available", "damaged", "movement_created", "other", "promotion",
    "quality_control", "received", "reservation_created", "restock", "safety_stock", "shrinkage",
)  # fmt: skip


def set_quantities(info: Info, given: dict[str, Any]) -> Done:
    """Set the stock of all items, or answer again what was answered for the key.

    Raises:
        GraphQLError: the `@idempotent` directive is missing.
        WriteRefusedError: the key came with another input.
    """
    shop, key = info.context, _key(info)
    if key in shop.answers:
        known, done = shop.answers[key]
        code = "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
        message = "The idempotency key was used with other parameters."
        refuse_if(known != given["input"], code, message, "input")
        return replace(done, is_repeated=True)
    try:
        done = _applied(shop, given["input"])
    except WriteRefusedError as refused:
        done = Done(errors=[refused.entry()])
    shop.answers[key] = (given["input"], done)
    return done


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


def _applied(shop: Shop, given: dict[str, Any]) -> Done:
    world = shop.world
    changes = _changes(world, given)
    for product_id, (_, after) in changes.items():
        world.set_product(product_id, on_hand_units=after, stock_updated_at=world.clock)
    group = Plain(
        id=f"{GID}InventoryAdjustmentGroup/{len(world.writes) + 1}",
        createdAt=utc_text(world.clock),
        reason=given["reason"],
        referenceDocumentUri=given.get("referenceDocumentUri"),
        changes=[
            Plain(name=given["name"], delta=after - before, quantityAfterChange=after)
            for before, after in changes.values()
        ],
    )
    applied = [{"sku": str(key), "on_hand_units": after} for key, (_, after) in changes.items()]
    return Done({"inventoryAdjustmentGroup": group}, applied)


def _changes(world: World, given: dict[str, Any]) -> dict[int, tuple[int, int]]:
    """The quantity before and after, per product.

    Raises:
        WriteRefusedError: the first thing that is wrong.
    """
    is_name, is_reason = given["name"] in NAMES, given["reason"] in REASONS
    refuse_if(not is_name, "INVALID_NAME", "Unknown quantity name", "input", "name")
    refuse_if(not is_reason, "INVALID_REASON", "Unknown reason", "input", "reason")
    return dict(_change(world, item, str(at)) for at, item in enumerate(given["quantities"]))


def _change(world: World, item: dict[str, Any], place: str) -> tuple[int, tuple[int, int]]:
    kind, product_id = parsed(item["inventoryItemId"])
    product = world.product(product_id) if kind == "InventoryItem" else None
    before, expected = (product or {}).get("on_hand_units"), item.get("changeFromQuantity")
    is_elsewhere = parsed(item["locationId"]) != ("Location", LOCATION_ID)
    is_stale = expected not in (None, before)
    wrong = {
        "inventoryItemId": (
            product is None, "INVALID_INVENTORY_ITEM", "Inventory item does not exist",
        ),
        "locationId": (is_elsewhere, "INVALID_LOCATION", "Location does not exist"),
        "quantity": (
            item["quantity"] < 0, "INVALID_QUANTITY_NEGATIVE", "Quantity can't be negative",
        ),
        "changeFromQuantity": (
            is_stale, "CHANGE_FROM_QUANTITY_STALE", "The quantity has changed since it was read.",
        ),
    }  # fmt: skip
    for field, (is_wrong, code, message) in wrong.items():
        refuse_if(is_wrong, code, message, "input", "quantities", place, field)
    assert before is not None
    return product_id, (int(before), int(item["quantity"]))
