"""Connections at real sockets: what is kept, what is checked, and what a failure says of the request."""

import socket
import ssl
import threading
from pathlib import Path

import pytest

from postroad.signing import environment
from postroad.signing.connections import HttpEndpoint, NoAnswerError, NotSentError, Proxy
from tests.socket_server import OK, Server, Talk, answering, endpoint_at, headers, read_request, serving

# Connections are kept.


def test_one_connection_serves_request_after_request() -> None:
    with serving(answering) as server:
        endpoint = endpoint_at(server)
        for _ in range(3):
            assert endpoint.post("/", b"{}", headers).body == b"{}"
        assert server.connections == 1

        endpoint.drop_idle()
        endpoint.post("/", b"{}", headers)
        endpoint.drop_idle()
        assert server.connections == 2


def test_one_that_the_other_side_closed_is_not_used_again() -> None:
    closed = threading.Event()

    def once(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(OK)
        connection.close()
        closed.set()

    with serving(once) as server:
        endpoint = endpoint_at(server)
        for _ in range(3):
            assert endpoint.post("/", b"{}", headers).status == 200
            assert closed.wait(5)
            closed.clear()
        endpoint.drop_idle()
        assert server.connections == 3


def test_one_that_is_to_be_closed_is_not_kept() -> None:
    def once(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    with serving(once) as server:
        endpoint = endpoint_at(server)
        assert endpoint.post("/", b"{}", headers).body == b"{}"
        assert endpoint.post("/", b"{}", headers).body == b"{}"
        assert server.connections == 2


def test_threads_have_each_a_connection_to_themselves() -> None:
    together = threading.Barrier(4)

    def slowly(connection: socket.socket) -> None:
        while read_request(connection):
            together.wait(5)
            connection.sendall(OK)

    with serving(slowly) as server:
        endpoint = endpoint_at(server)
        threads = [threading.Thread(target=endpoint.post, args=("/", b"{}", headers)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
        endpoint.drop_idle()
        assert server.connections == 4


# What failed before the request, and what after it.


def fails(talk: Talk) -> str:
    requests: list[bytes] = []

    def noting(connection: socket.socket) -> None:
        requests.append(read_request(connection))
        talk(connection)

    with serving(noting) as server:
        with pytest.raises(NoAnswerError) as caught:
            endpoint_at(server).post("/", b"{}", headers)
        assert server.connections == 1
    assert len(requests) == 1
    return str(caught.value)


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", b"nonsense\r\n\r\n"]
)
def test_an_answer_that_is_none_leaves_the_outcome_open(answer: bytes) -> None:
    assert fails(lambda connection: connection.sendall(answer))


def test_no_answer_in_time_leaves_the_outcome_open() -> None:
    over = threading.Event()

    def nothing(_: socket.socket) -> None:
        over.wait(3)

    assert fails(nothing) == "TimeoutError"


def test_a_request_that_nobody_takes_in_time_leaves_the_outcome_open() -> None:
    """It is more than the sockets' buffers hold, so that some of it has left."""
    over = threading.Event()

    def nothing(_: socket.socket) -> None:
        over.wait(8)

    with serving(nothing) as server:
        endpoint = HttpEndpoint(f"http://localhost:{server.port}", connect_timeout=0.3, read_timeout=1)
        with pytest.raises(NoAnswerError, match="TimeoutError"):
            endpoint.post("/", b"x" * 30_000_000, headers)
        over.set()


def test_a_name_that_is_not_known_means_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no such host")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    endpoint = HttpEndpoint("http://nowhere.invalid", connect_timeout=1, read_timeout=1)
    with pytest.raises(NotSentError, match="gaierror"):
        endpoint.post("/", b"{}", headers)


def test_connecting_for_too_long_means_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", slow)
    endpoint = HttpEndpoint("http://localhost:1", connect_timeout=1, read_timeout=1)
    with pytest.raises(NotSentError, match="TimeoutError"):
        endpoint.post("/", b"{}", headers)


def test_what_asking_for_headers_raises_passes_and_nothing_has_left() -> None:
    requests: list[bytes] = []

    def refused(_: str) -> dict[str, str]:
        raise KeyError("no headers")

    def noting(connection: socket.socket) -> None:
        requests.append(read_request(connection))

    with serving(noting) as server, pytest.raises(KeyError):
        endpoint_at(server).post("/", b"{}", refused)
    assert not any(requests)


# Certificates and proxies.


def trusting(certificate: Path) -> ssl.SSLContext:
    return environment.trusting({"AWS_CA_BUNDLE": str(certificate)})


def test_a_certificate_that_is_vouched_for_is_taken(certificate: Path, secure: ssl.SSLContext) -> None:
    with serving(answering, tls=secure) as server:
        endpoint = endpoint_at(server, tls=trusting(certificate))
        assert endpoint.post("/", b"{}", headers).body == b"{}"
        assert endpoint.post("/", b"{}", headers).body == b"{}"
        endpoint.drop_idle()
        assert server.connections == 1


def test_any_other_certificate_means_not_sent(certificate: Path, secure: ssl.SSLContext) -> None:
    requests: list[bytes] = []
    with serving(lambda connection: requests.append(read_request(connection)), tls=secure) as server:
        strangers = endpoint_at(server, tls=environment.trusting({}))
        with pytest.raises(NotSentError, match="SSLCertVerificationError"):
            strangers.post("/", b"{}", headers)
        another_name = endpoint_at(server, tls=trusting(certificate), host="127.0.0.1")
        with pytest.raises(NotSentError, match="SSLCertVerificationError"):
            another_name.post("/", b"{}", headers)
    assert requests == []


def test_a_server_that_speaks_no_tls_means_not_sent(certificate: Path) -> None:
    with serving(lambda connection: connection.sendall(OK)) as server, pytest.raises(NotSentError):
        endpoint_at(server, tls=trusting(certificate)).post("/", b"{}", headers)


def test_nothing_leaves_in_the_clear_however_https_is_spelled(monkeypatch: pytest.MonkeyPatch) -> None:
    spoken: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        spoken.append(connection.recv(16))

    with serving(talk) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"HTTPS://localhost:{server.port}")
        endpoint = environment.endpoint("sesv2", "email", connect_timeout=1, read_timeout=1)
        with pytest.raises(NotSentError):
            endpoint.post("/", b"{}", headers)
    assert all(first.startswith(b"\x16\x03") for first in spoken)  # a handshake
    assert len(spoken) == 1


def through(proxy: Server, server: Server, certificate: Path) -> HttpEndpoint:
    return HttpEndpoint(
        f"https://localhost:{server.port}",
        connect_timeout=2,
        read_timeout=2,
        tls=trusting(certificate),
        proxy=Proxy("localhost", proxy.port, "Basic dXNlcjpw"),
    )


def test_a_proxy_opens_a_tunnel_and_sees_nothing_else(certificate: Path, secure: ssl.SSLContext) -> None:
    asked: list[bytes] = []
    received: list[bytes] = []

    def noting(connection: socket.socket) -> None:
        while request := read_request(connection):
            received.append(request)
            connection.sendall(OK)

    with serving(noting, tls=secure) as server:

        def tunnel(connection: socket.socket) -> None:
            asked.append(read_request(connection))
            with socket.create_connection(("localhost", server.port)) as onward:
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                there = threading.Thread(target=pump, args=(connection, onward), daemon=True)
                there.start()
                pump(onward, connection)
                there.join(5)

        with serving(tunnel) as proxy:
            endpoint = through(proxy, server, certificate)
            assert endpoint.post("/", b"{}", headers).body == b"{}"
            endpoint.drop_idle()

    assert asked[0].startswith(f"CONNECT localhost:{server.port} ".encode())
    assert b"Proxy-Authorization: Basic dXNlcjpw" in asked[0]
    assert b"Proxy-Authorization" not in received[0]


def pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while more := source.recv(65536):
            target.sendall(more)
        target.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def test_a_proxy_that_refuses_means_not_sent(certificate: Path, secure: ssl.SSLContext) -> None:
    def refuse(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    with serving(answering, tls=secure) as server, serving(refuse) as proxy:
        with pytest.raises(NotSentError):
            through(proxy, server, certificate).post("/", b"{}", headers)
        assert server.connections == 0
