"""Replies to reviews: sent once, and never over what somebody else has written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.base.sending import UnfitError
from connectors.base.writes import lives, one_by_one
from contracts.actions import Change, Live, Outcome, Unread
from contracts.errors import SourceRejectedError
from contracts.payloads import Reply, decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """How a platform keeps the shop's replies. Callables get the open client first."""

    shown: Callable[[Any], Mapping[str, str | Unread]]
    """What each review shows that can still be replied to; empty: nothing."""
    write: Callable[[Any, Change, str], None]
    """Raises `UnfitError`, or an error of `alone`, where the platform did not take it."""
    most: int
    """Characters of a reply."""
    alone: type[SourceRejectedError] | tuple[type[SourceRejectedError], ...] = ()
    """Refusals that are about one review."""

    def live(self, client: Any, changes: Sequence[Change]) -> dict[str, Live | Unread]:
        """1 where a review shows the reply of the change, 0 where it shows none or another one."""
        texts = {change.target_id: _text(change) for change in changes}
        asked = {name: told for name, told in self.shown(client).items() if name in texts}
        matches = {
            name: told if isinstance(told, Unread) else int(told.strip() == texts[name])
            for name, told in asked.items()
        }
        return lives(matches, lambda is_shown: Live(value=is_shown, currency=None))

    def send(self, client: Any, changes: Sequence[Change]) -> list[Outcome]:
        """Reply to reviews; one that somebody else answered is left alone."""
        shown = self.shown(client)
        return one_by_one(
            changes, lambda change: self._send(client, change, shown), alone=self.alone
        )

    def _send(self, client: Any, change: Change, shown: Mapping[str, str | Unread]) -> None:
        text = _text(change)
        if text is None or len(text) > self.most:
            raise UnfitError(f"a reply is text of at most {self.most} characters")
        told = shown.get(change.target_id, "")
        if isinstance(told, Unread) or told.strip() not in ("", text):
            raise UnfitError("somebody has replied already")
        self.write(client, change, text)


def _text(change: Change) -> str | None:
    try:
        return decode(change.payload, Reply).text.strip()
    except ValueError:
        return None
