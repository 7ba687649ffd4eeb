"""Connectors are found by their folder."""

import subprocess
import sys

import pytest

from connectors.base.registry import connector, names
from contracts.errors import ConfigurationError


def test_every_folder_but_the_kit_is_a_connector() -> None:
    assert "shopify" in names()
    assert "base" not in names()


def test_a_connector_is_found_by_name() -> None:
    assert connector("shopify").name == "shopify"


@pytest.mark.parametrize("name", ["base", "nowhere", "shopify.client", ""])
def test_an_unknown_name_says_which_ones_there_are(name: str) -> None:
    with pytest.raises(ConfigurationError, match="shopify"):
        connector(name)


def test_listing_names_imports_no_connector() -> None:
    code = (
        "import sys; from connectors.base.registry import names; names();"
        " sys.exit('connectors.shopify' in sys.modules or 'httpx' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
