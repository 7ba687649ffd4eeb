"""Reject: a person keeps proposals from being sent."""

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from contracts.languages import Bilingual
from flows.form import ActionIds, HomeDir, Person
from flows.labels import run_name, tag_run
from flows.steps.actions import reject
from flows.steps.explain import report_without_names
from flows.steps.opening import open_home
from reports.markdown import left_table, proposals_list

_DONE = Bilingual("{} rejected of {}", "{1} 项中驳回 {0} 项")


@flow(name="reject", flow_run_name=run_name, on_running=[tag_run])
async def reject_flow(home_dir: HomeDir, action_ids: ActionIds, by: Person) -> list[str]:
    """Reject proposals by their ids; what was decided before stays as it is."""
    with open_home(home_dir) as home:
        done = reject(home, action_ids, by=by)
        changed = done.changed
        actions = home.ledger.find(action_ids=changed) if changed else []
        language = home.language
        table = proposals_list(report_without_names(actions, language), language)
    await acreate_markdown_artifact(
        table + left_table(done.left, language),
        key="rejected",
        description=_DONE.in_(language).format(len(changed), len(action_ids)),
    )
    return changed
