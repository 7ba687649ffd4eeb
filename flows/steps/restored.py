"""Restored: what the journal knows and the chain of events does not, in a sentence for a person."""

from flows.steps.clock import machine_now
from flows.steps.holders import person
from flows.steps.home import Home


def restore_problem(home: Home) -> str | None:
    """That the database is an older copy of itself, or its end was cut; None: it is neither."""
    lost = home.recall.lost
    if not lost:
        return None
    newest = max(lost, key=lambda line: line.event_id)
    ids = {action_id for line in lost for action_id in line.ids}
    return (
        f"the journal knows event {newest.event_id} of {newest.at:%Y-%m-%d %H:%M} UTC and the "
        "chain does not: the database is an older copy of itself, or the end of its chain was cut; "
        f"{len(ids)} writes that it lacks are not sent again; see Restore in "
        "docs/operating.md, and once you have looked, `shopkeeper audit --accept`"
    )


def accept(home: Home, *, by: str | None) -> int:
    """A person knows of it; how many writes stay barred."""
    return home.recall.accept(by=person(by), at=machine_now())
