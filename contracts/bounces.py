"""What the enhanced codes of mail systems (RFC 3463) say of an address: whose fault a bounce is."""

import re
from typing import Final

GONE: Final = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"})
"""No such mailbox, no such host, no address, moved without a trace, a null MX, a mailbox that is
switched off, no route: nobody reads there. Whatever else is permanent (a full mailbox, a message
that is too large, a policy) says nothing of the address."""

SENDER: Final = frozenset({"5.1.0", "5.1.7", "5.1.8"})
"""What is refused is the sender's address, or nobody says whose: no recipient is meant."""

REFUSES_SENDER: Final = "the mail host refuses the sender with "
"""Begins what is told of a refusal whose words name the sender while its code does not: 5.7.1."""

_CODE: Final = re.compile(r"(?:[245]\d\d )?([245]\.\d{1,3}\.\d{1,3})")


def code_in(diagnostic: str | None) -> str | None:
    """The enhanced code in a diagnostic such as "5.1.1" or "550 5.1.1"; None: it is neither."""
    found = _CODE.fullmatch(diagnostic or "")
    return found[1] if found else None


def is_of_sender(diagnostic: str | None) -> bool:
    """Whether a diagnostic says for good that the sender is refused, by its code or our words."""
    return code_in(diagnostic) in SENDER or (diagnostic or "").startswith(f"{REFUSES_SENDER}5")
