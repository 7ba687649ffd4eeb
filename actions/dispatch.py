"""Dispatch: the one door to a platform; claims, checks once more, sends, reads back, settles."""

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from actions.guard.refusals import HOLDS
from actions.guard.switches import stop_of
from actions.verdicts import (
    PROVEN,
    UNPROVEN,
    End,
    Recheck,
    end_unread,
    excluding,
    is_done,
    is_shown,
    live_text,
    readable,
    sort_outcomes,
    verdict,
)
from actions.writes import changes, originals_of, value_text
from contracts.actions import Action, Live
from contracts.codes import ActionState, WriteKind
from contracts.errors import ConfigurationError, NotAppliedError, ShopkeeperError
from contracts.ports import Clock, Ledger, Outbound

_TAKEN_BACK = (ActionState.CONFIRMED, ActionState.UNKNOWN)


def dispatch(
    ledger: Ledger,
    outbound_of: Callable[[Action], Outbound | None],
    *,
    shop_id: str,
    platform_of: Callable[[Action], str],
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

    `approved` counts what waits: stopped by a kill switch, by quiet hours, or to be sent again by a
    later call; `sent` and `sending` what the platform does not show yet, which a later call reads.
    What needs another action goes out in a further pass, once that one is confirmed. A platform
    that fails holds its own kinds of write. `timeout` is the longest that one chunk may take. Safe
    to call again after a crash: what may have been sent is settled before anything new is sent.

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
        platform_of=platform_of,
        holder=holder,
        clock=clock,
        recheck=recheck,
        lease=lease,
        timeout=timeout,
        chunk=chunk,
        policy=policy,
        undo_batch=undo_batch,
        on_progress=on_progress or (lambda _: None),
        sleep=sleep,
    )
    run.settle_abandoned()
    run.send_approved()
    if run.failure is not None:
        raise run.failure
    return dict(run.ended)


@dataclass(slots=True, kw_only=True)
class _Dispatch:
    """One call: its arguments, and what it has done so far."""

    ledger: Ledger
    outbound_of: Callable[[Action], Outbound | None]
    shop_id: str
    platform_of: Callable[[Action], str]
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
    delayed: dict[str, Action] = field(default_factory=dict)
    """By id, what is claimed and is neither ended nor being sent: given back at the end of the
    call, however it ends; until then nobody claims it again."""
    waiting: dict[Action, End] = field(default_factory=dict)
    """Those of them that wait for a reason of their own."""
    under_way: list[Action] = field(default_factory=list)
    """Sent, or perhaps sent: to be read back."""
    pause: dt.timedelta = dt.timedelta(0)
    """How long the slowest platform that was written to may take to show it."""
    accepted: set[str] = field(default_factory=set)
    """Ids of those that the platform said it accepted."""
    failure: ShopkeeperError | None = None
    """The first that happened."""
    down: set[WriteKind] = field(default_factory=set)
    """Kinds of write whose platform failed in this call."""

    def settle_abandoned(self) -> None:
        """Read back what an earlier holder may have sent, once the platform has had its time."""
        now = self.clock()

        def settle(outbound: Outbound, actions: list[Action]) -> None:
            due = now - self.timeout - outbound.settles
            ripe = [action for action in actions if action.updated_at <= due]
            self._read_back(outbound, ripe, is_final=True)

        self._each_write(self.ledger.abandoned(shop_id=self.shop_id, at=now), settle)

    def send_approved(self) -> None:
        """Send in passes, as long as one confirms what something else may have waited for."""
        try:
            while self._pass():
                pass
        finally:
            self._end_each(self.waiting, {})
            self._end(list(self.delayed.values()), ActionState.APPROVED)

    def _pass(self) -> bool:
        """Send chunk by chunk; wait for the platforms once, and read it all back.

        Whether anything was confirmed.
        """
        confirmed = self.ended[ActionState.CONFIRMED]
        while self._send_next():
            pass
        sent, self.under_way = self.under_way, []

        def read(outbound: Outbound, actions: list[Action]) -> None:
            self._read_back(outbound, actions, is_final=False)

        if sent:
            self.sleep(self.pause.total_seconds())
        # What cannot be read now stays under way; a later call reads it back.
        self._each_write(sent, read)
        return self.ended[ActionState.CONFIRMED] > confirmed

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
        self._hold(claimed)
        self.seen.update(action.action_id for action in fresh)
        free = self._not_stopped(fresh)
        until = claimed_at + self.lease - self.timeout
        self._each_write(free, lambda outbound, actions: self._send(outbound, actions, until=until))
        self.on_progress(len(fresh))
        return bool(fresh) and (bool(free) or not self._is_shop_stopped())

    def _not_stopped(self, actions: Sequence[Action]) -> list[Action]:
        """Without what a kill switch stops, but never the taking back of our own, or is down."""
        switches = self.ledger.switches()
        stopped = [
            action
            for action in actions
            if action.write_kind in self.down
            or (
                action.undoes is None
                and action.write_kind is not WriteKind.NONE
                and stop_of(
                    switches,
                    policy=action.policy,
                    shop_id=self.shop_id,
                    platform=self.platform_of(action),
                )
            )
        ]
        return excluding(actions, stopped)

    def _is_shop_stopped(self) -> bool:
        """Whether there is no point in claiming more; a stopped platform leaves the others."""
        switches = self.ledger.switches()
        return stop_of(switches, policy=None, shop_id=self.shop_id, platform="") is not None

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

    def _each_write(
        self, actions: Sequence[Action], do: Callable[[Outbound, list[Action]], None]
    ) -> None:
        """Do it per kind of write; a kind whose platform fails leaves the others to be done.

        What nothing can write ends here.
        """
        for kind in dict.fromkeys(action.write_kind for action in actions):
            same = [action for action in actions if action.write_kind is kind]
            try:
                outbound = self.outbound_of(same[0])
                if outbound is not None:
                    do(outbound, same)
                elif kind is WriteKind.NONE:
                    self._revert([action for action in same if action.undoes is not None])
                    self._end(same, ActionState.CONFIRMED, message="acknowledged; nothing to write")
                else:
                    self._end(same, ActionState.FAILED, message=f"this shop has no write {kind}")
            except ShopkeeperError as error:
                self.failure = self.failure or error
                self.down.add(kind)

    def _hold(self, actions: Sequence[Action]) -> None:
        self.delayed |= {action.action_id: action for action in actions}

    def _send(self, outbound: Outbound, actions: Sequence[Action], *, until: dt.datetime) -> None:
        """Send what still holds: value in force, guards, switches and lease, checked just before.

        `sending` is committed before the platform hears of it, so that a crash in between leaves a
        trace that is read back rather than sent again.
        """
        answers = outbound.live(changes(actions)) if outbound.reads_back else {}
        live, odd = readable(answers), end_unread(actions, answers)
        known = excluding(actions, list(odd))
        self.waiting |= odd
        unmoved = self._unmoved(known, live) if outbound.reads_back else known
        ready = self._not_stopped(self._still_allowed(unmoved, live))
        now = self.clock()
        if now > until:
            return
        ready = self._one_per_target(ready)
        for action in ready:
            self.delayed.pop(action.action_id, None)
        owned = set(self.ledger.settle(ready, ActionState.SENDING, at=now))
        sending = [action for action in ready if action.action_id in owned]
        if sending:
            self._write(outbound, sending)

    def _unmoved(self, actions: Sequence[Action], live: Mapping[str, Live]) -> list[Action]:
        """Supersede what was decided from a value that is no longer in force."""
        moved = {
            action: End(
                ActionState.SUPERSEDED,
                f"decided from {value_text(action.before_value, action.currency)}, "
                f"the platform shows {live_text(live.get(action.target_id))}",
            )
            for action in actions
            if not is_shown(action, live.get(action.target_id), action.before_value)
        }
        self._end_each(moved, live)
        return [action for action in actions if action not in moved]

    def _still_allowed(self, actions: Sequence[Action], live: Mapping[str, Live]) -> list[Action]:
        """Refuse what a guard bars by now, and hold what it only bars for the moment."""
        barred = self.recheck(actions, live) if actions else {}
        ends: dict[Action, End] = {}
        for action in actions:
            if action.action_id in barred:
                guard, reason = barred[action.action_id]
                if guard in HOLDS:
                    self.waiting[action] = End(ActionState.APPROVED, reason, guard)
                else:
                    ends[action] = End(ActionState.REFUSED, reason, guard)
        self._end_each(ends, live)
        return [action for action in actions if action.action_id not in barred]

    def _write(self, outbound: Outbound, sending: list[Action]) -> None:
        try:
            outcomes = outbound.send(changes(sending))
        except ShopkeeperError as error:
            # It may have arrived all the same: what became of it is read back, if it can be.
            if outbound.reads_back:
                self.under_way += sending
            elif isinstance(error, NotAppliedError):
                self._hold(sending)
            else:
                self._end(sending, ActionState.UNKNOWN, message=UNPROVEN)
            raise
        finally:
            self.pause = max(self.pause, outbound.settles)
        accepted, rejected, delayed = sort_outcomes(sending, outcomes)
        self.waiting |= delayed
        sending = excluding(sending, list(delayed))
        if not outbound.reads_back:
            proven = dict.fromkeys(accepted, End(ActionState.CONFIRMED, PROVEN))
            unproven = dict.fromkeys(sending, End(ActionState.UNKNOWN, UNPROVEN))
            self._end_each(unproven | proven | rejected, {})
            return
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
        if not outbound.reads_back:
            # Its holder vanished between sending and hearing the answer.
            self._end(actions, ActionState.UNKNOWN, message=UNPROVEN)
            return
        answers = outbound.live(changes(actions))
        ends = {}
        for action in actions:
            answer = answers.get(action.target_id)
            is_accepted = action.state is ActionState.SENT or action.action_id in self.accepted
            if is_final or is_done(action, answer):
                ends[action] = verdict(
                    action, answer, is_accepted=is_accepted, is_absolute=outbound.is_absolute
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
        self._end_each(ends, readable(answers))

    def _revert(self, undone: Sequence[Action]) -> None:
        """The actions that an undo in force took back are in force no longer."""
        ids = [original for undo in undone for original in originals_of(undo)]
        originals = self.ledger.find(action_ids=ids, states=_TAKEN_BACK) if ids else []
        if originals:
            self.ledger.settle(originals, ActionState.REVERTED, at=self.clock())

    def _end_each(self, ends: Mapping[Action, End], live: Mapping[str, Live]) -> None:
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
        for action in actions:
            self.delayed.pop(action.action_id, None)
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
