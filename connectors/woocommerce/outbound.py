"""Prices and stock that are written to WooCommerce, item by item, and how they are read back.

A batch answers 200 with an error in the row that failed. Messages hold the platform's codes, never
its texts.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import msgspec

from connectors.base.sending import chunks, each, nothing_sent, read, urgency_of
from connectors.base.wire import Text, decoded, lenient
from connectors.woocommerce.cells import charged_minor
from connectors.woocommerce.client import ShopMoney, WooCommerceClient, plain
from connectors.woocommerce.mapping import WAREHOUSE
from connectors.woocommerce.rows import rows_of
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import OutcomeState
from contracts.errors import SourceContractError
from contracts.money import format_minor

MOST_ROWS = 100
_PRICED = "id,price,regular_price,sale_price,on_sale,date_on_sale_from_gmt,date_on_sale_to_gmt"
_STOCKED = "id,sku,type,parent_id,manage_stock,stock_quantity"

_Written = dict[str, Any] | str
"""A row to be written, or why it is not."""


class _Priced(msgspec.Struct):
    id: int
    price: Text | None = None
    regular_price: Text | None = None
    sale_price: Text | None = None
    on_sale: bool | None = None
    date_on_sale_from_gmt: str | None = None
    date_on_sale_to_gmt: str | None = None


class _Stocked(msgspec.Struct):
    id: int
    sku: Text | None = None
    type: str | None = None
    parent_id: int | None = None
    manage_stock: bool | str | None = None
    stock_quantity: float | None = None

    @property
    def pieces(self) -> int | None:
        """Pieces of its own stock, which is no sister's; a part of one is nothing we write.

        Variations without stock of their own are sold out of their product's: that is several
        listings' stock.
        """
        units = self.stock_quantity or 0.0
        is_own = self.manage_stock is True and self.type != "variable"
        return int(units) if is_own and units.is_integer() else None


class _Error(msgspec.Struct):
    code: str


class _Answered(msgspec.Struct):
    id: int
    error: _Error | None = None


class _Batch(msgspec.Struct):
    update: list[_Answered]


_PRICES = lenient(_Priced)
_STOCK = lenient(_Stocked)
_BATCH = msgspec.json.Decoder(_Batch)


def live_prices(client: WooCommerceClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """Price in force per listing, in minor units of the shop's currency; as it is charged."""
    money = client.money()
    found: dict[str, Live | Unread] = {}
    for group in _by_product(changes):
        for key, product in _priced(client, group)[1].items():
            live = product if isinstance(product, Unread) else _live_price(product, money)
            if live is not None:
                found[key] = live
    return found


def set_prices(client: WooCommerceClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set the price in force: of what is on sale the sale price, else the regular one."""
    return each(_by_product(changes), lambda group: _set_prices(client, group))


def live_stock(client: WooCommerceClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """Pieces of each SKU whose stock the shop keeps."""
    return {
        sku: product
        if isinstance(product, Unread)
        else Live(value=product.pieces or 0, currency=None)
        for sku, product in _stocked(client, changes).items()
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


def _priced(
    client: WooCommerceClient, group: Sequence[Change]
) -> tuple[dt.datetime | None, dict[str, _Priced | Unread]]:
    """The shop's time, and what it says of the group's prices, by listing."""
    wanted = ",".join(change.target_id for change in group if change.target_id.isdecimal())
    if not wanted:
        return None, {}
    asked = [("include", wanted), ("per_page", str(MOST_ROWS)), ("_fields", _PRICED)]
    answer = client.ask(_path(group[0]), asked)
    return answer.at, {
        str(row.id): read(partial(decoded, _PRICES.decode, row.raw))
        for row in rows_of(answer.body)
        if row.id is not None
    }


def _live_price(product: _Priced, money: ShopMoney) -> Live | Unread | None:
    price = product.price
    if not price:
        return None
    return read(lambda: Live(value=_charged(price, money), currency=money.currency))


def _set_prices(client: WooCommerceClient, group: Sequence[Change]) -> list[Outcome]:
    with nothing_sent():
        money = client.money()
        at, priced = _priced(client, group)
    rows: dict[str, _Written] = {}
    for change in group:
        product = priced.get(change.target_id)
        try:
            rows[change.action_id] = _row_of_price(change, product, money, at)
        except SourceContractError as error:
            rows[change.action_id] = str(error)
    return _sent(client, _path(group[0]), group, rows)


def _row_of_price(
    change: Change, product: _Priced | Unread | None, money: ShopMoney, at: dt.datetime | None
) -> _Written:
    """The one field that holds the price in force, so that its old value is all an undo needs."""
    if product is None or at is None:
        return "the shop has no such listing"
    if isinstance(product, Unread):
        return product.why
    if change.currency != money.currency:
        return f"the shop's prices are in {money.currency}"
    if change.after % money.step_minor:
        return f"the shop's prices have {money.decimals} decimals"
    field = "sale_price" if product.on_sale else "regular_price"
    told, price = getattr(product, field), product.price
    # A sale begins and ends by the clock, its price changes with the shop's next round of jobs.
    if not told or not price or _charged(told, money) != _charged(price, money):
        return "its price in force is not the one that it should have: a sale begins or ends"
    if product.on_sale:
        regular = _charged(product.regular_price or "", money)
        if change.after >= regular:
            return "it is on sale, and would no longer be below its regular price"
    elif _would_begin(product, change.after, money, at):
        return "a sale price above its regular one would come in force: a person has to remove it"
    # As text: a number is refused by one address of two.
    return {"id": product.id, field: format_minor(change.after, money.currency)}


def _charged(text: str, money: ShopMoney) -> int:
    return charged_minor(text, money.currency, money.decimals)


def _would_begin(product: _Priced, after: int, money: ShopMoney, at: dt.datetime) -> bool:
    """Whether a sale price that waits for no day, but below the regular one, would be in force."""
    now = at.strftime("%Y-%m-%dT%H:%M:%S")
    begins, ends = product.date_on_sale_from_gmt, product.date_on_sale_to_gmt
    if not product.sale_price or (begins or now) > now or (ends or now) < now:
        return False
    return after > _charged(product.sale_price, money)


def _stocked(client: WooCommerceClient, changes: Sequence[Change]) -> dict[str, _Stocked | Unread]:
    """The one product or variation of each SKU whose own stock is kept."""
    skus = sorted({change.target_id for change in changes})
    found: dict[str, list[_Stocked | Unread]] = {}
    # A list of SKUs is separated by commas, so one that holds a comma cannot be asked for.
    for some in chunks([sku for sku in skus if "," not in sku], MOST_ROWS // 2):
        asked = [("sku", ",".join(some)), ("per_page", str(MOST_ROWS)), ("_fields", _STOCKED)]
        for row in rows_of(client.ask("products", asked).body):
            product = read(partial(decoded, _STOCK.decode, row.raw))
            found.setdefault(str(row.told.get("sku")), []).append(product)
    return {
        sku: same[0]
        for sku, same in found.items()
        if len(same) == 1
        and sku in skus
        and (isinstance(same[0], Unread) or same[0].pieces is not None)
    }


def _set_stock(client: WooCommerceClient, changes: Sequence[Change]) -> list[Outcome]:
    """Find out where each SKU is written, then send place by place."""
    with nothing_sent():
        stocked = _stocked(client, changes)

    def place(change: Change) -> str:
        product = stocked.get(change.target_id)
        parent = product.parent_id if isinstance(product, _Stocked) else None
        return f"products/{parent}/variations" if parent else "products"

    def send(group: Sequence[Change]) -> list[Outcome]:
        rows = {one.action_id: _row_of_stock(one, stocked.get(one.target_id)) for one in group}
        return _sent(client, place(group[0]), group, rows)

    same = groupby(sorted(changes, key=place), key=place)
    return each((some for _, group in same for some in chunks([*group], MOST_ROWS)), send)


def _row_of_stock(change: Change, product: _Stocked | Unread | None) -> _Written:
    if isinstance(product, Unread):
        return product.why
    if product is None or change.parent_id not in (None, WAREHOUSE):
        return "no single product has this SKU and stock of its own there"
    if change.before is not None and product.pieces != change.before:
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
