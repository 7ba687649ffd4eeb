"""What happens to mail for a recipient: which rule applies, by a pattern of addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Literal

What = Literal[
    "accept",
    "hard_bounce",
    "soft_bounce",
    "vague_bounce",
    "complaint",
    "unsubscribe",
    "unsubscribe_undecoded",
    "greylist",
    "refuse",
    "refuse_sender",
    "drop_kept",
    "drop_lost",
]
"""What a rule does.

`accept`: kept, no answer. `hard_bounce`, `soft_bounce`: kept, later a report of status 5.1.1 or
4.2.2; `vague_bounce`: of 5.0.0, and only its diagnostic says 5.1.1. `complaint`: kept, later an
abuse report. `unsubscribe`: kept, later a mail to the `mailto` of its List-Unsubscribe;
`unsubscribe_undecoded`: by a program that leaves the link's subject encoded. `greylist`: 451 at
first. `refuse`: 550 5.1.1 at RCPT, `refuse_sender`: 550 5.1.8. `drop_kept`, `drop_lost`: the
connection ends after the data and before the answer; the message was kept, or not.
"""


@dataclass(frozen=True)
class Rule:
    """What happens to recipients whose address matches `pattern` (as file names do, `*` and `?`).

    `after` is world time: until an answer comes, or until a greylisted sender may try again.
    """

    pattern: str
    what: What
    after: timedelta = timedelta()


_ACCEPT = Rule("*", "accept")


def rule_for(rules: Sequence[Rule], recipient: str) -> Rule:
    """The first rule whose pattern fits the address, whatever its case; `accept` when none does."""
    folded = recipient.casefold()
    return next((rule for rule in rules if fnmatchcase(folded, rule.pattern.casefold())), _ACCEPT)
