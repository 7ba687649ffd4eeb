"""Prices and stock that are written to WooCommerce, item by item, and how they are read back.

A batch answers 200 with an error in the row that failed. Messages hold the platform's codes, never
its texts.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from connectors.base.catalogue import ShopMoney
from connectors.base.limits import Urgency
from connectors.base.plain_rows import plain_rows
from connectors.base.sending import UnfitError, chunks, each, nothing_sent, outcome, read
from connectors.base.wire import Text, decoded, lenient, safe_code
from connectors.base.writes import batched, grouped, known, lives, price_text
from connectors.woocommerce.client import WooCommerceClient
from connectors.woocommerce.mapping import WAREHOUSE
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import OutcomeState

MOST_ROWS = 100

Row = dict[str, Any]


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


_PRICES, _STOCK, _BATCH = lenient(_Priced), lenient(_Stocked), msgspec.json.Decoder(_Batch)


@dataclass(frozen=True, slots=True)
class _Offer:
    """What the shop says of a listing's price at its instant."""

    product: _Priced
    money: ShopMoney
    at: dt.datetime

    def live(self) -> Live | None:
        """The price in force, as it is charged."""
        value = self.money.charged(self.product.price)
        return None if value is None else Live(value=value, currency=self.money.currency)

    def would_begin(self, after: int) -> bool:
        """Whether a sale price that waits for no day, but below the regular one, would hold."""
        now = self.at.strftime("%Y-%m-%dT%H:%M:%S")
        begins, ends = self.product.date_on_sale_from_gmt, self.product.date_on_sale_to_gmt
        if (begins or now) > now or (ends or now) < now:
            return False
        sale = self.money.charged(self.product.sale_price)
        return sale is not None and after > sale


def live_prices(client: WooCommerceClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """Price in force per listing, in minor units of the shop's currency; as it is charged."""
    found: dict[str, Live | Unread] = {}
    for group in grouped(changes, _path, MOST_ROWS):
        found |= lives(_offers(client, group), _Offer.live)
    return found


def set_prices(client: WooCommerceClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set the price in force: of what is on sale the sale price, else the regular one.

    Simple products go together, variations with their sisters; at most a batch each.
    """

    def send(group: Sequence[Change]) -> list[Outcome]:
        with nothing_sent():
            offers = _offers(client, group)
        rows = partial(_row_of_price, offers)
        return batched(group, rows, partial(_write, client, _path(group[0])))

    return each(grouped(changes, _path, MOST_ROWS), send)


def live_stock(client: WooCommerceClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """Pieces of each SKU whose stock the shop keeps."""
    return lives(
        _stocked(client, changes), lambda product: Live(value=product.pieces or 0, currency=None)
    )


def set_stock(client: WooCommerceClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set the pieces of a SKU, if they are still as before."""
    return each([changes], partial(_set_stock, client))


def _path(change: Change) -> str:
    """Where a listing is written: a variation under its product."""
    parent = change.parent_id or ""
    is_variation = parent.isdigit() and parent != change.target_id
    return f"products/{parent}/variations" if is_variation else "products"


def _offers(client: WooCommerceClient, group: Sequence[Change]) -> dict[str, _Offer | Unread]:
    """What the shop says of the group's prices, by listing."""
    money = client.money()
    wanted = ",".join(change.target_id for change in group if change.target_id.isdecimal())
    if not wanted:
        return {}
    fields = ",".join(_Priced.__struct_fields__)
    asked = [("include", wanted), ("per_page", str(MOST_ROWS)), ("_fields", fields)]
    answer = client.ask(_path(group[0]), asked)

    def offer(raw: msgspec.Raw) -> _Offer:
        return _Offer(decoded(_PRICES.decode, raw), money, answer.at)

    rows = [row for row in plain_rows(answer.body) if row.id is not None]
    return {str(row.id): read(partial(offer, row.raw)) for row in rows}


def _row_of_price(offers: Mapping[str, _Offer | Unread], change: Change) -> Row:
    """The one field that holds the price in force, so that its old value is all an undo needs."""
    offer = known(offers, change.target_id, "the shop has no such listing")
    product, money = offer.product, offer.money
    text = price_text(change, money.currency, decimals=money.decimals)
    field = "sale_price" if product.on_sale else "regular_price"
    told, price = money.charged(getattr(product, field)), money.charged(product.price)
    # A sale begins and ends by the clock, its price changes with the shop's next round of jobs.
    if told is None or told != price:
        raise UnfitError(
            "its price in force is not the one that it should have: a sale begins or ends"
        )
    if product.on_sale:
        regular = money.charged(product.regular_price)
        if regular is None or change.after >= regular:
            raise UnfitError("it is on sale, and would no longer be below its regular price")
    elif offer.would_begin(change.after):
        raise UnfitError(
            "a sale price above its regular one would come in force: a person has to remove it"
        )
    # As text: a number is refused by one address of two.
    return {"id": product.id, field: text}


def _stocked(client: WooCommerceClient, changes: Sequence[Change]) -> dict[str, _Stocked | Unread]:
    """The one product or variation of each SKU whose own stock is kept."""
    skus = sorted({change.target_id for change in changes})
    fields = ",".join(_Stocked.__struct_fields__)
    found: dict[str, list[_Stocked | Unread]] = {}
    # A list of SKUs is separated by commas, so one that holds a comma cannot be asked for.
    for some in chunks([sku for sku in skus if "," not in sku], MOST_ROWS // 2):
        asked = [("sku", ",".join(some)), ("per_page", str(MOST_ROWS)), ("_fields", fields)]
        for row in plain_rows(client.ask("products", asked).body):
            product = read(partial(decoded, _STOCK.decode, row.raw))
            found.setdefault(str(row.value.get("sku")), []).append(product)
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
        rows = partial(_row_of_stock, stocked)
        return batched(group, rows, partial(_write, client, place(group[0])))

    return each(grouped(changes, place, MOST_ROWS), send)


def _row_of_stock(stocked: Mapping[str, _Stocked | Unread], change: Change) -> Row:
    missing = "no single product has this SKU and stock of its own there"
    product = known(stocked, change.target_id, missing)
    if change.parent_id not in (None, WAREHOUSE):
        raise UnfitError(missing)
    if change.before is not None and product.pieces != change.before:
        raise UnfitError("its stock is no longer as before")
    return {"id": product.id, "stock_quantity": change.after}


def _write(
    client: WooCommerceClient, path: str, rows: Sequence[tuple[Change, Row]]
) -> list[Outcome]:
    """Send rows in one batch; each is answered by its id."""
    urgency = Urgency.of(change for change, _ in rows)
    written = {"update": [row for _, row in rows]}
    answer = client.write("POST", f"{path}/batch", written, urgency=urgency)
    batch = decoded(_BATCH.decode, answer.body)
    answered = {row.id: row.error.code if row.error else None for row in batch.update}
    return [_outcome(change, row["id"], answered) for change, row in rows]


def _outcome(change: Change, number: int, answered: Mapping[int, str | None]) -> Outcome:
    if number not in answered:
        return outcome(change, "the answer has no row for it", OutcomeState.UNKNOWN)
    code = answered[number]
    if code is None:
        return outcome(change)
    # What broke while it was being saved may have been saved in part.
    is_half_done = code.endswith("_not_created")
    state = OutcomeState.UNKNOWN if is_half_done else OutcomeState.REJECTED
    return outcome(change, safe_code(code), state)
