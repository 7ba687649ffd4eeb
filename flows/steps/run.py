"""Run: the whole loop once, by hand, without a server."""

from dataclasses import asdict, dataclass
from typing import Any

from contracts.checks import CheckResult
from flows.steps.act import Acted, act
from flows.steps.alerts import Told, mail_alerts
from flows.steps.blocked import Blocked, raise_if_nothing_was_done
from flows.steps.build import build, rebuild
from flows.steps.check import check
from flows.steps.decide import Decided, decide
from flows.steps.home import Home
from flows.steps.progress import Progress, silent
from flows.steps.pull import Pulled, blocked_in, lookup_tables, pull
from flows.steps.report import Reported, report
from flows.steps.retention import expire_when_quiet


@dataclass(frozen=True, slots=True)
class LoopResult:
    """What the loop did."""

    pulled: list[Pulled]
    checked: list[CheckResult]
    built: dict[str, int]
    decided: list[Decided]
    acted: list[Acted]
    reported: Reported
    blocked: list[Blocked]
    alerts: Told | None = None
    """What became of the mail of new alerts; null: there was none to send."""

    @property
    def is_held(self) -> bool:
        """Whether something was stopped, a blocking check failed or an action needs a person."""
        failed = any(not one.passed and one.is_blocking for one in self.checked)
        acted = any(one.is_held for one in self.acted)
        return failed or bool(self.blocked) or acted

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return {
            "pulled": [asdict(one) for one in self.pulled],
            "checks": [asdict(one) for one in self.checked],
            "built": self.built,
            "decided": [asdict(one) for one in self.decided],
            "acted": [asdict(one) for one in self.acted],
            "blocked": [asdict(one) for one in self.blocked],
            "alerts": None if self.alerts is None else asdict(self.alerts),
            "report": str(self.reported.path),
        }


def run(home: Home, *, shop_id: str | None = None, progress: Progress = silent) -> LoopResult:
    """Pull, check, build, decide, act and report, for a shop or for all.

    What is asked about what was read (parcels under way) is pulled once that is built. What stops a
    stream, a source or a shop is told as `blocked`; the others go on.

    Raises:
        ShopkeeperError: nothing was done, for this reason.
    """
    pulled = pull(home, shop_id=shop_id, lookups=False, progress=progress)
    raise_if_nothing_was_done(blocked_in(pulled), done=any(not one.blocked for one in pulled))
    stopped: list[Blocked] = []
    checked = check(home, shop_id=shop_id, progress=progress, blocked=stopped)
    built = build(home, shop_id=shop_id, progress=progress, blocked=stopped)
    asked = pull(home, shop_id=shop_id, lookups=True, progress=progress)
    if any(one.rows for one in asked):
        checked = check(home, shop_id=shop_id, progress=progress, blocked=stopped)
        changed = lookup_tables(home, shop_id)
        built |= rebuild(home, shop_id=shop_id, changed=changed, blocked=stopped)
    decided = decide(home, shop_id=shop_id, blocked=stopped)
    acted = act(home, shop_id=shop_id, progress=progress, blocked=stopped)
    alerts = mail_alerts(home, shop_id=shop_id)
    blocked = [*blocked_in(pulled + asked), *stopped]
    reported = report(home, shop_id=shop_id, blocked=blocked)
    expire_when_quiet(home)
    return LoopResult(pulled + asked, checked, built, decided, acted, reported, blocked, alerts)
