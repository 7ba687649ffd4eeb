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
        secret, refresh = given.get("app_secret", ""), given.get("refresh_token", "")
        ends = shop.tokens.until
        for code, reason, holds in (
            (10_101, "grant_type不支持", given.get("grant_type") == "refresh_token"),
            (10_102, "无效app_key", given.get("app_key") == own.app_key),
            (10_103, "无效app_secret", is_same(secret, own.app_secret)),
            (10_104, "无效refresh_token", is_same(refresh, shop.tokens.refresh)),
            (10_105, "只能在到期前24小时内刷新", ends - RENEWED_WITHIN <= now < ends),
        ):
            if not holds:
                return json_response({"code": code, "msg": reason})
        shop.tokens.renew(now, shop.lasts)
        pair = {"access_token": shop.tokens.access, "refresh_token": shop.tokens.refresh}
        more = {"token_type": "bearer", "scope": "snsapi_base", "open_id": str(own.vender_id)}
        at = {"expires_in": own.expires_in, "time": int(now.timestamp() * 1000)}
        return json_response({"code": 0, **pair, **more, **at})

    return Route(PATH, Endpoint(shop.world, answered))
