"""A home runs by itself: `up`, what the worker then does, what the server refuses."""

import json
import re
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml  # type: ignore[import-untyped]  # comes with Prefect, without types

from contracts.codes import ActionState
from deployments.plan import definitions
from flows.steps.opening import open_home
from tests.deployments.conftest import Unattended

pytestmark = pytest.mark.long

FOREIGN = {"Origin": "https://evil.example"}


def test_up_again_changes_nothing_and_says_the_same_address(unattended: Unattended) -> None:
    before = _stamps(unattended)
    again = unattended.call("up")
    assert again["address"] == unattended.first["address"]
    assert (again["changed"], again["removed"]) == ([], [])
    assert unattended.first["changed"] == again["deployments"]
    assert _stamps(unattended) == before


def _stamps(unattended: Unattended) -> dict[str, str]:
    found = unattended.api.post("/deployments/filter", json={}).raise_for_status().json()
    return {one["id"]: one["updated"] for one in found}


def test_the_file_for_prefect_deploy_names_the_deployments_that_the_server_has(
    unattended: Unattended,
) -> None:
    text = (unattended.home / "prefect" / "prefect.yaml").read_text(encoding="utf-8")
    deployments_read = yaml.safe_load(text)["deployments"]
    named = {f"{one['entrypoint'].split('.')[1]}/{one['name']}" for one in deployments_read}
    assert named == set(unattended.first["deployments"])
    for one in deployments_read:
        served = unattended.deployment(f"{one['entrypoint'].split('.')[1]}/{one['name']}")
        assert served["entrypoint"] == one["entrypoint"]
        assert served["parameters"] == one["parameters"]
        crons = [schedule["schedule"]["cron"] for schedule in served["schedules"]]
        assert crons == [schedule["cron"] for schedule in one.get("schedules", [])]


def test_the_shop_is_worked_every_hour_and_reported_in_its_morning(unattended: Unattended) -> None:
    for name, cron, zone in (
        ("run/demo", "15 * * * *", "UTC"),
        ("report/demo", "30 7 * * *", "America/New_York"),
    ):
        found = unattended.deployment(name)["schedules"][0]
        assert found["active"]
        assert found["schedule"]["cron"] == cron
        assert found["schedule"]["timezone"] == zone


def test_the_worker_runs_the_whole_loop_and_a_person_approves_what_waits(
    unattended: Unattended,
) -> None:
    run = unattended.run("run/demo")
    assert run["state"]["type"] == "COMPLETED", run["state"]["message"]
    assert run["name"] == f"demo run {unattended.today}"
    assert {"step:run", "shop:demo"} <= set(run["tags"])
    decided = _child(unattended, run["id"], f"demo decide {unattended.today}")
    assert set(decided["tags"]) == {
        "step:decide", "shop:demo", "policy:repricing", "policy:restock",
    }  # fmt: skip
    with open_home(unattended.home) as home:
        assert home.ledger.find(states=[ActionState.CONFIRMED])
        waiting = home.ledger.find(states=[ActionState.PROPOSED])[0]
    assert f"- **{waiting.action_id[:8]}** " in unattended.artifacts(decided["id"])["proposals"]

    approved = unattended.run(
        "approve/all-shops", action_ids=[waiting.action_id[:8]], by="Ada", send_now=False
    )
    assert approved["state"]["type"] == "COMPLETED", approved["state"]["message"]
    assert waiting.action_id[:8] in unattended.artifacts(approved["id"])["approved"]
    with open_home(unattended.home) as home:
        assert home.ledger.find(action_ids=[waiting.action_id])[0].state is ActionState.APPROVED


def _child(unattended: Unattended, parent: str, name: str) -> dict[str, Any]:
    chosen = {"flow_runs": {"name": {"any_": [name]}, "parent_flow_run_id": {"any_": [parent]}}}
    found: list[dict[str, Any]] = unattended.api.post("/flow_runs/filter", json=chosen).json()
    return found[0]


def test_while_up_starts_a_server_nobody_else_can_listen_in_its_place(
    unattended: Unattended,
) -> None:
    """Another program tried all the time: it would have been sent the password."""
    assert not unattended.stranger.calls
    assert unattended.stranger.heard == b""


@pytest.mark.parametrize(
    "asked", [{"command": "id"}, {"env": {"A": "b"}}, {"env.A": "b"}, {"working_dir": "/"}]
)
def test_who_starts_a_run_cannot_say_how_it_is_started(
    unattended: Unattended, asked: dict[str, Any]
) -> None:
    deployment = unattended.deployment("resume/all-shops")
    form = {"parameters": {"by": "Ada"}, "job_variables": asked}
    url = f"/deployments/{deployment['id']}/create_flow_run"
    refused = unattended.api.post(url, json=form)
    assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "unexpected" in refused.text


def test_a_run_that_names_a_command_and_an_environment_runs_without_them(
    unattended: Unattended, tmp_path: Path
) -> None:
    """The ways past the deployment's form, where the server looks at nothing."""
    ran = tmp_path / "ran"
    (tmp_path / "sitecustomize.py").write_text(f"open({str(ran)!r}, 'w')", encoding="utf-8")
    asked = {"command": f"touch {ran}", "env": {"PYTHONPATH": str(tmp_path)}}
    deployment = unattended.deployment("resume/all-shops")
    form = {
        "flow_id": deployment["flow_id"],
        "deployment_id": deployment["id"],
        "work_pool_name": deployment["work_pool_name"],
        "parameters": {**deployment["parameters"], "by": "Ada", "policy": "restock"},
        "state": {"type": "SCHEDULED"},
        "job_variables": asked,
    }
    url = f"/deployments/{deployment['id']}"
    unattended.api.patch(url, json={"job_variables": asked}).raise_for_status()
    run = unattended.api.post("/flow_runs/", json=form).raise_for_status().json()
    ended = unattended.ended(run["id"])
    unattended.api.patch(url, json={"job_variables": {}}).raise_for_status()
    assert "ConfigurationError: no" in ended["state"]["message"]
    assert not ran.exists()


def test_a_run_that_fails_says_why_in_its_state(unattended: Unattended) -> None:
    failed = unattended.run("resume/all-shops", by="Ada", policy="restock")
    assert failed["state"]["type"] == "FAILED"
    assert failed["state"]["message"].endswith("nothing is stopped for policy restock")


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("approve/all-shops", {"action_ids": [], "by": "Ada"}),
        ("approve/all-shops", {"action_ids": ["; drop"], "by": "Ada"}),
        ("approve/all-shops", {"action_ids": ["0123abcd"], "by": ""}),
        ("approve/all-shops", {"action_ids": ["0123abcd"], "by": "Ada", "home_dir": "/"}),
        ("approve/all-shops", {"action_ids": ["0123abcd"]}),
        ("act/demo", {"shop_id": "other"}),
        ("act/demo", {"policy": "guess"}),
        ("stop/all-shops", {"by": "Ada", "platform": "amazon"}),
        ("undo/all-shops", {"by": "Ada", "run_id": "all"}),
        ("undo/all-shops", {"by": "Ada", "policy": "repricing", "carry_out": "perhaps"}),
    ],
)
def test_a_form_refuses_what_does_not_fit(
    unattended: Unattended, name: str, form: dict[str, Any]
) -> None:
    assert unattended.start(name, **form).status_code == httpx.codes.CONFLICT


def test_without_the_password_nothing_is_told_and_nothing_taken(unattended: Unattended) -> None:
    with httpx.Client(base_url=unattended.api.base_url) as stranger:
        tokens = {key: value for key, value in unattended.api.headers.items() if "csrf" in key}
        stranger.headers.update(tokens)
        assert stranger.post("/deployments/filter", json={}).status_code == httpx.codes.UNAUTHORIZED
        assert stranger.get("/admin/settings").status_code == httpx.codes.UNAUTHORIZED
        wrong = stranger.post("/deployments/filter", json={}, auth=("operator", "guess"))
        assert wrong.status_code == httpx.codes.UNAUTHORIZED


def test_a_page_of_another_origin_can_neither_post_nor_read(unattended: Unattended) -> None:
    asked = {**FOREIGN, "Access-Control-Request-Method": "POST"}
    assert unattended.api.options("/deployments/filter", headers=asked).is_client_error
    # Even with the password that a browser may remember, the token against forged posts is missing.
    with httpx.Client(base_url=unattended.api.base_url, auth=unattended.api.auth) as page:
        posted = page.post("/deployments/filter", json={}, headers=FOREIGN)
        assert posted.status_code == httpx.codes.FORBIDDEN
        token = page.get("/csrf-token", params={"client": str(uuid.uuid4())}, headers=FOREIGN)
    assert "access-control-allow-origin" not in token.headers


@pytest.mark.parametrize("page", ["/docs", "/redoc", "/docs/oauth2-redirect", "/docs/", "/%64ocs"])
def test_pages_that_load_scripts_of_others_are_not_served(
    unattended: Unattended, page: str
) -> None:
    origin, asked = unattended.first["address"], {"Accept": "text/html"}
    for mount in ("", "/api"):
        answer = unattended.api.get(f"{origin}{mount}{page}", headers=asked)
        assert answer.status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize("page", ["/", "/v2/", "/runs", "/v2/runs", "/ui-settings", "/api/version"])
def test_a_page_of_the_ui_names_no_other_origin_and_may_ask_none(
    unattended: Unattended, page: str
) -> None:
    origin = unattended.first["address"]
    asked = {"Accept": "text/html"}
    answer = unattended.api.get(f"{origin}{page}", headers=asked, follow_redirects=True)
    assert answer.is_success
    assert set(re.findall(r"https?://[^\s\"'/]+", answer.text)) <= {origin}
    rules = dict(
        rule.strip().split(" ", 1) for rule in answer.headers["content-security-policy"].split(";")
    )
    assert rules["default-src"] == "'self'"
    assert not re.search(r"[*.:]\w|https?:", " ".join(rules.values()))


def test_what_the_server_keeps_is_its_owners_alone(unattended: Unattended) -> None:
    folder = unattended.home / "prefect"
    assert folder.stat().st_mode & 0o777 == 0o700
    for name in ("auth", "block-key", "tls.pem"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    secret = (folder / "auth").read_text(encoding="utf-8").partition(":")[2]
    shown = json.dumps(unattended.first)
    logs = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.log"))
    assert secret not in shown + logs


def test_a_shop_that_is_gone_takes_its_deployments_along(
    unattended: Unattended, tmp_path: Path
) -> None:
    shops = unattended.home / "shops"
    second = shops / "second.toml"
    second.write_bytes((shops / "demo.toml").read_bytes())
    added = unattended.call("up")
    assert "run/second" in added["changed"]
    second.rename(tmp_path / "second.toml")
    gone = unattended.call("up")
    assert "run/second" in gone["removed"]
    assert set(gone["deployments"]) == set(unattended.first["deployments"])
    with open_home(unattended.home) as home:
        assert gone["deployments"] == [one.full_name for one in definitions(home)]
