"""Audit: is the chain of events whole, and does the ledger agree with its events?"""

from dataclasses import dataclass

from contracts.errors import ConfigurationError
from flows.steps.home import Home
from flows.steps.restored import restore_problem
from warehouse.contents import find_all_altered
from warehouse.event_chain import Events
from warehouse.events import Head


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What was found."""

    events: int
    head: str
    """Where the chain stands: kept elsewhere, it proves later that nothing was changed."""
    broken_at: str | None
    """The first event that is altered or missing, and how."""
    restored: str | None
    """That the journal knows of more than the chain."""
    altered: dict[str, str]
    """Ids of actions that disagree with their events, and why."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return self.broken_at is None and self.restored is None and not self.altered

    @property
    def lines(self) -> list[str]:
        """What there is to say, the worst first."""
        broken = [f"chain broken at {self.broken_at}"] if self.broken_at else []
        restored = [self.restored] if self.restored else []
        altered = [f"action {one}: {why}" for one, why in self.altered.items()]
        whole = "" if broken or restored else ", chain whole"
        return [*broken, *restored, *altered, f"{self.events} events{whole}", f"head {self.head}"]


def audit(home: Home, *, expected_head: str | None = None) -> Audited:
    """Walk the chain, hold it against the journal and an expected head, then the actions.

    Raises:
        ConfigurationError: the expected head is none.
    """
    events = Events(home.database)
    flaw = events.verify(expected=_head(expected_head))
    now = events.head()
    return Audited(
        events=now.event_id,
        head=str(now),
        broken_at=None if flaw is None else f"event {flaw.event_id}: {flaw.problem}",
        restored=restore_problem(home),
        altered=find_all_altered(home.database),
    )


def _head(text: str | None) -> Head | None:
    if text is None:
        return None
    try:
        return Head.parse(text)
    except ValueError:
        raise ConfigurationError(
            f"--expected-head {text!r} is no head such as `audit` prints: COUNT:HASH"
        ) from None
