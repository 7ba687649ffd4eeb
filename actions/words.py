"""The words of a write, whole: for the person who approves it, and for the lint at the door."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import msgspec

from actions.lint import lint
from actions.messages import render
from actions.sentences import find_unapproved, name_flaw
from contracts.actions import Action
from contracts.payloads import PAYLOADS, UNSUBSCRIBE, CouponTerms, Message, Reply, decode

_TOLD_WHEN_SENT: Final = {"unsubscribe_url": UNSUBSCRIBE}
"""Values that only the sender knows, and a person reads as what they are."""


def words(action: Action) -> dict[str, str]:
    """By name of its part, nothing left out; empty where the value is all that is written.

    A message has the words that it would be sent with.

    Raises:
        ConfigurationError: a message cannot be worded, and would not be sent.
        ValueError: the payload is none of its kind.
    """
    kind = PAYLOADS.get(action.write_kind)
    # An undo takes the value back and says nothing.
    if kind is None or action.undoes is not None:
        return {}
    payload = decode(action.payload, kind)
    rendered = render(payload, _TOLD_WHEN_SENT) if isinstance(payload, Message) else payload
    return dict(_parts("", msgspec.to_builtins(rendered)))


def unfit(action: Action, approved: Collection[str] = ()) -> str | None:
    """Why its words may not be said, by the rules of now; None: they may.

    Every sentence of a reply is one that we ship or that is among `approved`; a coupon's title is a
    name; what is written to the CRM passes the lint. A message is worded, and its values are
    judged, while it is sent.
    """
    kind = PAYLOADS.get(action.write_kind)
    if kind in (None, Message) or action.undoes is not None:
        return None
    try:
        payload = decode(action.payload, kind)
    except ValueError as error:
        return str(error)
    if isinstance(payload, Reply):
        sentence = find_unapproved(payload.text, approved)
        return sentence and f"nobody approved this sentence (texts/approved.txt): {sentence}"
    if isinstance(payload, CouponTerms):
        flaw = name_flaw(payload.title)
        return flaw and f"its title {flaw}"
    parts = dict(_parts("", msgspec.to_builtins(payload)))
    found = lint("\n".join(parts.values()), name=str(action.write_kind))
    return str(found[0]) if found else None


def _parts(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _parts(f"{name}.{key}" if name else str(key), inner)
    elif isinstance(value, list | tuple):
        yield name, ", ".join(map(str, value))
    else:
        yield name, str(value)
