"""What a person's answers came to: approved, rejected, stopped, resumed; in the home's language."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal

from contracts.languages import Bilingual

if TYPE_CHECKING:
    from contracts.actions import KillSwitch
    from contracts.languages import Language
    from flows.steps.actions import Answered
    from flows.steps.previews import Preview

Verb = Literal["approved", "rejected"]

_DONE: Final[Mapping[Verb, Bilingual]] = {
    "approved": Bilingual("{} approved", "已批准 {} 项"),
    "rejected": Bilingual("{} rejected", "已驳回 {} 项"),
}
_LEFT: Final[Mapping[Verb, Bilingual]] = {
    "approved": Bilingual("{} is not approved: {}", "{} 未批准：{}"),
    "rejected": Bilingual("{} is not rejected: {}", "{} 未驳回：{}"),
}
_ASKS: Final = Bilingual("Approve it?", "批准这一项？")
_ASKS_ALL: Final = Bilingual("Approve all {}?", "批准全部 {} 项？")
_IN_ONE_LINE: Final = Bilingual("{} {}: {} → {}. {}", "{} {}：{} → {}。{}")
_STOPPED: Final = Bilingual("Stopped: {}", "已停止：{}")
_RESUMED: Final = Bilingual("Resumed: {}", "已恢复：{}")
_STOPPED_BY: Final = Bilingual("{} stopped {} at {} UTC", "{0} 于 {2} UTC 停止了{1}")
_NOTHING: Final = Bilingual(
    "Nothing is stopped; `stop --all` stops all writes.",
    "没有停止任何写入；`stop --all` 停止全部写入。",
)
_SCOPES: Final[Mapping[str, Bilingual]] = {
    "all": Bilingual("all", "全部写入"),
    "platform": Bilingual("platform", "平台"),
    "shop": Bilingual("shop", "店铺"),
    "policy": Bilingual("policy", "策略"),
}


def question(count: int, language: "Language") -> str:
    """Whether so many are to be approved."""
    return (_ASKS if count == 1 else _ASKS_ALL).in_(language).format(f"{count:,}")


def answered(verb: Verb, done: "Answered", language: "Language") -> list[str]:
    """How many changed, and why each of the others did not."""
    from reports.reasons import translate_reason

    return [
        _DONE[verb].in_(language).format(f"{len(done.changed):,}"),
        *(
            _LEFT[verb].in_(language).format(action_id[:8], translate_reason(why).in_(language))
            for action_id, why in done.left.items()
        ),
    ]


def in_one_line(one: "Preview", language: "Language") -> str:
    """What an action would do, and why."""
    return _IN_ONE_LINE.in_(language).format(one.action_id[:8], one.target_id, *one.told(language))


def switched(scope: str, language: "Language", *, on: bool) -> str:
    """What was stopped or resumed, as `shop demo` or `all`."""
    return (_STOPPED if on else _RESUMED).in_(language).format(_scope(scope, language))


def stops(found: "Sequence[KillSwitch]", language: "Language") -> str:
    """The stops in force, a line each."""
    told = _STOPPED_BY.in_(language)
    lines = (
        told.format(one.by, _scope(scope, language), f"{one.since:%Y-%m-%d %H:%M}")
        for one in found
        for scope in [f"{one.scope} {one.name}".strip()]
    )
    return "\n".join(lines) or _NOTHING.in_(language)


def _scope(scope: str, language: "Language") -> str:
    kind, _, name = scope.partition(" ")
    told = _SCOPES[kind].in_(language)
    return f"{told} {name}" if name else told
