"""Each stream sends through a configuration set of its own, which reports to the feedback topic."""

from tests.infrastructure.templates import Stacks

ALWAYS = {"bounce", "complaint", "reject", "renderingFailure", "deliveryDelay", "delivery"}


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


def test_events_go_to_the_feedback_topic_and_tracking_is_asked_for_or_off(prod: Stacks) -> None:
    sets = prod.all("AWS::SES::ConfigurationSet")
    (topic,) = [
        logical_id
        for logical_id, found in prod.all("AWS::SNS::Topic").items()
        if found["Properties"]["TopicName"] == "postroad-prod-feedback"
    ]
    seen = set()
    for found in prod.properties("AWS::SES::ConfigurationSetEventDestination"):
        name = sets[found["ConfigurationSetName"]["Ref"]]["Properties"]["Name"].removeprefix("postroad-prod-")
        stream = prod.configuration.streams[name]
        destination = found["EventDestination"]
        tracked = {"open": stream.open_tracking, "click": stream.click_tracking}
        assert set(destination["MatchingEventTypes"]) == ALWAYS | {kind for kind, on in tracked.items() if on}
        assert destination["SnsDestination"] == {"TopicARN": {"Ref": topic}}
        assert destination["Enabled"] is True
        seen.add(name)
    assert seen == set(prod.configuration.streams)


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
