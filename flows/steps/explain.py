"""Actions with their reason in one sentence."""

from collections.abc import Iterable

from actions.explain import explain
from contracts.actions import Action
from reports.daily import ReportedAction


def explained(actions: Iterable[Action]) -> list[ReportedAction]:
    """The actions as a report shows them."""
    return [ReportedAction(action=action, sentence=explain(action, "en")) for action in actions]
