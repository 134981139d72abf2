"""Whatever goes wrong rings somewhere, and an alarm's metric is one that is really written."""

import json
from typing import Any

import pytest

from postroad.observability import NAMESPACE, UNKNOWN_STREAM, Counts, Metric
from postroad.schedule.walks import WALKS
from tests.infrastructure.templates import Stacks

OF_EACH_STREAM = {
    Metric.UNKNOWN_OUTCOMES: ("Sum", 1),
    Metric.DUPLICATES: ("Sum", 1),
    Metric.HELD: ("Sum", 1),
    Metric.BODIES_LOST: ("Sum", 1),
    Metric.AUDITED: ("Sum", 1),
    Metric.STREAM_STOPPED: ("Sum", 1),
    Metric.WATERMARK_SECONDS: ("Maximum", 30 * 60),
    Metric.OLDEST_DUE_SECONDS: ("Maximum", 10 * 60),
}
EXPECTED_RATES = {"Reputation.BounceRate": 0.05, "Reputation.ComplaintRate": 0.001}


def alarms(stacks: Stacks, **having: str) -> list[dict[str, Any]]:
    return [
        alarm
        for alarm in stacks.properties("AWS::CloudWatch::Alarm")
        if all(alarm.get(key) == value for key, value in having.items())
    ]


def dimensions(alarm: dict[str, Any]) -> dict[str, Any]:
    return {found["Name"]: found["Value"] for found in alarm.get("Dimensions", [])}


OF_WALKS = {Metric.AUDITED: "overlooked", Metric.OLDEST_DUE_SECONDS: "schedule-late"}
"""What rings for walks through journeys as well, which dispatch hands out like mail."""


@pytest.mark.parametrize("metric", OF_EACH_STREAM)
def test_alarms_watch_the_metrics_that_functions_write(
    prod: Stacks, capsys: pytest.CaptureFixture[str], metric: Metric
) -> None:
    watched = alarms(prod, Namespace=NAMESPACE, MetricName=metric.value)
    streams = [*prod.configuration.streams, *([WALKS] if metric in OF_WALKS else [])]
    assert sorted(dimensions(found)["stream"] for found in watched) == sorted(streams)
    for stream in streams:
        counts = Counts(prod.configuration.stage)
        counts.add(metric, stream)
        counts.flush()
        written = json.loads(capsys.readouterr().out)
        (definition,) = written["_aws"]["CloudWatchMetrics"]
        (names,) = definition["Dimensions"]
        (alarm,) = [found for found in watched if dimensions(found)["stream"] == stream]
        assert alarm["MetricName"] in {one["Name"] for one in definition["Metrics"]}
        assert dimensions(alarm) == {name: written[name] for name in names}
        assert (alarm["Statistic"], alarm["Threshold"]) == OF_EACH_STREAM[metric]
        assert (alarm["Period"], alarm["EvaluationPeriods"]) == (300, 1)


def test_no_other_metric_of_ours_rings(prod: Stacks) -> None:
    watched = {alarm["MetricName"] for alarm in alarms(prod, Namespace=NAMESPACE)}
    assert watched == {metric.value for metric in (*OF_EACH_STREAM, Metric.DISPATCH_RUNS, Metric.STRANDED)}


def test_walks_that_are_late_or_were_passed_over_ring_as_journeys(prod: Stacks) -> None:
    for metric, word in OF_WALKS.items():
        named = {
            alarm["AlarmName"]
            for alarm in alarms(prod, MetricName=metric.value)
            if dimensions(alarm)["stream"] == WALKS
        }
        assert named == {f"postroad-prod-journeys-{word}"}


def test_held_mail_rings_only_where_nobody_is_kept_from_it(prod: Stacks, staging: Stacks) -> None:
    """A stage that may mail only its own people holds all other mail: that is what it is for."""
    assert prod.configuration.recipients.allow == ("*",)
    assert alarms(prod, MetricName=Metric.HELD.value)
    assert staging.configuration.recipients.allow != ("*",)
    assert not alarms(staging, MetricName=Metric.HELD.value)


def test_a_dispatch_that_says_nothing_rings(prod: Stacks) -> None:
    (alarm,) = alarms(prod, MetricName=Metric.DISPATCH_RUNS.value)
    assert alarm["ComparisonOperator"] == "LessThanThreshold"
    assert (alarm["Threshold"], alarm["Period"], alarm["EvaluationPeriods"]) == (1, 300, 2)
    assert alarm["TreatMissingData"] == "breaching"
    assert dimensions(alarm) == {"stage": "prod", "stream": UNKNOWN_STREAM}


def test_what_is_scheduled_on_a_stream_that_is_gone_rings(prod: Stacks) -> None:
    (alarm,) = alarms(prod, MetricName=Metric.STRANDED.value)
    assert alarm["AlarmName"] == "postroad-prod-dispatch-stranded"
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 1)
    assert dimensions(alarm) == {"stage": "prod", "stream": UNKNOWN_STREAM}


def test_events_that_firehose_can_not_write_ring(prod: Stacks) -> None:
    (alarm,) = alarms(prod, Namespace="AWS/Firehose")
    assert alarm["MetricName"] == "DeliveryToS3.DataFreshness"
    (stream,) = prod.properties("AWS::KinesisFirehose::DeliveryStream")
    assert dimensions(alarm) == {"DeliveryStreamName": stream["DeliveryStreamName"]}
    assert alarm["Threshold"] == 15 * 60 + prod.configuration.timing.events_buffer_seconds


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


def watching(stacks: Stacks, metric: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the alarms whose metric math uses `metric`, each with what it queries by id."""
    found = []
    for alarm in stacks.properties("AWS::CloudWatch::Alarm"):
        queries = {query["Id"]: query for query in alarm.get("Metrics", [])}
        if any(of(query).get("MetricName") == metric for query in queries.values()):
            found.append((alarm, queries))
    return found


def of(query: dict[str, Any]) -> dict[str, Any]:
    metric: dict[str, Any] = query.get("MetricStat", {}).get("Metric", {})
    return metric


@pytest.mark.parametrize(("rate", "threshold"), EXPECTED_RATES.items())
def test_bounce_and_complaint_rates_of_the_account_and_of_each_stream(
    prod: Stacks, rate: str, threshold: float
) -> None:
    found = watching(prod, rate)
    assert {alarm["Threshold"] for alarm, _ in found} == {threshold}
    sets = [dimensions(of(queries["rate"])).get("ses:configuration-set") for _, queries in found]
    expected = [{"Ref": logical_id} for logical_id in prod.all("AWS::SES::ConfigurationSet")]
    assert len(sets) == len(expected) + 1
    assert all(reference in sets for reference in [None, *expected])


@pytest.mark.parametrize(
    ("rate", "least", "ours", "of_ses"),
    [
        ("Reputation.BounceRate", 5, Metric.HARD_BOUNCES, "Bounce"),
        ("Reputation.ComplaintRate", 2, Metric.COMPLAINTS, "Complaint"),
    ],
)
def test_one_bounce_of_three_mails_rings_nobody(
    prod: Stacks, rate: str, least: int, ours: Metric, of_ses: str
) -> None:
    """The rate is SES's own, and counts only where enough mails of one day stand behind it."""
    expected = {(NAMESPACE, ours.value, f"prod {stream}") for stream in prod.configuration.streams} | {
        ("AWS/SES", of_ses, "")
    }
    counted = set()
    for _, queries in watching(prod, rate):
        (result,) = [query for query in queries.values() if "Expression" in query]
        assert result["Expression"] == f"IF(FILL(count, 0) >= {least}, rate, 0)"
        assert result.get("ReturnData", True)
        assert [query["Id"] for query in queries.values() if query is not result] == ["rate", "count"]
        assert not any(query.get("ReturnData", True) for query in queries.values() if query is not result)
        assert queries["rate"]["MetricStat"]["Stat"] == "Maximum"
        assert queries["count"]["MetricStat"]["Stat"] == "Sum"
        # Of one day both: neither a single hour's mail nor a week that is over.
        assert {queries[name]["MetricStat"]["Period"] for name in ("rate", "count")} == {24 * 60 * 60}
        count = of(queries["count"])
        counted.add((count["Namespace"], count["MetricName"], " ".join(dimensions(count).values())))
    assert counted == expected


def test_one_crash_wakes_nobody_and_a_second_one_does(prod: Stacks) -> None:
    for alarm in alarms(prod, Namespace="AWS/Lambda", MetricName="Errors"):
        assert (alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (3, 2)
        assert (alarm["Period"], alarm["Threshold"], alarm["Statistic"]) == (300, 1, "Sum")


def test_outcomes_and_counting_ring_when_they_fall_behind(prod: Stacks) -> None:
    functions = prod.all("AWS::Lambda::Function")
    watched = {
        alarm["AlarmName"]: functions[dimensions(alarm)["FunctionName"]["Ref"]]["Properties"]["FunctionName"]
        for alarm in alarms(prod, Namespace="AWS/Lambda", MetricName="IteratorAge")
    }
    assert watched == {
        f"postroad-prod-{name}-late": f"postroad-prod-{name}" for name in ("outcomes", "counting")
    }


def test_every_alarm_tells_the_configured_address(prod: Stacks) -> None:
    (topic,) = [
        logical_id
        for logical_id, found in prod.all("AWS::SNS::Topic").items()
        if found["Properties"]["TopicName"] == "postroad-prod-alarms"
    ]
    assert prod.all("AWS::SNS::Topic")[topic]["Properties"]["DisplayName"] == "Postroad prod"
    for alarm in prod.properties("AWS::CloudWatch::Alarm"):
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic}]
        assert "InsufficientDataActions" not in alarm
        silence = alarm["ComparisonOperator"] == "LessThanThreshold"
        assert alarm["TreatMissingData"] == ("breaching" if silence else "notBreaching")
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
