"""What the deployed roles and policies allow, asked of the emulated cloud under enforced IAM and TLS."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from postroad.client import NotEnqueued, Outbox
from postroad.contract.words import Status
from postroad.ledger.item import to_item
from postroad.ledger.partiql import replacement
from postroad.ledger.row import Row
from postroad.local.connection import connection
from tests.local_stack import LocalStack

Call = tuple[str, str, dict[str, Any]]
Probe = Callable[[dict[str, Call]], dict[str, str]]
PROBE = Path(__file__).with_name("probe.py")
REFUSED = {"AccessDenied", "AccessDeniedException", "AccessDeniedError"}


def make_probe(stack: LocalStack, function: str) -> Probe:
    """Deploy the probe under the role of a deployed function, with its environment and layer."""
    config = stack.functions.get_function_configuration(FunctionName=f"postroad-local-{function}")
    archive = io.BytesIO()
    zipped = zipfile.ZipFile(archive, "w")
    zipped.write(PROBE, "probe.py")
    zipped.close()
    name = f"probe-of-{function}"
    stack.functions.create_function(
        FunctionName=name,
        Runtime=config["Runtime"],
        Role=config["Role"],
        Handler="probe.lambda_handler",
        Code={"ZipFile": archive.getvalue()},
        Layers=[layer["Arn"] for layer in config["Layers"]],
        Environment={"Variables": config["Environment"]["Variables"]},
        Timeout=60,
    )

    def probe(calls: dict[str, Call]) -> dict[str, str]:
        answer = stack.functions.invoke(FunctionName=name, Payload=json.dumps(calls))
        found = json.load(answer["Payload"])
        assert "errorMessage" not in found, found
        return dict(found)

    return probe


@pytest.fixture(scope="module")
def send_role(stack: LocalStack) -> Probe:
    return make_probe(stack, "send-transactional")


@pytest.fixture(scope="module")
def feedback_role(stack: LocalStack) -> Probe:
    return make_probe(stack, "feedback")


@pytest.fixture(scope="module")
def outcomes_role(stack: LocalStack) -> Probe:
    return make_probe(stack, "outcomes")


def allowed(tried: dict[str, str]) -> list[str]:
    return [f"{name}: {came}" for name, came in tried.items() if came not in REFUSED]


def item(table: str) -> dict[str, Any]:
    return {"TableName": table, "Key": {"pk": {"S": "nobody"}, "sk": {"S": "message"}}}


def mail(sender: str, configuration_set: str) -> dict[str, Any]:
    return {
        "FromEmailAddress": sender,
        "ConfigurationSetName": configuration_set,
        "Destination": {"ToAddresses": ["probe@example.com"]},
        "Content": {"Simple": {"Subject": {"Data": "probe"}, "Body": {"Text": {"Data": "probe"}}}},
    }


def test_send_may_do_its_work(stack: LocalStack, send_role: Probe) -> None:
    out = stack.outputs
    done = send_role(
        {
            "read its row": ("dynamodb", "get_item", item(out["MessagesTable"])),
            "send as its stream": (
                "sesv2",
                "send_email",
                mail("orders@shop.example", out["TransactionalConfigurationSet"]),
            ),
            "keep a refusal": (
                "sqs",
                "send_message",
                {"QueueUrl": out["TransactionalDeadLetterQueueUrl"], "MessageBody": "probe"},
            ),
        }
    )
    assert set(done.values()) == {"ok"}, done


def test_rows_are_written_by_statements_where_mail_is_sent_and_fed_back_alone(
    stack: LocalStack, send_role: Probe, feedback_role: Probe, outcomes_role: Probe
) -> None:
    nobody = to_item(Row(message_id="nobody", status=Status.CLAIMED, version=2))
    statements = [replacement(stack.outputs["MessagesTable"], nobody, expected=1)]
    bulk: dict[str, Call] = {
        "write rows": ("dynamodb", "batch_execute_statement", {"Statements": statements})
    }
    assert send_role(bulk) == feedback_role(bulk) == {"write rows": "ok"}
    assert allowed(outcomes_role(bulk)) == []


def test_send_may_not_do_what_is_not_its_work(stack: LocalStack, send_role: Probe) -> None:
    out = stack.outputs
    bucket = out["AttachmentsBucket"]
    suppression = {"pk": {"S": "k1.nobody"}, "sk": {"S": "current"}}
    tried = send_role(
        {
            "put a message on the queue that feeds it": (
                "sqs",
                "send_message",
                {"QueueUrl": out["TransactionalQueueUrl"], "MessageBody": "{}"},
            ),
            "take mail of another stream": (
                "sqs",
                "receive_message",
                {"QueueUrl": out["MarketingQueueUrl"]},
            ),
            "read the whole ledger": ("dynamodb", "scan", {"TableName": out["MessagesTable"]}),
            "forget a message": ("dynamodb", "delete_item", item(out["MessagesTable"])),
            "suppress an address": (
                "dynamodb",
                "put_item",
                {"TableName": out["SuppressionsTable"], "Item": suppression},
            ),
            "lift a suppression": (
                "dynamodb",
                "delete_item",
                {"TableName": out["SuppressionsTable"], "Key": suppression},
            ),
            "read another stream's attachments": (
                "s3",
                "get_object",
                {"Bucket": bucket, "Key": "attachments/marketing/1.pdf"},
            ),
            "delete an attachment": (
                "s3",
                "delete_object",
                {"Bucket": bucket, "Key": "attachments/transactional/1.pdf"},
            ),
            "write an attachment": (
                "s3",
                "put_object",
                {"Bucket": bucket, "Key": "attachments/transactional/1.pdf", "Body": "probe"},
            ),
            "read the keys of the links": (
                "secretsmanager",
                "get_secret_value",
                {"SecretId": out["TokenKeysSecretArn"]},
            ),
            "publish a result": (
                "events",
                "put_events",
                {
                    "Entries": [
                        {
                            "EventBusName": out["ResultBus"],
                            "Source": "postroad",
                            "DetailType": "message.delivered",
                            "Detail": "{}",
                        }
                    ]
                },
            ),
            "call another function": ("lambda", "invoke", {"FunctionName": "postroad-local-feedback"}),
        }
    )
    assert allowed(tried) == []


def test_send_may_not_borrow_a_domain_or_a_configuration_set_that_was_not_deployed(
    stack: LocalStack, send_role: Probe
) -> None:
    own = stack.outputs["TransactionalConfigurationSet"]
    before = stack.inbox.counts().accepted
    tried = send_role(
        {
            "another domain": ("sesv2", "send_email", mail("orders@elsewhere.example", own)),
            "another address of the domain": ("sesv2", "send_email", mail("ceo@shop.example", own)),
            "no configuration set that exists": (
                "sesv2",
                "send_email",
                mail("orders@shop.example", "nothing"),
            ),
        }
    )
    assert "ok" not in tried.values(), tried
    assert stack.inbox.counts().accepted == before


def test_feedback_may_not_send_or_enqueue(stack: LocalStack, feedback_role: Probe) -> None:
    out = stack.outputs
    tried = feedback_role(
        {
            "send": (
                "sesv2",
                "send_email",
                mail("orders@shop.example", out["TransactionalConfigurationSet"]),
            ),
            "enqueue": (
                "sqs",
                "send_message",
                {"QueueUrl": out["TransactionalQueueUrl"], "MessageBody": "{}"},
            ),
            "read bodies": ("dynamodb", "get_item", item(out["BodiesTable"])),
        }
    )
    assert allowed(tried) == []


def test_outcomes_may_not_touch_tables(stack: LocalStack, outcomes_role: Probe) -> None:
    out = stack.outputs
    tried = outcomes_role(
        {
            "read the ledger": ("dynamodb", "get_item", item(out["MessagesTable"])),
            "read suppressions": ("dynamodb", "get_item", item(out["SuppressionsTable"])),
            "read the counters": ("dynamodb", "get_item", item(out["StatsTable"])),
            "read the address secret": (
                "secretsmanager",
                "get_secret_value",
                {"SecretId": out["AddressSecretArn"]},
            ),
        }
    )
    assert allowed(tried) == []


@pytest.fixture
def application(stack: LocalStack) -> Iterator[dict[str, Any]]:
    """Make an application's user that holds the enqueue policy and nothing else; yield its connection."""
    iam = boto3.client("iam", **connection(stack.state))
    name = stack.new_id("application")
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn=stack.outputs["TransactionalEnqueuePolicyArn"])
    key = iam.create_access_key(UserName=name)["AccessKey"]
    yield {
        **connection(stack.state),
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }
    iam.close()


def test_an_application_enqueues_with_the_policy_made_for_it(
    stack: LocalStack, application: dict[str, Any]
) -> None:
    outbox = Outbox.for_stage(
        "local",
        "transactional",
        ssm=boto3.client("ssm", **application),
        client=boto3.client("sqs", **application),
    )
    message = stack.message("application-message")

    receipts = outbox.enqueue_many([message])

    assert [receipt.message_id for receipt in receipts] == [message["message_id"]]
    assert stack.wait_for_end(str(message["message_id"])).status is Status.DELIVERED


def test_an_application_may_do_nothing_else(stack: LocalStack, application: dict[str, Any]) -> None:
    sqs = boto3.client("sqs", **application)
    other = Outbox(stack.outputs["MarketingQueueUrl"], "marketing", sqs)
    news = stack.message("not-mine", stream="marketing", topic="news")

    with pytest.raises(NotEnqueued, match="AccessDenied"):
        other.enqueue(news)
    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.receive_message(QueueUrl=stack.outputs["TransactionalQueueUrl"])
    with pytest.raises(ClientError, match="AccessDenied"):
        boto3.client("dynamodb", **application).scan(TableName=stack.outputs["MessagesTable"])


def as_plain_http(request: AWSRequest, **_: object) -> None:
    """Let the request look as if TLS had not been used; the emulated cloud listens on TLS alone."""
    request.headers["X-Forwarded-Proto"] = "http"


def test_queues_refuse_plain_http(stack: LocalStack) -> None:
    names = [name for name in stack.outputs if name.endswith("QueueUrl")]
    assert len(names) >= 6
    sqs = boto3.client("sqs", **connection(stack.state))
    sqs.meta.events.register("before-sign", as_plain_http)
    for name in names:
        with pytest.raises(ClientError, match="AccessDenied"):
            sqs.send_message(QueueUrl=stack.outputs[name], MessageBody="{}")


def test_the_bucket_refuses_plain_http(stack: LocalStack, application: dict[str, Any]) -> None:
    s3 = boto3.client("s3", **application)
    place: dict[str, Any] = {
        "Bucket": stack.outputs["AttachmentsBucket"],
        "Key": "attachments/transactional/tls.pdf",
        "Body": b"probe",
    }
    s3.put_object(**place)
    s3.meta.events.register("before-sign", as_plain_http)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(**place)
