"""Finds policies by name: every module of this package that is not shared code."""

import importlib
import pkgutil
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Protocol, cast

import dataframely as dy
from pydantic import BaseModel

import actions.policies
from actions.policies._proposal import Hold
from contracts.actions import Proposal
from contracts.codes import WriteKind
from contracts.errors import ConfigurationError
from contracts.names import nearest


class Policy(Protocol):
    """What a policy module states; see the package."""

    NAME: str
    VERSION: int
    WRITES: tuple[WriteKind, ...]
    INPUTS: dict[str, type[dy.Schema]]
    DEPENDS: tuple[str, ...]
    HAS_HOLDOUT: bool
    Reason: type[StrEnum]
    HoldReason: type[StrEnum]
    Params: type[BaseModel]
    propose: Callable[..., dy.DataFrame[Proposal]]
    holds: Callable[..., dy.DataFrame[Hold]]


@cache
def policies() -> dict[str, Policy]:
    """All policies by name, in order of name."""
    package = actions.policies
    names = sorted(
        module.name
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
        if not module.name.rpartition(".")[2].startswith("_") and module.name != __name__
    )
    found = [cast(Policy, importlib.import_module(name)) for name in names]
    return {policy.NAME: policy for policy in found}


def policy_of(name: str) -> Policy:
    """The policy of that name.

    Raises:
        ConfigurationError: there is none; the message names the nearest.
    """
    try:
        return policies()[name]
    except KeyError:
        known = nearest(name, policies())
        raise ConfigurationError(f"there is no policy {name!r}{known}") from None
