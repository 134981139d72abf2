"""Two listeners in one process: the SES endpoint (HTTPS) and the inbox (plain HTTP), both on the loopback."""

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

LOOPBACK = "127.0.0.1"


class _ProtocolWithTransport(H11Protocol):
    """Hands the transport to the application, which cuts it to lose an answer."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(cast("asyncio.Transport", transport))


class _Server(uvicorn.Server):
    """Leaves signals alone: two servers share the process, and the first would never hear of them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Listener:
    app: ASGIApp
    socket: socket.socket
    certificate: str | None = None
    key: str | None = None

    def server(self) -> _Server:
        config = uvicorn.Config(
            self.app,
            http=_ProtocolWithTransport,
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            ssl_certfile=self.certificate,
            ssl_keyfile=self.key,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=3,
        )
        return _Server(config)


def listen(port: int) -> socket.socket:
    """Open a port on the loopback; 0 takes a free one. Raises OSError when it is taken."""
    listening = socket.create_server((LOOPBACK, port), backlog=256)
    listening.setblocking(False)
    return listening


def port_of(listening: socket.socket) -> int:
    return int(listening.getsockname()[1])


async def serve(listeners: list[Listener], *, stopping: threading.Event) -> None:
    """Serve until SIGINT or SIGTERM; `stopping` is set first, so that endless answers come to an end."""
    servers = [each.server() for each in listeners]

    def stop() -> None:
        stopping.set()
        for server in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    await asyncio.gather(
        *(server.serve(sockets=[each.socket]) for server, each in zip(servers, listeners, strict=True))
    )
