"""Approve: a person lets proposals pass, by their ids or by a filter, and they are sent."""

from typing import Annotated

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact
from pydantic import Field

from contracts.errors import ConfigurationError
from contracts.languages import Bilingual
from flows.act import act_flow
from flows.form import (
    HomeDir,
    MaxChangeRate,
    OptionalActionIds,
    OptionalShopId,
    Person,
    PolicyName,
    Stamp,
)
from flows.labels import run_name, tag_run
from flows.steps.actions import approve, find_ids
from flows.steps.batch import Batch, Filter, batch
from flows.steps.explain import report_without_names
from flows.steps.home import Home
from flows.steps.opening import open_home
from reports.markdown import batch_list, left_table, proposals_list

_SHOWN = Bilingual("Nothing is approved", "尚未批准")
_DONE = Bilingual("{} approved of {}", "{1} 项中批准 {0} 项")


@flow(name="approve", flow_run_name=run_name, on_running=[tag_run])
async def approve_flow(
    home_dir: HomeDir,
    by: Person,
    action_ids: OptionalActionIds = None,
    policy: PolicyName = None,
    shop_id: OptionalShopId = None,
    max_change_rate: MaxChangeRate = None,
    stamp: Stamp = None,
    send_now: Annotated[
        bool, Field(description="Send what is approved in these shops now, not at the next run")
    ] = True,
    only_show: Annotated[
        bool, Field(description="Approve nothing: show what each, or all of a filter, would send")
    ] = False,
) -> list[str]:
    """Approve proposals by their ids, or all that a filter finds once `only_show` has shown their
    count, totals and largest, and the stamp that this form requires.

    What has expired or was decided before stays as it is, and so does what was changed since.

    Raises:
        ConfigurationError: ids and a filter, or neither; or the stamp is not that of now.
    """
    chosen = Filter(policy=policy, shop_id=shop_id, max_change_rate=max_change_rate)
    if (chosen != Filter()) == bool(action_ids):
        raise ConfigurationError("give action ids, or a filter: policy, shop or change")
    with open_home(home_dir) as home:
        found = None if action_ids else batch(home, chosen)
        ids = found.action_ids if found else find_ids(home, action_ids or [])
        if only_show:
            await acreate_markdown_artifact(
                _summary(home, found, ids), key="approve", description=_SHOWN.in_(home.language)
            )
            return []
        if found is not None and found.stamp != stamp:
            raise ConfigurationError(
                "what waits is not what was shown: run it with only_show, and give its stamp"
            )
        done = approve(home, ids, by=by, contents=found.contents if found else None, is_typed=False)
        changed = done.changed
        actions = home.ledger.find(action_ids=changed) if changed else []
        language = home.language
        table = proposals_list(report_without_names(actions, language), language)
    await acreate_markdown_artifact(
        table + left_table(done.left, language),
        key="approved",
        description=_DONE.in_(language).format(len(changed), len(ids)),
    )
    if send_now:
        for shop_id_ in dict.fromkeys(action.shop_id for action in actions):
            await act_flow(home_dir, shop_id_)
    return changed


def _summary(home: Home, found: Batch | None, ids: list[str]) -> str:
    """Of ids each whole; of a filter count, totals and the largest."""
    language = home.language
    actions = home.ledger.find(action_ids=ids) if found is None else found.sample
    table = proposals_list(report_without_names(actions, language), language)
    if found is None:
        return table
    return batch_list(found.lines(language), stamp=found.stamp, language=language) + table
