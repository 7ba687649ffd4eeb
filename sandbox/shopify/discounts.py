"""Discount codes: created with the platform's checks, deactivated by ending them."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sandbox.kit.graphql.mutations import WriteRefusedError, refuse_if
from sandbox.shopify.errors import not_emulated
from sandbox.world.world import World, row_of

ROOT: Final = "basicCodeDiscount"
MOST_ITEMS: Final = 250
Given = dict[str, Any]


def code_create(world: World, given: Given) -> int:
    """Create a discount with one code; returns its id.

    Raises:
        WriteRefusedError: TAKEN for a code that exists, or what else is wrong with the input.
    """
    code, title = _filled(given, "code"), _filled(given, "title")
    taken = world.discounts["code"].str.to_lowercase().is_in([code.lower()])
    refuse_if(taken.any(), "TAKEN", "Code must be unique.", ROOT, "code")
    _check_emulated(given)
    _check_buyers(given)
    _check_items(world, given)
    starts_at = _instant(_filled(given, "startsAt"), "startsAt")
    ends_at = _instant(given["endsAt"], "endsAt") if given.get("endsAt") else None
    is_over = ends_at is not None and ends_at <= starts_at
    text = "Ends at must be after starts at"
    refuse_if(is_over, "END_DATE_BEFORE_START_DATE", text, ROOT, "endsAt")
    percentage, amount_minor = _value(given)
    buyers = _named_buyers(given)
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
        minimum_minor=_minimum(given),
        buyer_id=int(str(buyers[0]).rpartition("/")[2]) if buyers else None,
    )


def code_deactivate(world: World, discount_id: int | None) -> int:
    """End a discount now; one that has ended stays as it is.

    Raises:
        WriteRefusedError: there is no such discount.
    """
    found = None if discount_id is None else row_of(world.discounts, "discount_id", discount_id)
    if discount_id is None or found is None:
        raise WriteRefusedError("INVALID", "Discount does not exist", ("id",))
    if found["ends_at"] is None or found["ends_at"] > world.clock:
        world.set_discount(discount_id, ends_at=world.clock, updated_at=world.clock)
    return discount_id


def _at(given: Given, *path: str) -> Any:
    """What stands in the input under a path; an empty mapping where nothing does."""
    found: Any = given
    for name in path:
        found = found.get(name) or {}
    return found


def _named_buyers(given: Given) -> list[str]:
    """The customers who alone may redeem the code; none: everybody."""
    source = "context" if given.get("context") else "customerSelection"
    return list(_at(given, source, "customers", "add"))


def _filled(given: Given, name: str) -> str:
    text = str(given.get(name) or "").strip()
    refuse_if(not text, "BLANK", f"{name} can't be blank", ROOT, name)
    return text


def _check_buyers(given: Given) -> None:
    sources = [name for name in ("context", "customerSelection") if given.get(name)]
    refuse_if(not sources, "BLANK", "context can't be blank", ROOT, "context")
    is_one = len(sources) == 1 and len(given[sources[0]]) == 1
    text = "Only one selection of buyers can be given"
    refuse_if(not is_one, "TOO_MANY_ARGUMENTS", text, ROOT, sources[0])


def _check_emulated(given: Given) -> None:
    """Refuse what the platform would do and the dialect does not.

    Raises:
        GraphQLError: names it.
    """
    items = _at(given, "customerGets", "items")
    buyers = given.get("context") or given.get("customerSelection") or {}
    kinds = {
        "items but all or variants": bool(items)
        and items != {"all": True}
        and set(_at(items, "products")) != {"productVariantsToAdd"},
        "customerSegments": "customerSegments" in buyers,
        "more than one customer": len(_named_buyers(given)) > 1,
        "minimumRequirement.quantity": "quantity" in _at(given, "minimumRequirement"),
        "appliesOnEachItem": _at(
            given, "customerGets", "value", "discountAmount", "appliesOnEachItem"
        ),
        "combinesWith": any(_at(given, "combinesWith").values()),
    }
    for kind, is_requested in kinds.items():
        if is_requested:
            raise not_emulated(f"a code with {kind}")


def _check_items(world: World, given: Given) -> None:
    """Refuse goods that there are not; nobody redeems a code here, so which they are is not kept.

    Raises:
        WriteRefusedError: a variant is unknown, or there are more than the platform takes.
    """
    path = ("customerGets", "items", "products", "productVariantsToAdd")
    named = _at(given, *path)
    refuse_if(len(named) > MOST_ITEMS, "EXCEEDED_MAX", "The input array is too long", ROOT, *path)
    known = set(world.products["product_id"].cast(str).to_list()) if named else set()
    is_unknown = any(str(one).rpartition("/")[2] not in known for one in named)
    refuse_if(is_unknown, "INVALID", "Product variant does not exist", ROOT, *path)


def _minimum(given: Given) -> int | None:
    path = ("minimumRequirement", "subtotal", "greaterThanOrEqualToSubtotal")
    amount = _at(given, *path[:2]).get(path[2])
    return None if amount is None else int(_minor(amount, *path))


def _value(given: Given) -> tuple[float | None, int | None]:
    """The fraction taken off, or the amount in minor units."""
    path = ("customerGets", "value")
    value = _at(given, *path)
    if len(value) != 1:
        code = "TOO_MANY_ARGUMENTS" if value else "BLANK"
        raise WriteRefusedError(code, "Exactly one kind of value is needed", (ROOT, *path))
    fraction = value.get("percentage")
    if fraction is not None:
        text = "Value must be between 0.0 and 1.0"
        is_fraction = 0 <= fraction <= 1
        refuse_if(not is_fraction, "VALUE_OUTSIDE_RANGE", text, ROOT, *path, "percentage")
        return float(fraction), None
    minor = _minor(_at(value, "discountAmount").get("amount"), *path)
    is_whole = minor > 0 and minor == int(minor)
    refuse_if(not is_whole, "VALUE_OUTSIDE_RANGE", "Amount must be whole cents", ROOT, *path)
    return None, int(minor)


def _minor(amount: object, *path: str) -> Decimal:
    try:
        return Decimal(str(amount)) * 100
    except InvalidOperation as error:
        raise WriteRefusedError("INVALID", "Amount is not a number", (ROOT, *path)) from error


def _instant(text: str, name: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        raise WriteRefusedError("INVALID", f"{name} is no date", (ROOT, name)) from error
