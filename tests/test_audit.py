"""What is installed is what is locked, under licences that fit ours."""

from pathlib import Path
from typing import Any

import pytest

from tests.audit import ROOT, bill, licences, unfit, unlocked

LOCK = "polars==2.1.0 \\\n    --hash=sha256:00\nRuamel.Yaml[x]==0.18 \\\n"


def package(name: str, version: str = "1", *told: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "version": version, "licenses": list(told)}


@pytest.mark.long
def test_this_installation_is_the_lock_and_every_licence_fits(tmp_path: Path) -> None:
    found = bill(tmp_path / "sbom.json")
    assert found["bomFormat"] == "CycloneDX"
    names = {one["name"].lower() for one in found["components"]}
    assert {"polars", "prefect", "sqlalchemy", "httpx"} <= names
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert [*unlocked(found["components"], lock), *unfit(found["components"])] == []


@pytest.mark.parametrize(
    ("installed", "named"),
    [
        (package("polars", "2.1.0"), None),
        (package("ruamel.yaml", "0.18"), None),
        (package("pip", "26"), None),
        (package("polars", "2.0.9"), "polars 2.0.9 is installed, the lock has 2.1.0"),
        (package("polarss", "2.1.0"), "polarss 2.1.0 is installed, the lock has none"),
    ],
)
def test_what_the_lock_does_not_have_is_named(installed: dict[str, Any], named: str | None) -> None:
    assert list(unlocked([installed], LOCK)) == ([named] if named else [])


@pytest.mark.parametrize(
    ("told", "is_fit"),
    [
        ([{"license": {"id": "MIT"}}], True),
        ([{"license": {"name": "License :: OSI Approved :: BSD License"}}], True),
        ([{"expression": "MIT OR GPL-3.0-only"}], True),
        ([{"expression": "MIT AND (Apache-2.0 OR GPL-2.0-only)"}], True),
        ([{"expression": "MIT AND GPL-3.0-only"}], False),
        ([{"license": {"id": "AGPL-3.0-or-later"}}], False),
        ([{"license": {"name": "Proprietary"}}], False),
        ([], False),
    ],
)
def test_a_licence_that_does_not_fit_ours_or_is_not_told_is_named(
    told: list[dict[str, Any]], is_fit: bool
) -> None:
    one = package("some", "1", *told)
    assert bool(list(unfit([one]))) is not is_fit
    assert all(licences(one)) or not told
