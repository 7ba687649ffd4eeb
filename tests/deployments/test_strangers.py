"""Somebody else listens where a home's server does: they are told nothing."""

import base64
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from contracts.errors import TransientSourceError
from deployments import certificate
from deployments.address import LOOPBACK, Address
from deployments.place import Place
from deployments.server import Doors, settings
from tests.deployments.stall import write_stall
from tests.deployments.strangers import Stranger, free_port

pytestmark = pytest.mark.long
# Prefect's own client, as the worker, a run and `up` have it.
ASK = """
import asyncio
from prefect.client.orchestration import get_client

async def ask():
    async with get_client() as client:
        await client.read_work_pools()

asyncio.run(ask())
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    write_stall(home, schedule="")
    return home


def secrets_of(home: Path) -> list[bytes]:
    """The password in each form in which it would come."""
    auth = (home / "prefect" / "auth").read_bytes().strip()
    return [auth, auth.partition(b":")[2], base64.b64encode(auth), b"uthorization", b"Basic"]


@pytest.mark.parametrize("speaks", ["plainly", "by TLS"])
def test_a_listener_at_the_servers_port_that_is_not_ours_is_told_nothing(
    home: Path, tmp_path: Path, speaks: str
) -> None:
    stranger = Stranger(tls=tmp_path / "theirs.pem" if speaks == "by TLS" else None)
    port, place = free_port(), Place.of(home)
    doors = Doors(Address(LOOPBACK, port), port)
    env = settings(home, doors)
    place.address.write_text(f'{{"port": {port}, "api_port": {port}}}', encoding="utf-8")
    with stranger.at(port):
        with pytest.raises(TransientSourceError, match=r"the Prefect server at .* fails: Connect"):
            place.prove()
        done = subprocess.run(
            [sys.executable, "-c", ASK], env=env, capture_output=True, text=True, check=False
        )
    assert done.returncode != 0
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr or "WRONG_VERSION_NUMBER" in done.stderr
    assert stranger.calls >= 2
    assert not any(one in stranger.heard for one in secrets_of(home))
    assert b"HTTP" not in stranger.heard


@pytest.mark.parametrize("command", ["up", "ui"])
def test_a_taken_port_is_one_sentence_and_who_has_it_is_not_asked(home: Path, command: str) -> None:
    stranger, port = Stranger(), free_port()
    words = ["shopkeeper", "--home", str(home), "up", "--port", str(port)]
    module = words if command == "up" else ["deployments.server", str(home), str(port)]
    with stranger.at(port):
        done = subprocess.run(
            [sys.executable, "-m", *module], capture_output=True, text=True, check=False
        )
    expected = f"shopkeeper: {LOOPBACK} port {port} cannot be listened on: "
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(expected)
    assert done.stderr.count("\n") == 1
    assert not stranger.calls
    assert not Place.of(home).server.is_running()


def test_who_has_the_homes_key_is_known_by_the_strictest_client(tmp_path: Path) -> None:
    pem, port = tmp_path / "tls.pem", free_port()
    with Stranger(tls=pem).at(port):
        strict = ssl.create_default_context(cafile=pem)
        strict.verify_flags |= ssl.VERIFY_X509_STRICT
        answered = httpx.get(f"https://{LOOPBACK}:{port}/", verify=strict, trust_env=False)
    assert answered.is_success
    assert certificate.make_certificate(LOOPBACK) != certificate.make_certificate(LOOPBACK)
