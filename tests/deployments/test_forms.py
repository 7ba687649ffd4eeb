"""The deployments of a home, as files and forms say them; no server needed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # comes with Prefect, without types

from actions.policies.registry import policies
from deployments import demo_home as written
from deployments.demo import HOME, _fresh
from deployments.plan import Definition, definitions
from deployments.prefect_yaml import render
from flows.registry import flows_by_step
from flows.steps.opening import open_home

EXAMPLE = Path("deployments/prefect.yaml")
BOUNDS = {"string": {"enum", "pattern", "maxLength", "format"}, "array": {"maxItems"}}
NUMBER_BOUNDS = ({"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"})


@pytest.fixture
def demo_home(tmp_path: Path) -> Path:
    home = _fresh(tmp_path / HOME)
    mail = {"address": "shop@merchant.example", "smtp_port": 25, "imap_port": 993}
    written.write(
        home, written.DemoWorld("http://127.0.0.1:8000", "2026-11-22T05:00:00Z", 1, 1, mail)
    )
    return home


def _all(folder: Path) -> list[Definition]:
    with open_home(folder) as home:
        return definitions(home)


def test_every_flow_is_a_deployment_and_what_a_person_decides_is_one_for_all_shops(
    demo_home: Path,
) -> None:
    found = _all(demo_home)
    assert {one.step for one in found} == set(flows_by_step())
    names = {one.full_name for one in found}
    assert {
        f"{step}/{shop}" for step in ("run", "pull", "act") for shop in ("demo", "tmall")
    } < names
    assert {f"{step}/all-shops" for step in ("approve", "reject", "undo", "stop", "resume")} < names


def test_every_field_says_what_it_is_and_has_bounds(demo_home: Path) -> None:
    for one in _all(demo_home):
        for name, about in one.form["properties"].items():
            assert about["description"], f"{one.full_name}: {name}"
            for branch in _branches(one.form, about):
                assert _is_bounded(branch), f"{one.full_name}: {name} {branch}"


def test_what_a_deployment_is_for_names_no_class_of_python(demo_home: Path) -> None:
    for one in _all(demo_home):
        assert one.description, one.full_name
        assert "Raises" not in one.description, one.full_name


def _branches(form: dict[str, Any], about: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The types that a field or its items may have."""
    if "$ref" in about:
        about = form["definitions"][about["$ref"].rpartition("/")[2]]
    if "anyOf" in about or "allOf" in about:
        for branch in about.get("anyOf", about.get("allOf", [])):
            yield from _branches(form, branch)
        return
    yield about
    if "items" in about:
        yield from _branches(form, about["items"])


def _is_bounded(branch: dict[str, Any]) -> bool:
    kind = branch["type"]
    if kind in ("integer", "number"):
        return all(bound & set(branch) for bound in NUMBER_BOUNDS)
    return kind in ("boolean", "null") or bool(BOUNDS[kind] & set(branch))


def test_home_and_shop_of_a_deployment_cannot_be_changed(demo_home: Path) -> None:
    act = next(one for one in _all(demo_home) if one.full_name == "act/demo")
    for name, value in (("home_dir", str(demo_home)), ("shop_id", "demo")):
        about = act.form["properties"][name]
        assert about["readOnly"]
        assert about["enum"] == [value] == [act.parameters[name]]
    policy = act.form["properties"]["policy"]["anyOf"][0]
    assert policy["enum"] == sorted(policies())


def test_the_example_is_what_the_demos_home_has(demo_home: Path) -> None:
    text = render(_all(demo_home)).replace(str(demo_home), HOME)
    wanted = {(one["entrypoint"], one["name"]): one for one in yaml.safe_load(text)["deployments"]}
    content = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["deployments"]
    assert {one["entrypoint"] for one in content} >= {
        f"flows.{step}.{step}_flow" for step in ("run", "report", "approve", "undo", "stop")
    }
    for one in content:
        assert one == wanted[one["entrypoint"], one["name"]]
