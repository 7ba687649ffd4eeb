"""The deployments as a file for `prefect deploy --all`, for who runs a Prefect server already."""

from collections.abc import Sequence
from typing import Any

import yaml  # type: ignore[import-untyped]  # comes with Prefect, without types

from deployments.plan import POOL, Definition

_HEAD = """# The deployments of a home, for a Prefect server of your own:
#   prefect work-pool create {pool} --type process
#   prefect --no-prompt deploy --all --prefect-file <this file>
# `shopkeeper up` writes it; it registers the same deployments by itself.
"""


def render(definitions: Sequence[Definition]) -> str:
    """The file's text."""
    document = {"name": POOL, "deployments": [_entry(one) for one in definitions]}
    body = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=96)
    return _HEAD.format(pool=POOL) + str(body)


def _entry(one: Definition) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": one.name,
        "entrypoint": one.entrypoint,
        "description": one.description,
        "tags": list(one.tags),
        "parameters": one.parameters,
        "work_pool": {"name": POOL},
        "enforce_parameter_schema": True,
    }
    if one.cron:
        entry["schedules"] = [{"cron": one.cron, "timezone": one.time_zone}]
        entry["concurrency_limit"] = {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    return entry
