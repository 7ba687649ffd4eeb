"""A day that is asked for, and what the platform answers."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from contracts.streams import Window
from tests.connectors.amazon.recorded import (
    READ_AT,
    summary,
)

DAY = Window(READ_AT - dt.timedelta(days=1), READ_AT)
Opened = Callable[..., Any]


def stock(sku: str, following: str | None = None) -> dict[str, Any]:
    page: dict[str, Any] = {"payload": {"inventorySummaries": [summary(sku)]}}
    return page if following is None else page | {"pagination": {"nextToken": following}}
