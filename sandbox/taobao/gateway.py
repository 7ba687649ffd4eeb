"""The one address of the platform: its checks, its signature and its envelope."""

import itertools
import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from starlette.routing import Route

from sandbox.kit.errors import RefusedError
from sandbox.kit.fields import Document
from sandbox.kit.gateway import Check, Faults, Gateway, Params, given, signed
from sandbox.kit.signing import signed_text, upper_hmac, upper_md5
from sandbox.taobao.errors import ERRORS
from sandbox.taobao.methods import METHODS
from sandbox.taobao.shop import CHANNEL, Credentials, Rates, Shop
from sandbox.taobao.values import TIME, as_xml, simplified
from sandbox.world.world import World

PATH: Final = "/router/rest"
SIGN_METHODS: Final = ("md5", "hmac", "hmac-sha256")


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
    own = rates or Rates(), faults or Faults()
    return [_Gateway(Shop(world, CHANNEL, credentials, *own, clock=clock)).route(PATH)]


def signature(params: Mapping[str, str], secret: str) -> str:
    """The signature over everything that was sent but files, by the call's own `sign_method`."""
    text, key = signed_text(params), secret.encode()
    method = params.get("sign_method", "md5")
    if method == "md5":
        return upper_md5(key, text, key)
    return upper_hmac(key, text, "md5" if method == "hmac" else "sha256")


def _instant(text: str) -> datetime:
    """Text in GMT+8, or milliseconds since 1970."""
    is_number = text.isascii() and text.isdigit()
    return datetime.fromtimestamp(int(text) / 1000, UTC) if is_number else TIME.parsed(text)


class _Gateway(Gateway[Shop]):
    methods, errors, token = METHODS, ERRORS, "session"
    checks: ClassVar[Sequence[Check[Shop]]] = (
        ("invalid-format", lambda _, params: params.get("format", "xml") in ("json", "xml")),
        *(given(name) for name in ("app_key", "timestamp", "v", "sign")),
        ("invalid-sign_method", lambda _, params: params.get("sign_method", "md5") in SIGN_METHODS),
        *signed(version="2.0", tolerance=timedelta(minutes=10), read=_instant, signature=signature),
    )

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self._numbers = itertools.count(1)

    def envelope(self, params: Params, result: Document | RefusedError) -> tuple[bytes, str]:
        """The answer under its method's name; Taobao's own prefix is left out, others are kept."""
        is_error = isinstance(result, RefusedError)
        content = result.entry if isinstance(result, RefusedError) else result
        content = {**content, "request_id": f"{next(self._numbers):012x}"}
        method = params.get("method", "").removeprefix("taobao.").replace(".", "_")
        name = "error_response" if is_error else f"{method}_response"
        if params.get("format", "xml") == "xml":
            return as_xml(name, content), "text/xml"
        is_plain = params.get("simplify") == "true" and not is_error
        whole = simplified(content) if is_plain else {name: content}
        return json.dumps(whole, ensure_ascii=False).encode(), "application/json"
