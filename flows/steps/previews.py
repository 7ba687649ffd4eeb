"""What an action would send, whole, as it is shown to the person who decides on it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from actions.explain import sentence_of
from actions.words import words
from contracts.actions import Action, content_hashes
from contracts.errors import ConfigurationError
from flows.steps.home import Home
from reports.formats import with_unit

_NAMED = ("shop_id", "policy", "write_kind", "target_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One action; what is approved is what its hash is of."""

    action_id: str
    shop_id: str
    policy: str
    write_kind: str
    target_id: str
    sentence: str
    before: str
    after: str
    content: dict[str, str]
    """What is written beside the value, by name of its part."""
    content_hash: str
    problem: str | None
    """Why it would not be sent as it is."""

    @property
    def lines(self) -> list[str]:
        """All of it as lines of text."""
        head = f"{self.action_id[:8]} {self.policy} of {self.shop_id}: {self.write_kind}"
        parts = [f"{name}: {text}" for name, text in self.content.items()]
        problem = [f"not to be sent: {self.problem}"] if self.problem else []
        value = f"{self.target_id}: {self.before} → {self.after}"
        return [head, self.sentence, value, *parts, *problem, f"content {self.content_hash}"]


def previews(home: Home, actions: Sequence[Action]) -> list[Preview]:
    """What each of the actions would send."""
    altered = home.ledger.altered(actions)
    return [_preview(action, altered.get(action.action_id)) for action in actions]


def _preview(action: Action, altered: str | None) -> Preview:
    content: dict[str, str] = {}
    problem = altered
    try:
        content = words(action)
    except (ConfigurationError, ValueError) as error:
        problem = problem or str(error)
    return Preview(
        action_id=action.action_id,
        sentence=sentence_of(action, "en"),
        before=with_unit(action, action.before_value),
        after=with_unit(action, action.after_value),
        content=content,
        content_hash=content_hashes(asdict(action))["content_hash"],
        problem=problem,
        **{name: str(getattr(action, name)) for name in _NAMED},
    )
