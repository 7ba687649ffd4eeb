"""What may be said to customers: sentences that a person approved, and values that are only values.

A text may be sent when every sentence of it is on the list: the ones we ship, and those of the
home's `texts/approved.txt`. A blacklist cannot tell a promise in other words from a harmless
sentence; whoever puts a sentence on the list has read it. Where a sentence has a place for a value,
the place is named, and takes nothing but what its name says.
"""

import re
from collections.abc import Collection, Mapping
from functools import cache
from typing import Final

from actions import texts
from actions.lint import lint

_END: Final = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*|\s*[\r\n]+\s*")
_NAME_SIGNS: Final = 40
_NAME_WORDS: Final = 6
_HAN_SIGNS: Final = 16
_NAME: Final = re.compile(r"[\w][\w &'’.\-·()（）+/]*")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_ID: Final = r"[0-9A-Za-z_#.:\-]{1,200}|…"
"""A number of somebody's; the sign stands for one that is hidden
(`actions.explain.without_identifiers`)."""
_DAY: Final = r"\d{4}-\d{2}-\d{2}"
_AMOUNT: Final = r"(?:[A-Z]{3} )?[\d.,]{1,20}(?: [A-Z]{3}|元|港元|新台币|美元|欧元|日元)?"
"""The code first is how earlier releases wrote it, in messages that still wait."""
_SLOTS: Final[Mapping[str, str]] = {
    "carrier": _ID,
    "tracking_number": _ID,
    "order_id": _ID,
    "code": r"[0-9A-Z]{4,40}|…",
    "promised_date": _DAY,
    "last_event_date": _DAY,
    "until": _DAY,
    "min_spend": _AMOUNT,
    "max_order": _AMOUNT,
    "off": rf"{_AMOUNT}|[\d.]{{1,6}} %|(?:满{_AMOUNT}享 )?[\d.]{{1,6}} 折"
    rf"|满{_AMOUNT}减{_AMOUNT}|立减{_AMOUNT}",
    "goods": "some",
    "review_url": r"https://[!-~]{1,500}",
    "unsubscribe_url": r"(?:https|mailto):[!-~]{1,2000}|\{unsubscribe_url\}",
}
"""What each named place of a message takes; `shop_name` is a name (`name_flaw`)."""


def sentences(text: str) -> list[str]:
    """The sentences of a text, blanks between words made one."""
    found = (" ".join(part.split()) for part in _END.split(text))
    return [one for one in found if one]


@cache
def shipped_sentences() -> frozenset[str]:
    """The sentences of the replies that are part of the code."""
    drafts = [text for language in texts.LANGUAGES for text in texts.replies(language).values()]
    return frozenset(one for draft in drafts for one in sentences(draft))


def find_unapproved(text: str, own: Collection[str] = ()) -> str | None:
    """The first sentence that nobody approved, `own` being those of the home; None: none is.

    A text without a sentence says nothing, and nothing is approved.
    """
    parts = sentences(text) or [text]
    return next((one for one in parts if one not in shipped_sentences() and one not in own), None)


def find_misfit(values: Mapping[str, str]) -> str | None:
    """Why a value may not stand in its place, of the first that may not; None: all may."""
    for name, value in values.items():
        if name == "shop_name":
            if flaw := name_flaw(value):
                return f"{name} {flaw}"
        elif name not in _SLOTS:
            return f"no sentence has a place for {name}"
        elif re.fullmatch(_SLOTS[name], value) is None:
            return f"{name} is not what its place takes"
    return None


def name_flaw(value: str) -> str | None:
    """Why a text is no name of a shop or a coupon; None: it may be one.

    A name is short and no sentence, and the lint finds nothing in it.
    """
    most = _HAN_SIGNS if _HAN.search(value) else _NAME_SIGNS
    is_long = len(value) > most or len(value.split()) > _NAME_WORDS
    if is_long or _NAME.fullmatch(value) is None or len(sentences(value)) != 1:
        return f"is no name: up to {_NAME_WORDS} words in one line, without signs of a sentence"
    found = lint(value, name="it")
    return f"may not be said: {found[0]}" if found else None
