"""What a browser may do with the pages of a home's Prefect server: ask nobody else for anything."""

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# FastAPI's own pages about an API; they load their scripts from elsewhere.
_NOT_SERVED = ("/docs", "/redoc")
_MOUNTED = ("", "/api")
# The UI's own scripts make functions of text, its styles stand in its elements.
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Pages:
    """An app whose pages load nothing of others, and lie in no frame of theirs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless its page is not served."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        app = PlainTextResponse("Not Found", 404) if _is_closed(scope["path"]) else self._app
        await app(scope, receive, answered)


def _is_closed(path: str) -> bool:
    pages = [mount + page for mount in _MOUNTED for page in _NOT_SERVED]
    return any(path == page or path.startswith(f"{page}/") for page in pages)
