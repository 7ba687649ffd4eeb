"""Undo: show what would be taken back, and take it back."""

from typing import Annotated

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact
from pydantic import Field

from contracts.errors import ConfigurationError
from flows.form import (
    HomeDir,
    Moment,
    MomentBefore,
    OptionalShopId,
    Person,
    PolicyName,
    RunId,
    Targets,
    utc,
)
from flows.labels import run_name, tag_run
from flows.steps.actions import Selection
from flows.steps.opening import open_home
from flows.steps.undo import Undone, undo
from reports.markdown import undo_table


@flow(name="undo", flow_run_name=run_name, on_running=[tag_run])
async def undo_flow(
    home_dir: HomeDir,
    by: Person,
    shop_id: OptionalShopId = None,
    policy: PolicyName = None,
    run_id: RunId = None,
    targets: Targets = None,
    since: Moment = None,
    until: MomentBefore = None,
    carry_out: Annotated[bool, Field(description="Do it; off: only show the plan")] = False,
) -> Undone:
    """Take back what was written, by run, policy, targets or time; first shows the plan.

    Raises:
        ConfigurationError: nothing says which actions are meant.
    """
    if not any((policy, run_id, targets, since)):
        raise ConfigurationError("say what to undo: a policy, a run, targets, or since when")
    chosen = Selection(
        shop_id=shop_id,
        policy=policy,
        run_id=run_id,
        targets=tuple(targets) if targets else None,
        since=utc(since),
        until=utc(until),
    )
    with open_home(home_dir) as home:
        undone, language = undo(home, chosen, by=by, execute=carry_out), home.language
    await acreate_markdown_artifact(
        undo_table(undone.items, language),
        key="undo",
        description=undone.title(language, "carry_out"),
    )
    return undone
