"""Flows by name: a module `flows/<step>.py` that defines `<step>_flow` is one."""

import importlib
import pkgutil
from typing import Any

from prefect.flows import Flow

import flows as package


def flows_by_step() -> dict[str, Flow[Any, Any]]:
    """Every flow, by the name of its step."""
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.ispkg:
            continue
        flow = getattr(importlib.import_module(f"flows.{module.name}"), f"{module.name}_flow", None)
        if isinstance(flow, Flow):
            found[module.name] = flow
    return found
