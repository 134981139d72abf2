"""Whatever goes wrong rings somewhere, and an alarm's metric is one that is really written."""

import json
from typing import Any

import pytest

from postroad.observability import NAMESPACE, Counts, Metric
from tests.infrastructure.templates import Stacks

EXPECTED_RATES = {"Reputation.BounceRate": 0.05, "Reputation.ComplaintRate": 0.001}


def alarms(stacks: Stacks, **having: str) -> list[dict[str, Any]]:
    return [
        alarm
        for alarm in stacks.properties("AWS::CloudWatch::Alarm")
        if all(alarm.get(key) == value for key, value in having.items())
    ]


def dimensions(alarm: dict[str, Any]) -> dict[str, Any]:
    return {found["Name"]: found["Value"] for found in alarm.get("Dimensions", [])}


def test_alarms_watch_the_metrics_that_functions_write(
    prod: Stacks, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = alarms(prod, Namespace=NAMESPACE)
    assert {alarm["MetricName"] for alarm in watched} == {Metric.UNKNOWN_OUTCOMES.value}
    for stream in prod.configuration.streams:
        counts = Counts(prod.configuration.stage)
        counts.add(Metric.UNKNOWN_OUTCOMES, stream)
        counts.flush()
        written = json.loads(capsys.readouterr().out)
        (definition,) = written["_aws"]["CloudWatchMetrics"]
        (names,) = definition["Dimensions"]
        (alarm,) = [found for found in watched if dimensions(found)["stream"] == stream]
        assert alarm["Namespace"] == definition["Namespace"]
        assert alarm["MetricName"] in {metric["Name"] for metric in definition["Metrics"]}
        assert dimensions(alarm) == {name: written[name] for name in names}
        assert alarm["Statistic"] == "Sum"
        assert alarm["Threshold"] == 1


def test_each_function_rings_on_errors_and_throttles(prod: Stacks) -> None:
    for metric in ("Errors", "Throttles"):
        watched = {
            dimensions(alarm)["FunctionName"]["Ref"]
            for alarm in alarms(prod, Namespace="AWS/Lambda", MetricName=metric)
        }
        assert watched == set(prod.all("AWS::Lambda::Function"))


def test_each_dead_letter_queue_rings_from_the_first_and_each_work_queue_on_age(prod: Stacks) -> None:
    queues = {
        logical_id: found["Properties"]["QueueName"]
        for logical_id, found in prod.all("AWS::SQS::Queue").items()
    }

    def watched(metric: str) -> dict[str, float]:
        return {
            queues[dimensions(alarm)["QueueName"]["Fn::GetAtt"][0]]: alarm["Threshold"]
            for alarm in alarms(prod, Namespace="AWS/SQS", MetricName=metric)
        }

    dead = {name for name in queues.values() if name.endswith("-dead-letters")}
    assert watched("ApproximateNumberOfMessagesVisible") == dict.fromkeys(dead, 1)
    assert set(watched("ApproximateAgeOfOldestMessage")) == set(queues.values()) - dead


def test_bounce_and_complaint_rates_of_the_account_and_of_each_stream(prod: Stacks) -> None:
    for metric, threshold in EXPECTED_RATES.items():
        found = alarms(prod, Namespace="AWS/SES", MetricName=metric)
        assert {alarm["Threshold"] for alarm in found} == {threshold}
        sets = [dimensions(alarm).get("ses:configuration-set") for alarm in found]
        expected = [{"Ref": logical_id} for logical_id in prod.all("AWS::SES::ConfigurationSet")]
        assert len(sets) == len(expected) + 1
        assert all(reference in sets for reference in [None, *expected])


def test_outcomes_rings_when_it_falls_behind(prod: Stacks) -> None:
    (alarm,) = alarms(prod, Namespace="AWS/Lambda", MetricName="IteratorAge")
    name = prod.all("AWS::Lambda::Function")[dimensions(alarm)["FunctionName"]["Ref"]]["Properties"][
        "FunctionName"
    ]
    assert name == "postroad-prod-outcomes"


def test_every_alarm_tells_the_configured_address(prod: Stacks) -> None:
    (topic,) = [
        logical_id
        for logical_id, found in prod.all("AWS::SNS::Topic").items()
        if found["Properties"]["TopicName"] == "postroad-prod-alarms"
    ]
    for alarm in prod.properties("AWS::CloudWatch::Alarm"):
        assert alarm["AlarmActions"] == [{"Ref": topic}]
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["AlarmDescription"]
    mail = prod.named("AWS::SNS::Subscription", "Protocol", "email")
    assert mail["Endpoint"] == prod.configuration.alarms.email
    assert mail["TopicArn"] == {"Ref": topic}


def test_cloudwatch_may_publish_to_the_alarms_topic(prod: Stacks) -> None:
    allowed = [
        statement
        for policy in prod.properties("AWS::SNS::TopicPolicy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement.get("Principal") == {"Service": "cloudwatch.amazonaws.com"}
    ]
    assert [statement["Action"] for statement in allowed] == ["sns:Publish"]
