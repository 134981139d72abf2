"""A deployed stage in moto, and the command line pointed at it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from typer.testing import CliRunner

from postroad.bodies.dynamodb import DynamoBodies
from postroad.cli.main import app
from postroad.cli.options import Invocation
from postroad.contract.address import parse_address
from postroad.contract.words import Reason, Status
from postroad.ledger.dynamodb import DynamoLedger
from postroad.ledger.row import Row
from postroad.suppression.address_key import address_key
from postroad.suppression.dynamodb import DynamoSuppressions
from postroad.suppression.model import ALL_STREAMS, ScopeEntry
from tests.tables import create_table

if TYPE_CHECKING:
    from boto3.session import Session
    from typer.testing import Result

STAGE = "test"
REGION = "eu-west-1"
ACCOUNT = "123456789012"
"""Moto's."""
SECRET = "s" * 64
BUCKET = "postroad-test-attachments"
NOON = datetime(2025, 11, 22, 12, 0, tzinfo=UTC)
ANA = "ana.ruiz@example.com"

CONFIGURATION = """
[aws]
account = "{account}"
region = "eu-west-1"

[[domains]]
name = "shop.example"

[streams.transactional]
kind = "transactional"
domain = "shop.example"
from = "orders@shop.example"

[streams.order-updates]
kind = "transactional"
domain = "shop.example"
from = "orders@shop.example"

[recipients]
allow = ["*"]
"""


def configure(account: str = ACCOUNT, stage: str = STAGE) -> None:
    """Write the stage's configuration into the working folder."""
    file = Path("config", f"{stage}.toml")
    file.parent.mkdir(exist_ok=True)
    file.write_text(CONFIGURATION.format(account=account), encoding="utf-8")


def key_of(email: str) -> str:
    return address_key(SECRET.encode(), parse_address(email).canonical)


def make_row(message_id: str = "order-1042", **changes: object) -> Row:
    values: dict[str, Any] = {
        "status": Status.DELIVERED,
        "stream": "transactional",
        "template": "order_confirmation",
        "email": ANA,
        "address_key": key_of(ANA),
        "attempt": 1,
        "ses_ids": {"1": "0102-ses"},
        "times": {
            "accepted": NOON,
            "claimed": NOON + timedelta(seconds=1),
            "sent": NOON + timedelta(seconds=1.4),
            "delivered": NOON + timedelta(seconds=3),
        },
    }
    return Row(message_id=message_id, **{**values, **changes})


def bounce(at: datetime = NOON) -> ScopeEntry:
    return ScopeEntry(Reason.HARD_BOUNCE, "feedback", at, None, "event-1")


@dataclass
class Deployed:
    """The stage, its stores, and `run`."""

    session: Session
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    identities: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for event, answer in self._answers().items():
            self.session.events.register(event, answer)
        dynamodb = self.session.client("dynamodb")
        for name in ("messages", "bodies", "suppressions", "contacts", "journeys", "schedule", "stats"):
            create_table(dynamodb, name)
        arn = self.session.client("secretsmanager").create_secret(Name="address", SecretString=SECRET)["ARN"]
        self.s3 = self.session.client("s3")
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        self.sqs = self.session.client("sqs")
        self.queue_urls = {
            output: self.sqs.create_queue(QueueName=f"postroad-{STAGE}-{name}")["QueueUrl"]
            for output, name in {
                "TransactionalQueueUrl": "transactional",
                "TransactionalDeadLetterQueueUrl": "transactional-dead-letters",
                "OrderUpdatesQueueUrl": "order-updates",
                "OrderUpdatesDeadLetterQueueUrl": "order-updates-dead-letters",
                "JourneysQueueUrl": "journeys",
                "FeedbackQueueUrl": "feedback",
                "FeedbackDeadLetterQueueUrl": "feedback-dead-letters",
                "OutcomesDeadLetterQueueUrl": "outcomes-dead-letters",
            }.items()
        }
        self.outputs = {
            f"postroad-{STAGE}-foundation": {
                "MessagesTable": "messages",
                "BodiesTable": "bodies",
                "AttachmentsBucket": BUCKET,
                "SuppressionsTable": "suppressions",
                "ContactsTable": "contacts",
                "ScheduleTable": "schedule",
                "JourneysTable": "journeys",
                "StatsTable": "stats",
                "AddressSecretArn": arn,
            },
            f"postroad-{STAGE}-mail": {**self.queue_urls, "ResultBus": f"postroad-{STAGE}"},
        }
        self.ledger = DynamoLedger(dynamodb, "messages")
        self.bodies = DynamoBodies(dynamodb, "bodies", s3=self.s3, bucket=BUCKET)
        self.suppressions = DynamoSuppressions(dynamodb, "suppressions")

    def run(self, *words: str, given: str | None = None, stage: str = STAGE) -> Result:
        invocation = Invocation(session=self.session)
        return CliRunner().invoke(
            app, ["--stage", stage, "--account", ACCOUNT, *words], input=given, obj=invocation
        )

    def json(self, *words: str, code: int = 0, given: str | None = None) -> Any:  # noqa: ANN401 - JSON
        result = self.run(*words, "--json", given=given)
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def suppress(self, email: str, entry: ScopeEntry, scope: str = ALL_STREAMS) -> None:
        self.suppressions.suppress(key_of(email), email, scope, entry)

    def close(self) -> None:
        """Leave the session to the next stage."""
        for event, answer in self._answers().items():
            self.session.events.unregister(event, answer)

    def _answers(self) -> dict[str, Any]:
        # What moto can't answer: its CloudFormation needs packages that nothing else here does, and its SES
        # knows nothing of MAIL FROM.
        return {
            "before-call.cloudformation.DescribeStacks": self._describe,
            "before-call.sesv2.GetEmailIdentity": self._identify,
        }

    def _identify(self, params: dict[str, Any], **_: object) -> tuple[SimpleNamespace, dict[str, Any]]:
        domain = params["url_path"].rpartition("/")[2]
        if domain in self.identities:
            return SimpleNamespace(status_code=200), {**self.identities[domain], "ResponseMetadata": {}}
        error = {"Code": "NotFoundException", "Message": f"Email identity {domain} does not exist."}
        return SimpleNamespace(status_code=404), {"Error": error, "ResponseMetadata": {}}

    def _describe(self, params: dict[str, Any], **_: object) -> tuple[SimpleNamespace, dict[str, Any]]:
        name = params["body"]["StackName"]
        if name not in self.outputs:
            error = {"Code": "ValidationError", "Message": f"Stack with id {name} does not exist"}
            return SimpleNamespace(status_code=400), {"Error": error, "ResponseMetadata": {}}
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs[name].items()]
        stack = {"StackName": name, "Outputs": outputs}
        return SimpleNamespace(status_code=200), {"Stacks": [stack], "ResponseMetadata": {}}
