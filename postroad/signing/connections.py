"""One endpoint over HTTP/1.1: connections that are kept, and requests that are never repeated."""

from __future__ import annotations

import select
import socket
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping


FIRST_FINAL_STATUS = 200
"""One below it announces an answer: https://www.rfc-editor.org/rfc/rfc9110.html#name-informational-1xx"""


class NotSentError(Exception):
    """Connecting or the TLS handshake failed: not a byte of the request left. Its text names the failure."""


class NoAnswerError(Exception):
    """Some of the request may have left, and no whole answer came. Its text names the failure."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that opens a tunnel; `authorization` is for itself alone, and empty where it wants none."""

    host: str
    port: int
    authorization: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `error` is what AWS's header calls the error, empty without one."""

    status: int
    error: str
    body: bytes


class Endpoint(Protocol):
    """One service's address."""

    def post(self, path: str, body: bytes, headers: Callable[[str], Mapping[str, str]]) -> Answer:
        """Make one request and return its answer, whatever it is.

        `headers` is called with what `Host` must be, once the connection stands and as the last thing before
        a byte leaves. What it raises passes through: then nothing has left. Raises NotSentError or
        NoAnswerError.
        """
        ...

    def drop_idle(self) -> None:
        """Close the connections that no request uses."""
        ...


class HttpEndpoint:
    """An `Endpoint` over sockets. Threads may share it: each request has a connection to itself."""

    def __init__(
        self,
        url: str,
        *,
        connect_timeout: float,
        read_timeout: float,
        tls: ssl.SSLContext | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        """Take the endpoint's URL, without a path, and its time limits in seconds; nothing is connected yet.

        `connect_timeout` bounds connecting, and then sending the request; `read_timeout` each wait for the
        answer. `tls` is for an https URL; `proxy` is then gone through.
        """
        parts = urlsplit(url)
        if parts.path.strip("/"):
            raise ValueError(f"{url}: an endpoint has no path")
        self._host = parts.netloc
        self._address = (parts.hostname or "", parts.port)
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._tls = tls
        self._proxy = proxy
        # The newest are used first. Those that a quieter time has no use for grow old together.
        self._idle: deque[HTTPConnection] = deque()

    def post(self, path: str, body: bytes, headers: Callable[[str], Mapping[str, str]]) -> Answer:
        """See `Endpoint.post`."""
        connection = self._take()
        try:
            answer = self._exchange(connection, path, body, headers(self._host))
        except NoAnswerError:
            connection.close()
            # A function that was frozen has lost them all, unseen: the next request shall not find out anew.
            self.drop_idle()
            raise
        except BaseException:
            connection.close()
            raise
        if connection.sock is not None:
            self._idle.append(connection)
        return answer

    def drop_idle(self) -> None:
        """See `Endpoint.drop_idle`."""
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _exchange(
        self, connection: HTTPConnection, path: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        """Send the request and read its answer; http.client repeats nothing and connects to nothing here."""
        try:
            connection.sock.settimeout(self._connect_timeout)
            connection.request("POST", path, body, headers)
            connection.sock.settimeout(self._read_timeout)
            response = connection.getresponse()
            answer = Answer(response.status, response.getheader("x-amzn-errortype", ""), response.read())
        except (OSError, HTTPException) as error:
            raise NoAnswerError(type(error).__name__) from error
        if answer.status < FIRST_FINAL_STATUS:
            # The answer is yet to come, and the next request would take it for its own.
            raise NoAnswerError(f"status {answer.status}")
        return answer

    def _take(self) -> HTTPConnection:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._connect()
            if not _has_more(connection):
                return connection
            connection.close()

    def _connect(self) -> HTTPConnection:
        connection = self._connection()
        try:
            connection.connect()
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        except (OSError, HTTPException) as error:
            connection.close()
            raise NotSentError(type(error).__name__) from error
        connection.auto_open = 0
        return connection

    def _connection(self) -> HTTPConnection:
        host, port = self._address
        if self._tls is None:
            return HTTPConnection(host, port, timeout=self._connect_timeout)
        if self._proxy is None:
            return HTTPSConnection(host, port, timeout=self._connect_timeout, context=self._tls)
        proxy = self._proxy
        tunnel = HTTPSConnection(proxy.host, proxy.port, timeout=self._connect_timeout, context=self._tls)
        told = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
        tunnel.set_tunnel(host, port, told)
        return tunnel


def _has_more(connection: HTTPConnection) -> bool:
    """Say whether there is something to read from an idle connection: its end, or what nobody asked for.

    What nobody asked for must not be taken for the answer to the next request. TLS may hold some of it back.
    """
    pending: Callable[[], int] | None = getattr(connection.sock, "pending", None)
    if pending is not None and pending():
        return True
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))
