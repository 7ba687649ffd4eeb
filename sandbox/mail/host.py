"""The mail host on loopback: its servers run in one thread and end with it."""

import asyncio
import logging
import ssl
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from aiosmtpd.smtp import SMTP

from sandbox.mail.authority import HOST, server_context
from sandbox.mail.imap import ImapSession
from sandbox.mail.mailbox import Mailbox
from sandbox.mail.rules import Rule
from sandbox.mail.smtp import KEY_HEADER, Credentials, Received, Submission
from sandbox.world.world import World

SIZE_LIMIT_BYTES: Final = 1_000_000
# The library warns of its own deprecations, and what else it logs holds addresses.
logging.getLogger("mail.log").setLevel(logging.ERROR)
LOOPBACK: Final = "127.0.0.1"
START_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Mailhost:
    """A running mail host. Ports are on loopback; clients trust `ca_file` for `localhost`."""

    smtp_port: int
    smtps_port: int
    imap_port: int
    ca_file: Path
    mailbox: Mailbox
    submission: Submission

    @property
    def received(self) -> list[Received]:
        """What was kept: one per message and recipient, oldest first."""
        return self.submission.received

    @property
    def refused(self) -> list[tuple[str, str]]:
        """Recipients that were refused or put off, each with the reply code."""
        return self.submission.refused

    def follow(self, rules: Sequence[Rule]) -> None:
        """Replace the rules from now on."""
        self.submission.rules = list(rules)


@contextmanager
def serving_mail(
    world: World,
    credentials: Credentials,
    *,
    rules: Sequence[Rule] = (),
    size_limit_bytes: int = SIZE_LIMIT_BYTES,
    key_header: str = KEY_HEADER,
    ports: tuple[int, int, int] = (0, 0, 0),
    directory: Path | None = None,
) -> Iterator[Mailhost]:
    """Serve submission (STARTTLS, and implicit TLS) and the sender's mailbox (IMAP over TLS).

    Args:
        rules: what happens to which recipient; the first that fits counts, others are accepted.
        size_limit_bytes: the largest message that is taken.
        key_header: the header with the sender's own key; without it the Message-ID is the key.
        ports: of SMTP, SMTPS and IMAPS; 0 for any free one.
        directory: where the certificates are written; one that ends with the host if not given.

    Raises:
        OSError: a port is taken.
    """
    mailbox = Mailbox(world)
    submission = Submission(world, credentials, mailbox, rules=list(rules), key_header=key_header)
    with tempfile.TemporaryDirectory(prefix="sandbox-mail-") as passing:
        context, ca_file = server_context(directory or Path(passing))
        servers = _Servers(context, credentials, mailbox, submission, size_limit_bytes)
        with servers.running(ports) as bound:
            yield Mailhost(*bound, ca_file, mailbox, submission)


class _Servers:
    """Three listeners on one event loop."""

    def __init__(
        self,
        context: ssl.SSLContext,
        credentials: Credentials,
        mailbox: Mailbox,
        submission: Submission,
        size_limit_bytes: int,
    ) -> None:
        self._context, self._credentials, self._mailbox = context, credentials, mailbox
        self._submission, self._size_limit_bytes = submission, size_limit_bytes
        self._loop = asyncio.new_event_loop()

    @contextmanager
    def running(self, ports: tuple[int, int, int]) -> Iterator[tuple[int, int, int]]:
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        stop = asyncio.run_coroutine_threadsafe(self._started(ports), self._loop)
        try:
            servers = stop.result(START_SECONDS)
            first, second, third = (one.sockets[0].getsockname()[1] for one in servers)
            yield first, second, third
            asyncio.run_coroutine_threadsafe(self._stopped(servers), self._loop).result()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    async def _started(self, ports: tuple[int, int, int]) -> list[asyncio.Server]:
        plain = partial(self._smtp, tls_context=self._context, require_starttls=True)
        # Under implicit TLS the library cannot see that the connection is encrypted.
        wrapped = partial(self._smtp, auth_require_tls=False)
        create, context = self._loop.create_server, self._context
        return [
            await create(plain, LOOPBACK, ports[0]),
            await create(wrapped, LOOPBACK, ports[1], ssl=context),
            await asyncio.start_server(self._imap, LOOPBACK, ports[2], ssl=context),
        ]

    def _smtp(self, **options: object) -> SMTP:
        return SMTP(
            self._submission,
            data_size_limit=self._size_limit_bytes,
            enable_SMTPUTF8=True,
            hostname=HOST,
            ident="Sandbox",
            authenticator=self._submission.authenticate,
            loop=self._loop,
            **options,  # type: ignore[arg-type]
        )

    async def _imap(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        user, password = self._credentials.user, self._credentials.password
        await ImapSession(reader, writer, self._mailbox, user=user, password=password).run()

    async def _stopped(self, servers: list[asyncio.Server]) -> None:
        for server in servers:
            server.close()
        own = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not own]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
