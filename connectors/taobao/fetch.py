"""How lists are read: counted first, then from the last page to the first, so that none is lost.

What changes while a list is read leaves the window, and all that stood behind it moves forward: to
a page that is still to come. Read the other way round, a row would slip past.
"""

import datetime as dt
import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connectors.base.fields import field_list
from connectors.base.gateway import china_time
from connectors.base.sending import chunks
from connectors.base.wire import decoded
from connectors.taobao import wire
from connectors.taobao.client import TaobaoClient
from connectors.taobao.codes import BANNERS
from contracts.errors import SourceContractError
from contracts.streams import Page, Window

_DAY = dt.timedelta(days=1)
_SECOND = dt.timedelta(seconds=1)
# Three months are 92 days at most; how the platform counts them is not told.
TRADES_KEPT = dt.timedelta(days=92)
REVIEWS_KEPT = dt.timedelta(days=180)
# Before there was a platform nothing on it changed.
_BEGINNING = dt.datetime(2003, 5, 10, tzinfo=dt.UTC)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A list of the platform.

    `most` is how many rows of one span can be paged through; `longest` the longest span, `kept` how
    far back the platform tells.
    """

    method: str
    part: str
    start: str
    end: str
    size: int
    fields: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    page: str = "page_no"
    most: int = 20_000
    longest: dt.timedelta | None = None
    kept: dt.timedelta | None = None

    def asked(self, window: Window) -> dict[str, str]:
        """Parameters of a span, without its page.

        Both ends are taken to be included; the end is rounded up, so that nothing falls between two
        spans, and so is the start, so that a day stays a day.
        """
        span = {self.start: china_time(_up(window.start)), self.end: china_time(_up(window.end))}
        return {"fields": self.fields, **self.params, **span}


TRADES = Source(
    method="taobao.trades.sold.increment.get",
    part="trades",
    start="start_modified",
    end="end_modified",
    size=50,
    fields=field_list(wire.Trade),
    longest=_DAY,
    kept=TRADES_KEPT,
)
REFUNDS = Source(
    method="taobao.refunds.receive.get",
    part="refunds",
    start="start_modified",
    end="end_modified",
    size=100,
    fields=field_list(wire.Refund),
)
REVIEWS = Source(
    method="taobao.traderates.get",
    part="reviews",
    start="start_date",
    end="end_date",
    size=150,
    fields=field_list(wire.Review),
    params={"rate_type": "get", "role": "buyer"},
    most=1_500,
    kept=REVIEWS_KEPT,
)
MEMBERS = Source(
    method="taobao.crm.members.increment.get",
    part="members",
    start="start_modify",
    end="end_modify",
    size=100,
    page="current_page",
)
_ON_SALE = Source(
    method="taobao.items.onsale.get",
    part="ids",
    start="start_modified",
    end="end_modified",
    size=200,
    fields="num_iid",
)
_OFF_SALE = tuple(
    Source(
        method="taobao.items.inventory.get",
        part="ids",
        start="start_modified",
        end="end_modified",
        size=200,
        fields="num_iid",
        params={"banner": banner},
    )
    for banner in BANNERS
)
# Off the shelf first: what is put on it meanwhile is found there.
_ITEMS = (*_OFF_SALE, _ON_SALE)
_DETAILS = "taobao.items.seller.list.get"
ITEM_FIELDS = field_list(wire.Item, whole=("skus",))
_COUPONS, _COUPONS_PER_PAGE = "taobao.promotion.coupons.get", 20


def trades(client: TaobaoClient, window: Window) -> Iterator[Page]:
    """Trades that changed, with their lines; of types that the platform leaves out by default too.

    Nothing of spans that ended more than three months ago: the platform does not tell.
    """
    for span in window.spans(dt.timedelta(minutes=client.settings.window_minutes)):
        yield from listed(client, span, TRADES, _types(client))


def refunds(client: TaobaoClient, window: Window) -> Iterator[Page]:
    """Refund cases that changed; of some types of trades they are left out by default too."""
    yield from listed(client, window, REFUNDS, _types(client))


def listed(
    client: TaobaoClient, window: Window, source: Source, params: Mapping[str, str] | None = None
) -> Iterator[Page]:
    """Pages of a list, the last one first; a window with too many rows is halved.

    Raises:
        SourceContractError: a second holds more rows than can be paged through.
    """
    if _is_forgotten(client, window, source) or _up(window.start) == _up(window.end):
        return
    asked = {**source.asked(window), **(params or {})}
    total = count(client, source, asked)
    if total > source.most:
        middle = _up(window.start + (window.end - window.start) / 2)
        if not window.start < middle < window.end:
            raise SourceContractError(f"{source.method} has {total} rows in one second")
        yield from listed(client, Window(window.start, middle), source, params)
        yield from listed(client, Window(middle, window.end), source, params)
        return
    for number in range(math.ceil(total / source.size), 0, -1):
        page = {**asked, source.page: str(number), "page_size": str(source.size)}
        yield Page(client.read(source.method, page).data, source.part)


def count(client: TaobaoClient, source: Source, asked: Mapping[str, str]) -> int:
    """How many rows a list has; asked without `use_has_next`, which would leave the total out."""
    answer = client.read(source.method, {**asked, source.page: "1", "page_size": "1"})
    total = decoded(wire.TOTAL.decode, answer.data)
    found = total.total_result if total.total_results is None else total.total_results
    if found is None:
        raise SourceContractError(f"{source.method} does not say how many rows there are")
    return found


def items(client: TaobaoClient, window: Window) -> Iterator[Page]:
    """Details of all products, on sale or not: what was deleted is in no list, and whether a sale
    changes its product's date is not told.

    What changes while they are read is found by its date afterwards.
    """
    seen: set[int] = set()
    yield from _items(client, Window(_BEGINNING, window.end), seen)
    now = max(client.recent_now(), window.end) + _SECOND
    yield from _items(client, Window(window.end, now), seen)


def _items(client: TaobaoClient, window: Window, seen: set[int]) -> Iterator[Page]:
    for source in _ITEMS:
        for page in listed(client, window, source):
            new = dict.fromkeys(wire.numbers(page.body))
            fresh = [one for one in new if one not in seen]
            seen.update(fresh)
            yield from details(client, fresh)


def details(client: TaobaoClient, num_iids: list[int]) -> Iterator[Page]:
    """Products with their SKUs, several in one call."""
    for some in chunks(num_iids, client.settings.items_per_call):
        asked = {"num_iids": ",".join(map(str, some)), "fields": ITEM_FIELDS}
        yield Page(client.read(_DETAILS, asked).data, "items")


def coupons(client: TaobaoClient, _window: Window) -> Iterator[Page]:
    """All coupons; the page says in which unit amounts are read."""
    number, pages = 1, 1
    while number <= pages:
        asked = {"page_no": str(number), "page_size": str(_COUPONS_PER_PAGE)}
        answer = client.read(_COUPONS, asked)
        total = decoded(wire.TOTAL.decode, answer.data).total_results or 0
        number, pages = number + 1, math.ceil(total / _COUPONS_PER_PAGE)
        yield Page(answer.data, client.settings.coupon_unit)


def estimate_trades(client: TaobaoClient, window: Window) -> int:
    """How many calls `trades` takes, the counts included."""
    spans = window.spans(dt.timedelta(minutes=client.settings.window_minutes))
    return sum(estimate(client, span, source=TRADES, params=_types(client)) for span in spans)


def estimate_refunds(client: TaobaoClient, window: Window) -> int:
    """How many calls `refunds` takes, the count included."""
    return estimate(client, window, source=REFUNDS, params=_types(client))


def estimate(
    client: TaobaoClient,
    window: Window,
    *,
    source: Source,
    params: Mapping[str, str] | None = None,
) -> int:
    """How many calls `listed` takes, the count included."""
    if _is_forgotten(client, window, source) or _up(window.start) == _up(window.end):
        return 0
    total = count(client, source, {**source.asked(window), **(params or {})})
    return 1 + math.ceil(total / source.size)


def _types(client: TaobaoClient) -> dict[str, str]:
    return {"type": ",".join(client.settings.trade_types)}


def _is_forgotten(client: TaobaoClient, window: Window, source: Source) -> bool:
    if source.kept is None or window.end > client.recent_now() - source.kept:
        return False
    _log.warning(
        "method=%s window=%s..%s is older than the %d days that the platform tells of: left out",
        source.method,
        window.start.isoformat(),
        window.end.isoformat(),
        source.kept.days,
    )
    return True


def _up(instant: dt.datetime) -> dt.datetime:
    """The next whole second; stamps of the platform have no smaller part."""
    whole = instant.replace(microsecond=0)
    return whole if whole == instant else whole + _SECOND
