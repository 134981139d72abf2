"""What leaves for SES, checked against its own service model and at a real socket."""

import json
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import boto3
import botocore.exceptions
import pytest

from postroad.clock import FixedClock
from postroad.contract.tags import ses_tags
from postroad.errors import UnknownOutcomeError
from postroad.sending.errors import RefusedBySesError, SesBusyError, SesUnusableError, TooLateError
from postroad.sending.mail import File, Mail
from postroad.sending.ses import SesMailer, ses_config

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

MAIL = Mail(
    sender="Shop <orders@shop.example>",
    to="ana.ruiz@example.com",
    to_name="Ana Ruíz 王",
    reply_to="help@shop.example",
    subject="Pedido 1042",
    text="Gracias",
    html="<p>Gracias</p>",
    headers={"X-Order": "1042"},
    files=(File("factura.pdf", "application/pdf", b"%PDF"),),
    configuration_set="prod-transactional",
    tags=ses_tags("order-1042", 2, {"order": "1042"}),
)

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
LATER = datetime.now(UTC) + timedelta(days=1)


class Answers:
    """A server on this machine that answers each SendEmail as it is told, and counts them."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.answer: Any = (200, {"MessageId": "ses-1"})

    @contextmanager
    def serving(self) -> Iterator[str]:
        answers = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answers.requests.append(json.loads(body))
                if answers.answer == "hang up":
                    self.close_connection = True
                    return
                status, content = answers.answer
                payload = json.dumps(content).encode()
                self.send_response(status)
                if "__type" in content:
                    self.send_header("x-amzn-errortype", content["__type"])
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def mailer(answers: Answers) -> Iterator[SesMailer]:
    with answers.serving() as url:
        client: SESV2Client = boto3.client(
            "sesv2",
            endpoint_url=url,
            config=ses_config(connect_timeout=1, read_timeout=1, threads=2),
        )
        yield SesMailer(client)
        client.close()


def test_a_mail_becomes_one_request(mailer: SesMailer, answers: Answers) -> None:
    assert mailer.send(MAIL, deadline=LATER) == "ses-1"

    (request,) = answers.requests
    assert request["FromEmailAddress"] == "Shop <orders@shop.example>"
    (to,) = request["Destination"]["ToAddresses"]
    assert to.startswith("=?utf-8?")
    assert to.endswith("<ana.ruiz@example.com>")
    assert to.isascii()
    simple = request["Content"]["Simple"]
    assert simple["Subject"]["Data"] == "Pedido 1042"
    assert simple["Body"]["Text"]["Data"] == "Gracias"
    assert simple["Body"]["Html"]["Data"] == "<p>Gracias</p>"
    assert simple["Headers"] == [{"Name": "X-Order", "Value": "1042"}]
    assert simple["Attachments"][0]["FileName"] == "factura.pdf"
    assert request["ConfigurationSetName"] == "prod-transactional"
    assert {tag["Name"]: tag["Value"] for tag in request["EmailTags"]} == MAIL.tags


def test_a_name_that_ses_has_no_room_for_does_not_cost_the_mail(mailer: SesMailer, answers: Answers) -> None:
    mailer.send(replace(MAIL, to_name="王" * 128), deadline=LATER)

    (request,) = answers.requests
    assert request["Destination"]["ToAddresses"] == ["ana.ruiz@example.com"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("hang up", UnknownOutcomeError),
        ((200, {}), UnknownOutcomeError),
        ((307, {}), SesUnusableError),
        ((500, {"__type": "InternalFailure"}), UnknownOutcomeError),
        ((503, {"__type": "ServiceUnavailable"}), UnknownOutcomeError),
        ((400, {"__type": "MessageRejected", "message": "no"}), RefusedBySesError),
        ((429, {"__type": "TooManyRequestsException", "message": "Maximum sending rate"}), SesBusyError),
        ((429, {"__type": "TooManyRequestsException", "message": "Daily message quota"}), SesUnusableError),
        ((403, {"__type": "AccessDeniedException", "message": "no"}), SesUnusableError),
    ],
)
def test_whatever_is_answered_exactly_one_request_leaves(
    mailer: SesMailer, answers: Answers, answer: object, error: type[Exception]
) -> None:
    answers.answer = answer

    with pytest.raises(Exception, match=r".") as caught:
        mailer.send(MAIL, deadline=LATER)

    assert caught.type is error
    assert len(answers.requests) == 1
    assert "@" not in str(caught.value)


def test_nobody_listening_means_not_sent() -> None:
    client: SESV2Client = boto3.client(
        "sesv2",
        endpoint_url="http://127.0.0.1:9",
        config=ses_config(connect_timeout=1, read_timeout=1, threads=1),
    )
    with pytest.raises(SesBusyError):
        SesMailer(client).send(MAIL, deadline=LATER)


def test_connections_are_dropped_after_a_pause_and_kept_within_one(
    mailer: SesMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(mailer._client, "close", lambda: closed.append(True))
    start = datetime(2026, 11, 22, tzinfo=UTC)

    mailer.wake(start)
    mailer.wake(start + timedelta(seconds=5))
    assert len(closed) == 1
    mailer.wake(start + timedelta(seconds=11))
    assert len(closed) == 2
    mailer.wake(start)  # the clock was set back: nobody knows how long it was
    assert len(closed) == 3


def test_a_client_that_was_closed_sends_again(mailer: SesMailer, answers: Answers) -> None:
    mailer.send(MAIL, deadline=LATER)
    mailer.wake(datetime(2026, 11, 22, tzinfo=UTC))
    mailer.send(MAIL, deadline=LATER)
    assert len(answers.requests) == 2


NAMES = {
    "ConnectTimeoutError": SesBusyError,
    "ConnectionClosedError": UnknownOutcomeError,
    "ConnectionError": UnknownOutcomeError,
    "EndpointConnectionError": SesBusyError,
    "HTTPClientError": UnknownOutcomeError,
    "ProxyConnectionError": SesBusyError,
    "ReadTimeoutError": UnknownOutcomeError,
    "ResponseStreamingError": UnknownOutcomeError,
    "SSLError": UnknownOutcomeError,
    "NoCredentialsError": SesUnusableError,
    "PartialCredentialsError": SesUnusableError,
    "CredentialRetrievalError": SesUnusableError,
    "TokenRetrievalError": SesUnusableError,
    "NoAuthTokenError": SesUnusableError,
}
"""Every failure of botocore's on the way, and of signing, with what it means for the mail."""


def test_every_failure_of_the_transport_is_in_the_table() -> None:
    transport = (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError)
    known = {
        name
        for name, kind in vars(botocore.exceptions).items()
        if isinstance(kind, type) and issubclass(kind, transport)
    }
    assert known <= NAMES.keys()


@pytest.mark.parametrize(("name", "meaning"), NAMES.items())
def test_a_failure_without_an_answer_says_whether_the_mail_can_have_left(
    mailer: SesMailer, answers: Answers, name: str, meaning: type[Exception]
) -> None:
    told = dict.fromkeys(("endpoint_url", "error", "error_msg", "provider", "proxy_url", "cred_var"), "x")
    failure = getattr(botocore.exceptions, name)(**told)

    def fail(**_: object) -> None:
        raise failure

    mailer._client.meta.events.register_first("before-send.sesv2.SendEmail", fail)
    with pytest.raises(meaning) as caught:
        mailer.send(MAIL, deadline=LATER)

    assert caught.type is meaning
    assert answers.requests == []


def test_a_refused_certificate_means_not_sent(mailer: SesMailer) -> None:
    def fail(**_: object) -> None:
        refused = ssl.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] no")
        raise botocore.exceptions.SSLError(endpoint_url="x", error=refused)

    mailer._client.meta.events.register_first("before-send.sesv2.SendEmail", fail)
    with pytest.raises(SesBusyError):
        mailer.send(MAIL, deadline=LATER)


def test_not_a_byte_leaves_when_the_time_is_over(answers: Answers) -> None:
    """Whatever took so long, before the request or while it was signed: it is looked at last."""
    clock = FixedClock(NOW)
    with answers.serving() as url:
        client: SESV2Client = boto3.client(
            "sesv2", endpoint_url=url, config=ses_config(connect_timeout=1, read_timeout=1, threads=2)
        )
        mailer = SesMailer(client, clock=clock)

        def thaw(**_: object) -> None:
            clock.at = NOW + timedelta(minutes=10)

        client.meta.events.register("before-sign.sesv2.SendEmail", thaw)
        with pytest.raises(TooLateError):
            mailer.send(MAIL, deadline=NOW + timedelta(seconds=5))
        assert answers.requests == []

        assert mailer.send(MAIL, deadline=clock.at + timedelta(seconds=5)) == "ses-1"
        client.close()


def test_each_thread_has_its_own_deadline(mailer: SesMailer, answers: Answers) -> None:
    def send(deadline: datetime) -> str:
        try:
            return mailer.send(MAIL, deadline=deadline)
        except TooLateError:
            return "too late"

    past = datetime.now(UTC) - timedelta(seconds=1)
    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(send, [LATER, past] * 10))

    assert ends == ["ses-1", "too late"] * 10
    assert len(answers.requests) == 10
