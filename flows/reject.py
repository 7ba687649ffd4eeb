"""Reject: a person keeps proposals from being sent."""

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from flows.form import ActionIds, HomeDir, Person
from flows.labels import run_name, tag_run
from flows.steps.actions import reject
from flows.steps.explain import report_without_names
from flows.steps.opening import open_home
from reports.markdown import left_table, proposals_table


@flow(name="reject", flow_run_name=run_name, on_running=[tag_run])
async def reject_flow(home_dir: HomeDir, action_ids: ActionIds, by: Person) -> list[str]:
    """Reject proposals by their ids; what was decided before stays as it is."""
    with open_home(home_dir) as home:
        done = reject(home, action_ids, by=by)
        changed = done.changed
        actions = home.ledger.find(action_ids=changed) if changed else []
        table = proposals_table(report_without_names(actions))
    await acreate_markdown_artifact(
        table + left_table(done.left),
        key="rejected",
        description=f"{len(changed)} rejected of {len(action_ids)}",
    )
    return changed
