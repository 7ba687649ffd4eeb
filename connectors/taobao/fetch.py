"""How the platform's lists are asked for."""

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import partial

from connectors.base.counted import SECOND, CountedList
from connectors.base.fields import field_list
from connectors.base.paging import by_number
from connectors.base.sending import chunks
from connectors.taobao import wire
from connectors.taobao.client import TaobaoClient
from connectors.taobao.codes import BANNERS
from contracts.streams import Page, Window

# Before there was a platform nothing on it changed.
_BEGINNING = dt.datetime(2003, 5, 10, tzinfo=dt.UTC)
_DETAILS = "taobao.items.seller.list.get"
ITEM_FIELDS = field_list(wire.Item, whole=("skus",))
_COUPONS, _COUPONS_PER_PAGE = "taobao.promotion.coupons.get", 20

_listed = partial(CountedList, total=wire.total)
_changed = partial(_listed, start="start_modified", end="end_modified")


def _types(client: TaobaoClient) -> dict[str, str]:
    """By default the platform leaves trades of some types out, and their refunds."""
    return {"type": ",".join(client.settings.trade_types)}


def _span_of_trades(client: TaobaoClient) -> dt.timedelta:
    return dt.timedelta(minutes=client.settings.window_minutes)


TRADES = _changed(
    method="taobao.trades.sold.increment.get",
    part="trades",
    size=50,
    params={"fields": field_list(wire.Trade)},
    asked=_types,
    longest=_span_of_trades,
    # Three months are 92 days at most; how the platform counts them is not told.
    kept=dt.timedelta(days=92),
)
REFUNDS = _changed(
    method="taobao.refunds.receive.get",
    part="refunds",
    size=100,
    params={"fields": field_list(wire.Refund)},
    asked=_types,
)
REVIEWS = _listed(
    method="taobao.traderates.get",
    part="reviews",
    start="start_date",
    end="end_date",
    size=150,
    params={"fields": field_list(wire.Review), "rate_type": "get", "role": "buyer"},
    most=1_500,
    kept=dt.timedelta(days=180),
)
MEMBERS = _listed(
    method="taobao.crm.members.increment.get",
    part="members",
    start="start_modify",
    end="end_modify",
    size=100,
    page="current_page",
)
_numbers = partial(_changed, part="numbers", size=200)
_ON_SALE = _numbers(method="taobao.items.onsale.get", params={"fields": "num_iid"})
_OFF_SALE = tuple(
    _numbers(method="taobao.items.inventory.get", params={"fields": "num_iid", "banner": banner})
    for banner in BANNERS
)


def items(client: TaobaoClient, window: Window) -> Iterator[Page]:
    """Details of all products, on sale or not: what was deleted is in no list, and whether a sale
    changes its product's date is not told.

    What changes while they are read is found by its date afterwards.
    """
    seen: set[int] = set()
    yield from _items(client, Window(_BEGINNING, window.end), seen)
    now = max(client.recent_now(), window.end) + SECOND
    yield from _items(client, Window(window.end, now), seen)


def _items(client: TaobaoClient, window: Window, seen: set[int]) -> Iterator[Page]:
    # Off the shelf first: what is put on it meanwhile is found there.
    for source in (*_OFF_SALE, _ON_SALE):
        for page in source.pages(client, window):
            new = dict.fromkeys(wire.numbers(page.body))
            fresh = [one for one in new if one not in seen]
            seen.update(fresh)
            yield from details(client, fresh)


def details(client: TaobaoClient, num_iids: Sequence[int]) -> Iterator[Page]:
    """Products with their SKUs, several in one call."""
    for some in chunks(num_iids, client.settings.items_per_call):
        asked = {"num_iids": ",".join(map(str, some)), "fields": ITEM_FIELDS}
        yield Page(client.read(_DETAILS, asked).data, "items")


def coupons(client: TaobaoClient, _window: Window) -> Iterator[Page]:
    """All coupons; the page says in which unit amounts are read."""

    def ask(number: int) -> tuple[Page, bool]:
        asked = {"page_no": str(number), "page_size": str(_COUPONS_PER_PAGE)}
        answer = client.read(_COUPONS, asked)
        has_more = number * _COUPONS_PER_PAGE < (wire.total(answer.data) or 0)
        return Page(answer.data, client.settings.coupon_unit), has_more

    return by_number(ask)
