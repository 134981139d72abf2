"""Whole batches over a real socket: whatever becomes of an answer, SES sees one SendEmail per message.

The server plays SES: it takes a mail or not, and then answers, hangs up, resets the connection, answers 500
or says nothing for longer than anybody waits. Afterwards evidence decides: what it took is settled by its
events, and only what it did not take is asked for once more.
"""

import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import pytest

from postroad.clock import FixedClock
from postroad.contract.tags import MESSAGE_TAG, decode_tag
from postroad.contract.words import Reason, Status
from postroad.feedback.event import EventKind, FeedbackEvent
from postroad.feedback.status import apply_event
from postroad.sending.memory import MemoryMailer
from postroad.sending.ses import SesMailer
from postroad.signing.connections import HttpEndpoint
from postroad.signing.sigv4 import Credentials
from tests.sending_world import NOW, SETTINGS, World, make_message

pytestmark = pytest.mark.slow

TAKES = "takes"
LEAVES = "leaves"
READ_TIMEOUT = 1
ENDS = (
    "hangs-up",
    "resets",
    "says-500",
    "says-503",
    "says-nothing",
    "breaks-off",
    "talks-nonsense",
    "announces",
)


class SesServer:
    """SES at a socket: each message's id says whether it takes the mail and what it does to the answer."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.taken: dict[str, str] = {}
        self.well = False
        """Once it is well again it takes and answers everything."""
        self.closing = threading.Event()
        self._lock = threading.Lock()

    def take(self, message_id: str) -> str:
        with self._lock:
            ses_id = f"ses-{len(self.taken) + 1}"
            assert message_id not in self.taken, f"{message_id} was mailed twice"
            self.taken[message_id] = ses_id
            return ses_id

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        tags = {tag["Name"]: tag["Value"] for tag in body["EmailTags"]}
        message_id = decode_tag(tags[MESSAGE_TAG])
        with self._lock:
            self.requests[message_id] += 1
        takes, _, end = message_id.partition(".")
        ses_id = self.take(message_id) if self.well or takes == TAKES else ""
        if self.well or end == "answers":
            answer(request, 200, json.dumps({"MessageId": ses_id}))
        else:
            self.end(request, end)

    def end(self, request: BaseHTTPRequestHandler, how: str) -> None:
        request.close_connection = True
        match how:
            case "hangs-up":
                pass
            case "resets":
                # Closing with a linger of no seconds sends a reset.
                linger = struct.pack("ii", 1, 0)
                request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                request.connection.close()
            case "says-500":
                answer(request, 500, '{"message": "internal"}', error="InternalFailure")
            case "says-503":
                answer(request, 503, "no JSON")
            case "says-nothing":
                self.closing.wait(READ_TIMEOUT * 3)
            case "breaks-off":
                request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            case "announces":
                request.wfile.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
                answer(request, 200, '{"MessageId": "late"}')
            case "talks-nonsense":
                answer(request, 200, "{}")
            case _:
                raise AssertionError(how)


def answer(request: BaseHTTPRequestHandler, status: int, text: str, *, error: str = "") -> None:
    payload = text.encode()
    request.send_response(status)
    if error:
        request.send_header("x-amzn-errortype", error)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(payload)))
    request.end_headers()
    request.wfile.write(payload)


class QuietServer(ThreadingHTTPServer):
    """Says nothing of connections that its own handler has reset."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@pytest.fixture
def ses() -> SesServer:
    return SesServer()


@pytest.fixture
def world(ses: SesServer) -> Iterator[World]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            ses.handle(self)

        def log_message(self, *_: object) -> None:
            pass

    server = QuietServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    endpoint = HttpEndpoint(
        f"http://127.0.0.1:{server.server_port}", connect_timeout=1, read_timeout=READ_TIMEOUT
    )
    keys = Credentials("AKIDEXAMPLE", "secret")
    try:
        clock = FixedClock(NOW)
        mailer = SesMailer(endpoint, keys=lambda: keys, region="us-east-1", clock=clock)
        yield World(clock=clock, mailer=cast("MemoryMailer", mailer))
    finally:
        endpoint.drop_idle()
        ses.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def cases() -> list[str]:
    return [f"{takes}.{end}" for takes in (TAKES, LEAVES) for end in ENDS]


def send_event(world: World, message_id: str, ses_id: str, attempt: int) -> None:
    """Let the mail's Send event be applied to its row."""
    event = FeedbackEvent(
        kind=EventKind.SEND,
        at=world.clock.now(),
        accepted_at=world.clock.now(),
        ses_message_id=ses_id,
        message_id=message_id,
        attempt=attempt,
    )
    world.ledger.apply(message_id, lambda row: apply_event(row, event))


def dispatched(world: World, message_id: str) -> Any:  # noqa: ANN401  a Record
    """Return the copy that dispatch brings for the row as it stands."""
    row = world.row(message_id)
    return replace(
        world.record(make_message(message_id)), sqs_id=f"dispatched-{message_id}", generation=row.generation
    )


@pytest.mark.parametrize("message_id", cases())
def test_ses_sees_one_request_and_evidence_decides_whether_there_is_another(
    world: World, ses: SesServer, message_id: str
) -> None:
    world.send(make_message(message_id))

    assert ses.requests == {message_id: 1}
    row = world.row(message_id)
    assert (row.status, row.reason) == (Status.CLAIMED, Reason.UNKNOWN_OUTCOME)
    assert row.evidence_after is not None

    # The same copy again, and dispatch's, as long as nothing is proven: no request more.
    ses.well = True
    world.send(make_message(message_id), receives=2)
    world.send_records([dispatched(world, message_id)])
    world.clock.at = row.evidence_after
    world.watermarks.advance(SETTINGS.stream, row.evidence_after)
    world.send_records([dispatched(world, message_id)])
    assert ses.requests == {message_id: 1}

    taken = dict(ses.taken)
    for each, ses_id in taken.items():
        send_event(world, each, ses_id, attempt=1)
    world.clock.at += timedelta(seconds=1)
    world.watermarks.advance(SETTINGS.stream, world.clock.at)
    late = world.row(message_id)
    world.send_records([replace(dispatched(world, message_id), generation=late.generation)])
    world.send_records([replace(dispatched(world, message_id), generation=late.generation)])

    assert world.row(message_id).status is Status.SENT
    assert ses.requests == {message_id: 1 if taken else 2}
    assert set(ses.taken) == {message_id}
    assert len(world.row(message_id).ses_ids) == 1


def test_a_batch_with_every_way_to_lose_an_answer_is_asked_for_once_each(
    world: World, ses: SesServer
) -> None:
    few = ["takes.answers", "takes.resets", "leaves.hangs-up", "takes.says-nothing", "takes.hangs-up"]

    world.send(*(make_message(message_id) for message_id in few))

    assert max(ses.requests.values()) == 1
    assert world.row("takes.answers").status is Status.SENT
    waiting = [world.row(each) for each in few if each in ses.requests and each != "takes.answers"]
    assert waiting
    assert {(row.status, row.reason) for row in waiting} == {(Status.CLAIMED, Reason.UNKNOWN_OUTCOME)}
