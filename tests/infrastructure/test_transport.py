"""Queues, topics and buckets refuse plain HTTP."""

from typing import Any

import pytest

from tests.infrastructure.templates import Stacks, as_list

POLICIES = {
    "AWS::SQS::Queue": ("AWS::SQS::QueuePolicy", "Queues"),
    "AWS::SNS::Topic": ("AWS::SNS::TopicPolicy", "Topics"),
    "AWS::S3::Bucket": ("AWS::S3::BucketPolicy", "Bucket"),
}


def refuses_plain_http(statement: dict[str, Any]) -> bool:
    return (
        statement["Effect"] == "Deny"
        and statement["Principal"] in ({"AWS": "*"}, "*")
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    )


@pytest.mark.parametrize("stage", ["prod", "local", "managed"])
@pytest.mark.parametrize("kind", POLICIES)
def test_plain_http_is_refused(stage: str, kind: str, request: pytest.FixtureRequest) -> None:
    stacks: Stacks = request.getfixturevalue(stage)
    policy_kind, key = POLICIES[kind]
    refusing = [
        target["Ref"]
        for policy in stacks.properties(policy_kind)
        if any(refuses_plain_http(statement) for statement in policy["PolicyDocument"]["Statement"])
        for target in as_list(policy[key])
    ]
    assert sorted(refusing) == sorted(stacks.all(kind))
