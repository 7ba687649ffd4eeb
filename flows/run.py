"""Run: the whole loop, once."""

from dataclasses import dataclass

from prefect import flow

from contracts.checks import CheckResult
from flows.act import act_flow
from flows.build import build_flow
from flows.check import check_flow
from flows.decide import decide_flow
from flows.form import HomeDir, OptionalShopId
from flows.labels import run_name, tag_run
from flows.pull import pull_flow
from flows.report import report_flow
from flows.steps.act import Acted
from flows.steps.decide import Decided
from flows.steps.home import Home
from flows.steps.pull import Pulled
from flows.steps.report import Reported
from flows.steps.retention import expire_when_quiet


@dataclass(frozen=True, slots=True)
class Looped:
    """What the loop did."""

    pulled: list[Pulled]
    checked: list[CheckResult]
    built: dict[str, int]
    decided: list[Decided]
    acted: list[Acted]
    reported: Reported


@flow(name="run", flow_run_name=run_name, on_running=[tag_run])
async def run_flow(home_dir: HomeDir, shop_id: OptionalShopId = None) -> Looped:
    """Pull, check, build, decide, act, report; remove what has been held for its time."""
    pulled = await pull_flow(home_dir, shop_id)
    checked = await check_flow(home_dir, shop_id)
    built = await build_flow(home_dir, shop_id)
    decided = await decide_flow(home_dir, shop_id)
    acted = await act_flow(home_dir, shop_id)
    reported = await report_flow(home_dir, shop_id)
    with Home.open(home_dir) as home:
        expire_when_quiet(home)
    return Looped(pulled, checked, built, decided, acted, reported)
