"""What is landed of the mailbox, with synthetic values: what the compliance suite judges.

Mails themselves are never landed: `test_email_reports` shows that whom they name is left behind.
"""

import datetime as dt

import httpx

from contracts.errors import ShopkeeperError
from contracts.streams import Context, Page

CONTEXT = Context("shop", "EUR", "Europe/Berlin", dt.datetime(2026, 11, 22, tzinfo=dt.UTC))
PEOPLE = ()
KEYS = [f"{number:032x}" for number in range(1, 6)]

_REPORTS = (
    '{"key":"%s","said":"dsn/failed","at":"2026-11-20T08:00:00Z","status":"5.1.1"}',
    '{"key":"%s","said":"dsn/delayed","at":"2026-11-20T08:10:00Z","status":"4.4.1"}',
    '{"key":"%s","said":"arf/abuse","at":"2026-11-20T09:00:00Z","status":null}',
    '{"key":"%s","said":"unsubscribe","at":"2026-11-20T09:30:00Z","status":null}',
)


def page(*reports: str) -> Page:
    """A landed page of reports."""
    return Page(f"[{','.join(reports)}]".encode(), "reports")


_TOLD = [report % key for report, key in zip(_REPORTS, KEYS, strict=False)]
PAGES = {"deliveries": [page(*_TOLD[:2]), page(*_TOLD[2:])]}
EMPTY = {"deliveries": [page()]}
UNKNOWN = {
    "deliveries": [page(f'{{"key":"{KEYS[4]}","said":"dsn/lost","at":"2026-11-20T10:00:00Z"}}')]
}
ERRORS: dict[str, tuple[httpx.Response, type[ShopkeeperError]]] = {}  # it speaks no HTTP
