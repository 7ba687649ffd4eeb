"""Fixtures of the e-mail tests."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from connectors.email.client import EmailClient
from tests.connectors.email.hosts import Script, account, authority, scripted

Dial = Callable[..., EmailClient]


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A host's certificate for localhost, and its authority."""
    return authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def dial(trust: tuple[ssl.SSLContext, Path]) -> Iterator[Dial]:
    """Opens a client of a scripted host with TLS from the start."""
    context, ca_file = trust
    with ExitStack() as stack:

        def opened(script: Script, **values: Any) -> EmailClient:
            port = stack.enter_context(scripted(script, context))
            clocks = ("clock", "wall_clock")
            given = {name: values.pop(name) for name in clocks if name in values}
            settings = account(security="tls", smtp_port=port, ca_file=ca_file, **values)
            client = EmailClient(settings, sleep=lambda _: None, **given)
            stack.callback(client.close)
            return client

        yield opened
