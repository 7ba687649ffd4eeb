"""What is the same for every test is made once per process: the authorities.

A new HTTP client reads some hundred certificates, which takes longer than most tests do.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import httpx

_read = httpx.create_ssl_context


@cache
def _public() -> Any:
    return _read()


def authorities(verify: Any = True, **given: Any) -> Any:
    """As httpx reads them; the public ones once, since nobody changes what is read."""
    return _public() if verify is True and given.get("cert") is None else _read(verify, **given)


REPLACED: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("httpx._transports.default.create_ssl_context", authorities),
)
