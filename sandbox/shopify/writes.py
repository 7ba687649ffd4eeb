"""Resolvers of the mutation type; every write received is kept with what was applied."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

import polars as pl
from graphql import GraphQLError, GraphQLSchema

from sandbox.shopify.discounts import code_create, code_deactivate
from sandbox.shopify.errors import Plain, WriteRefusedError
from sandbox.shopify.inventory import set_quantities
from sandbox.shopify.projection import rows
from sandbox.shopify.reads import parsed
from sandbox.shopify.selection import document_of, inside, select
from sandbox.shopify.shop import Info, Shop

MAX_INPUTS: Final = 250


def attach(schema: GraphQLSchema) -> None:
    """Give the mutation type its resolvers."""
    assert schema.mutation_type is not None
    fields = schema.mutation_type.fields
    fields["productVariantsBulkUpdate"].resolve = _variants_update
    fields["discountCodeBasicCreate"].resolve = _code_create
    fields["discountCodeDeactivate"].resolve = _code_deactivate
    fields["inventorySetQuantities"].resolve = set_quantities
    fields["bulkOperationRunQuery"].resolve = _bulk_run
    fields["bulkOperationCancel"].resolve = _bulk_cancel


def _projected(
    info: Info, payload: str, *, name: str, type_name: str, frame: Callable[[], pl.DataFrame]
) -> list[dict[str, Any]]:
    """What is asked of the object that a write was about; most ask for nothing of it."""
    document = document_of(info)
    sets = [
        below
        for item in select(document, payload, inside(info))
        if item.name == name
        for below in item.inside
    ]
    if not sets:
        return []
    return rows(document, info.context.tables, frame(), type_name=type_name, sets=sets)


def _only(shop: Shop, table: str, key: str, value: int | None) -> pl.DataFrame:
    frame = shop.tables.get(table)
    return frame.clear() if value is None else frame.filter(pl.col(key) == value)


def _variants_update(
    _: object,
    info: Info,
    *,
    productId: str,  # noqa: N803 the platform's name
    variants: list[dict[str, Any]],
    allowPartialUpdates: bool | None = None,  # noqa: N803
) -> Plain:
    shop: Shop = info.context
    if len(variants) > MAX_INPUTS:
        raise GraphQLError(f"The input array size is greater than the maximum of {MAX_INPUTS}.")
    product_id = _number(productId, "Product")
    changes, errors = _planned(shop, product_id, variants)
    if errors and not allowPartialUpdates:
        changes = []
    applied = []
    for values in changes:
        assert product_id is not None
        shop.world.set_product(product_id, **values, updated_at=shop.world.clock)
        applied.append({"sku": str(product_id), **values})
    given = {"productId": productId, "variants": variants}
    shop.record("productVariantsBulkUpdate", given, applied=applied, errors=errors)

    def frame() -> pl.DataFrame:
        return _only(shop, "products", "product_id", product_id)

    payload = "ProductVariantsBulkUpdatePayload"
    product = _projected(info, payload, name="product", type_name="Product", frame=frame)
    updated = _projected(
        info, payload, name="productVariants", type_name="ProductVariant", frame=frame
    )
    return Plain(
        product=product[0] if product else None,
        productVariants=updated if changes else None,
        userErrors=errors,
    )


def _planned(
    shop: Shop, product_id: int | None, variants: list[dict[str, Any]]
) -> tuple[list[dict[str, int | None]], list[Plain]]:
    """The changes that can be made to the product, and what is wrong with the others."""
    if product_id is None or shop.world.product(product_id) is None:
        message = "Product does not exist"
        return [], [WriteRefusedError("PRODUCT_DOES_NOT_EXIST", message, ("productId",)).entry()]
    changes, errors = [], []
    for place, variant in enumerate(variants):
        try:
            changes.append(_change(variant, product_id, place))
        except WriteRefusedError as refused:
            errors.append(refused.entry())
    return changes, errors


def _change(variant: dict[str, Any], product_id: int, place: int) -> dict[str, int | None]:
    at = ("variants", str(place))
    if not variant.get("id"):
        raise WriteRefusedError("PRODUCT_VARIANT_ID_MISSING", "Variant id is missing", (*at, "id"))
    # A variant of another product is unknown to this one.
    if _number(variant["id"], "ProductVariant") != product_id:
        raise WriteRefusedError(
            "PRODUCT_VARIANT_DOES_NOT_EXIST", "Product variant does not exist", (*at, "id")
        )
    change: dict[str, int | None] = {}
    if variant.get("price") is not None:
        change["price_minor"] = _minor(variant["price"], (*at, "price"))
    if "compareAtPrice" in variant:
        listed = variant["compareAtPrice"]
        change["compare_at_minor"] = (
            None if listed is None else _minor(listed, (*at, "compareAtPrice"))
        )
    return change


def _minor(text: object, field: tuple[str, ...]) -> int:
    try:
        amount = Decimal(str(text)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    except InvalidOperation as error:
        raise WriteRefusedError("INVALID_INPUT", "Price is not a number", field) from error
    if amount < 0:
        raise WriteRefusedError(
            "NEGATIVE_PRICE_VALUE", "Price must be greater than or equal to 0", field
        )
    return int(amount * 100)


def _number(gid: str, kind: str) -> int | None:
    try:
        found, number = parsed(gid)
    except GraphQLError:
        return None
    return number if found == kind else None


def _answered_discount(
    info: Info, payload: str, discount_id: int | None, errors: list[Plain]
) -> Plain:
    nodes = _projected(
        info, payload, name="codeDiscountNode", type_name="DiscountCodeNode",
        frame=lambda: _only(info.context, "discounts", "discount_id", discount_id),
    )  # fmt: skip
    return Plain(codeDiscountNode=nodes[0] if nodes else None, userErrors=errors)


def _attempted(
    shop: Shop, operation: str, given: dict[str, Any], attempt: Callable[[], int]
) -> tuple[int | None, list[Plain]]:
    """Try a write on one discount and keep a record of it."""
    try:
        discount_id = attempt()
    except WriteRefusedError as refused:
        errors = [refused.entry()]
        shop.record(operation, given, applied=[], errors=errors)
        return None, errors
    shop.record(operation, given, applied=[{"discount_id": discount_id}], errors=[])
    return discount_id, []


def _code_create(
    _: object,
    info: Info,
    *,
    basicCodeDiscount: dict[str, Any],  # noqa: N803
) -> Plain:
    shop: Shop = info.context
    discount_id, errors = _attempted(
        shop,
        "discountCodeBasicCreate",
        {"basicCodeDiscount": basicCodeDiscount},
        lambda: code_create(shop.world, basicCodeDiscount),
    )
    return _answered_discount(info, "DiscountCodeBasicCreatePayload", discount_id, errors)


def _code_deactivate(_: object, info: Info, *, id: str) -> Plain:
    shop: Shop = info.context
    number = _number(id, "DiscountCodeNode") or _number(id, "DiscountNode")
    discount_id, errors = _attempted(
        shop, "discountCodeDeactivate", {"id": id}, lambda: code_deactivate(shop.world, number)
    )
    return _answered_discount(info, "DiscountCodeDeactivatePayload", discount_id, errors)


def _bulk_run(
    _: object,
    info: Info,
    *,
    query: str,
    groupObjects: bool,  # noqa: N803
) -> Plain:
    shop: Shop = info.context
    try:
        operation = shop.bulk.run(
            info.schema, query, is_grouped=groupObjects, clock=shop.world.clock
        )
    except WriteRefusedError as refused:
        return Plain(bulkOperation=None, userErrors=[refused.entry()])
    return Plain(bulkOperation=Plain(operation.answer(shop.origin)), userErrors=[])


def _bulk_cancel(_: object, info: Info, *, id: str) -> Plain:
    shop: Shop = info.context
    operation = shop.bulk.cancelled(id)
    if operation is None:
        error = WriteRefusedError("INVALID", "Bulk operation does not exist", ("id",))
        return Plain(bulkOperation=None, userErrors=[error.entry()])
    return Plain(bulkOperation=Plain(operation.answer(shop.origin)), userErrors=[])
