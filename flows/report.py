"""Report: the day's operations as one HTML page."""

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from contracts.codes import ActionState
from contracts.languages import Bilingual
from flows.form import HomeDir, OptionalShopId
from flows.labels import run_name, tag_run
from flows.missed import drop_all_missed
from flows.steps.explain import report_without_names
from flows.steps.opening import open_home
from flows.steps.report import Reported, report
from reports.markdown import kpis_table, proposals_list

_TITLE = Bilingual("The last days in figures", "近日指标")
_WAITING = Bilingual("What waits for approval, most money first", "待审批，按金额排序")


@flow(name="report", flow_run_name=run_name, on_running=[tag_run, drop_all_missed])
async def report_flow(home_dir: HomeDir, shop_id: OptionalShopId = None) -> Reported:
    """Write the report; its KPIs and what waits are the run's artifacts."""
    with open_home(home_dir) as home:
        written = report(home, shop_id=shop_id)
    daily = written.daily
    await acreate_markdown_artifact(
        kpis_table(daily), key="kpis", description=_TITLE.in_(daily.language)
    )
    first = [one.action for one in daily.actions if one.action.state is ActionState.PROPOSED]
    waiting = [one for one in daily.counts if one.state is ActionState.PROPOSED]
    shown = report_without_names(first, daily.language)
    await acreate_markdown_artifact(
        proposals_list(shown, daily.language, counts=waiting),
        key="waiting",
        description=_WAITING.in_(daily.language),
    )
    return written
