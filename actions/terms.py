"""Terms of a coupon beside what it takes off: those that were sent against those in force."""

from contracts.actions import Action, Live
from contracts.codes import Audience, WriteKind
from contracts.payloads import CouponTerms, decode, term_instant

_CALLED = {
    "ends_at": "end",
    "limit_units": "limit of uses",
    "minimum_minor": "least order",
    "maximum_minor": "largest order",
    "is_alone": "exclusion of other codes",
    "audience": "audience",
    "per_customer_units": "limit of uses per customer",
}


def other_term(action: Action, live: Live | None) -> str | None:
    """The first term that is in force otherwise than it was sent, with both; None: none is.

    What the platform does not tell is not compared.
    """
    if live is None or not live.terms:
        return None
    sent = _terms_sent(action)
    for name, called in _CALLED.items():
        if name in sent and name in live.terms and live.terms[name] != sent[name]:
            return f"{called}: {_term_text(live.terms[name])} instead of {_term_text(sent[name])}"
    return None


def _terms_sent(action: Action) -> dict[str, str | int | None]:
    """By the names of `Live.terms`; nothing of an action that writes no terms, such as an undo."""
    if action.write_kind is not WriteKind.CREATE_COUPON or action.payload is None:
        return {}
    try:
        terms = decode(action.payload, CouponTerms)
    except ValueError:  # sending it says what is wrong
        return {}
    return {
        "ends_at": term_instant(terms.ends_at),
        "limit_units": terms.usage_limit,
        "minimum_minor": terms.min_spend_minor,
        "maximum_minor": terms.max_spend_minor,
        "is_alone": True,
        "audience": Audience.EVERYBODY if action.member_id is None else Audience.MEMBER,
        "per_customer_units": 1 if terms.is_once_per_customer else None,
    }


def _term_text(value: str | int | None) -> str:
    return "none" if value is None else str(value)
