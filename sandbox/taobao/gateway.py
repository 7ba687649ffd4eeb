"""The one address of the platform: its checks in their order, and its envelope."""

import itertools
import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from starlette.routing import Route

from sandbox.kit.errors import RefusedError
from sandbox.kit.fields import Document
from sandbox.kit.gateway import Check, Faults, Gateway, Params
from sandbox.kit.tokens import is_same
from sandbox.taobao.errors import ERRORS
from sandbox.taobao.methods import METHODS
from sandbox.taobao.shop import Credentials, Rates, Shop
from sandbox.taobao.signing import METHODS as SIGN_METHODS
from sandbox.taobao.signing import signed
from sandbox.taobao.values import TIME, as_xml, simplified
from sandbox.world.world import World

PATH: Final = "/router/rest"
TOLERANCE: Final = timedelta(minutes=10)


def routes(
    world: World,
    credentials: Credentials,
    *,
    clock: Callable[[], float] = time.monotonic,
    rates: Rates | None = None,
    faults: Faults | None = None,
) -> list[Route]:
    """The platform's routes over a world.

    Args:
        clock: seconds that limits and tokens run on, beside the world's own time.
        rates: the app's limits.
        faults: what goes wrong; a test keeps the object and plants more.
    """
    shop = Shop(world, credentials, clock=clock, rates=rates, faults=faults)
    return [_Gateway(shop).route(PATH)]


def _given(name: str) -> Check[Shop]:
    return f"missing-{name}", lambda _, params: params.get(name)


def _is_in_time(shop: Shop, params: Params) -> bool:
    """Between two moves of the world its clock stands; a client's own may go on."""
    text = params["timestamp"]
    try:
        if text.isascii() and text.isdigit():
            at = datetime.fromtimestamp(int(text) / 1000, UTC)
        else:
            at = TIME.parsed(text)
    except (ValueError, OverflowError, OSError):
        return False
    return shop.now - TOLERANCE <= at <= shop.instant() + TOLERANCE


def _is_signed(shop: Shop, params: Params) -> bool:
    return is_same(params["sign"], signed(params, shop.credentials.app_secret))


class _Gateway(Gateway[Shop]):
    methods, errors = METHODS, ERRORS
    checks: ClassVar[Sequence[Check[Shop]]] = (
        _given("method"),
        ("invalid-method", lambda _, params: params["method"] in METHODS),
        ("invalid-format", lambda _, params: params.get("format", "xml") in ("json", "xml")),
        *(_given(name) for name in ("app_key", "timestamp", "v", "sign")),
        ("appkey-not-exists", lambda shop, params: params["app_key"] == shop.credentials.app_key),
        ("invalid-version", lambda _, params: params["v"] == "2.0"),
        ("invalid-timestamp", _is_in_time),
        ("invalid-sign-method", lambda _, params: params.get("sign_method", "md5") in SIGN_METHODS),
        ("invalid-signature", _is_signed),
        (
            "missing-session",
            lambda _, params: METHODS[params["method"]].is_open or params.get("session"),
        ),
        (
            "invalid-session",
            lambda shop, params: (
                METHODS[params["method"]].is_open
                or shop.tokens.is_good(params["session"], shop.instant())
            ),
        ),
    )

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self._numbers = itertools.count(1)

    def envelope(self, params: Params, result: Document | RefusedError) -> tuple[bytes, str]:
        """The answer under its method's name; Taobao's own prefix is left out, others are kept."""
        name, content = "error_response", result
        if isinstance(content, RefusedError):
            content = content.entry
        else:
            name = params["method"].removeprefix("taobao.").replace(".", "_") + "_response"
        content = {**content, "request_id": f"{next(self._numbers):012x}"}
        if params.get("format", "xml") == "xml":
            return as_xml(name, content), "text/xml"
        is_plain = params.get("simplify") == "true" and name != "error_response"
        whole = simplified(content) if is_plain else {name: content}
        return json.dumps(whole, ensure_ascii=False).encode(), "application/json"
