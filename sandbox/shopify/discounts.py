"""Discount codes: created with the platform's checks, deactivated by ending them."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sandbox.shopify.errors import WriteRefusedError, not_emulated
from sandbox.world.world import World, row_of

ROOT: Final = "basicCodeDiscount"
MOST_ITEMS: Final = 250


def code_create(world: World, given: dict[str, Any]) -> int:
    """Create a discount with one code; returns its id.

    Raises:
        WriteRefusedError: TAKEN for a code that exists, or what else is wrong with the input.
    """
    code, title = _filled(given, "code"), _filled(given, "title")
    taken = world.discounts["code"].str.to_lowercase().is_in([code.lower()])
    if taken.any():
        raise WriteRefusedError("TAKEN", "Code must be unique.", (ROOT, "code"))
    _check_emulated(given)
    _check_buyers(given)
    _check_items(world, given)
    starts_at = _instant(_filled(given, "startsAt"), "startsAt")
    ends_at = _instant(given["endsAt"], "endsAt") if given.get("endsAt") else None
    if ends_at is not None and ends_at <= starts_at:
        raise WriteRefusedError(
            "END_DATE_BEFORE_START_DATE", "Ends at must be after starts at", (ROOT, "endsAt")
        )
    percentage, amount_minor = _value(given)
    return world.add_discount(
        code=code,
        title=title,
        starts_at=starts_at,
        ends_at=ends_at,
        created_at=world.clock,
        updated_at=world.clock,
        percentage=percentage,
        amount_minor=amount_minor,
        usage_limit=given.get("usageLimit"),
        usage_count=0,
        once_per_customer=bool(given.get("appliesOncePerCustomer")),
        minimum_minor=_least(given),
        buyer_id=_buyer(given),
    )


def code_deactivate(world: World, discount_id: int | None) -> int:
    """End a discount now; one that has ended stays as it is.

    Raises:
        WriteRefusedError: there is no such discount.
    """
    found = None if discount_id is None else row_of(world.discounts, "discount_id", discount_id)
    if discount_id is None or found is None:
        raise WriteRefusedError("INVALID", "Discount does not exist", ("id",))
    ends_at = found["ends_at"]
    if ends_at is None or ends_at > world.clock:
        world.set_discount(discount_id, ends_at=world.clock, updated_at=world.clock)
    return discount_id


def _filled(given: dict[str, Any], name: str) -> str:
    text = str(given.get(name) or "").strip()
    if not text:
        raise WriteRefusedError("BLANK", f"{name} can't be blank", (ROOT, name))
    return text


def _check_buyers(given: dict[str, Any]) -> None:
    sources = [name for name in ("context", "customerSelection") if given.get(name)]
    if not sources:
        raise WriteRefusedError("BLANK", "context can't be blank", (ROOT, "context"))
    if len(sources) == 2 or len(given[sources[0]]) != 1:
        raise WriteRefusedError(
            "TOO_MANY_ARGUMENTS", "Only one selection of buyers can be given", (ROOT, sources[0])
        )


def _check_emulated(given: dict[str, Any]) -> None:
    """Refuse what the platform would do and the dialect does not.

    Raises:
        GraphQLError: names it.
    """
    items = (given.get("customerGets") or {}).get("items") or {}
    value = (given.get("customerGets") or {}).get("value") or {}
    buyers = given.get("context") or given.get("customerSelection") or {}
    named = (buyers.get("customers") or {}).get("add") or []
    kinds = {
        "items but all or variants": bool(items)
        and items != {"all": True}
        and set(items.get("products") or {}) != {"productVariantsToAdd"},
        "customerSegments": "customerSegments" in buyers,
        "more than one customer": len(named) > 1,
        "minimumRequirement.quantity": "quantity" in (given.get("minimumRequirement") or {}),
        "appliesOnEachItem": bool((value.get("discountAmount") or {}).get("appliesOnEachItem")),
        "combinesWith": any((given.get("combinesWith") or {}).values()),
    }
    for kind, is_asked in kinds.items():
        if is_asked:
            raise not_emulated(f"a code with {kind}")


def _check_items(world: World, given: dict[str, Any]) -> None:
    """Refuse goods that there are not; nobody redeems a code here, so which they are is not kept.

    Raises:
        WriteRefusedError: a variant is unknown, or there are more than the platform takes.
    """
    field = (ROOT, "customerGets", "items", "products", "productVariantsToAdd")
    items = (given.get("customerGets") or {}).get("items") or {}
    named = (items.get("products") or {}).get("productVariantsToAdd") or []
    if len(named) > MOST_ITEMS:
        raise WriteRefusedError("EXCEEDED_MAX", "The input array is too long", field)
    known = set(world.products["product_id"].cast(str).to_list()) if named else set()
    if any(str(one).rpartition("/")[2] not in known for one in named):
        raise WriteRefusedError("INVALID", "Product variant does not exist", field)


def _least(given: dict[str, Any]) -> int | None:
    subtotal = (given.get("minimumRequirement") or {}).get("subtotal") or {}
    amount = subtotal.get("greaterThanOrEqualToSubtotal")
    if amount is None:
        return None
    try:
        return int(Decimal(str(amount)) * 100)
    except InvalidOperation as error:
        field = (ROOT, "minimumRequirement", "subtotal", "greaterThanOrEqualToSubtotal")
        raise WriteRefusedError("INVALID", "Amount is not a number", field) from error


def _buyer(given: dict[str, Any]) -> int | None:
    """The household that alone may redeem it; null: everybody."""
    buyers = given.get("context") or given.get("customerSelection") or {}
    named = (buyers.get("customers") or {}).get("add") or []
    return int(str(named[0]).rpartition("/")[2]) if named else None


def _value(given: dict[str, Any]) -> tuple[float | None, int | None]:
    field = (ROOT, "customerGets", "value")
    value = (given.get("customerGets") or {}).get("value") or {}
    if len(value) != 1:
        code = "TOO_MANY_ARGUMENTS" if value else "BLANK"
        raise WriteRefusedError(code, "Exactly one kind of value is needed", field)
    if value.get("percentage") is not None:
        if not 0 <= value["percentage"] <= 1:
            raise WriteRefusedError(
                "VALUE_OUTSIDE_RANGE", "Value must be between 0.0 and 1.0", (*field, "percentage")
            )
        return float(value["percentage"]), None
    try:
        minor = Decimal(str((value.get("discountAmount") or {}).get("amount"))) * 100
    except InvalidOperation as error:
        raise WriteRefusedError("INVALID", "Amount is not a number", field) from error
    if minor <= 0 or minor != int(minor):
        raise WriteRefusedError("VALUE_OUTSIDE_RANGE", "Amount must be whole cents", field)
    return None, int(minor)


def _instant(text: str, name: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        raise WriteRefusedError("INVALID", f"{name} is no date", (ROOT, name)) from error
