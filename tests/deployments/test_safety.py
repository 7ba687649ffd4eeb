"""Where a server may listen, and what lies behind its lock."""

import os
import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest
from pydantic import TypeAdapter, ValidationError

from contracts.errors import ConfigurationError, TransientSourceError
from deployments.address import LOOPBACK, Address
from deployments.processes import Background
from deployments.server import Doors, settings
from deployments.unattended import for_runs
from flows.form import HomeDir
from flows.registry import flows_by_step

SLEEP = [sys.executable, "-c", "import time; time.sleep(300)"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "shop.internal"])
def test_a_host_that_others_reach_needs_tls_in_front(host: str) -> None:
    with pytest.raises(ConfigurationError, match="put TLS in front"):
        Address.checked(host, 4200, behind_tls=None)


@pytest.mark.parametrize("front", ["http://ops.example.com", "ops.example.com", "https://a.b/c"])
def test_only_an_https_address_counts_as_tls(front: str) -> None:
    with pytest.raises(ConfigurationError, match="is not an address such as https"):
        Address.checked("0.0.0.0", 4200, behind_tls=front)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:4200"),
        ("localhost", "http://localhost:4200"),
        ("::1", "http://[::1]:4200"),
    ],
)
def test_loopback_is_served_without_tls(host: str, url: str) -> None:
    address = Address.checked(host, 4200, behind_tls=None)
    assert address.origin == address.url == url


def test_behind_tls_the_ui_calls_the_public_address_and_the_worker_the_machine(
    tmp_path: Path,
) -> None:
    address = Address.checked("0.0.0.0", 4200, behind_tls="https://ops.example.com/")
    chosen = settings(tmp_path, Doors(address, 4201))
    assert chosen["PREFECT_SERVER_UI_API_URL"] == "https://ops.example.com/api"
    assert chosen["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] == "https://ops.example.com"
    assert chosen["PREFECT_API_URL"] == "https://127.0.0.1:4201/api"


def test_each_home_has_secrets_of_its_own_that_stay(tmp_path: Path) -> None:
    doors = Doors(Address(LOOPBACK, 4200), 4201)
    secret = ("PREFECT_SERVER_API_AUTH_STRING", "PREFECT_SERVER_ENCRYPTION_KEY")
    one, again, other = (
        [settings(tmp_path / home, doors)[name] for name in secret] for home in ("a", "a", "b")
    )
    assert one == again
    assert not set(one) & set(other)


def test_a_process_is_known_by_its_lock_until_it_ends(tmp_path: Path) -> None:
    process = Background(tmp_path / "worker.lock")
    assert not process.is_running()
    started = process.start(SLEEP, os.environ)
    try:
        assert process.is_running()
        with pytest.raises(TransientSourceError, match="running already"):
            process.start(SLEEP, os.environ)
    finally:
        assert process.stop()
    started.wait(timeout=20)
    assert not process.is_running()
    assert not process.stop()


def test_a_process_id_that_somebody_else_has_now_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(SLEEP, start_new_session=True) as stranger:
        try:
            (tmp_path / "worker.lock").write_text(str(stranger.pid), encoding="utf-8")
            assert not Background(tmp_path / "worker.lock").stop()
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_copied_home_runs_nothing_in_the_home_it_was_copied_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, copy = tmp_path / "shop", tmp_path / "copy"
    named = TypeAdapter(HomeDir)
    assert named.validate_python(str(original)) == str(original)
    for name, value in for_runs({}, copy).items():
        monkeypatch.setenv(name, value)
    assert named.validate_python(str(copy)) == str(copy)
    with pytest.raises(ValidationError, match="serves another home"):
        named.validate_python(str(original))


def test_every_flow_is_told_its_home_so_that_its_worker_can_refuse_another() -> None:
    hints = {
        step: get_type_hints(flow.fn, include_extras=True) for step, flow in flows_by_step().items()
    }
    assert {step for step, told in hints.items() if told["home_dir"] != HomeDir} == set()
