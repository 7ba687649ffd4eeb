"""Resolvers of the mutation type; every write received is kept with what was applied."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

from graphql import GraphQLError, GraphQLSchema, get_named_type

from sandbox.kit.graphql import mutations
from sandbox.kit.graphql.documents import Plain
from sandbox.kit.graphql.mutations import Done, Given, Write, WriteRefusedError, refuse_if
from sandbox.kit.graphql.selection import Document, inside
from sandbox.kit.values import utc_text
from sandbox.shopify.discounts import code_create, code_deactivate
from sandbox.shopify.inventory import set_quantities
from sandbox.shopify.reads import one_of, parsed
from sandbox.shopify.shop import Info, Shop

MAX_INPUTS: Final = 250
Row = dict[str, Any]


def attach(schema: GraphQLSchema) -> None:
    """Give the mutation type its resolvers."""
    mutations.attach(schema, _WRITES, errors="userErrors", keep=_keep)


def _keep(info: Info, name: str, given: Given, done: Done) -> None:
    """Keep a write to the world that was received, with what was applied of it."""
    if name in _RECORDED and not done.is_repeated:
        world = info.context.world
        world.writes.append(
            {
                "at": utc_text(world.clock),
                "operation": name,
                "input": _RECORDED[name](given),
                "applied": done.applied,
                "errors": done.errors,
            }
        )


def _requested(info: Info, field: str, type_name: str, number: int | None) -> Row | None:
    """What is requested of the object that a write was about; most want nothing of it."""
    payload = get_named_type(info.return_type).name
    sets = Document.of(info).below(payload, inside(info.field_nodes), field)
    return one_of(info, type_name, sets, number)


def _variants_update(info: Info, given: Given) -> Done:
    shop, variants = info.context, given["variants"]
    if len(variants) > MAX_INPUTS:
        raise GraphQLError(f"The input array size is greater than the maximum of {MAX_INPUTS}.")
    product_id = _number(given["productId"], "Product")
    is_known = product_id is not None and shop.world.product(product_id) is not None
    text = "Product does not exist"
    refuse_if(not is_known, "PRODUCT_DOES_NOT_EXIST", text, "productId")
    assert product_id is not None
    changes, errors = _planned(product_id, variants)
    if errors and not given.get("allowPartialUpdates"):
        changes = []
    for values in changes:
        shop.world.set_product(product_id, **values, updated_at=shop.world.clock)
    product = _requested(info, "product", "Product", product_id)
    updated = _requested(info, "productVariants", "ProductVariant", product_id)
    return Done(
        {
            "product": product,
            "productVariants": ([updated] if updated else []) if changes else None,
        },
        [{"sku": str(product_id), **values} for values in changes],
        errors,
    )


def _planned(product_id: int, variants: list[Given]) -> tuple[list[dict[str, Any]], list[Plain]]:
    """The changes that can be made to the product, and what is wrong with the others."""
    changes, errors = [], []
    for place, variant in enumerate(variants):
        try:
            changes.append(_change(variant, product_id, ("variants", str(place))))
        except WriteRefusedError as refused:
            errors.append(refused.entry())
    return changes, errors


def _change(variant: Given, product_id: int, at: tuple[str, ...]) -> dict[str, Any]:
    gid = variant.get("id")
    refuse_if(not gid, "PRODUCT_VARIANT_ID_MISSING", "Variant id is missing", *at, "id")
    # A variant of another product is unknown to this one.
    is_another = _number(str(gid), "ProductVariant") != product_id
    text = "Product variant does not exist"
    refuse_if(is_another, "PRODUCT_VARIANT_DOES_NOT_EXIST", text, *at, "id")
    change: dict[str, Any] = {}
    if variant.get("price") is not None:
        change["price_minor"] = _minor(variant["price"], *at, "price")
    if "compareAtPrice" in variant:
        listed = variant["compareAtPrice"]
        at = (*at, "compareAtPrice")
        change["compare_at_minor"] = None if listed is None else _minor(listed, *at)
    return change


def _minor(text: object, *at: str) -> int:
    try:
        amount = Decimal(str(text)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    except InvalidOperation as error:
        raise WriteRefusedError("INVALID_INPUT", "Price is not a number", at) from error
    message = "Price must be greater than or equal to 0"
    refuse_if(amount < 0, "NEGATIVE_PRICE_VALUE", message, *at)
    return int(amount * 100)


def _number(gid: str, *kinds: str) -> int | None:
    """The number of a global id of one of these kinds."""
    try:
        found, number = parsed(gid)
    except GraphQLError:
        return None
    return number if found in kinds else None


def _code_create(info: Info, given: Given) -> Done:
    return _discount(info, code_create(info.context.world, given["basicCodeDiscount"]))


def _code_deactivate(info: Info, given: Given) -> Done:
    number = _number(given["id"], "DiscountCodeNode", "DiscountNode")
    return _discount(info, code_deactivate(info.context.world, number))


def _discount(info: Info, number: int) -> Done:
    node = _requested(info, "codeDiscountNode", "DiscountCodeNode", number)
    return Done({"codeDiscountNode": node}, [{"discount_id": number}])


def _bulk_run(info: Info, given: Given) -> Done:
    shop: Shop = info.context
    operation = shop.bulk.run(
        info.schema, given["query"], is_grouped=given["groupObjects"], clock=shop.world.clock
    )
    return Done({"bulkOperation": Plain(operation.answer(shop.origin))})


def _bulk_cancel(info: Info, given: Given) -> Done:
    operation = info.context.bulk.cancelled(given["id"])
    if operation is None:
        raise WriteRefusedError("INVALID", "Bulk operation does not exist", ("id",))
    return Done({"bulkOperation": Plain(operation.answer(info.context.origin))})


_WRITES: Final[dict[str, Write]] = {
    "productVariantsBulkUpdate": _variants_update,
    "discountCodeBasicCreate": _code_create,
    "discountCodeDeactivate": _code_deactivate,
    "inventorySetQuantities": set_quantities,
    "bulkOperationRunQuery": _bulk_run,
    "bulkOperationCancel": _bulk_cancel,
}
# What is kept of the arguments of a write to the world.
_RECORDED: Final[dict[str, Callable[[Given], Given]]] = {
    "productVariantsBulkUpdate": lambda given: {
        name: given[name] for name in ("productId", "variants")
    },
    "discountCodeBasicCreate": dict,
    "discountCodeDeactivate": dict,
    "inventorySetQuantities": lambda given: dict(given["input"]),
}
