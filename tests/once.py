"""What is the same for every test is made once per process: the authorities, the rules of a table.

A new HTTP client reads some hundred certificates, which takes longer than most tests do; and who
checks a table of ten rows builds all its rules anew, which takes longer than to check them.
"""

from functools import cache
from typing import Any

import dataframely as dy
import httpx

_read = httpx.create_ssl_context
_rules = dy.Schema._validation_rules.__func__  # type: ignore[attr-defined]


@cache
def _public() -> Any:
    return _read()


def authorities(verify: Any = True, **given: Any) -> Any:
    """As httpx reads them; the public ones once, since nobody changes what is read."""
    return _public() if verify is True and given.get("cert") is None else _read(verify, **given)


@cache
def _rules_of(schema: type[dy.Schema], *, with_cast: bool) -> dict[str, Any]:
    built: dict[str, Any] = _rules(schema, with_cast=with_cast)
    return built


def rules(schema: type[dy.Schema], *, with_cast: bool) -> dict[str, Any]:
    """What a schema demands: of its declaration alone, which nobody changes."""
    return {**_rules_of(schema, with_cast=with_cast)}


REPLACED: tuple[tuple[str, Any], ...] = (
    ("httpx._transports.default.create_ssl_context", authorities),
    ("dataframely.schema.BaseSchema._validation_rules", classmethod(rules)),
)
