"""What rooms require of each other. `flows.steps` passes the implementations."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from contracts.actions import Action, Change, KillSwitch, Live, Outcome, Unread
from contracts.codes import ActionState, WriteKind
from contracts.limits import Level
from contracts.tokens import Tokens


class Clock(Protocol):
    """Tells the moment, so that nobody below reads the machine's clock."""

    def __call__(self) -> dt.datetime:
        """Now, in UTC."""
        ...


class LimitStore(Protocol):
    """Where those who use the same account of a platform meet, so that they share its limits."""

    def change(self, account: str, step: Callable[[Level | None], Level | None]) -> None:
        """Replace an account's level by what `step` makes of it, and nobody else meanwhile.

        None: no answer has reported it yet.
        """
        ...


class TokenStore(Protocol):
    """Where renewed tokens lie, so that those who use the same account renew them once."""

    def load(self, account: str) -> Tokens | None:
        """The newest tokens of an account; None before the first renewal."""
        ...

    def save(self, account: str, tokens: Tokens) -> None:
        """Keep them in place of the earlier ones; it is done when this returns."""
        ...

    def lease(self, account: str) -> AbstractContextManager[None]:
        """Wait until nobody else renews the account's tokens, and keep others waiting.

        Raises:
            BusyError: somebody else goes on for too long.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What the clients of a home share; a client without a store is on its own there."""

    limits: LimitStore | None = None
    tokens: TokenStore | None = None


class Outbound(Protocol):
    """One write of one shop."""

    @property
    def settles(self) -> dt.timedelta:
        """How long the platform may take until a read-back shows the write."""
        ...

    @property
    def is_absolute(self) -> bool:
        """Sending it twice has the effect of sending it once."""
        ...

    @property
    def reads_back(self) -> bool:
        """Whether `live` returns anything; if not, the platform's answer per item is the proof."""
        ...

    def live(self, changes: Sequence[Change]) -> Mapping[str, Live | Unread]:
        """Value in force per target; a target the platform does not know is absent."""
        ...

    def send(self, changes: Sequence[Change]) -> list[Outcome]:
        """Write; one outcome per change, whatever became of the others."""
        ...


class Ledger(Protocol):
    """The state machine of actions and its append-only events."""

    def record(self, judged: pl.DataFrame, *, run_id: str, at: dt.datetime) -> dict[str, int]:
        """Write judged proposals (schema `Judged`); count per state of what is new or has moved.

        One that is there as shadow or refused takes its new state, any other is left alone.

        An action's id derives from policy, shop, target, window, values and payload, and from the
        action it needs. A waiting proposal of the same policy, shop, target and window with other
        content becomes superseded; where a live action exists for it already, the newcomer is
        recorded as superseded.
        """
        ...

    def enqueue_undo(
        self, actions: Sequence[Action], *, batch: str, by: str, at: dt.datetime
    ) -> list[str]:
        """Write the actions of an undo batch as approved; the ids that were not there before."""
        ...

    def find(
        self,
        *,
        action_ids: Sequence[str] | None = None,
        states: Sequence[ActionState] | None = None,
        shop_id: str | None = None,
        policy: str | None = None,
        run_id: str | None = None,
        targets: Sequence[str] | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        undo_batch: str | None = None,
        member_id: str | None = None,
        write_kinds: Sequence[WriteKind] | None = None,
    ) -> list[Action]:
        """Actions that match all that is given, oldest decision first."""
        ...

    def approve(self, action_ids: Sequence[str], *, by: str, at: dt.datetime) -> list[str]:
        """Proposed to approved, unless expired; the ids that changed."""
        ...

    def reject(self, action_ids: Sequence[str], *, by: str, at: dt.datetime) -> list[str]:
        """Proposed to rejected; the ids that changed."""
        ...

    def expire(self, *, at: dt.datetime) -> int:
        """Proposed and approved actions whose window has passed become expired."""
        ...

    def claim(
        self,
        *,
        shop_id: str,
        holder: str,
        limit: int,
        lease: dt.timedelta,
        at: dt.datetime,
        policy: str | None = None,
        undo_batch: str | None = None,
    ) -> list[Action]:
        """Take approved actions by one conditional update; undo first; each with a new fence.

        One that needs another action is taken once that one is confirmed; where it ended otherwise,
        the one that needs it is superseded.
        """
        ...

    def abandoned(self, *, shop_id: str, at: dt.datetime) -> list[Action]:
        """Actions in sending or sent whose lease has run out: to be settled by reading back."""
        ...

    def settle(
        self,
        actions: Sequence[Action],
        state: ActionState,
        *,
        at: dt.datetime,
        guard: str | None = None,
        message: str | None = None,
        observed: dict[str, int] | None = None,
    ) -> list[str]:
        """Move claimed actions on, in one transaction; an older fence changes nothing.

        Moving to approved gives the claim back; confirmed ones become reverted by an undo.
        `observed` is the read-back value per action id. Returns the ids that changed.
        """
        ...

    def switches(self) -> list[KillSwitch]:
        """Stops in force."""
        ...
