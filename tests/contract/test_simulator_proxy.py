"""The SES endpoint over HTTP, with a stand-in for MiniStack behind it; no socket but the event loop's own."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import boto3
import httpx
import pytest
from botocore.exceptions import UnStubbedResponseError
from botocore.stub import Stubber
from starlette.types import Message, Scope

from postroad.clock import FixedClock
from postroad.local.simulator.core import Simulator
from postroad.local.simulator.faults import Fault, FaultKind
from postroad.local.simulator.hooks import counted_ids
from postroad.local.simulator.options import EventOrder, Options
from postroad.local.simulator.proxy import Proxy
from postroad.local.simulator.ses import STALE_AFTER, Discovery
from tests.recorder import Recorder

NOW = datetime(2026, 11, 22, 14, 3, 11, tzinfo=UTC)
TOPIC = "arn:aws:sns:us-east-1:000000000000:feedback"
DELIVERY_STREAM = "arn:aws:firehose:us-east-1:000000000000:deliverystream/events"
SEND_EMAIL = "/v2/email/outbound-emails"
REQUEST = {
    "FromEmailAddress": "orders@shop.example",
    "Destination": {"ToAddresses": ["ana@example.com"]},
    "Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
    "ConfigurationSetName": "transactional",
}


class Upstream:
    """Stands in for MiniStack: notes what came, answers what it is told to."""

    def __init__(self) -> None:
        self.seen: list[httpx.Request] = []
        self.gone = False
        self.answers(200, {"MessageId": "theirs"})

    def answers(self, status: int, body: object = "", error: str = "", content: bytes | None = None) -> None:
        self._status = status
        self._content = json.dumps(body).encode() if content is None else content
        self._headers = {"x-amzn-requestid": "7"} | ({"x-amzn-errortype": error} if error else {})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        if self.gone:
            raise httpx.ConnectError("refused")

        async def stream() -> AsyncIterator[bytes]:
            yield self._content

        return httpx.Response(self._status, headers=self._headers, content=stream())


def discovery() -> Discovery:
    client = boto3.client(
        "sesv2", region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    stub = Stubber(client)
    stub.add_response("get_configuration_set", {"ConfigurationSetName": "transactional"})
    stub.add_response(
        "get_configuration_set_event_destinations",
        {
            "EventDestinations": [
                {
                    "Name": "feedback",
                    "Enabled": True,
                    "MatchingEventTypes": ["DELIVERY"],
                    "SnsDestination": {"TopicArn": TOPIC},
                },
                {
                    "Name": "off",
                    "Enabled": False,
                    "MatchingEventTypes": ["SEND"],
                    "SnsDestination": {"TopicArn": TOPIC},
                },
                {
                    "Name": "bulk",
                    "Enabled": True,
                    "MatchingEventTypes": ["SEND", "DELIVERY"],
                    "KinesisFirehoseDestination": {
                        "IamRoleArn": "arn:aws:iam::000000000000:role/ses",
                        "DeliveryStreamArn": DELIVERY_STREAM,
                    },
                },
                {
                    "Name": "bus",
                    "MatchingEventTypes": ["SEND"],
                    "EventBridgeDestination": {"EventBusArn": "a"},
                },
            ]
        },
    )
    stub.add_response(
        "list_email_identities",
        {"EmailIdentities": [{"IdentityName": "a.example"}], "NextToken": "2"},
    )
    stub.add_response(
        "list_email_identities", {"EmailIdentities": [{"IdentityName": "Shop.example"}]}, {"NextToken": "2"}
    )
    stub.activate()
    return Discovery(client, account="000000000000", region="us-east-1")


class Bench:
    """The proxy with its stand-ins, called as a client would call it."""

    def __init__(self) -> None:
        self.upstream = Upstream()
        self.recorder = Recorder()
        self.simulator = Simulator()
        self.options = Options()
        self.aborted = asyncio.Event()
        proxy = Proxy(
            self.simulator,
            upstream=httpx.AsyncClient(
                transport=httpx.MockTransport(self.upstream), base_url="https://localhost:4566"
            ),
            discovery=discovery(),
            publisher=self.recorder,
            clock=FixedClock(NOW),
            new_ses_message_id=counted_ids(),
            options=self.options,
        )
        self.app = proxy.app()

    async def call(self, method: str, path: str, *, content: bytes = b"", **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="https://localhost:4567") as client:
            return await client.request(method, path, content=content, headers=headers)

    def __call__(self, method: str, path: str, *, content: bytes = b"", **headers: str) -> httpx.Response:
        return asyncio.run(self.call(method, path, content=content, **headers))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def send(bench: Bench) -> httpx.Response:
    return bench("POST", SEND_EMAIL, content=json.dumps(REQUEST).encode())


def test_a_signed_request_passes_unchanged(bench: Bench) -> None:
    path = "/v2/email/identities/a%2Bb%40shop.example?b=%20x&a=1&a=2"
    bench.upstream.answers(418, content=b"\x00raw")
    answer = bench("PUT", path, content=b'{"a": 1}', authorization="AWS4-HMAC-SHA256 Credential=a")
    (seen,) = bench.upstream.seen
    assert seen.url.raw_path == path.encode()
    assert (seen.method, seen.content) == ("PUT", b'{"a": 1}')
    assert seen.headers["host"] == "localhost:4567", "the signature covers the host that the caller named"
    assert seen.headers["authorization"].startswith("AWS4-HMAC-SHA256")
    assert (answer.status_code, answer.content) == (418, b"\x00raw")
    assert answer.headers["x-amzn-requestid"] == "7"


def test_mail_that_ministack_lets_pass_is_kept_and_reported(bench: Bench) -> None:
    answer = send(bench)
    assert answer.status_code == 200
    mail = bench.simulator.mailbag.get(answer.json()["MessageId"])
    assert mail.recipients == ("ana@example.com",)
    assert [(event.type.value, event.destinations) for event in bench.recorder.events] == [
        ("Send", (DELIVERY_STREAM,)),
        ("Delivery", (TOPIC, DELIVERY_STREAM)),
    ]


@pytest.mark.parametrize("status", [400, 403, 404, 429])
def test_what_ministack_refuses_is_passed_on_and_not_kept(bench: Bench, status: int) -> None:
    bench.upstream.answers(status, {"message": "no"}, "AccessDenied")
    answer = send(bench)
    assert (answer.status_code, answer.json()) == (status, {"message": "no"})
    assert answer.headers["x-amzn-errortype"] == "AccessDenied"
    assert bench.simulator.mailbag.accepted == 0
    assert bench.recorder.events == []


def test_the_simulators_own_refusal_names_its_shape(bench: Bench) -> None:
    bench.simulator.add_fault(Fault(FaultKind.THROTTLE))
    answer = send(bench)
    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (429, "TooManyRequestsException")
    assert bench.simulator.mailbag.accepted == 0


def test_a_request_that_ministack_stumbles_over_is_judged_here(bench: Bench) -> None:
    bench.upstream.answers(500)
    assert send(bench).status_code == 500
    body = json.dumps(REQUEST | {"FromEmailAddress": "a@shop.example\nX: y"}).encode()
    assert bench("POST", SEND_EMAIL, content=body).headers["x-amzn-errortype"] == "BadRequestException"


def test_bulk_would_slip_past_the_inbox(bench: Bench) -> None:
    answer = bench("POST", "/v2/email/outbound-bulk-emails", content=b"{}")
    assert answer.headers["x-amzn-errortype"] == "BadRequestException"
    assert bench.upstream.seen == []


def test_get_account_is_ministacks_with_the_simulators_numbers(bench: Bench) -> None:
    bench.upstream.answers(200, {"Details": {"MailType": "MARKETING"}, "SendQuota": {}})
    account = bench("GET", "/v2/email/account").json()
    assert account["Details"] == {"MailType": "MARKETING"}
    assert account["SendQuota"]["Max24HourSend"] == 1_000_000
    bench.upstream.answers(403, {"message": "no"})
    assert bench("GET", "/v2/email/account").status_code == 403


def test_the_suppression_list_needs_ministacks_leave_alone(bench: Bench) -> None:
    put = json.dumps({"EmailAddress": "ana@example.com", "Reason": "BOUNCE"}).encode()
    for status, error in [(403, "AccessDeniedException"), (400, "IncompleteSignature")]:
        bench.upstream.answers(status, error=error)
        assert bench("PUT", "/v2/email/suppression/addresses", content=put).status_code == status
    assert bench.simulator.suppressed() == {}
    bench.upstream.answers(404, error="NotFoundException")
    assert bench("PUT", "/v2/email/suppression/addresses", content=put).status_code == 200
    assert [*bench.simulator.suppressed()] == ["ana@example.com"]
    assert bench("DELETE", "/v2/email/suppression/addresses/ana%40example.com").status_code == 200
    assert bench.simulator.suppressed() == {}


def test_without_its_upstream_the_endpoint_is_unavailable_and_sends_nothing(bench: Bench) -> None:
    bench.upstream.gone = True
    assert send(bench).status_code == 503
    assert bench.simulator.mailbag.accepted == 0


@pytest.mark.parametrize("order", EventOrder)
def test_events_may_go_before_the_answer(bench: Bench, order: EventOrder) -> None:
    bench.options.event_order = order
    sent_when_answered: list[int] = []

    async def watch() -> None:
        messages = iter([{"type": "http.request", "body": json.dumps(REQUEST).encode(), "more_body": False}])

        async def receive() -> Message:
            return next(messages)

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent_when_answered.append(len(bench.recorder.events))

        await bench.app(scope("POST", SEND_EMAIL), receive, answered)

    asyncio.run(watch())
    assert sent_when_answered == [2 if order is EventOrder.BEFORE_ANSWER else 0]
    assert len(bench.recorder.events) == 2


@pytest.mark.parametrize(("kind", "kept"), [(FaultKind.LOST_ANSWER, 1), (FaultKind.LOST_REQUEST, 0)])
def test_a_lost_answer_cuts_the_connection(bench: Bench, kind: FaultKind, kept: int) -> None:
    bench.simulator.add_fault(Fault(kind))
    seen: list[str] = []

    async def lose() -> None:
        gone = asyncio.Event()
        body = [{"type": "http.request", "body": json.dumps(REQUEST).encode(), "more_body": False}]

        class Transport:
            def abort(self) -> None:
                seen.append("aborted")
                gone.set()

        async def receive() -> Message:
            if body:
                return body.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def answered(message: Message) -> None:
            seen.append(str(message["type"]))

        await bench.app({**scope("POST", SEND_EMAIL), "state": {"transport": Transport()}}, receive, answered)

    asyncio.run(lose())
    assert seen[0] == "aborted", "nothing may be answered before the connection is gone"
    assert bench.simulator.mailbag.accepted == kept
    assert len(bench.recorder.events) == 2 * kept


@pytest.mark.parametrize(
    ("method", "path"), [("POST", SEND_EMAIL), ("GET", "/v2/email/account"), ("GET", "/v2/email/identities")]
)
def test_in_an_outage_nothing_gets_an_answer_from_ses(bench: Bench, method: str, path: str) -> None:
    bench.simulator.add_fault(Fault(FaultKind.OUTAGE, seconds=60), now=NOW)
    answer = bench(method, path, content=json.dumps(REQUEST).encode())
    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (503, "ServiceUnavailableException")
    assert bench.upstream.seen == []
    assert bench.simulator.mailbag.accepted == 0


@pytest.mark.parametrize(
    ("signed", "status"),
    [
        ("20261122T140311Z", 200),
        ("20261122T135811Z", 200),
        ("20261122T135810Z", 403),
        ("20261122T140812Z", 403),
    ],
)
def test_a_request_whose_signature_is_too_old_is_refused(bench: Bench, signed: str, status: int) -> None:
    content = json.dumps(REQUEST).encode()
    answer = bench("POST", SEND_EMAIL, content=content, **{"x-amz-date": signed})
    assert answer.status_code == status
    refused = status != 200
    assert bench.simulator.mailbag.accepted == (0 if refused else 1)
    assert answer.headers.get("x-amzn-errortype", "") == ("InvalidSignatureException" if refused else "")


def scope(method: str, path: str) -> Scope:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost:4567")],
    }


def test_what_is_deployed_is_read_anew_when_stale() -> None:
    found = discovery()
    first = found.look_up("transactional", now=NOW)
    assert first.identities == {"a.example", "shop.example"}
    assert first.configuration_sets["transactional"].asked("DELIVERY") == (TOPIC, DELIVERY_STREAM)
    assert first.configuration_sets["transactional"].asked("SEND") == (DELIVERY_STREAM,)
    assert found.look_up("transactional", now=NOW + STALE_AFTER / 2) is first
    with pytest.raises(UnStubbedResponseError):
        found.look_up("transactional", now=NOW + STALE_AFTER)
