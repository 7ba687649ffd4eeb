"""One address behind HTTP: the body is read, the world's lock held, the answer dated."""

from collections.abc import Callable, Mapping
from email.utils import format_datetime
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.world.world import World

Answer = Callable[[Request, bytes], Response]


class Endpoint:
    """An ASGI endpoint that takes every method, so that the dialect says which there are."""

    def __init__(self, world: World, answer: Answer) -> None:
        self._world, self._answer = world, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, dated by the world's clock."""
        request = Request(scope, receive)
        response = await run_in_threadpool(self._locked, request, await request.body())
        await response(scope, receive, send)

    def _locked(self, request: Request, body: bytes) -> Response:
        with self._world.lock:
            response = self._answer(request, body)
            response.headers["date"] = format_datetime(self._world.clock, usegmt=True)
            return response


def json_response(
    content: Any,
    status: int = 200,
    *,
    headers: Mapping[str, str] | None = None,
    media: str = "application/json",
) -> Response:
    """An answer in JSON."""
    return Response(msgspec.json.encode(content), status, headers=headers, media_type=media)
