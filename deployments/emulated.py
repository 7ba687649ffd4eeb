"""The emulated shop of a home that a demo made, brought back to run unattended.

It begins anew from the same seed at the same address: it forgets what was written to it before.
"""

import json
import os
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from contracts.errors import TransientSourceError
from deployments.address import LOOPBACK, Address, refuse_port_in_use
from deployments.extra import refuse_without_sandbox
from deployments.processes import Background
from deployments.server import START_SECONDS, read_or_make_secret

NAME = "sandbox.json"


def remember(home: Path, url: str, token: str, options: Sequence[str]) -> None:
    """Write down how a world is made again; `token` is the variable that holds its token."""
    state = {"url": url, "token": token, "options": list(options)}
    (home / NAME).write_text(json.dumps(state), encoding="utf-8")


def start(home: Path, process: Background) -> dict[str, str]:
    """Serve the world that the home remembers, if it does; the variables that reach it.

    Raises:
        ConfigurationError: its port is taken, or the emulated platforms are not installed.
        TransientSourceError: it ended or did not answer in time; its log says why.
    """
    if not (home / NAME).is_file():
        return {}
    state = json.loads((home / NAME).read_text("utf-8"))
    token = read_or_make_secret(process.lock.with_suffix(".token"), secrets.token_hex(16))
    if not process.is_running():
        refuse_without_sandbox()
        port = str(urlsplit(state["url"]).port)
        refuse_port_in_use(Address(LOOPBACK, int(port)))
        command = [sys.executable, "-m", "sandbox", "serve", "--port", port, "--token", token]
        started = process.start([*command, *state["options"]], os.environ)
        deadline = time.monotonic() + START_SECONDS
        while not _answers(state["url"]):
            if started.poll() is not None or time.monotonic() > deadline:
                raise TransientSourceError(f"the sandbox did not start; see {process.log}")
            time.sleep(0.2)
    return {state["token"]: token}


def _answers(url: str) -> bool:
    try:
        httpx.get(url, timeout=2)
    except httpx.TransportError:
        return False
    return True
