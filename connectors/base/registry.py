"""Finds connectors by name; a new folder is found without being listed anywhere."""

import importlib
import pkgutil

import connectors
from connectors.base.declaration import Connector
from contracts.errors import ConfigurationError
from contracts.names import nearest


def names() -> tuple[str, ...]:
    """Names of all connectors, sorted; none of them is imported."""
    found = (module.name for module in pkgutil.iter_modules(connectors.__path__) if module.ispkg)
    return tuple(sorted(name for name in found if name != "base"))


def connector(name: str) -> Connector:
    """The connector of that name.

    Raises:
        ConfigurationError: there is none, or its package declares no CONNECTOR.
    """
    if name not in names():
        raise ConfigurationError(f"no connector is named {name!r}{nearest(name, names())}")
    declared = getattr(importlib.import_module(f"connectors.{name}"), "CONNECTOR", None)
    if not isinstance(declared, Connector):
        raise ConfigurationError(f"connectors/{name} declares no CONNECTOR")
    return declared
