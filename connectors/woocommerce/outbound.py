"""Prices and stock that are written to WooCommerce, item by item, and how they are read back.

A batch answers 200 with an error in the row that failed. Messages hold the platform's codes, never
its texts.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec

from connectors.base.sending import chunks, each, nothing_sent, urgency_of
from connectors.base.wire import decoded
from connectors.woocommerce.client import ShopMoney, WooCommerceClient, plain
from connectors.woocommerce.mapping import WAREHOUSE
from contracts.actions import Change, Live, Outcome
from contracts.codes import OutcomeState
from contracts.money import format_minor, parse_minor

MOST_ROWS = 100
_PRICED = "id,sku,price,regular_price,sale_price,on_sale,date_on_sale_from_gmt"
_STOCKED = "id,sku,type,parent_id,manage_stock,stock_quantity"

_Written = dict[str, Any] | str
"""A row to be written, or why it is not."""


class _Product(msgspec.Struct):
    id: int
    sku: str = ""
    price: str = ""
    regular_price: str = ""
    sale_price: str = ""
    on_sale: bool = False
    date_on_sale_from_gmt: str | None = None
    type: str = "variation"
    parent_id: int = 0
    manage_stock: bool | str = False
    stock_quantity: float | None = None


class _Error(msgspec.Struct):
    code: str


class _Row(msgspec.Struct):
    id: int
    error: _Error | None = None


class _Batch(msgspec.Struct):
    update: list[_Row]


_PRODUCTS = msgspec.json.Decoder(list[_Product])
_BATCH = msgspec.json.Decoder(_Batch)


def live_prices(client: WooCommerceClient, changes: Sequence[Change]) -> dict[str, Live]:
    """Price in force per listing, in minor units of the shop's currency."""
    currency = client.money().currency
    found: dict[str, Live] = {}
    for group in _by_product(changes):
        for key, product in _priced(client, group).items():
            if product.price:
                value = parse_minor(product.price, currency)
                found[key] = Live(value=value, currency=currency)
    return found


def set_prices(client: WooCommerceClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set the price in force: of what is on sale the sale price, else the regular one."""
    return each(_by_product(changes), lambda group: _set_prices(client, group))


def live_stock(client: WooCommerceClient, changes: Sequence[Change]) -> dict[str, Live]:
    """Pieces of each SKU whose stock the shop keeps."""
    stocked = _stocked(client, changes)
    return {
        sku: Live(value=int(product.stock_quantity or 0), currency=None)
        for sku, product in stocked.items()
    }


def set_stock(client: WooCommerceClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set the pieces of a SKU, if they are still as before."""
    return each([changes], lambda all_of_them: _set_stock(client, all_of_them))


def _by_product(changes: Sequence[Change]) -> Iterable[Sequence[Change]]:
    """Simple products together, variations with their sisters; at most a batch each."""
    path = sorted(changes, key=_path)
    return (group for _, same in groupby(path, key=_path) for group in chunks([*same], MOST_ROWS))


def _path(change: Change) -> str:
    """Where a listing is written: a variation under its product."""
    parent = change.parent_id or ""
    is_variation = parent.isdigit() and parent != change.target_id
    return f"products/{parent}/variations" if is_variation else "products"


def _priced(client: WooCommerceClient, group: Sequence[Change]) -> dict[str, _Product]:
    """What the shop says of the group's prices, by listing."""
    wanted = ",".join(change.target_id for change in group if change.target_id.isdigit())
    if not wanted:
        return {}
    asked = [("include", wanted), ("per_page", str(MOST_ROWS)), ("_fields", _PRICED)]
    found = decoded(_PRODUCTS.decode, client.ask(_path(group[0]), asked).body)
    return {str(product.id): product for product in found}


def _set_prices(client: WooCommerceClient, group: Sequence[Change]) -> list[Outcome]:
    with nothing_sent():
        money, priced = client.money(), _priced(client, group)
    rows: dict[str, _Written] = {}
    for change in group:
        product = priced.get(change.target_id)
        rows[change.action_id] = _row_of_price(change, product, money)
    return _sent(client, _path(group[0]), group, rows)


def _row_of_price(change: Change, product: _Product | None, money: ShopMoney) -> _Written:
    if product is None:
        return "the shop has no such listing"
    if change.currency != money.currency:
        return f"the shop's prices are in {money.currency}"
    if change.after % money.step_minor:
        return f"the shop's prices have {money.decimals} decimals"
    if product.on_sale and change.after >= parse_minor(product.regular_price, money.currency):
        return "it is on sale, and would no longer be below its regular price"
    return {"id": product.id, **_new_price(product, format_minor(change.after, money.currency))}


def _new_price(product: _Product, text: str) -> dict[str, str]:
    """The fields that put a price in force. As text: a number is refused by one address of two.

    A sale price that waits for no day, because the regular one is below it, would come in force
    with a higher regular price: it goes.
    """
    if product.on_sale:
        return {"sale_price": text}
    if product.sale_price and product.date_on_sale_from_gmt is None:
        return {"regular_price": text, "sale_price": ""}
    return {"regular_price": text}


def _stocked(client: WooCommerceClient, changes: Sequence[Change]) -> dict[str, _Product]:
    """The one product or variation of each SKU whose own stock is kept."""
    skus = sorted({change.target_id for change in changes})
    found: dict[str, list[_Product]] = {}
    # A list of SKUs is separated by commas, so one that holds a comma cannot be asked for.
    for some in chunks([sku for sku in skus if "," not in sku], MOST_ROWS // 2):
        asked = [("sku", ",".join(some)), ("per_page", str(MOST_ROWS)), ("_fields", _STOCKED)]
        for product in decoded(_PRODUCTS.decode, client.ask("products", asked).body):
            found.setdefault(product.sku, []).append(product)
    return {
        sku: same[0]
        for sku, same in found.items()
        if len(same) == 1 and same[0].manage_stock is True and sku in skus
    }


def _set_stock(client: WooCommerceClient, changes: Sequence[Change]) -> list[Outcome]:
    """Find out where each SKU is written, then send place by place."""
    with nothing_sent():
        stocked = _stocked(client, changes)

    def place(change: Change) -> str:
        product = stocked.get(change.target_id)
        parent = product.parent_id if product else 0
        return f"products/{parent}/variations" if parent else "products"

    def send(group: Sequence[Change]) -> list[Outcome]:
        rows = {one.action_id: _row_of_stock(one, stocked.get(one.target_id)) for one in group}
        return _sent(client, place(group[0]), group, rows)

    same = groupby(sorted(changes, key=place), key=place)
    return each((some for _, group in same for some in chunks([*group], MOST_ROWS)), send)


def _row_of_stock(change: Change, product: _Product | None) -> _Written:
    if product is None or change.parent_id not in (None, WAREHOUSE):
        return "no single product has this SKU and stock of its own there"
    if change.before is not None and product.stock_quantity != change.before:
        return "its stock is no longer as before"
    return {"id": product.id, "stock_quantity": change.after}


def _sent(
    client: WooCommerceClient,
    path: str,
    group: Sequence[Change],
    rows: Mapping[str, _Written],
) -> list[Outcome]:
    """Send rows in one batch; text in place of a row says why it is not sent."""
    written = [row for row in rows.values() if isinstance(row, dict)]
    answered: dict[int, str | None] = {}
    if written:
        answer = client.write(
            "POST", f"{path}/batch", {"update": written}, urgency=urgency_of(group)
        )
        batch = decoded(_BATCH.decode, answer.body)
        answered = {row.id: row.error.code if row.error else None for row in batch.update}
    return [_outcome(change, rows[change.action_id], answered) for change in group]


def _outcome(change: Change, row: _Written, answered: Mapping[int, str | None]) -> Outcome:
    state, message = OutcomeState.ACCEPTED, None
    if isinstance(row, str):
        state, message = OutcomeState.REJECTED, row
    elif row["id"] not in answered:
        state, message = OutcomeState.UNKNOWN, "the answer has no row for it"
    elif (code := answered[row["id"]]) is not None:
        # What broke while it was being saved may have been saved in part.
        is_half_done = code.endswith("_not_created")
        state = OutcomeState.UNKNOWN if is_half_done else OutcomeState.REJECTED
        message = plain(code)
    return Outcome(action_id=change.action_id, state=state, message=message)
