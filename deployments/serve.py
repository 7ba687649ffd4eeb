"""A home's Prefect server as a process of its own: Prefect's app behind two inherited sockets.

`python -m deployments.serve UI API CERTIFICATE`: the open files of both, and what proves `API`.
"""

import asyncio
import socket
import ssl
import sys

import uvicorn
from prefect.server.api.server import create_app
from prefect.settings import get_current_settings

from deployments.pages import Pages

_FAREWELL_SECONDS = 1  # who follows events may not hear that the server ends; nobody waits longer


class _Server(uvicorn.Server):
    """Uvicorn, that listens at a second socket by TLS."""

    def __init__(self, config: uvicorn.Config, api: socket.socket, certificate: str) -> None:
        super().__init__(config)
        self._api = api
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(certificate)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        loop = asyncio.get_running_loop()
        self.servers.append(await loop.create_server(self._spoken, sock=self._api, ssl=self._tls))

    def _spoken(self) -> asyncio.Protocol:
        """As uvicorn makes it for each connection of the first socket."""
        return self.config.http_protocol_class(  # type: ignore[call-arg]  # uvicorn does not say
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )


def main() -> None:
    """Serve until the process is signalled to end."""
    ui, api, certificate = sys.argv[1:]
    settings = get_current_settings().server
    config = uvicorn.Config(
        Pages(create_app(final=True)),
        timeout_keep_alive=settings.api.keepalive_timeout,
        timeout_graceful_shutdown=_FAREWELL_SECONDS,
        log_level=settings.logging_level.lower(),
        server_header=False,
    )
    with socket.socket(fileno=int(ui)) as plain, socket.socket(fileno=int(api)) as proven:
        _Server(config, proven, certificate).run(sockets=[plain])


if __name__ == "__main__":
    main()
