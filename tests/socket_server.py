"""A server at a real socket that says what a test wants, for tests of connections."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from postroad.signing.connections import HttpEndpoint

Talk = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def headers(host: str) -> dict[str, str]:
    return {"Host": host}


def read_request(connection: socket.socket) -> bytes:
    """Return one whole request, or nothing if the other side has gone."""
    received = b""
    while b"\r\n\r\n" not in received:
        if not (more := connection.recv(65536)):
            return b""
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


class Server:
    """Lets `talk` have each connection, in order, and notes the requests."""

    def __init__(self, talk: Talk, *, tls: ssl.SSLContext | None = None) -> None:
        self.talk = talk
        self.tls = tls
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            self.talk(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._accepting.join(5)
        for thread in self._threads:
            thread.join(5)


@contextmanager
def serving(talk: Talk, *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(talk, tls=tls)
    try:
        yield server
    finally:
        server.close()


def answering(connection: socket.socket) -> None:
    while read_request(connection):
        connection.sendall(OK)


def endpoint_at(
    server: Server, *, tls: ssl.SSLContext | None = None, host: str = "localhost"
) -> HttpEndpoint:
    scheme = "https" if tls else "http"
    return HttpEndpoint(f"{scheme}://{host}:{server.port}", connect_timeout=2, read_timeout=1, tls=tls)
