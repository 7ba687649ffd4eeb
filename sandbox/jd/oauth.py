"""The platform's OAuth: the next pair of tokens, in the last day of the one in force, not after."""

from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.jd.shop import Shop
from sandbox.kit.endpoint import Endpoint, json_response
from sandbox.kit.forms import parameters
from sandbox.kit.tokens import is_same

PATH: Final = "/oauth2/refresh_token"
RENEWED_WITHIN: Final = timedelta(hours=24)


def route(shop: Shop) -> Route:
    """Where tokens are renewed; always HTTP 200, a refusal is a code and what is wrong."""

    def answered(request: Request, body: bytes) -> Response:
        given, own, now = parameters(request, body), shop.credentials, shop.instant()
        is_ours = is_same(given.get("app_secret", ""), own.app_secret)
        if given.get("grant_type") != "refresh_token":
            return _refusal(10_101, "grant_type只支持refresh_token")
        if given.get("app_key") != own.app_key or not is_ours:
            return _refusal(10_102, "无效app_key或app_secret")
        if not is_same(given.get("refresh_token", ""), shop.tokens.refresh):
            return _refusal(10_103, "无效refresh_token")
        if not shop.tokens.until - RENEWED_WITHIN <= now < shop.tokens.until:
            return _refusal(10_104, "只能在授权到期前24小时内刷新")
        shop.tokens.renew(now, shop.lasts)
        pair = {"access_token": shop.tokens.access, "refresh_token": shop.tokens.refresh}
        more = {"token_type": "bearer", "scope": "snsapi_base", "open_id": str(own.vender_id)}
        at = {"expires_in": own.expires_in, "time": int(now.timestamp() * 1000)}
        return json_response({"code": 0, **pair, **more, **at})

    return Route(PATH, Endpoint(shop.world, answered))


def _refusal(code: int, reason: str) -> Response:
    return json_response({"code": code, "msg": reason})
