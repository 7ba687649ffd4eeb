"""Takes buyers out of raw pages: their own records, and what a row of theirs says of them."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from contracts.personal import Redacted
from contracts.streams import Page

_IDS: Final = ("buyer_open_uid", "ouid", "open_uid", "openuid")
# Beside a buyer these say who it is or were written by them. Few are asked for; a page may hold
# them all the same.
_TOLD: Final = frozenset(
    {
        *_IDS,
        "append_content",
        "buyer_alipay_no",
        "buyer_email",
        "buyer_message",
        "buyer_nick",
        "content",
        "desc",
        "nick",
        "oaid",
        "reason",
        "reply",
        "user_nick",
    }
)
_ADDRESS: Final = "receiver_"
_MEMBERS: Final = "members"


def redact(page: Page, is_meant: Callable[[str], bool]) -> Redacted:
    """The page without the buyers meant; one that names none of them stays as it is."""
    removed: list[object] = []
    whole = msgspec.json.decode(page.body)
    kept = _without(whole, is_meant, removed, is_own=page.part == _MEMBERS)
    return (
        Redacted(Page(msgspec.json.encode(kept), page.part), tuple(removed))
        if removed
        else (Redacted(page))
    )


def _without(
    value: Any, is_meant: Callable[[str], bool], removed: list[object], *, is_own: bool
) -> Any:
    """A JSON value without the buyers meant; of a list of members their rows are left out."""
    if isinstance(value, list):
        if is_own:
            theirs = [item for item in value if _is_theirs(item, is_meant)]
            removed += theirs
            value = [item for item in value if not _is_theirs(item, is_meant)]
        return [_without(item, is_meant, removed, is_own=is_own) for item in value]
    if not isinstance(value, dict):
        return value
    told = set()
    if _is_theirs(value, is_meant):
        told = {name for name in value if name in _TOLD or name.startswith(_ADDRESS)}
        removed.append({name: value[name] for name in sorted(told)})
    return {
        name: _without(inner, is_meant, removed, is_own=is_own)
        for name, inner in value.items()
        if name not in told
    }


def _is_theirs(value: Any, is_meant: Callable[[str], bool]) -> bool:
    if not isinstance(value, dict):
        return False
    ids = (value.get(name) for name in _IDS)
    return any(isinstance(one, str) and one != "" and is_meant(one) for one in ids)
