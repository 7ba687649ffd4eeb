"""What an action would send, whole, as it is shown to the person who decides on it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from actions.explain import sentence_of
from actions.words import words
from contracts.actions import Action, content_hashes
from contracts.errors import ConfigurationError
from contracts.languages import Bilingual, Language
from flows.steps.home import Home
from reports.formats import with_unit
from reports.names import KINDS, named, typed
from reports.reasons import translate_reason

_NAMED = ("shop_id", "policy", "write_kind", "target_id")
_HEAD: Final = Bilingual("{} {} of {}: {}", "{0} {1} · {2}：{3}")
_NOT_SENT: Final = Bilingual("not to be sent: {}", "不会发送：{}")
_CONTENT: Final = Bilingual("content {}", "内容校验码 {}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One action; what is approved is what its hash is of."""

    action_id: str
    shop_id: str
    policy: str
    write_kind: str
    target_id: str
    sentence: str
    sentence_zh: str
    before: str
    after: str
    before_zh: str
    after_zh: str
    content: dict[str, str]
    """What is written beside the value, by name of its part."""
    content_hash: str
    problem: str | None
    """Why it would not be sent as it is."""

    def told(self, language: Language) -> tuple[str, str, str]:
        """Its value before and after, and why."""
        if language == "zh":
            return self.before_zh, self.after_zh, self.sentence_zh
        return self.before, self.after, self.sentence

    def lines(self, language: Language) -> list[str]:
        """All of it as lines of text."""
        kind = self.write_kind if language == "en" else named(KINDS, self.write_kind).zh
        policy = typed(self.policy, language)
        head = _HEAD.in_(language).format(self.action_id[:8], policy, self.shop_id, kind)
        parts = [f"{name}: {text}" for name, text in self.content.items()]
        before, after, why = self.told(language)
        value = f"{self.target_id}: {before} → {after}"
        hashed = _CONTENT.in_(language).format(self.content_hash)
        return [head, why, value, *parts, *self._problem(language), hashed]

    def _problem(self, language: Language) -> list[str]:
        if self.problem is None:
            return []
        return [_NOT_SENT.in_(language).format(translate_reason(self.problem).in_(language))]


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
        sentence_zh=sentence_of(action, "zh"),
        before=with_unit(action, action.before_value),
        after=with_unit(action, action.after_value),
        before_zh=with_unit(action, action.before_value, "zh"),
        after_zh=with_unit(action, action.after_value, "zh"),
        content=content,
        content_hash=content_hashes(asdict(action))["content_hash"],
        problem=problem,
        **{name: str(getattr(action, name)) for name in _NAMED},
    )
