"""The routes of the site: let in, dispatched by path and method, answered as WordPress does."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.kit.endpoint import Endpoint
from sandbox.kit.errors import RefusedError
from sandbox.kit.fields import sparse
from sandbox.kit.resources import Reply
from sandbox.kit.routing import Routing
from sandbox.woocommerce import site
from sandbox.woocommerce.access import Credentials, Gate
from sandbox.woocommerce.calls import Call, Handler, decoded
from sandbox.woocommerce.coupons import Coupons
from sandbox.woocommerce.errors import ERRORS, answer
from sandbox.woocommerce.families import Families, Family
from sandbox.woocommerce.faults import PAGE, Faults
from sandbox.woocommerce.offers import run_schedule
from sandbox.woocommerce.orders import Orders
from sandbox.woocommerce.params import Params
from sandbox.woocommerce.people import Customers, Reviews
from sandbox.woocommerce.products import Products, Variations
from sandbox.woocommerce.refunds import OrderRefunds, Refunds
from sandbox.woocommerce.shop import Shop
from sandbox.world.world import World

_SHOP: Final = "/wc/v3"
_RESOURCES: Final = {
    "/orders": Orders(),
    "/orders/{parent:int}/refunds": OrderRefunds(),
    "/refunds": Refunds(),
    "/products": Products(),
    "/products/reviews": Reviews(),
    "/products/{parent:int}/variations": Variations(),
    "/customers": Customers(),
    "/coupons": Coupons(),
}
_REAL: Final = _SHOP + (
    r"(/(data|payment_gateways|reports|settings|shipping|shipping_methods|system_status|taxes"
    r"|webhooks)(/[\w.-]+)*"
    r"|/products/(attributes|brands|categories|custom-fields|shipping_classes|tags)(/.*)?"
    r"|/orders/(\d+/(notes|receipt|actions/.*)|statuses)(/\d+)?"
    r"|/(orders|products|customers|coupons|refunds|products/reviews|products/\d+/variations)"
    r"(/\d+|/batch|/generate)?)"
)
"""Addresses that the platform has: what of them is not in the table is not emulated."""
_ROUTING: Final = Routing[Handler](
    {
        "": {"GET": site.site},
        _SHOP: {"GET": site.index},
        f"{_SHOP}/system_status": {"GET": site.system_status},
        **{
            f"{_SHOP}{path}{rest}": handlers
            for path, resource in _RESOURCES.items()
            for rest, handlers in resource.operations("{key:int}").items()
        },
    },
    ERRORS,
    real=_REAL,
)
_OPEN: Final = ("", _SHOP)
"""What is answered to everybody."""
_VERBS: Final = {"GET": "view", "POST": "create", "PUT": "edit", "PATCH": "edit"}


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
    desk = _Site(shop, Gate(credentials, now or (lambda: world.clock.timestamp())))
    endpoint = Endpoint(world, desk.answered)
    return [Route(path, endpoint) for path in ("/wp-json", "/wp-json/{path:path}")]


class _Site:
    """Answers the requests of one site."""

    def __init__(self, shop: Shop, gate: Gate) -> None:
        self._shop, self._gate = shop, gate

    def answered(self, request: Request, body: bytes) -> Response:
        """The answer as it is sent, or what the host says in place of the shop."""
        faults = self._shop.faults
        if faults.plain_permalinks:
            return Response(None, 301, headers={"location": "/"})
        if status := faults.next_status():
            wait = {"retry-after": "1"} if status in (429, 503) else {}
            return Response(PAGE, status, headers=wait, media_type="text/html")
        if not faults.late_jobs:
            run_schedule(self._shop)
        try:
            reply = self._reply(request, body)
        except RefusedError as refused:
            reply = Reply(answer(refused), refused.entry["status"])
        headers = dict(reply.headers)
        if "X-WP-Total" in headers and faults.spend("missing_totals"):
            del headers["X-WP-Total"], headers["X-WP-TotalPages"]
        text = faults.spoilt(msgspec.json.encode(reply.body))
        return Response(text, reply.status, headers=headers, media_type="application/json")

    def _reply(self, request: Request, body: bytes) -> Reply:
        home = f"{request.url.scheme}://{request.url.netloc}"
        path = request.scope["raw_path"].decode("ascii", "replace").partition("?")[0]
        params = Params.of(request.scope["query_string"].decode())
        route = request.url.path.removeprefix("/wp-json").rstrip("/")
        is_known = self._gate.let_in(request, home + path, params)
        handler, keys = _ROUTING.find(request.method, route)
        if not is_known and route not in _OPEN:
            verb = "batch" if route.endswith("/batch") else _VERBS.get(request.method, "delete")
            raise ERRORS("stranger", verb=verb)
        given = {name: int(key) for name, key in keys.items()}
        call = Call(self._shop, params, decoded(body), home, path, **given)
        is_spoilt = request.method != "GET" and self._shop.faults.spend("unapplied")
        with self._shop.undone() if is_spoilt else nullcontext():
            reply = handler(call)
        asked = params.listed("_fields")
        return replace(reply, body=sparse(reply.body, asked)) if asked else reply
