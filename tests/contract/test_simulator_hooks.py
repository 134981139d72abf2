"""The simulator as boto3 sees it: through the real client, its parser and its own retries; no socket."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from moto import mock_aws

from postroad.clock import FixedClock
from postroad.contract.tags import ses_tags
from postroad.feedback.event import EventKind
from postroad.feedback.reading import read_event
from postroad.local.simulator import hooks
from postroad.local.simulator.core import Simulator
from postroad.local.simulator.deployed import ConfigurationSet, Deployed, EventDestination
from postroad.local.simulator.faults import Fault, FaultKind
from postroad.local.simulator.happenings import Happening, HappeningType
from postroad.local.simulator.mail import EventType, SesEvent
from postroad.local.simulator.reply import STATUS_BY_ERROR

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

NOW = datetime(2026, 11, 22, 14, 3, 11, tzinfo=UTC)
TOPIC = "arn:aws:sns:us-east-1:000000000000:feedback"


@pytest.fixture
def simulator() -> Simulator:
    destination = EventDestination("feedback", TOPIC, frozenset(EventType.__members__))
    return Simulator(Deployed.of(["shop.example"], [ConfigurationSet("transactional", (destination,))]))


@pytest.fixture
def published() -> list[SesEvent]:
    return []


def client(attempts: int = 1) -> "SESV2Client":
    return boto3.client(
        "sesv2",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": attempts, "mode": "standard"}),
    )


@pytest.fixture(params=["alone", "beside moto"])
def ses(
    request: pytest.FixtureRequest, simulator: Simulator, published: list[SesEvent]
) -> Iterator["SESV2Client"]:
    made = client()
    hooks.attach(made, simulator, now=lambda: NOW, publish=published.extend)
    if request.param == "alone":
        yield made
        return
    with mock_aws():
        yield made


def send(ses: "SESV2Client", to: str = "Ana Ruiz <ana@example.com>") -> str:
    tags = ses_tags("order-1042", 1, {"order": "1042"})
    return ses.send_email(
        FromEmailAddress="Sample Shop <orders@shop.example>",
        Destination={"ToAddresses": [to]},
        Content={
            "Simple": {
                "Subject": {"Data": "Tu pedido está en camino"},
                "Body": {"Text": {"Data": "¡Hola!"}, "Html": {"Data": "<p>¡Hola!</p>"}},
                "Headers": [{"Name": "X-Order", "Value": "1042"}],
                "Attachments": [{"FileName": "invoice.pdf", "RawContent": b"\x00\xff%PDF"}],
            }
        },
        EmailTags=[{"Name": name, "Value": value} for name, value in tags.items()],
        ConfigurationSetName="transactional",
    )["MessageId"]


def test_both_bodies_headers_tags_and_attachments_arrive(ses: "SESV2Client", simulator: Simulator) -> None:
    mail = simulator.mailbag.get(send(ses))
    assert (mail.text, mail.html) == ("¡Hola!", "<p>¡Hola!</p>")
    assert mail.headers == (("X-Order", "1042"),)
    assert (mail.message_id, mail.tags["postroad_attempt"]) == ("order-1042", "1")
    assert [each.raw_content for each in mail.attachments] == [b"\x00\xff%PDF"]


def test_the_errors_are_those_of_botocores_model(ses: "SESV2Client") -> None:
    shapes = ses.meta.service_model.operation_model("SendEmail").error_shapes
    assert {shape.name: shape.metadata["error"]["httpStatusCode"] for shape in shapes} == STATUS_BY_ERROR


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (FaultKind.THROTTLE, "TooManyRequestsException"),
        (FaultKind.PAUSED, "SendingPausedException"),
        (FaultKind.SUSPENDED, "AccountSuspendedException"),
        (FaultKind.SERVER_ERROR, "InternalServerError"),
    ],
)
def test_faults_reach_the_caller_as_ses_writes_them(
    ses: "SESV2Client", simulator: Simulator, kind: FaultKind, code: str
) -> None:
    simulator.add_fault(Fault(kind))
    with pytest.raises(ClientError) as raised:
        send(ses)
    assert raised.value.response["Error"]["Code"] == code
    assert raised.value.response["Error"]["Message"]


def test_a_lost_answer_leaves_the_mail_sent(ses: "SESV2Client", simulator: Simulator) -> None:
    simulator.add_fault(Fault(FaultKind.LOST_ANSWER))
    with pytest.raises(ConnectionClosedError):
        send(ses)
    simulator.add_fault(Fault(FaultKind.LOST_ANSWER, seconds=60))
    with pytest.raises(ReadTimeoutError):
        send(ses)
    simulator.add_fault(Fault(FaultKind.LOST_REQUEST))
    with pytest.raises(ConnectionClosedError):
        send(ses)
    assert simulator.mailbag.accepted == 2


def test_the_clients_own_retries_are_seen(simulator: Simulator) -> None:
    eager = client(attempts=3)
    hooks.attach(eager, simulator, now=lambda: NOW)
    simulator.add_fault(Fault(FaultKind.LOST_ANSWER, times=2))
    send(eager)
    assert simulator.mailbag.by_message_id == {"order-1042": 3}


def test_account_and_suppression_list(ses: "SESV2Client", simulator: Simulator) -> None:
    assert ses.get_account()["SendQuota"]["SentLast24Hours"] == 0
    ses.put_account_sending_attributes(SendingEnabled=False)
    assert ses.get_account()["SendingEnabled"] is False
    ses.put_account_sending_attributes(SendingEnabled=True)
    ses.put_account_suppression_attributes(SuppressedReasons=["COMPLAINT"])
    assert ses.get_account()["SuppressionAttributes"] == {"SuppressedReasons": ["COMPLAINT"]}
    assert ses.get_account()["PricingAttributes"] == {"CurrentPlan": "NONE"}
    ses.put_account_pricing_attributes(Plan="ESSENTIALS")
    assert ses.get_account()["PricingAttributes"] == {"CurrentPlan": "ESSENTIALS"}

    for name in ("b+x/y", "A", "c"):
        ses.put_suppressed_destination(EmailAddress=f"{name}@example.com", Reason="BOUNCE")
    ses.put_suppressed_destination(EmailAddress="d@example.com", Reason="COMPLAINT")
    found = ses.get_suppressed_destination(EmailAddress="B+x/y@example.com")["SuppressedDestination"]
    assert (found["EmailAddress"], found["LastUpdateTime"]) == ("b+x/y@example.com", NOW)
    listed: list[str] = []
    token = ""
    while True:
        page = ses.list_suppressed_destinations(PageSize=1, Reasons=["BOUNCE"], NextToken=token)
        listed += [each["EmailAddress"] for each in page["SuppressedDestinationSummaries"]]
        token = page.get("NextToken", "")
        if not token:
            break
    assert listed == ["a@example.com", "b+x/y@example.com", "c@example.com"]
    ses.delete_suppressed_destination(EmailAddress="b+x/y@example.com")
    for call in (ses.get_suppressed_destination, ses.delete_suppressed_destination):
        with pytest.raises(ses.exceptions.NotFoundException):
            call(EmailAddress="b+x/y@example.com")
    assert len(simulator.suppressed()) == 3


def test_feedback_understands_every_event(
    ses: "SESV2Client", simulator: Simulator, published: list[SesEvent]
) -> None:
    ses_message_id = send(ses)
    for kind in HappeningType:
        happening = Happening(kind, link="https://shop.example/")
        published.extend(simulator.report(ses_message_id, happening, now=NOW))
    assert {event.type for event in published} == set(EventType)
    for event in published:
        (read,) = read_event(event.payload)
        assert (read.message_id, read.attempt) == ("order-1042", 1)
        assert read.ses_message_id == ses_message_id
    kinds = {event.type.value: read_event(event.payload)[0].kind for event in published}
    assert kinds == {kind.value: kind for kind in EventKind if kind is not EventKind.SUBSCRIPTION}


def test_an_outage_answers_every_call_and_is_over_after_its_seconds(simulator: Simulator) -> None:
    clock = FixedClock(NOW)
    ses = client()
    hooks.attach(ses, simulator, now=clock.now)
    simulator.add_fault(Fault(FaultKind.OUTAGE, seconds=30), now=NOW)
    with pytest.raises(ClientError, match="ServiceUnavailableException"):
        send(ses)
    with pytest.raises(ClientError, match="ServiceUnavailableException"):
        ses.get_account()
    clock.at += timedelta(seconds=30)
    send(ses)
    assert ses.get_account()["SendQuota"]["SentLast24Hours"] == 1


def test_silence_is_an_outage_too(ses: "SESV2Client", simulator: Simulator) -> None:
    simulator.add_fault(Fault(FaultKind.OUTAGE_DROPPED, seconds=30), now=NOW)
    with pytest.raises(ConnectionClosedError):
        send(ses)
    with pytest.raises(ConnectionClosedError):
        ses.get_account()


def test_a_request_that_was_signed_too_long_ago_is_refused(simulator: Simulator) -> None:
    ses = client()
    hooks.attach(ses, simulator, now=lambda: NOW, signed_at=lambda _: NOW - timedelta(seconds=301))
    with pytest.raises(ClientError, match="InvalidSignatureException") as refused:
        send(ses)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert simulator.mailbag.accepted == 0
