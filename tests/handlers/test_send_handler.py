"""Whole SQS events through the real handler, adapters and templates.

DynamoDB by MiniStack, the rest of AWS by moto, SES by the simulator.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws

from functions.send import handler
from postroad.bodies.dynamodb import DynamoBodies
from postroad.ledger.dynamodb import DynamoLedger
from postroad.ledger.row import Row
from postroad.local.simulator.core import Simulator
from postroad.local.simulator.deployed import ConfigurationSet, Deployed
from postroad.local.simulator.endpoint import SimulatedEndpoint
from postroad.local.simulator.faults import Fault, FaultKind
from postroad.rendering.build import build_templates
from postroad.sending import wiring
from postroad.sending.ses import SesMailer
from postroad.signing.sigv4 import Credentials
from tests.sending_world import SETTINGS, make_message

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

ROOT = Path(__file__).parents[2]
EXAMPLE = json.loads((ROOT / "templates" / "order_confirmation" / "example.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("built") / "compiled_templates"
    build_templates(ROOT / "templates", target)
    return target


@dataclass
class Deployment:
    """One stream's AWS, and its function."""

    sqs: "SQSClient"
    s3: "S3Client"
    queue_url: str
    dead_letter_queue_url: str
    simulator: Simulator
    ledger: DynamoLedger
    bodies: DynamoBodies
    dynamodb: "DynamoDBClient"
    context: LambdaContext

    def invoke(self, *bodies: dict[str, Any] | str) -> list[str]:
        """Enqueue, receive as the event source mapping would, and return the failed bodies' ids."""
        for body in bodies:
            text = body if isinstance(body, str) else json.dumps(body)
            self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=text)
        received = self.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        )["Messages"]
        records = [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "messageAttributes": {},
                "eventSource": "aws:sqs",
            }
            for message in received
        ]
        answer: Any = handler.lambda_handler({"Records": records}, self.context)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def pointers(self) -> list[dict[str, Any]]:
        items = self.dynamodb.scan(TableName="Schedule")["Items"]
        return [item for item in items if item["pk"]["S"].startswith("v1#")]

    def row(self, message_id: str) -> Row:
        row = self.ledger.get(message_id)
        assert row is not None
        return row

    def dead_letters(self) -> list[dict[str, str]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.dead_letter_queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [
            {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
            for message in answer.get("Messages", [])
        ]


@pytest.fixture
def deployment(
    templates: Path,
    context: LambdaContext,
    dynamodb: "DynamoDBClient",
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Deployment]:
    with mock_aws():
        sqs, s3 = boto3.client("sqs"), boto3.client("s3")
        secrets = boto3.client("secretsmanager")
        s3.create_bucket(Bucket="attachments")
        settings = replace(
            SETTINGS,
            queue_url=sqs.create_queue(QueueName="transactional")["QueueUrl"],
            dead_letter_queue_url=sqs.create_queue(QueueName="dead")["QueueUrl"],
            address_secret_arn=secrets.create_secret(Name="address", SecretString="s" * 64)["ARN"],
            attachment_max_bytes=2_000_000,
        )
        simulator = Simulator(Deployed.of(["shop.example"], [ConfigurationSet("test-transactional")]))
        endpoint = SimulatedEndpoint(simulator, now=lambda: datetime.now(UTC))
        keys = Credentials("AKIDEXAMPLE", "secret")
        aws = wiring.Services(dynamodb, secrets, s3, sqs, boto3.client("lambda"))
        mailer = SesMailer(endpoint, keys=lambda: keys, region="us-east-1")
        sending = wiring.assemble(settings, aws, mailer, templates)
        monkeypatch.setattr(handler, "sending", lambda: sending)
        yield Deployment(
            sqs=sqs,
            s3=s3,
            queue_url=settings.queue_url,
            dead_letter_queue_url=settings.dead_letter_queue_url,
            simulator=simulator,
            ledger=DynamoLedger(dynamodb, "Messages"),
            bodies=DynamoBodies(dynamodb, "Bodies", s3=s3, bucket="attachments"),
            dynamodb=dynamodb,
            context=context,
        )


def order(message_id: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  any part of a message
    created = datetime.now(UTC).isoformat(timespec="seconds")
    message = make_message(message_id, template="order_confirmation", data=EXAMPLE, created_at=created)
    return message | changes


def test_a_whole_batch(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    failed = deployment.invoke(order("m-1", locale="es-CO"), "not JSON", order("m-2", data={}), order("m-3"))

    assert failed == []
    assert deployment.row("m-1").status == "sent"
    assert deployment.row("m-1").locale == "es"
    assert deployment.row("m-2").reason == "template_data"
    assert deployment.simulator.mailbag.by_message_id == {"m-1": 1, "m-3": 1}
    assert {letter["reason"] for letter in deployment.dead_letters()} == {"not_json", "template_data"}
    printed = capsys.readouterr().out
    assert "@" not in printed
    assert "Ana Ruiz" not in printed
    metrics = [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]
    assert [(line["stream"], line["sent"], line["refused"]) for line in metrics] == [
        ("transactional", [2.0], [2.0])
    ]


def test_an_attachment_travels_and_a_missing_one_is_refused(deployment: Deployment) -> None:
    key = "attachments/transactional/1042.pdf"
    deployment.s3.put_object(Bucket="attachments", Key=key, Body=b"%PDF-1.7")
    there = {"filename": "invoice.pdf", "content_type": "application/pdf", "s3": f"attachments/{key}"}
    missing = there | {"s3": f"attachments/{key}.missing"}

    failed = deployment.invoke(order("m-1", attachments=[there]), order("m-2", attachments=[missing]))

    assert failed == []
    (mail,) = deployment.simulator.mailbag.newest_first()
    assert [(file.file_name, file.raw_content) for file in mail.attachments] == [("invoice.pdf", b"%PDF-1.7")]
    assert deployment.row("m-2").reason == "attachment_missing"


def test_a_throttled_mail_comes_back(deployment: Deployment) -> None:
    deployment.simulator.add_fault(Fault(FaultKind.THROTTLE, times=1))

    assert len(deployment.invoke(order("m-1"))) == 1
    assert deployment.row("m-1").owner == ""
    assert deployment.invoke(order("m-1")) == []
    assert deployment.row("m-1").attempt == 2
    assert deployment.simulator.mailbag.by_message_id == {"m-1": 1}


def test_a_lost_answer_waits_for_evidence_with_its_body_and_a_pointer(deployment: Deployment) -> None:
    deployment.simulator.add_fault(Fault(FaultKind.LOST_ANSWER, times=1))

    assert deployment.invoke(order("m-1")) == []
    row = deployment.row("m-1")
    assert (row.status, row.reason, row.generation) == ("claimed", "unknown_outcome", 1)
    assert json.loads(deployment.bodies.get("m-1", row.fingerprint) or "")["message_id"] == "m-1"
    (pointer,) = deployment.pointers()
    assert pointer["sk"]["S"].endswith("#m-1#1")
    assert deployment.invoke(order("m-1")) == []
    assert deployment.simulator.mailbag.by_message_id == {"m-1": 1}


def test_a_canary_is_one_mail_with_its_own_tag_and_claims_nothing(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = handler.lambda_handler({"canary": True}, deployment.context)

    assert answer == {"outcome": "accepted", "why": ""}
    (mail,) = deployment.simulator.mailbag.newest_first(canaries=True)
    assert mail.tags == {"postroad_canary": "1"}
    assert mail.configuration_set == "test-transactional"
    assert deployment.dynamodb.scan(TableName="Messages")["Items"] == []
    assert "@" not in capsys.readouterr().out


def test_a_canary_says_why_ses_takes_no_mail(deployment: Deployment) -> None:
    deployment.simulator.add_fault(Fault(FaultKind.PAUSED, times=1))

    answer = handler.lambda_handler({"canary": True}, deployment.context)

    assert answer == {"outcome": "unusable", "why": "sending_paused"}


def test_a_stream_whose_circuit_opened_leaves_its_mail_on_the_queue(deployment: Deployment) -> None:
    deployment.simulator.add_fault(Fault(FaultKind.PAUSED, times=1))

    assert len(deployment.invoke(order("m-1"))) == 1
    assert len(deployment.invoke(order("m-2"))) == 1
    assert deployment.simulator.mailbag.by_message_id == {}
    messages = deployment.dynamodb.scan(TableName="Messages")["Items"]
    assert [item["pk"]["S"] for item in messages] == ["m-1"]


def test_a_message_for_later_waits_with_its_body_and_a_pointer(deployment: Deployment) -> None:
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds")

    assert deployment.invoke(order("m-1", send_at=later)) == []
    row = deployment.row("m-1")
    assert (row.status, row.reason, row.due) == ("scheduled", "send_at", datetime.fromisoformat(later))
    assert deployment.bodies.get("m-1", row.fingerprint) is not None
    assert len(deployment.pointers()) == 1
    assert deployment.simulator.mailbag.by_message_id == {}
