"""The gateway of the platform: its checks, its signature, and the envelope of three levels."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from starlette.routing import Route

from sandbox.jd import oauth
from sandbox.jd.errors import ERRORS
from sandbox.jd.methods import METHODS
from sandbox.jd.shop import TIME, Credentials, Faults, Rates, Shop
from sandbox.kit.arguments import Arguments
from sandbox.kit.errors import RefusedError
from sandbox.kit.fields import Document
from sandbox.kit.gateway import Check, Gateway, Params, given, signed
from sandbox.kit.signing import signed_text, upper_md5
from sandbox.world.world import World

PATH: Final = "/routerjson"


def routes(
    world: World,
    credentials: Credentials,
    *,
    clock: Callable[[], float] = time.monotonic,
    rates: Rates | None = None,
    faults: Faults | None = None,
) -> list[Route]:
    """The platform's routes over a world, those of its OAuth host among them.

    Args:
        clock: seconds that limits and tokens run on, beside the world's own time.
        rates: the app's limits.
        faults: what goes wrong; a test keeps the object and plants more.
    """
    shop = Shop(world, "jd", credentials, rates or Rates(), faults or Faults(), clock=clock)
    return [_Gateway(shop).route(PATH), oauth.route(shop)]


def signature(params: Mapping[str, str], secret: str) -> str:
    """The signature over everything that was sent."""
    return upper_md5(secret.encode(), signed_text(params), secret.encode())


def _instant(text: str) -> datetime:
    """Text in GMT+8, or with milliseconds and its offset."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f%z") if "." in text else TIME.parsed(text)


class _Gateway(Gateway[Shop]):
    methods, errors, token = METHODS, ERRORS, "access_token"
    checks: ClassVar[Sequence[Check[Shop]]] = (
        *(given(name) for name in ("app_key", "v", "timestamp", "sign")),
        *signed(version="2.0", tolerance=timedelta(minutes=6), read=_instant, signature=signature),
    )

    def arguments(self, params: Params) -> Arguments:
        """The leaves of one JSON text, each as text; what is null there is not given."""
        try:
            found = json.loads(params.get("360buy_param_json") or "{}")
        except json.JSONDecodeError as error:
            raise ERRORS("invalid-json") from error
        if not isinstance(found, dict):
            raise ERRORS("invalid-json")
        leaves = {name: one for name, one in found.items() if one is not None}
        return Arguments({name: _text(one) for name, one in leaves.items()}, ERRORS)

    def envelope(self, params: Params, result: Document | RefusedError) -> tuple[bytes, str]:
        """The answer under its method's name, with an ending that is the platform's own."""
        for fault in ("hollow", "refused"):
            if self.shop.faults.spend(fault):
                result = ERRORS(fault)
        name = params.get("method", "").replace(".", "_") + "_responce"
        if not isinstance(result, RefusedError):
            whole: Document = {name: {"code": "0", **METHODS[params["method"]].done(result)}}
        else:
            said = {key: one for key, one in result.entry.items() if key != "level"}
            whole = {"error_response": said} if result.entry["level"] == 1 else {name: said}
            if result.entry["level"] == 3:
                failed = METHODS[params["method"]].failed(said["code"], said["zh_desc"])
                whole = {name: {"code": "0", **failed}}
        return json.dumps(whole, ensure_ascii=False).encode(), "application/json"


def _text(value: Any) -> str:
    """A leaf as text: a list as its values with commas between them."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value)
