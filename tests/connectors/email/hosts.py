"""A mail host that answers by script, and accounts to reach it by."""

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from connectors.email.settings import EmailSettings
from contracts.actions import Change
from contracts.codes import Channel, Purpose
from contracts.payloads import Rendered, encode

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
PASSWORD = 'a "quoted" \\pass word'
WORDS = Rendered(subject="Hello 您好", text="Ten off.\n", html="<p>Ten off.</p>", language="en")
HANG_UP = ""
"""A reply that is none: the host ends the connection."""


def account(**values: Any) -> EmailSettings:
    """Settings of a sandbox; a test gives its ports."""
    given: dict[str, Any] = {
        "is_sandbox": True,
        "as_of": NOON,
        "smtp_host": "localhost",
        "user": "shop",
        "password": SecretStr(PASSWORD),
        "address": "news@shop.example",
        "messages_per_second": 100,
        "messages_per_day": 99_999,
    }
    return EmailSettings.model_validate({**given, **values})


def message(number: int = 1, **values: Any) -> Change:
    """A message to be sent."""
    given: dict[str, Any] = {
        "action_id": f"{number:032x}",
        "target_id": f"CODE-{number}:message",
        "parent_id": None,
        "before": 0,
        "after": 1,
        "currency": None,
        "payload": encode(WORDS),
        "member_id": "m-1",
        "channel": Channel.EMAIL,
        "purpose": Purpose.MARKETING,
        "recipient": f"zora{number}@marked.example",
    }
    return Change(**{**given, **values})


@dataclass
class Script:
    """What the host replies per command, one after the other; then what is usual."""

    replies: dict[str, list[str]] = field(default_factory=dict)
    features: tuple[str, ...] = ("AUTH PLAIN",)
    commands: list[str] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    connections: int = 0

    def reply(self, command: str) -> str:
        planned = self.replies.get(command)
        if planned:
            return planned.pop(0)
        if command == "EHLO":
            return "\r\n".join(["250-scripted", *(f"250-{one}" for one in self.features), "250 OK"])
        usual = {"AUTH": "235 2.7.0 in", "DATA": "354 go on", "QUIT": "221 bye"}
        return usual.get(command, "250 2.0.0 OK")


@contextmanager
def scripted(script: Script, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve the script on loopback, encrypted with a context; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, script, context), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join(timeout=5)


def _serve(listener: socket.socket, script: Script, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        with suppress(OSError), plain:
            script.connections += 1
            if context is None:
                _converse(plain, script)
                continue
            with context.wrap_socket(plain, server_side=True) as secret:
                _converse(secret, script)


def _converse(connection: socket.socket, script: Script) -> None:
    with connection.makefile("rb") as lines:
        connection.sendall(b"220 scripted\r\n")
        while line := lines.readline():
            script.commands.append(line.decode().strip())
            command = line.split(b" ")[0].strip().decode().upper()
            reply = script.reply(command)
            if reply == HANG_UP:
                return
            connection.sendall(reply.encode() + b"\r\n")
            if command == "QUIT":
                return
            if command == "DATA" and reply.startswith("354"):
                script.contents.append(b"".join(iter(lines.readline, b".\r\n")))
                end = script.reply("END")
                if end == HANG_UP:
                    return
                connection.sendall(end.encode() + b"\r\n")


def authority(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What a host of the tests shows, and whom one trusts for it."""
    from sandbox.mail.authority import server_context

    return server_context(folder)
