"""Check: is the data fit to act on?"""

import asyncio
from typing import cast

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from contracts.checks import CheckResult
from contracts.languages import Bilingual, Language
from flows.form import HomeDir, OptionalShopId
from flows.labels import run_name, tag_run
from flows.outcome import with_blocked
from flows.steps.blocked import Blocked
from flows.steps.check import check
from flows.steps.opening import open_home
from reports.markdown import checks_table

_TITLE = Bilingual("Measured values against their limits", "测得值与限值")


@flow(name="check", flow_run_name=run_name, on_running=[tag_run])
async def check_flow(home_dir: HomeDir, shop_id: OptionalShopId = None) -> list[CheckResult]:
    """Suites, freshness and volume; what fails holds the actions that depend on it."""
    blocked: list[Blocked] = []

    def work() -> tuple[list[CheckResult], Language]:
        with open_home(home_dir) as home:
            return check(home, shop_id=shop_id, blocked=blocked), home.language

    results, language = await asyncio.to_thread(work)
    await acreate_markdown_artifact(
        checks_table(results, language), key="checks", description=_TITLE.in_(language)
    )
    return cast("list[CheckResult]", with_blocked(results, blocked))
