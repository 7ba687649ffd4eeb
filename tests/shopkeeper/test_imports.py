"""What a command imports is what it needs: the rest costs every run of it seconds."""

import subprocess
import sys

import pytest

from connectors.base.registry import names

CONNECTORS = frozenset(f"connectors.{name}" for name in names())
DRAWING = frozenset({"altair", "vl_convert", "great_expectations", "pandas"})
SELDOM = DRAWING | {"openpyxl", "xlrd", "alembic", "prefect", "scipy.special", "scipy.optimize"}


@pytest.mark.parametrize(
    ("module", "spared"),
    [
        ("shopkeeper.cli", SELDOM | CONNECTORS | {"polars", "sqlalchemy", "deltalake", "httpx"}),
        ("flows.steps.opening", SELDOM | CONNECTORS | {"httpx", "jinja2"}),
        ("flows.steps.build", SELDOM | CONNECTORS | {"httpx", "jinja2"}),
        ("flows.steps.pull", SELDOM | CONNECTORS | {"jinja2"}),
        ("flows.steps.check", SELDOM | CONNECTORS | {"jinja2"}),
        ("flows.steps.decide", SELDOM | CONNECTORS),
        ("flows.steps.act", SELDOM | CONNECTORS),
        ("actions.policies.restock", SELDOM | CONNECTORS | {"jinja2"}),
    ],
)
def test_a_command_goes_without_what_it_does_not_need(module: str, spared: frozenset[str]) -> None:
    script = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    imported = set(done.stdout.split())
    assert module in imported
    assert imported & spared == set()
