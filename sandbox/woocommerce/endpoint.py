"""The routes of the site: let in, dispatched by path and method, answered as WordPress does."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from email.utils import format_datetime
from functools import partial
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.woocommerce import checkout, coupons, offers, order_writes, reads, writes
from sandbox.woocommerce.access import Asking, Credentials, Gate
from sandbox.woocommerce.batches import batch
from sandbox.woocommerce.calls import Call, Reply, decoded, picked
from sandbox.woocommerce.errors import RestError, not_emulated
from sandbox.woocommerce.families import Families, Family
from sandbox.woocommerce.faults import Faults
from sandbox.woocommerce.params import Params
from sandbox.woocommerce.shop import Shop
from sandbox.world.world import World

Handler = Callable[..., Reply]
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
NAMESPACE: Final = "/wc/v3"
_FRAMES: Final = ("products", "discounts", "reviews", "orders", "lines", "refunds", "customers")
_KEPT: Final = (
    "unmanaged", "backorders", "offers", "prices", "product_status", "coupon_fields",
    "review_status", "drafts", "order_status", "fees", "line_edits",
)  # fmt: skip


def routes(
    world: World,
    credentials: Credentials,
    *,
    now: Callable[[], float] | None = None,
    decimals: int = 2,
    faults: Faults | None = None,
    families: Sequence[Family] = (),
) -> list[Route]:
    """The REST API of one shop.

    The platform has no rate limit of its own, so there is no clock of one.

    Args:
        now: the server's epoch seconds, against which signatures are too old; the world's clock
            when not given.
        decimals: those of the shop's prices.
        faults: what goes wrong; a test keeps the object and changes it.
        families: products with variations; the others are simple ones.
    """
    own = Families({one.parent_id: one for one in families})
    shop = Shop(world, decimals=decimals, faults=faults or Faults(), families=own)
    site = _Site(shop, Gate(credentials, now or (lambda: world.clock.timestamp())))
    paths = ("/wp-json", "/wp-json/{path:path}")
    return [Route(path, site.received, methods=list(METHODS)) for path in paths]


def _batch_products(call: Call) -> Reply:
    return batch(
        call,
        update=partial(writes.changed_product, call, 0),
        delete=partial(writes.deleted_product, call, 0, is_forced=call.is_forced),
    )


def _batch_variations(call: Call, parent: int) -> Reply:
    return batch(
        call,
        update=partial(writes.changed_product, call, parent),
        delete=partial(writes.deleted_product, call, parent, is_forced=True),
    )


def _batch_reviews(call: Call) -> Reply:
    return batch(call, update=partial(writes.changed_review, call))


def _batch_coupons(call: Call) -> Reply:
    return batch(
        call,
        create=partial(coupons.created_coupon, call),
        update=partial(coupons.changed_coupon, call),
        delete=partial(coupons.deleted_coupon, call, is_forced=True),
    )


def _batch_orders(call: Call) -> Reply:
    return batch(call, create=partial(checkout.created_order, call))


def _editable(handler: Handler) -> dict[str, Handler]:
    return dict.fromkeys(("POST", "PUT", "PATCH"), handler)


_TABLE: Final[tuple[tuple[str, dict[str, Handler]], ...]] = (
    (r"/system_status", {"GET": reads.system_status}),
    (r"/orders", {"GET": reads.list_orders, "POST": checkout.create_order}),
    (r"/orders/batch", _editable(_batch_orders)),
    (
        r"/orders/(\d+)",
        {
            "GET": reads.order,
            "DELETE": order_writes.delete_order,
            **_editable(order_writes.update_order),
        },
    ),
    (r"/orders/(\d+)/refunds", {"GET": reads.list_order_refunds}),
    (
        r"/orders/(\d+)/refunds/(\d+)",
        {"GET": reads.order_refund, "DELETE": order_writes.delete_refund},
    ),
    (r"/refunds", {"GET": reads.list_refunds}),
    (r"/products", {"GET": reads.list_products}),
    (r"/products/batch", _editable(_batch_products)),
    (r"/products/reviews", {"GET": reads.list_reviews}),
    (r"/products/reviews/batch", _editable(_batch_reviews)),
    (
        r"/products/reviews/(\d+)",
        {
            "GET": reads.review,
            "DELETE": writes.delete_review,
            **_editable(writes.update_review),
        },
    ),
    (
        r"/products/(\d+)",
        {
            "GET": reads.product,
            "DELETE": writes.delete_product,
            **_editable(writes.update_product),
        },
    ),
    (r"/products/(\d+)/variations", {"GET": reads.list_variations}),
    (r"/products/(\d+)/variations/batch", _editable(_batch_variations)),
    (
        r"/products/(\d+)/variations/(\d+)",
        {
            "GET": reads.variation,
            "DELETE": writes.delete_variation,
            **_editable(writes.update_variation),
        },
    ),
    (r"/customers", {"GET": reads.list_customers}),
    (r"/customers/(\d+)", {"GET": reads.customer, "DELETE": writes.delete_customer}),
    (r"/coupons", {"GET": reads.list_coupons, "POST": coupons.create_coupon}),
    (r"/coupons/batch", _editable(_batch_coupons)),
    (
        r"/coupons/(\d+)",
        {
            "GET": reads.coupon,
            "DELETE": coupons.delete_coupon,
            **_editable(coupons.update_coupon),
        },
    ),
)
_OPEN: Final[dict[str, Handler]] = {"": reads.site, NAMESPACE: reads.index}
"""What is answered to everybody."""
_VERBS: Final = {
    "GET": "view",
    "POST": "create",
    "PUT": "edit",
    "PATCH": "edit",
    "DELETE": "delete",
}


class _Site:
    """Answers the requests of one site."""

    def __init__(self, shop: Shop, gate: Gate) -> None:
        self._shop, self._gate = shop, gate

    async def received(self, request: Request) -> Response:
        if self._shop.faults.plain_permalinks:
            return Response(None, 301, headers=self._headers() | {"location": "/"})
        if status := self._shop.faults.next_status():
            return self._page(status)
        body = await request.body()
        return await run_in_threadpool(self._answered, request, body)

    def _page(self, status: int) -> Response:
        """A page of the host that stands before the shop."""
        headers = self._headers() | ({"retry-after": "1"} if status in (429, 503) else {})
        text = "<html><body>One moment, please.</body></html>"
        return Response(text, status, headers=headers, media_type="text/html")

    def _headers(self) -> dict[str, str]:
        return {"date": format_datetime(self._shop.world.clock, usegmt=True)}

    def _answered(self, request: Request, body: bytes) -> Response:
        with self._shop.world.lock:
            if not self._shop.faults.late_jobs:
                offers.run_schedule(self._shop)
            try:
                reply = self._reply(request, body)
            except RestError as refused:
                reply = Reply(refused.answer(), refused.status)
            if "X-WP-Total" in reply.headers and self._shop.faults.spend("missing_totals"):
                lengths = ("X-WP-Total", "X-WP-TotalPages")
                kept = {name: one for name, one in reply.headers.items() if name not in lengths}
                reply = Reply(reply.body, reply.status, kept)
            return Response(
                self._shop.faults.spoilt(msgspec.json.encode(reply.body)),
                reply.status,
                headers=self._headers() | reply.headers,
                media_type="application/json",
            )

    def _reply(self, request: Request, body: bytes) -> Reply:
        home = f"{request.url.scheme}://{request.url.netloc}"
        path = request.scope["raw_path"].decode("ascii", "replace").partition("?")[0]
        params = Params.of(request.scope["query_string"].decode())
        asking = Asking(
            request.method,
            home + path,
            request.url.scheme == "https",
            request.url.path.startswith("/wp-json/wc/"),
            request.headers.get("authorization", ""),
            params,
        )
        is_known = self._gate.let_in(asking)
        route = request.url.path.removeprefix("/wp-json").rstrip("/")
        if request.method == "GET" and route in _OPEN:
            handler, keys = _OPEN[route], tuple[int, ...]()
        else:
            handler, keys = _found(route, request.method)
            if not is_known:
                raise _stranger(request.method, route)
        call = Call(self._shop, params, decoded(body), home, path)
        with self._unapplied(is_write=request.method != "GET"):
            reply = handler(call, *keys)
        if fields := params.listed("_fields"):
            return Reply(picked(reply.body, fields), reply.status, reply.headers)
        return reply

    @contextmanager
    def _unapplied(self, *, is_write: bool) -> Iterator[None]:
        """Undo what is written inside, if that fault is planted: the answer says it was done."""
        world, spoil = self._shop.world, is_write and self._shop.faults.spend("unapplied")
        # Frames are replaced and never altered; what the shop keeps itself is altered.
        frames: dict[str, Any] = {name: getattr(world, name) for name in _FRAMES}
        kept: dict[str, Any] = {name: copy(getattr(self._shop, name)) for name in _KEPT}
        written = len(world.writes)
        yield
        if not spoil:
            return
        for owner, state in ((world, frames), (self._shop, kept)):
            for name, value in state.items():
                setattr(owner, name, value)
        for record in world.writes[written:]:
            record |= {"applied": False, "fault": "unapplied"}


_REAL: Final = re.compile(
    r"/(data|payment_gateways|reports|settings|shipping|shipping_methods|system_status|taxes|webhooks)"
    r"(/[\w.-]+)*"
    r"|/products/(attributes|brands|categories|custom-fields|shipping_classes|tags)(/.*)?"
    r"|/orders/(\d+/(notes|receipt|actions/.*)|statuses)(/\d+)?"
    r"|/(orders|products|customers|coupons|refunds|products/reviews|products/\d+/variations)"
    r"(/\d+|/batch|/generate)?"
)
"""Addresses that the platform has: what of them is not in the table is not emulated."""


def _found(route: str, method: str) -> tuple[Handler, tuple[int, ...]]:
    own = route.removeprefix(NAMESPACE) if route.startswith(f"{NAMESPACE}/") else ""
    for pattern, handlers in _TABLE:
        match = re.fullmatch(pattern, own)
        if match and method in handlers:
            return handlers[method], tuple(int(key) for key in match.groups())
    if _REAL.fullmatch(own):
        raise not_emulated(f"{method} {own}")
    said = "No route was found matching the URL and request method."
    raise RestError("rest_no_route", said, 404)


def _stranger(method: str, route: str) -> RestError:
    """Nobody said who they are, or in a way that is not looked at over plain HTTP."""
    verb = "batch" if route.endswith("/batch") else _VERBS[method]
    said = f"Sorry, you cannot {verb} resources."
    return RestError(f"woocommerce_rest_cannot_{verb}", said, 401)
