"""SES's raw events: collected whole, kept a month, safe from strangers, and told of one by one."""

from typing import Any

import pytest

from tests.infrastructure.templates import Stacks, as_list

STAGES = ["prod", "managed", "local"]


@pytest.fixture(params=STAGES)
def stacks(request: pytest.FixtureRequest) -> Stacks:
    found: Stacks = request.getfixturevalue(request.param)
    return found


def bucket(stacks: Stacks) -> tuple[str, dict[str, Any]]:
    ((logical_id, found),) = [
        (logical_id, resource)
        for logical_id, resource in stacks.mail["Resources"].items()
        if resource["Type"] == "AWS::S3::Bucket"
    ]
    return logical_id, found


def delivery(stacks: Stacks) -> dict[str, Any]:
    (stream,) = stacks.properties("AWS::KinesisFirehose::DeliveryStream")
    return stream


def test_the_bucket_is_private_encrypted_and_forgets_after_a_month(stacks: Stacks) -> None:
    _, found = bucket(stacks)
    properties = found["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    ours = stacks.configuration.encryption == "customer-managed"
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == ("aws:kms" if ours else "AES256")
    rules = properties["LifecycleConfiguration"]["Rules"]
    assert {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules} == {"events/": 30, "errors/": 30}
    assert all(rule["Status"] == "Enabled" for rule in rules)


def test_a_stack_that_is_made_again_does_not_meet_its_old_bucket(stacks: Stacks) -> None:
    _, found = bucket(stacks)
    assert "BucketName" not in found["Properties"]
    assert (found["DeletionPolicy"], found["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_each_object_of_events_and_no_other_is_told_to_the_queue(stacks: Stacks) -> None:
    _, found = bucket(stacks)
    (told,) = found["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    assert stacks.readable(told["Queue"]) == f"postroad-{stacks.configuration.stage}-events"
    assert told["Event"] == "s3:ObjectCreated:*"
    assert told["Filter"] == {"S3Key": {"Rules": [{"Name": "prefix", "Value": "events/"}]}}
    # CDK's own way would deploy a function of its own to configure the bucket.
    assert not [kind for template in stacks.templates for kind in types(template) if "Custom" in kind]


def types(template: dict[str, Any]) -> set[str]:
    return {resource["Type"] for resource in template["Resources"].values()}


def test_s3_may_write_to_the_queue_before_the_bucket_is_made(stacks: Stacks) -> None:
    """S3 tries the queue when it gets its notification: without the policy the deployment fails."""
    _, found = bucket(stacks)
    policies = [stacks.all("AWS::SQS::QueuePolicy")[name] for name in found["DependsOn"]]
    (statement,) = [
        statement
        for policy in policies
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Principal"] == {"Service": "s3.amazonaws.com"}
    ]
    assert statement["Action"] == "sqs:SendMessage"
    assert stacks.readable(statement["Resource"]) == f"postroad-{stacks.configuration.stage}-events"


def test_firehose_writes_by_the_hour_of_arrival_and_compressed(stacks: Stacks) -> None:
    to_s3 = delivery(stacks)["ExtendedS3DestinationConfiguration"]
    logical_id, _ = bucket(stacks)
    assert to_s3["BucketARN"] == {"Fn::GetAtt": [logical_id, "Arn"]}
    assert to_s3["Prefix"] == "events/!{timestamp:yyyy/MM/dd/HH}/"
    assert to_s3["ErrorOutputPrefix"] == "errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/"
    assert to_s3["CompressionFormat"] == "GZIP"
    seconds = stacks.configuration.timing.events_buffer_seconds
    assert to_s3["BufferingHints"] == {"IntervalInSeconds": seconds, "SizeInMBs": 5}
    assert to_s3["CloudWatchLoggingOptions"]["Enabled"] is True


def test_what_firehose_holds_is_encrypted(stacks: Stacks) -> None:
    found = delivery(stacks)["DeliveryStreamEncryptionConfigurationInput"]
    ours = stacks.configuration.encryption == "customer-managed"
    assert found["KeyType"] == ("CUSTOMER_MANAGED_CMK" if ours else "AWS_OWNED_CMK")
    assert ("KeyARN" in found) == ours


def roles(stacks: Stacks) -> dict[str, dict[str, Any]]:
    """Return the two roles that services of AWS assume on the way, by the service."""
    found = {}
    for role in stacks.properties("AWS::IAM::Role"):
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        service = statement["Principal"]["Service"]
        if service != "lambda.amazonaws.com":
            found[service] = role
    assert set(found) == {"ses.amazonaws.com", "firehose.amazonaws.com"}
    return found


def test_ses_may_put_events_for_this_stage_s_configuration_sets_alone(stacks: Stacks) -> None:
    role = roles(stacks)["ses.amazonaws.com"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    stage, aws = stacks.configuration.stage, stacks.configuration.aws
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": aws.account}
    source = stacks.readable(trust["Condition"]["ArnLike"]["aws:SourceArn"])
    sets = f"arn:<AWS::Partition>:ses:{aws.region}:{aws.account}:configuration-set/postroad-{stage}-*"
    assert source == sets
    assert granted(stacks, role) == {
        f"arn:<AWS::Partition>:firehose:{aws.region}:{aws.account}:deliverystream/postroad-{stage}-events": {
            "firehose:PutRecordBatch"
        }
    }
    assert delivery(stacks)["DeliveryStreamName"] == f"postroad-{stage}-events"


def test_firehose_may_write_events_and_errors_and_nothing_else(stacks: Stacks) -> None:
    role = roles(stacks)["firehose.amazonaws.com"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    stage, aws = stacks.configuration.stage, stacks.configuration.aws
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": aws.account}}
    place = f"<{bucket(stacks)[0]}>"
    log = f"log-group:/aws/kinesisfirehose/postroad-{stage}-events:log-stream:delivery"
    objects = {"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"}
    expected = {
        place: {"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"},
        f"{place}/events/*": objects,
        f"{place}/errors/*": objects,
        f"arn:<AWS::Partition>:logs:{aws.region}:{aws.account}:{log}": {"logs:PutLogEvents"},
    }
    if stacks.configuration.encryption == "customer-managed":
        key = f"</postroad/{stage}/foundation/key-arn>"
        expected[key] = {"kms:Decrypt", "kms:GenerateDataKey"}
    assert granted(stacks, role) == expected


def granted(stacks: Stacks, role: dict[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for policy in role["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            for resource in as_list(statement["Resource"]):
                found.setdefault(stacks.readable(resource), set()).update(as_list(statement["Action"]))
    return found


def test_feedback_takes_the_objects_as_configured(stacks: Stacks) -> None:
    timing = stacks.configuration.timing
    (source,) = [
        source
        for source in stacks.properties("AWS::Lambda::EventSourceMapping")
        if stacks.readable(source["EventSourceArn"]) == f"postroad-{stacks.configuration.stage}-events"
    ]
    assert stacks.readable(source["FunctionName"]) == f"postroad-{stacks.configuration.stage}-feedback"
    assert source["BatchSize"] == timing.events_batch_size
    assert source["MaximumBatchingWindowInSeconds"] == timing.events_batching_window_seconds
    assert source["ScalingConfig"] == {"MaximumConcurrency": stacks.configuration.events_copies}
