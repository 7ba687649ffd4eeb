"""Report: the day's operations as one HTML page."""

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from contracts.languages import Bilingual
from flows.form import HomeDir, OptionalShopId
from flows.labels import run_name, tag_run
from flows.missed import drop_all_missed
from flows.steps.opening import open_home
from flows.steps.report import Reported, report
from reports.markdown import kpis_table

_TITLE = Bilingual("The last days in figures", "近日指标")


@flow(name="report", flow_run_name=run_name, on_running=[tag_run, drop_all_missed])
async def report_flow(home_dir: HomeDir, shop_id: OptionalShopId = None) -> Reported:
    """Write the report; its KPIs are the run's artifact."""
    with open_home(home_dir) as home:
        written = report(home, shop_id=shop_id)
    await acreate_markdown_artifact(
        kpis_table(written.daily), key="kpis", description=_TITLE.in_(written.daily.language)
    )
    return written
