"""The story of one action: six questions about it, answered on one screen."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from contracts.actions import OF_MESSAGE, ORDERING, Action
from contracts.languages import Bilingual, Language
from contracts.payloads import UNSUBSCRIBE
from reports import formats
from reports.reasons import translate_reason
from reports.words import PARTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A proposal about the same target that came to nothing, or was delayed, and why."""

    at: dt.datetime
    policy: str
    state: str
    value: str
    guard: Bilingual | None
    reason: Bilingual | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerer:
    """Who let it pass, or turned it down; `by` None: the policy itself, which is in mode auto."""

    verb: Literal["approved", "rejected"]
    by: str | None
    os_user: str | None
    at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """What was sold of it since it was in force, until the newest reading."""

    units: int
    amount_minor: int
    currency: str
    until: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that a story says about one action."""

    action: Action
    shop_name: str
    platform: str
    time_zone: str
    currency: str
    """The shop's."""
    title: str | None
    why: Bilingual
    guard: Bilingual | None
    """What its own guard, if one refused or delayed it, stands for."""
    message: Bilingual | None
    """What the ledger says of how it ended or why it waits."""
    content: Mapping[str, str]
    content_hash: str
    problem: str | None
    review: str | None
    """The words of the customer whom a reply is for."""
    earlier: tuple[Earlier, ...]
    more_earlier: int
    """How many there are beside those."""
    answered: Answerer | None
    done_at: dt.datetime | None
    """When the platform showed it."""
    sold: Sold | None
    redeemed_times: int | None
    effect: Bilingual | None
    undo_command: str | None
    """What takes it back; None: `cannot_undo` says why nothing does."""
    cannot_undo: Bilingual | None
    other_commands: Mapping[str, str] = field(default_factory=dict)
    """What a person can type instead, by what it does: approve, reject, list."""

    def render(self, language: Language) -> str:
        """As lines of plain text, in which what others wrote is only ever a value."""
        text = _environment().get_template(f"story.{language}.j2").render(
            s=self, a=self.action, why=self.why.in_(language),
            guard=self.guard.in_(language) if self.guard else "",
            message=self.message.in_(language) if self.message else "",
            reason=translate_reason(self.action.guard_reason or "").in_(language),
            parts=self._parts(language),
            before=self._valued(self.action.before_value),
            after=self._valued(self.action.after_value),
            observed=self._valued(self.action.observed_value),
            is_order=self.action.policy == ORDERING, of_message=OF_MESSAGE,
            is_valued=formats.is_valued(self.action), at=self._local,
        )  # fmt: skip
        return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())

    def _parts(self, language: Language) -> list[tuple[str, str]]:
        """What is written beside the value; the HTML of a message says what its text says."""
        shown = [name for name in self.content if name != "html" or "text" not in self.content]
        return [
            (PARTS.get(name, Bilingual(name, name)).in_(language), self._part(name).in_(language))
            for name in shown
        ]

    def _part(self, name: str) -> Bilingual:
        text = self.content[name]
        if name.endswith("_minor"):
            return Bilingual(*[formats.money(int(text), self.currency)] * 2)
        if name.endswith("_at"):
            return Bilingual(*[self._local(dt.datetime.fromisoformat(text))] * 2)
        if name.endswith("listing_ids"):
            goods = text.count(",") + 1
            return Bilingual(
                f"{goods} goods (with --json: which)", f"{goods} 件商品（加 --json 可列出）"
            )
        return Bilingual(
            text.replace(UNSUBSCRIBE, "[link to unsubscribe, put in when it is sent]"),
            text.replace(UNSUBSCRIBE, "[退订链接，发送时填入]"),
        )

    def _valued(self, value: int | None) -> str:
        return formats.with_unit(self.action, value)

    def _local(self, at: dt.datetime) -> str:
        return f"{formats.local(at, self.time_zone)} ({self.time_zone})"


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    # Plain text for a terminal: nothing is escaped, and control signs are taken out by who prints.
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": formats.count, "money": formats.money}
    return environment
