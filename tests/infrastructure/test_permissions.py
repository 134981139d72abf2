"""What each function may do: named actions on named resources, pinned here one by one."""

import re
from collections import Counter
from typing import Any

import pytest

from postroad.configuration import Configuration
from postroad.web.dynamodb import PREFIX
from tests.infrastructure.templates import Stacks, as_list, synthesise

ACCOUNT = "eu-west-1:123456789012"
TABLE = f"arn:<AWS::Partition>:dynamodb:{ACCOUNT}:table/postroad-prod"
BUCKET = "arn:<AWS::Partition>:s3:::postroad-prod-123456789012-eu-west-1"
INVOICES = "arn:<AWS::Partition>:s3:::shop-invoices"
SES = f"arn:<AWS::Partition>:ses:{ACCOUNT}"
SECRET = "</postroad/prod/foundation/address-secret-arn>"
TOKEN_KEYS = "</postroad/prod/foundation/token-keys-secret-arn>"
MESSAGES_STREAM = "</postroad/prod/foundation/messages-stream-arn>"
KEY = "</postroad/prod/foundation/key-arn>"

LAMBDA = f"arn:<AWS::Partition>:lambda:{ACCOUNT}"
FUNCTION = f"{LAMBDA}:function:postroad-prod"
EVENTS = "<the bucket of events>"

SWITCH = {"lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"}
LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
TAKE = {
    "sqs:ReceiveMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueUrl",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
}
SEND = {"ses:SendEmail", "ses:SendRawEmail"}
USE_KEY = {
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
}


def send(stream: str, domain: str) -> dict[str, set[str]]:
    return {
        f"/aws/lambda/postroad-prod-send-{stream}": LOG,
        f"postroad-prod-{stream}": TAKE,
        f"postroad-prod-{stream}-dead-letters": {"sqs:SendMessage"},
        f"{TABLE}-messages": {
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:PutItem",
            "dynamodb:PartiQLInsert",
            "dynamodb:PartiQLUpdate",
        },
        f"{TABLE}-bodies": {"dynamodb:PutItem", "dynamodb:DeleteItem"},
        f"{TABLE}-schedule": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        f"{FUNCTION}-dispatch": {"lambda:InvokeFunction"},
        f"{TABLE}-suppressions": {"dynamodb:BatchGetItem"},
        f"{TABLE}-contacts": {"dynamodb:BatchGetItem"},
        f"{TABLE}-journeys": {"dynamodb:Query"},
        SECRET: {"secretsmanager:GetSecretValue"},
        BUCKET: {"s3:ListBucket"},
        f"{BUCKET}/attachments/{stream}/*": {"s3:GetObject"},
        f"{BUCKET}/bodies/*": {"s3:PutObject"},
        INVOICES: {"s3:ListBucket"},
        f"{INVOICES}/*": {"s3:GetObject"},
        f"{SES}:identity/{domain}": SEND,
        f"{SES}:configuration-set/postroad-prod-{stream}": SEND,
    }


ALLOWED = {
    "send-transactional": send("transactional", "shop.example"),
    "send-marketing": send("marketing", "news.company.example")
    | {
        TOKEN_KEYS: {"secretsmanager:GetSecretValue"},
        f"{TABLE}-contacts": {
            "dynamodb:BatchGetItem",
            "dynamodb:PartiQLInsert",
            "dynamodb:PartiQLUpdate",
        },
    },
    "feedback": {
        "/aws/lambda/postroad-prod-feedback": LOG,
        "postroad-prod-feedback": TAKE,
        "postroad-prod-events": TAKE,
        f"{TABLE}-messages": {
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:PutItem",
            "dynamodb:PartiQLUpdate",
        },
        f"{TABLE}-messages/index/by_recipient": {"dynamodb:Query"},  # an address's latest mails
        f"{TABLE}-suppressions": {"dynamodb:Query", "dynamodb:PutItem"},
        f"{TABLE}-schedule": {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"},
        EVENTS: {"s3:ListBucket"},
        f"{EVENTS}/events/*": {"s3:GetObject"},
        SECRET: {"secretsmanager:GetSecretValue"},
    },
    "intake": {
        "/aws/lambda/postroad-prod-intake": LOG,
        "postroad-prod-journeys": {"sqs:SendMessage"},
    },
    "journeys": {
        "/aws/lambda/postroad-prod-journeys": LOG,
        "postroad-prod-journeys": TAKE,
        "postroad-prod-journeys-dead-letters": {"sqs:SendMessage"},
        "postroad-prod-transactional": {"sqs:SendMessage"},
        "postroad-prod-marketing": {"sqs:SendMessage"},
        f"{TABLE}-journeys": {
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
        },
        f"{TABLE}-contacts": {
            "dynamodb:BatchGetItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
        },
        f"{TABLE}-suppressions": {"dynamodb:BatchGetItem"},
        f"{TABLE}-messages": {"dynamodb:BatchGetItem"},  # what became of the mails of earlier steps
        f"{TABLE}-schedule": {"dynamodb:PutItem"},
        "postroad": {"events:PutEvents"},
        SECRET: {"secretsmanager:GetSecretValue"},
    },
    "dispatch": {
        "/aws/lambda/postroad-prod-dispatch": LOG,
        "postroad-prod-transactional": {"sqs:SendMessage", "sqs:GetQueueAttributes"},
        "postroad-prod-marketing": {"sqs:SendMessage", "sqs:GetQueueAttributes"},
        "postroad-prod-journeys": {"sqs:SendMessage", "sqs:GetQueueAttributes"},
        "postroad-prod-events": {"sqs:SendMessage"},
        "postroad-prod-send-transactional": {"lambda:InvokeFunction"},
        "postroad-prod-send-marketing": {"lambda:InvokeFunction"},
        f"{LAMBDA}:event-source-mapping:of-transactional": SWITCH,
        f"{LAMBDA}:event-source-mapping:of-marketing": SWITCH,
        f"{TABLE}-schedule": {
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:BatchWriteItem",
        },
        f"{TABLE}-messages": {"dynamodb:GetItem", "dynamodb:PutItem"},
        f"{TABLE}-bodies": {"dynamodb:BatchGetItem"},
        BUCKET: {"s3:ListBucket"},
        f"{BUCKET}/bodies/*": {"s3:GetObject"},
        EVENTS: {"s3:ListBucket"},
        "postroad": {"events:PutEvents"},
        "*": {"ses:GetAccount"},  # it knows no resource
    },
    "outcomes": {
        "/aws/lambda/postroad-prod-outcomes": LOG,
        MESSAGES_STREAM: {
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
        },
        "postroad-prod-outcomes-dead-letters": {
            "sqs:SendMessage",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
        },
        "postroad": {"events:PutEvents"},
    },
    "counting": {
        "/aws/lambda/postroad-prod-counting": LOG,
        MESSAGES_STREAM: {
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
        },
        "postroad-prod-counting-dead-letters": {
            "sqs:SendMessage",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
        },
        f"{TABLE}-stats": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
    },
    "web": {
        "/aws/lambda/postroad-prod-web": LOG,
        f"{TABLE}-messages": {"dynamodb:UpdateItem"},
        f"{TABLE}-contacts": {"dynamodb:GetItem", "dynamodb:PutItem"},
        f"{TABLE}-suppressions": {"dynamodb:Query", "dynamodb:PutItem"},
        f"{TABLE}-schedule": {"dynamodb:UpdateItem"},
        TOKEN_KEYS: {"secretsmanager:GetSecretValue"},
        # Who signs up gives an address, and is mailed by the one stream that is named.
        SECRET: {"secretsmanager:GetSecretValue"},
        "postroad-prod-transactional": {"sqs:SendMessage"},
    },
}


def allowed(stacks: Stacks, statements: list[dict[str, Any]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for statement in statements:
        assert statement["Effect"] == "Allow"
        for resource in as_list(statement["Resource"]):
            found.setdefault(named(stacks, resource), set()).update(as_list(statement["Action"]))
    return found


def named(stacks: Stacks, resource: object) -> str:
    """Write a resource with a name instead of what AWS calls it: the events' bucket, a stream's source."""
    text = stacks.readable(resource)
    for logical_id in re.findall(r"<(\w+)>", text):
        found = stacks.mail["Resources"].get(logical_id, {})
        if found.get("Type") == "AWS::S3::Bucket":
            text = text.replace(f"<{logical_id}>", EVENTS)
        if found.get("Type") == "AWS::Lambda::EventSourceMapping":
            stream = stacks.readable(found["Properties"]["EventSourceArn"]).removeprefix("postroad-prod-")
            text = text.replace(f"<{logical_id}>", f"of-{stream}")
    return text


def test_who_visits_is_counted_where_nothing_else_lies(prod: Stacks) -> None:
    (statement,) = [
        statement
        for statement in prod.statements_of("web")
        if as_list(statement["Action"]) == ["dynamodb:UpdateItem"]
        and allowed(prod, [statement]).keys() == {f"{TABLE}-schedule"}
    ]
    assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{PREFIX}*"]}}


def test_every_function_is_listed(prod: Stacks) -> None:
    names = {found["FunctionName"] for found in prod.properties("AWS::Lambda::Function")}
    assert names == {f"postroad-prod-{name}" for name in ALLOWED}


@pytest.mark.parametrize("name", ALLOWED)
def test_a_function_may_do_what_it_needs_and_nothing_else(prod: Stacks, name: str) -> None:
    assert allowed(prod, prod.statements_of(name)) == ALLOWED[name]


@pytest.mark.parametrize("name", ALLOWED)
def test_a_customer_managed_key_adds_the_key_alone(managed: Stacks, name: str) -> None:
    found = allowed(managed, managed.statements_of(name))
    assert found.pop(KEY) == USE_KEY
    assert found == ALLOWED[name]


@pytest.mark.parametrize("stage", ["prod", "managed", "local"])
def test_no_action_is_a_wildcard(stage: str, request: pytest.FixtureRequest) -> None:
    stacks: Stacks = request.getfixturevalue(stage)
    policies = stacks.properties("AWS::IAM::Policy") + stacks.properties("AWS::IAM::ManagedPolicy")
    for policy in policies:
        for statement in policy["PolicyDocument"]["Statement"]:
            assert not [action for action in as_list(statement["Action"]) if "*" in action]


def ses_statements(stacks: Stacks, stream: str) -> list[dict[str, Any]]:
    return [
        statement
        for statement in stacks.statements_of(f"send-{stream}")
        if set(as_list(statement["Action"])) & SEND
    ]


def test_a_stream_sends_as_its_own_address_through_its_own_configuration_set(prod: Stacks) -> None:
    for name, stream in prod.configuration.streams.items():
        (statement,) = ses_statements(prod, name)
        assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": stream.from_address}}
        assert {prod.readable(resource) for resource in statement["Resource"]} == {
            f"{SES}:identity/{stream.domain}",
            f"{SES}:configuration-set/postroad-prod-{name}",
        }


def test_on_the_local_stage_sending_and_statements_alone_are_wide(local: Stacks) -> None:
    for name in local.configuration.streams:
        (statement,) = ses_statements(local, name)
        assert statement["Resource"] == "*"
        assert set(statement["Action"]) == SEND
    wide = [
        tuple(as_list(statement["Action"]))
        for policy in local.properties("AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Resource"] == "*" and statement["Action"] != "ses:GetAccount"  # which knows no resource
    ]
    streams = len(local.configuration.streams)
    assert Counter(wide) == {
        tuple(sorted(SEND)): streams,
        ("dynamodb:BatchExecuteStatement",): streams + 1,  # feedback writes rows too
    }


def test_applications_get_a_policy_that_may_enqueue_to_one_stream(managed: Stacks) -> None:
    for name in managed.configuration.streams:
        policy = managed.named(
            "AWS::IAM::ManagedPolicy", "ManagedPolicyName", f"postroad-prod-enqueue-{name}-eu-west-1"
        )
        assert allowed(managed, policy["PolicyDocument"]["Statement"]) == {
            f"postroad-prod-{name}": {"sqs:SendMessage", "sqs:GetQueueUrl", "sqs:GetQueueAttributes"},
            f"{BUCKET}/attachments/{name}/*": {"s3:PutObject"},
            f"arn:<AWS::Partition>:ssm:eu-west-1:123456789012:parameter/postroad/prod/{name}/queue-url": {
                "ssm:GetParameter"
            },
            KEY: {"kms:Decrypt", "kms:GenerateDataKey"},
        }


def test_producers_elsewhere_stand_in_the_policies_of_queue_bucket_and_key(managed: Stacks) -> None:
    (producer,) = managed.configuration.producers
    principal = f"arn:<AWS::Partition>:iam::{producer.account}:root"

    def granted(policies: list[dict[str, Any]]) -> list[tuple[list[str], str]]:
        assert policies
        return [
            (sorted(as_list(statement["Action"])), managed.readable(statement["Resource"]))
            for policy in policies
            for statement in policy["Statement"]
            if isinstance(statement["Principal"], dict)
            for one in as_list(statement["Principal"].get("AWS", []))
            if managed.readable(one) == principal
        ]

    queues = [found["PolicyDocument"] for found in managed.properties("AWS::SQS::QueuePolicy")]
    assert granted(queues) == [
        (["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"], "postroad-prod-transactional")
    ]
    buckets = [found["PolicyDocument"] for found in managed.properties("AWS::S3::BucketPolicy")]
    assert granted(buckets) == [
        (["s3:PutObject"], "postroad-prod-123456789012-eu-west-1/attachments/transactional/*")
    ]
    keys = [found["KeyPolicy"] for found in managed.properties("AWS::KMS::Key")]
    assert granted(keys) == [(["kms:Decrypt", "kms:GenerateDataKey"], "*")]


def test_producers_here_and_elsewhere_use_the_key_through_queue_and_bucket_alone(managed: Stacks) -> None:
    (producer,) = managed.configuration.producers
    (key,) = managed.properties("AWS::KMS::Key")
    elsewhere = [
        statement.get("Condition")
        for statement in key["KeyPolicy"]["Statement"]
        if producer.account in managed.readable(statement["Principal"].get("AWS", ""))
    ]
    here = [
        statement.get("Condition")
        for policy in managed.properties("AWS::IAM::ManagedPolicy")
        for statement in policy["PolicyDocument"]["Statement"]
        if "kms:Decrypt" in statement["Action"]
    ]
    # Who enqueues to each stream, and who reports events.
    assert (len(elsewhere), len(here)) == (1, len(managed.configuration.streams) + 1)
    for condition in (*elsewhere, *here):
        services = [managed.readable(name) for name in condition["StringEquals"]["kms:ViaService"]]
        assert services == ["sqs.eu-west-1.<AWS::URLSuffix>", "s3.eu-west-1.<AWS::URLSuffix>"]


def test_listing_the_stages_own_bucket_opens_no_more_of_it(
    prod: Stacks, prod_configuration: Configuration
) -> None:
    own = prod_configuration.attachments.model_copy(
        update={"buckets": ("postroad-prod-123456789012-eu-west-1", "shop-invoices")}
    )
    listed = synthesise(prod_configuration.model_copy(update={"attachments": own}))
    name = "send-transactional"
    assert allowed(listed, listed.statements_of(name)) == allowed(prod, prod.statements_of(name))


def test_services_reach_topics_and_queues_for_this_account_and_their_own_source_alone(prod: Stacks) -> None:
    """A grant to a service without its source is one to every account that uses the service."""
    policies = prod.properties("AWS::SNS::TopicPolicy") + prod.properties("AWS::SQS::QueuePolicy")
    granted = [
        statement
        for policy in policies
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and "Service" in statement["Principal"]
    ]
    sources = {
        (statement["Principal"]["Service"], key.lower(), prod.readable(value))
        for statement in granted
        for values in statement["Condition"].values()
        for key, value in values.items()
    }
    (rule,) = [
        logical_id
        for logical_id, found in prod.all("AWS::Events::Rule").items()
        if found["Properties"]["Name"] == "postroad-prod-journeys"
    ]
    sets = "arn:<AWS::Partition>:ses:eu-west-1:123456789012:configuration-set/postroad-prod"
    assert sources == {
        ("cloudwatch.amazonaws.com", "aws:sourceaccount", "123456789012"),
        ("ses.amazonaws.com", "aws:sourceaccount", "123456789012"),
        *(("ses.amazonaws.com", "aws:sourcearn", f"{sets}-{name}") for name in prod.configuration.streams),
        ("sns.amazonaws.com", "aws:sourcearn", "postroad-prod-feedback"),
        ("events.amazonaws.com", "aws:sourcearn", f"<{rule}>"),
        # The queue of events: its bucket is made after it, and named by CloudFormation.
        ("s3.amazonaws.com", "aws:sourceaccount", "123456789012"),
        ("s3.amazonaws.com", "aws:sourcearn", "arn:<AWS::Partition>:s3:::postroad-*"),
    }
    assert all(statement["Condition"] for statement in granted)


def test_services_may_use_the_customer_managed_key_for_this_account_alone(managed: Stacks) -> None:
    (key,) = managed.properties("AWS::KMS::Key")
    services = {
        service: statement["Condition"]
        for statement in key["KeyPolicy"]["Statement"]
        for service in as_list(statement["Principal"].get("Service", []))
    }
    own = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    expected = ("ses", "sns", "s3", "cloudwatch", "events")
    assert services == {f"{service}.amazonaws.com": own for service in expected}
