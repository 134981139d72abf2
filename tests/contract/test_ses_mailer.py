"""What leaves for SES, checked against botocore's model of it and at a real socket."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_string
from email.policy import SMTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.serialize import create_serializer
from botocore.session import get_session
from botocore.validate import ParamValidator

from postroad.clock import Clock, FixedClock
from postroad.contract.tags import ses_tags
from postroad.errors import UnknownOutcomeError
from postroad.sending.errors import RefusedBySesError, SesBusyError, SesUnusableError, TooLateError
from postroad.sending.leaving_links import list_headers
from postroad.sending.mail import File, Mail
from postroad.sending.ses import PATH, SesMailer, request_of
from postroad.signing.connections import HttpEndpoint
from postroad.signing.environment import UnsignedError
from postroad.signing.sigv4 import Credentials

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

KEYS = Credentials("AKIDEXAMPLE", "secret", "token")
NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
LATER = datetime.now(UTC) + timedelta(days=1)


class Answers:
    """A server on this machine that answers each SendEmail as it is told, and counts them."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.answer: Any = (200, {"MessageId": "ses-1"})

    @contextmanager
    def serving(self) -> Iterator[str]:
        answers = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answers.requests.append(json.loads(body))
                answers.headers.append(dict(self.headers))
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


def keys() -> Credentials:
    return KEYS


def mailer_at(url: str, clock: Clock | None = None) -> SesMailer:
    endpoint = HttpEndpoint(url, connect_timeout=1, read_timeout=1)
    return SesMailer(endpoint, keys=keys, region="us-east-1", clock=clock)


@pytest.fixture
def mailer(answers: Answers) -> Iterator[SesMailer]:
    with answers.serving() as url:
        made = mailer_at(url)
        yield made
        made._endpoint.drop_idle()


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


@pytest.mark.parametrize("mailbox", ["", "leave+news@shop.example", f"{'l' * 64}@{'d' * 60}.example"])
def test_the_headers_of_leaving_leave_as_they_are_each_on_one_line(
    mailer: SesMailer, answers: Answers, mailbox: str
) -> None:
    """SES takes 995 printable characters of a value, a line of a mail 998: nothing has to be folded."""
    token = "t" * 262
    headers = list_headers(f"https://mail.shop.example/u/{token}", mailbox)
    mailer.send(replace(MAIL, headers=headers), deadline=LATER)

    (request,) = answers.requests
    sent = {each["Name"]: each["Value"] for each in request["Content"]["Simple"]["Headers"]}
    assert sent == headers
    model = get_session().get_service_model("sesv2").shape_for("MessageHeader")
    for name, value in sent.items():
        assert not ParamValidator().validate({"Name": name, "Value": value}, model).has_errors()
        assert re.fullmatch(r"[ -~]{1,995}", value)
        assert len(f"{name}: {value}") <= 998
    raw = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    read = message_from_string(f"{raw}\r\n", policy=SMTP)
    ways = re.findall(r"<([^<>]*)>", read["List-Unsubscribe"])
    assert [way.partition(":")[0] for way in ways] == ["https", "mailto"][: 1 + bool(mailbox)]
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_name_that_ses_has_no_room_for_does_not_cost_the_mail(mailer: SesMailer, answers: Answers) -> None:
    mailer.send(replace(MAIL, to_name="王" * 128), deadline=LATER)

    (request,) = answers.requests
    assert request["Destination"]["ToAddresses"] == ["ana.ruiz@example.com"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("hang up", UnknownOutcomeError),
        ((200, {}), UnknownOutcomeError),
        ((200, []), UnknownOutcomeError),
        ((204, {}), UnknownOutcomeError),
        ((400, []), SesUnusableError),
        ((400, {"message": 1}), SesUnusableError),
        ((413, {}), SesUnusableError),
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
    with pytest.raises(SesBusyError):
        mailer_at("http://127.0.0.1:9").send(MAIL, deadline=LATER)


def test_connections_are_dropped_after_a_pause_and_kept_within_one(
    mailer: SesMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(mailer._endpoint, "drop_idle", lambda: closed.append(True))
    start = datetime(2026, 11, 22, tzinfo=UTC)

    mailer.wake(start)
    mailer.wake(start + timedelta(seconds=5))
    assert len(closed) == 1
    mailer.wake(start + timedelta(seconds=11))
    assert len(closed) == 2
    mailer.wake(start)  # the clock was set back: nobody knows how long it was
    assert len(closed) == 3


def test_a_mailer_that_was_woken_sends_again(mailer: SesMailer, answers: Answers) -> None:
    mailer.send(MAIL, deadline=LATER)
    mailer.wake(datetime(2026, 11, 22, tzinfo=UTC))
    mailer.send(MAIL, deadline=LATER)
    assert len(answers.requests) == 2


def test_without_credentials_not_a_byte_leaves(answers: Answers) -> None:
    def missing() -> Credentials:
        raise UnsignedError("NoCredentialsError")

    with answers.serving() as url:
        endpoint = HttpEndpoint(url, connect_timeout=1, read_timeout=1)
        mailer = SesMailer(endpoint, keys=missing, region="us-east-1")
        with pytest.raises(SesUnusableError, match="access_denied"):
            mailer.send(MAIL, deadline=LATER)

    assert answers.requests == []


def test_half_of_a_surrogate_pair_is_refused_before_it_leaves(mailer: SesMailer, answers: Answers) -> None:
    with pytest.raises(RefusedBySesError) as caught:
        mailer.send(replace(MAIL, subject="\ud83d"), deadline=LATER)

    assert caught.value.__cause__ is None
    assert answers.requests == []


BARE = replace(MAIL, to_name="", reply_to="", text=None, headers={}, files=(), tags={})


@pytest.mark.parametrize("mail", [MAIL, BARE, replace(MAIL, html=None)], ids=["full", "bare", "text"])
def test_the_request_is_what_botocore_would_send(mailer: SesMailer, answers: Answers, mail: Mail) -> None:
    model = get_session().get_service_model("sesv2")
    operation = model.operation_model("SendEmail")
    assert operation.input_shape
    request: Any = request_of(mail)
    assert ParamValidator().validate(request, operation.input_shape).generate_report() == ""
    expected = create_serializer("rest-json").serialize_to_request(request, operation)

    mailer.send(mail, deadline=LATER)

    (sent,) = answers.requests
    assert sent == json.loads(expected["body"])
    (headers,) = answers.headers
    assert headers["Content-Type"] == expected["headers"]["Content-Type"]
    assert (expected["method"], expected["url_path"], model.signing_name) == ("POST", PATH, "ses")


def test_not_a_byte_leaves_when_the_time_is_over(answers: Answers) -> None:
    """Whatever took so long, before the request or while it was signed: it is looked at last."""
    clock = FixedClock(NOW)
    with answers.serving() as url:

        def thaw() -> Credentials:
            clock.at = NOW + timedelta(minutes=10)
            return KEYS

        endpoint = HttpEndpoint(url, connect_timeout=1, read_timeout=1)
        mailer = SesMailer(endpoint, keys=thaw, region="us-east-1", clock=clock)
        with pytest.raises(TooLateError):
            mailer.send(MAIL, deadline=NOW + timedelta(seconds=5))
        assert answers.requests == []

        assert mailer.send(MAIL, deadline=clock.at + timedelta(seconds=5)) == "ses-1"
        endpoint.drop_idle()


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
