"""Connections that died unseen, or hold what nobody asked for: no request takes another one's answer."""

import socket
import ssl
import struct
import threading
from pathlib import Path
from typing import Any

import pytest

from postroad.signing import environment
from postroad.signing.connections import HttpEndpoint, NoAnswerError, Proxy
from postroad.signing.json_service import JsonService
from postroad.signing.sigv4 import Credentials
from tests.socket_server import OK, endpoint_at, headers, read_request, serving

KEPT = 8
"""Connections: more than a request is made attempts."""


def an_answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def reset(connection: socket.socket) -> None:
    """Close with a linger of no seconds, which sends a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def be_silent(connection: socket.socket) -> None:
    """Take the request, and say nothing until the other side gives up."""
    connection.recv(1)


@pytest.mark.parametrize("end", [reset, be_silent])
def test_a_frozen_function_finds_its_dead_connections_out_once(end: Any) -> None:  # noqa: ANN401  a parameter
    thawed = threading.Event()
    together = threading.Barrier(KEPT)

    def talk(connection: socket.socket) -> None:
        is_old = not thawed.is_set()
        while read_request(connection):
            if is_old and thawed.is_set():
                end(connection)
                return
            if is_old:
                together.wait(5)
            connection.sendall(OK)

    with serving(talk) as server:
        endpoint = HttpEndpoint(f"http://localhost:{server.port}", connect_timeout=2, read_timeout=0.3)
        client: Any = JsonService(
            endpoint,
            signing_name="dynamodb",
            target="DynamoDB_20120810",
            version="1.0",
            region="us-east-1",
            keys=lambda: Credentials("testing", "testing"),
            sleep=lambda _: None,
        )
        threads = [threading.Thread(target=client.get_item) for _ in range(KEPT)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
        assert server.connections == KEPT
        thawed.set()
        assert client.get_item() == {}
        assert server.connections == KEPT + 1
        endpoint.drop_idle()


def test_an_announcement_is_no_answer_and_its_connection_is_not_used_again() -> None:
    asked: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        while request := read_request(connection):
            asked.append(request)
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n" if len(asked) == 1 else b"")
            connection.sendall(an_answer(b"%d" % len(asked)))

    with serving(talk) as server:
        endpoint = endpoint_at(server)
        with pytest.raises(NoAnswerError, match="103"):
            endpoint.post("/", b"{}", headers)
        assert endpoint.post("/", b"{}", headers).body == b"2"
        endpoint.drop_idle()
        assert server.connections == 2


def test_what_tls_holds_back_is_not_taken_for_the_next_answer(
    certificate: Path, secure: ssl.SSLContext
) -> None:
    """The first answer has a second one in its tail, beyond what is read of a socket at once."""
    asked: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        while request := read_request(connection):
            asked.append(request)
            answer = an_answer(b"%d" % len(asked))
            tail = b" " * (8192 - len(answer)) + an_answer(b"nobody's") if len(asked) == 1 else b""
            connection.sendall(answer + tail)

    with serving(talk, tls=secure) as server:
        endpoint = endpoint_at(server, tls=environment.trusting({"AWS_CA_BUNDLE": str(certificate)}))
        assert [endpoint.post("/", b"{}", headers).body for _ in range(3)] == [b"1", b"2", b"3"]
        endpoint.drop_idle()
        assert server.connections == 2


def test_a_proxys_password_is_not_shown() -> None:
    assert "secret" not in repr(Proxy("proxy.example", 80, "Basic secret"))
