"""Run: the whole loop once, by hand, without a server."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from contracts.checks import CheckResult
from flows.steps.act import Acted, act
from flows.steps.alerts import MailReport, mail_alerts
from flows.steps.blocked import Blocked, raise_if_nothing_was_done
from flows.steps.build import build, rebuild
from flows.steps.check import check
from flows.steps.decide import Decided, decide
from flows.steps.home import Home
from flows.steps.progress import Progress, silent
from flows.steps.pull import Pulled, blocked_in, lookup_tables, pull
from flows.steps.report import Reported, report
from flows.steps.retention import expire_when_idle


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
    alerts: MailReport | None = None
    """What became of the mail of new alerts; None: there was none to send."""

    @property
    def is_blocked(self) -> bool:
        """Whether something was stopped, a blocking check failed or an action needs a person."""
        failed = any(not one.passed and one.is_blocking for one in self.checked)
        acted = any(one.is_blocked for one in self.acted)
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


def order(results: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The steps of the loop by name; those of one tuple read nothing that the others make.

    What is looked up about what was read (parcels under way) is pulled once that is built. The
    caller puts each step's result into `results` before the next is taken.
    """
    yield ("read",)
    yield ("check", "build")
    yield ("lookup",)
    if any(one.rows for one in results["lookup"]):
        yield ("check", "rebuild")
    yield ("decide",)
    yield ("act",)
    yield ("report",)


def result_of_steps(results: Mapping[str, Any], blocked: list[Blocked]) -> LoopResult:
    """The loop's result from those of its steps, by name."""
    return LoopResult(
        pulled=results["read"] + results["lookup"],
        checked=results["check"],
        built=results["build"] | results.get("rebuild", {}),
        decided=results["decide"],
        acted=results["act"],
        reported=results["report"],
        blocked=list(dict.fromkeys([*blocked_in(results["read"] + results["lookup"]), *blocked])),
    )


def run(home: Home, *, shop_id: str | None = None, progress: Progress = silent) -> LoopResult:
    """Pull, check, build, decide, act and report, for a shop or for all.

    What stops a stream, a source or a shop is listed in `blocked`; the others go on.

    Raises:
        ShopkeeperError: nothing was done, for this reason.
    """
    stopped: list[Blocked] = []
    results: dict[str, Any] = {}

    def read() -> list[Pulled]:
        pulled = pull(home, shop_id=shop_id, lookups=False, progress=progress)
        raise_if_nothing_was_done(blocked_in(pulled), done=any(not one.blocked for one in pulled))
        return pulled

    def make_report() -> Reported:
        blocked = [*blocked_in(results["read"] + results["lookup"]), *stopped]
        return report(home, shop_id=shop_id, blocked=blocked)

    steps: Mapping[str, Callable[[], Any]] = {
        "read": read,
        "check": partial(check, home, shop_id=shop_id, progress=progress, blocked=stopped),
        "build": partial(build, home, shop_id=shop_id, progress=progress, blocked=stopped),
        "lookup": partial(pull, home, shop_id=shop_id, lookups=True, progress=progress),
        "rebuild": lambda: rebuild(
            home, shop_id=shop_id, changed=lookup_tables(home, shop_id), blocked=stopped
        ),
        "decide": partial(decide, home, shop_id=shop_id, blocked=stopped),
        "act": partial(act, home, shop_id=shop_id, progress=progress, blocked=stopped),
        "report": make_report,
    }
    for names in order(results):
        results.update((name, steps[name]()) for name in names)
    alerts = mail_alerts(home, shop_id=shop_id)
    expire_when_idle(home)
    return replace(result_of_steps(results, stopped), alerts=alerts)
