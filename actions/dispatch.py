"""Dispatch: the one door to a platform; claims, checks once more, sends, reads back, settles."""

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from actions.guard.switches import stop_of
from actions.undo import amount, changes, originals_of
from contracts.actions import Action, Live
from contracts.codes import ActionState, OutcomeState, WriteKind
from contracts.errors import ConfigurationError, ShopkeeperError
from contracts.ports import Clock, Ledger, Outbound

_TAKEN_BACK = (ActionState.CONFIRMED, ActionState.UNKNOWN)

Recheck = Callable[[Sequence[Action], Mapping[str, Live]], Mapping[str, tuple[str, str]]]
"""Actions and the live value per target to the guard and reason per action id to refuse."""


def dispatch(
    ledger: Ledger,
    outbound_of: Callable[[Action], Outbound | None],
    *,
    shop_id: str,
    platform: str,
    holder: str,
    clock: Clock,
    recheck: Recheck,
    lease: dt.timedelta = dt.timedelta(minutes=5),
    timeout: dt.timedelta = dt.timedelta(minutes=1),
    chunk: int = 50,
    policy: str | None = None,
    undo_batch: str | None = None,
    on_progress: Callable[[int], None] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[ActionState, int]:
    """Send what is approved for a shop, or one policy or undo batch of it; count by where it ended.

    `approved` counts what was held: by a kill switch, or to be sent again by a later call; `sent`
    and `sending` what the platform does not show yet, which a later call reads back.
    `timeout` is the longest that sending one chunk may take. Safe to call again after a crash at
    any point: what may have been sent is settled by reading back before anything new is sent.

    Raises:
        ConfigurationError: the timeout is not shorter than the lease.
        ShopkeeperError: the platform cannot be reached or refuses; what was sent before is settled.
    """
    if timeout >= lease:
        raise ConfigurationError("the time-out of a write must be shorter than its lease")
    run = _Dispatch(
        ledger=ledger,
        outbound_of=outbound_of,
        shop_id=shop_id,
        platform=platform,
        holder=holder,
        clock=clock,
        recheck=recheck,
        lease=lease,
        timeout=timeout,
        chunk=chunk,
        policy=policy,
        undo_batch=undo_batch,
        on_progress=on_progress or _ignore,
        sleep=sleep,
    )
    run.settle_abandoned()
    run.send_approved()
    return dict(run.ended)


def _ignore(_: int) -> None:
    """No progress is shown."""


@dataclass(slots=True, kw_only=True)
class _Dispatch:
    """One call: its arguments, and what it has done so far."""

    ledger: Ledger
    outbound_of: Callable[[Action], Outbound | None]
    shop_id: str
    platform: str
    holder: str
    clock: Clock
    recheck: Recheck
    lease: dt.timedelta
    timeout: dt.timedelta
    chunk: int
    policy: str | None
    undo_batch: str | None
    on_progress: Callable[[int], None]
    sleep: Callable[[float], None]
    ended: Counter[ActionState] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    """Ids handled by this call; each is tried once."""
    touched: set[tuple[WriteKind, str]] = field(default_factory=set)
    """Targets written by this call: the platform may not show it yet, so no second write."""
    held: list[Action] = field(default_factory=list)
    under_way: list[Action] = field(default_factory=list)
    """Sent, or perhaps sent: to be read back."""
    accepted: set[str] = field(default_factory=set)
    """Ids of those that the platform said it accepted."""

    def settle_abandoned(self) -> None:
        """Read back what an earlier holder may have sent, once the platform has had its time."""
        now = self.clock()
        for outbound, actions in self._by_write(
            self.ledger.abandoned(shop_id=self.shop_id, at=now)
        ):
            due = now - self.timeout - outbound.settles
            ripe = [action for action in actions if action.updated_at <= due]
            self._read_back(outbound, ripe, is_final=True)

    def send_approved(self) -> None:
        """Send chunk by chunk; then wait for the platform once, and read everything back."""
        failure: ShopkeeperError | None = None
        try:
            while self._send_next():
                pass
        except ShopkeeperError as error:
            failure = error
        self._end(self.held, ActionState.APPROVED)
        sent = list(self._by_write(self.under_way))
        if sent:
            self.sleep(max(outbound.settles.total_seconds() for outbound, _ in sent))
        for outbound, actions in sent:
            try:
                self._read_back(outbound, actions, is_final=False)
            except ShopkeeperError as error:
                # They stay under way; a later call reads them back.
                failure = failure or error
        if failure is not None:
            raise failure

    def _send_next(self) -> bool:
        """Claim and send one chunk; whether there may be more."""
        claimed_at = self.clock()
        claimed = self.ledger.claim(
            shop_id=self.shop_id,
            holder=self.holder,
            limit=self.chunk,
            lease=self.lease,
            at=claimed_at,
            policy=self.policy,
            undo_batch=self.undo_batch,
        )
        fresh = [action for action in claimed if action.action_id not in self.seen]
        self.seen.update(action.action_id for action in fresh)
        free = self._not_stopped(fresh)
        for outbound, actions in self._by_write(free):
            self._send(outbound, actions, until=claimed_at + self.lease - self.timeout)
        self.on_progress(len(fresh))
        return bool(fresh) and (bool(free) or not self._is_shop_stopped())

    def _not_stopped(self, actions: Sequence[Action]) -> list[Action]:
        """Hold what a kill switch stops: writes, but never the taking back of our own."""
        switches = self.ledger.switches()
        stopped = [
            action
            for action in actions
            if action.undoes is None
            and action.write_kind is not WriteKind.NONE
            and stop_of(
                switches, policy=action.policy, shop_id=self.shop_id, platform=self.platform
            )
        ]
        self.held += stopped
        return _without(actions, stopped)

    def _is_shop_stopped(self) -> bool:
        switches = self.ledger.switches()
        stop = stop_of(switches, policy=None, shop_id=self.shop_id, platform=self.platform)
        return stop is not None

    def _one_per_target(self, actions: Sequence[Action]) -> list[Action]:
        """Supersede a second write of a target: it was decided from a value that is about to go."""
        first: list[Action] = []
        second: list[Action] = []
        for action in actions:
            target = (action.write_kind, action.target_id)
            (second if target in self.touched else first).append(action)
            self.touched.add(target)
        message = "another action on the same target went first"
        self._end(second, ActionState.SUPERSEDED, message=message)
        return first

    def _by_write(self, actions: Sequence[Action]) -> Iterator[tuple[Outbound, list[Action]]]:
        """Actions by what writes them; what nothing can write ends here."""
        for kind in dict.fromkeys(action.write_kind for action in actions):
            same = [action for action in actions if action.write_kind is kind]
            outbound = self.outbound_of(same[0])
            if outbound is not None:
                yield outbound, same
            elif kind is WriteKind.NONE:
                self._end(same, ActionState.CONFIRMED, message="acknowledged; nothing to write")
            else:
                self._end(same, ActionState.FAILED, message=f"this shop has no write {kind}")

    def _send(self, outbound: Outbound, actions: Sequence[Action], *, until: dt.datetime) -> None:
        """Send what still holds: value in force, guards, switches and lease, checked just before.

        `sending` is committed before the platform hears of it, so that a crash in between leaves a
        trace that is read back rather than sent again.
        """
        try:
            live = outbound.live(changes(actions))
        except ShopkeeperError:
            self.held += actions
            raise
        ready = self._not_stopped(self._still_allowed(self._unmoved(actions, live), live))
        now = self.clock()
        if now > until:
            self.held += ready
            return
        ready = self._one_per_target(ready)
        owned = set(self.ledger.settle(ready, ActionState.SENDING, at=now))
        sending = [action for action in ready if action.action_id in owned]
        if sending:
            self._write(outbound, sending)

    def _unmoved(self, actions: Sequence[Action], live: Mapping[str, Live]) -> list[Action]:
        """Supersede what was decided from a value that is no longer in force."""
        moved = {
            action: _End(
                ActionState.SUPERSEDED,
                f"decided from {amount(action.before_value, action.currency)}, "
                f"the platform shows {_shown(live.get(action.target_id))}",
            )
            for action in actions
            if not _is_shown(action, live.get(action.target_id), action.before_value)
        }
        self._end_each(moved, live)
        return [action for action in actions if action not in moved]

    def _still_allowed(self, actions: Sequence[Action], live: Mapping[str, Live]) -> list[Action]:
        refused = self.recheck(actions, live) if actions else {}
        barred = {
            action: _End(ActionState.REFUSED, reason, guard)
            for action in actions
            if action.action_id in refused
            for guard, reason in [refused[action.action_id]]
        }
        self._end_each(barred, live)
        return [action for action in actions if action not in barred]

    def _write(self, outbound: Outbound, sending: list[Action]) -> None:
        try:
            outcomes = outbound.send(changes(sending))
        except ShopkeeperError:
            # It may have arrived all the same: what became of it is read back.
            self.under_way += sending
            raise
        by_id = {outcome.action_id: outcome for outcome in outcomes}
        rejected: dict[Action, _End] = {}
        accepted: list[Action] = []
        for action in sending:
            outcome = by_id.get(action.action_id)
            if outcome is not None and outcome.state is OutcomeState.REJECTED:
                why = outcome.message or "the platform rejected it"
                rejected[action] = _End(ActionState.FAILED, why)
            elif outcome is not None and outcome.state is OutcomeState.ACCEPTED:
                accepted.append(action)
        self.under_way += [action for action in sending if action not in rejected]
        self.accepted.update(action.action_id for action in accepted)
        self.ledger.settle(accepted, ActionState.SENT, at=self.clock())
        self._end_each(rejected, {})

    def _read_back(self, outbound: Outbound, actions: Sequence[Action], *, is_final: bool) -> None:
        """Settle what the platform shows; all of it, once it `is_final`.

        A change may appear later than the platform says, after a time-out above all. Until the
        lease has run out, what does not show is neither failed nor sent again.
        """
        if not actions:
            return
        live = outbound.live(changes(actions))
        ends = {}
        for action in actions:
            shown = live.get(action.target_id)
            is_accepted = action.state is ActionState.SENT or action.action_id in self.accepted
            if is_final or _is_shown(action, shown, action.after_value):
                ends[action] = _verdict(
                    action, shown, is_accepted=is_accepted, is_absolute=outbound.is_absolute
                )
            else:
                self.ended[ActionState.SENT if is_accepted else ActionState.SENDING] += 1
        # First the originals: an undo that is confirmed is not looked at again after a crash.
        self._revert(
            [
                action
                for action, end in ends.items()
                if end.state is ActionState.CONFIRMED and action.undoes is not None
            ]
        )
        self._end_each(ends, live)

    def _revert(self, undone: Sequence[Action]) -> None:
        """The actions that an undo in force took back are in force no longer."""
        ids = [original for undo in undone for original in originals_of(undo)]
        originals = self.ledger.find(action_ids=ids, states=_TAKEN_BACK) if ids else []
        if originals:
            self.ledger.settle(originals, ActionState.REVERTED, at=self.clock())

    def _end_each(self, ends: Mapping[Action, "_End"], live: Mapping[str, Live]) -> None:
        """Settle what ends alike together: each transaction waits for the disk."""
        for end in dict.fromkeys(ends.values()):
            alike = [action for action, its_end in ends.items() if its_end == end]
            self._end(alike, end.state, guard=end.guard, message=end.message, live=live)

    def _end(
        self,
        actions: Sequence[Action],
        state: ActionState,
        *,
        guard: str | None = None,
        message: str | None = None,
        live: Mapping[str, Live] | None = None,
    ) -> None:
        """Settle and count; an action that another holder owns by now is not ours to count."""
        if not actions:
            return
        observed = {
            action.action_id: live[action.target_id].value
            for action in actions
            if live is not None and action.target_id in live
        }
        changed = self.ledger.settle(
            actions, state, at=self.clock(), guard=guard, message=message, observed=observed
        )
        if changed:
            self.ended[state] += len(changed)


@dataclass(frozen=True, slots=True)
class _End:
    """Where an action ends, and why."""

    state: ActionState
    message: str | None = None
    guard: str | None = None


def _without(actions: Sequence[Action], gone: Sequence[Action]) -> list[Action]:
    ids = {action.action_id for action in gone}
    return [action for action in actions if action.action_id not in ids]


def _is_shown(action: Action, live: Live | None, value: int | None) -> bool:
    if live is None:
        return value is None
    return live.value == value and live.currency == action.currency


def _verdict(action: Action, live: Live | None, *, is_accepted: bool, is_absolute: bool) -> _End:
    """Where a write that was sent, or may have been, ends."""
    if _is_shown(action, live, action.after_value):
        return _End(ActionState.CONFIRMED)
    if _is_shown(action, live, action.before_value):
        if is_accepted:
            return _End(
                ActionState.FAILED, f"the platform says accepted, but it shows {_shown(live)}"
            )
        if is_absolute:
            return _End(ActionState.APPROVED, "it did not arrive and is to be sent again")
        return _End(
            ActionState.UNKNOWN,
            f"the platform shows {_shown(live)}; sending it again might do it twice",
        )
    return _End(ActionState.UNKNOWN, f"the platform shows {_shown(live)}; a person has to look")


def _shown(live: Live | None) -> str:
    return "nothing" if live is None else amount(live.value, live.currency)
