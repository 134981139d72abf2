"""Each stream sends through a configuration set of its own; its events go to a topic, and to Firehose."""

import re
from typing import Any

from aws_cdk.aws_ses import EmailSendingEvent

from tests.infrastructure.templates import Stacks

FAST = {"bounce", "complaint", "reject", "renderingFailure", "deliveryDelay"}
ALL = FAST | {"send", "delivery"}


def test_one_per_stream_with_what_the_stream_asks_for(prod: Stacks) -> None:
    for name, stream in prod.configuration.streams.items():
        found = prod.named("AWS::SES::ConfigurationSet", "Name", f"postroad-prod-{name}")
        assert found["DeliveryOptions"] == {
            "TlsPolicy": "REQUIRE" if stream.tls == "require" else "OPTIONAL",
            "MaxDeliverySeconds": stream.longest_delivery_seconds,
        }
        assert found["ReputationOptions"] == {"ReputationMetricsEnabled": True}
        assert found["SuppressionOptions"] == {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}
        tracking = found.get("TrackingOptions")
        assert tracking == (
            {"CustomRedirectDomain": stream.tracking_domain, "HttpsPolicy": "REQUIRE"}
            if stream.tracking_domain
            else None
        )


def destinations(stacks: Stacks, kind: str) -> dict[str, dict[str, Any]]:
    """Return each stream's one destination of a kind."""
    sets = stacks.all("AWS::SES::ConfigurationSet")
    found = {}
    for properties in stacks.properties("AWS::SES::ConfigurationSetEventDestination"):
        if kind in properties["EventDestination"]:
            name = sets[properties["ConfigurationSetName"]["Ref"]]["Properties"]["Name"]
            assert properties["EventDestination"]["Enabled"] is True
            found[name.removeprefix("postroad-prod-")] = properties["EventDestination"]
    assert set(found) == set(stacks.configuration.streams)
    return found


def test_bad_news_and_where_asked_for_each_send_come_fast(prod: Stacks) -> None:
    (topic,) = [
        logical_id
        for logical_id, found in prod.all("AWS::SNS::Topic").items()
        if found["Properties"]["TopicName"] == "postroad-prod-feedback"
    ]
    evidence = {name: stream.evidence for name, stream in prod.configuration.streams.items()}
    assert evidence == {"transactional": "fast", "marketing": "bulk"}
    for name, destination in destinations(prod, "SnsDestination").items():
        sends = {"send"} if evidence[name] == "fast" else set()
        assert set(destination["MatchingEventTypes"]) == FAST | sends
        assert destination["SnsDestination"] == {"TopicARN": {"Ref": topic}}


def test_every_event_goes_to_firehose_and_tracking_is_asked_for_or_off(prod: Stacks) -> None:
    (stream,) = prod.all("AWS::KinesisFirehose::DeliveryStream")
    for name, destination in destinations(prod, "KinesisFirehoseDestination").items():
        configured = prod.configuration.streams[name]
        tracked = {"open": configured.open_tracking, "click": configured.click_tracking}
        assert set(destination["MatchingEventTypes"]) == ALL | {kind for kind, on in tracked.items() if on}
        firehose = destination["KinesisFirehoseDestination"]
        assert firehose["DeliveryStreamARN"] == {"Fn::GetAtt": [stream, "Arn"]}
        assert firehose["IAMRoleARN"]["Fn::GetAtt"][0] in prod.all("AWS::IAM::Role")


def test_what_is_not_asked_for_is_what_ses_has_for_lists_that_we_do_not_use() -> None:
    known = {event.name for event in EmailSendingEvent}
    asked = {re.sub(r"([A-Z])", r"_\1", kind).upper() for kind in ALL | {"open", "click"}}
    assert known - asked == {"SUBSCRIPTION"}


def test_only_our_own_configuration_sets_may_publish(prod: Stacks) -> None:
    allowed = [
        statement
        for policy in prod.properties("AWS::SNS::TopicPolicy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement.get("Principal") == {"Service": "ses.amazonaws.com"}
    ]
    assert len(allowed) == len(prod.configuration.streams)
    for statement in allowed:
        assert statement["Action"] == "sns:Publish"
        assert set(statement["Condition"]["StringEquals"]) == {"AWS:SourceAccount", "AWS:SourceArn"}
