"""The dashboard draws what is really measured, at the thresholds that really ring, and fits CloudWatch."""

import json
import re

import pytest

from postroad.configuration import Configuration
from postroad.observability import NAMESPACE, UNKNOWN_STREAM, Counts, Metric
from stacks.constructs.queries import QUERIES
from tests.infrastructure.drawn import Drawn, Widget, drawn, measured, series
from tests.infrastructure.templates import Stacks, synthesise

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
WIDGETS = 500
METRICS_PER_WIDGET = 500
METRICS = 2500
ALARMS_PER_WIDGET = 100
TEMPLATE_BYTES = 1_000_000
RESOURCES = 500
COLUMNS = 24


@pytest.fixture(scope="module")
def dashboard(prod: Stacks) -> Drawn:
    return drawn(prod)


def test_our_metrics_are_those_that_functions_write(
    prod: Stacks, dashboard: Drawn, capsys: pytest.CaptureFixture[str]
) -> None:
    written = set()
    for stream in (*prod.configuration.streams, UNKNOWN_STREAM):
        counts = Counts(prod.configuration.stage)
        for metric in Metric:
            counts.add(metric, stream)
        counts.flush()
        line = json.loads(capsys.readouterr().out)
        (definition,) = line["_aws"]["CloudWatchMetrics"]
        (names,) = definition["Dimensions"]
        dimensions = tuple((name, line[name]) for name in sorted(names))
        written |= {(definition["Namespace"], metric["Name"], dimensions) for metric in definition["Metrics"]}
    drawn_ones = {
        (each.namespace, each.name, tuple(sorted(each.dimensions.items())))
        for each in measured(dashboard, NAMESPACE)
    }
    assert drawn_ones <= written
    assert {name for _, name, _ in drawn_ones} >= {metric.value for metric in Metric} - {
        Metric.DUPLICATES_DROPPED.value  # nothing to be done about these
    }


@pytest.mark.parametrize(
    ("namespace", "dimension", "kind"),
    [
        ("AWS/SQS", "QueueName", "AWS::SQS::Queue"),
        ("AWS/Lambda", "FunctionName", "AWS::Lambda::Function"),
        ("AWS/SNS", "TopicName", "AWS::SNS::Topic"),
        ("AWS/Logs", "LogGroupName", "AWS::Logs::LogGroup"),
        ("AWS/DynamoDB", "TableName", "AWS::DynamoDB::GlobalTable"),
        ("AWS/Firehose", "DeliveryStreamName", "AWS::KinesisFirehose::DeliveryStream"),
    ],
)
def test_aws_s_metrics_are_those_of_resources_that_are_deployed(
    prod: Stacks, namespace: str, dimension: str, kind: str
) -> None:
    deployed = {properties[dimension] for properties in prod.properties(kind)}
    deployed -= {  # need no graph
        "postroad-prod-alarms",
        "/aws/kinesisfirehose/postroad-prod-events",
        "/aws/apigateway/postroad-prod-web",
        "/aws/apigateway/postroad-prod-intake",
    }
    found = measured(drawn(prod), namespace)
    assert {each.dimensions[dimension].removesuffix(f".{dimension}") for each in found} == deployed
    indexes = {
        index["IndexName"]
        for table in prod.properties(kind)
        for index in table.get("GlobalSecondaryIndexes", [])
    }
    further = [pair for each in found for pair in each.dimensions.items() if pair[0] != dimension]
    assert set(further) == {("GlobalSecondaryIndexName", name) for name in indexes}


def test_ses_s_metrics_are_those_of_the_account(dashboard: Drawn) -> None:
    found = measured(dashboard, "AWS/SES")
    assert {each.name for each in found} == {"Send", "Reputation.BounceRate", "Reputation.ComplaintRate"}
    assert not any(each.dimensions for each in found)


def test_no_metric_is_of_a_namespace_that_no_test_looks_at(dashboard: Drawn) -> None:
    found = {each.namespace for widget in dashboard.widgets for each in series(widget) if each.namespace}
    of_aws = ("SQS", "Lambda", "SNS", "Logs", "DynamoDB", "Firehose", "SES")
    assert found == {NAMESPACE, *(f"AWS/{name}" for name in of_aws)}


def lines(widget: Widget) -> list[float]:
    return [line["value"] for line in widget["properties"]["annotations"]["horizontal"]]


def ringing_at(stacks: Stacks, ending: str) -> float:
    """Return the one threshold of all alarms whose names end so."""
    (value,) = {
        alarm["Threshold"]
        for alarm in stacks.properties("AWS::CloudWatch::Alarm")
        if alarm["AlarmName"].endswith(ending)
    }
    return float(value)


def test_lines_are_drawn_where_alarms_ring(prod: Stacks, dashboard: Drawn) -> None:
    percent, milliseconds = 100, 1000
    for title, expected in {
        "How long the oldest message has waited": ringing_at(prod, "transactional-late"),
        "How far outcomes and counting are behind": ringing_at(prod, "outcomes-late") / milliseconds,
        "How long what is due has waited for dispatch": ringing_at(prod, "-schedule-late"),
        "Streams that stopped themselves": ringing_at(prod, "-stopped"),
        "How far the evidence is behind": ringing_at(prod, "-evidence-stale"),
        "What should never happen": ringing_at(prod, "-duplicates"),
        "How long Firehose has held": ringing_at(prod, "events-stuck"),
        "Runs that ended with an error": ringing_at(prod, "-errors"),
        "Runs that Lambda refused": ringing_at(prod, "-throttles"),
        "Bounce rate": percent * ringing_at(prod, "-bounce-rate"),
        "Complaint rate": percent * ringing_at(prod, "-complaint-rate"),
    }.items():
        assert lines(dashboard.titled(title)) == [pytest.approx(expected)], title


def test_the_limits_of_ses_are_the_configuration_s(prod: Stacks, dashboard: Drawn, staging: Stacks) -> None:
    aws, share = prod.configuration.aws, prod.configuration.account_share
    assert aws.ses_rate_per_second
    assert lines(dashboard.titled("Mails a second")) == [
        aws.ses_rate_per_second,
        pytest.approx(aws.ses_rate_per_second * share),
    ]
    quota = dashboard.titled("Mails in the last 24 hours, of 50,000")
    assert quota["properties"]["yAxis"]["left"]["max"] == aws.ses_daily_quota
    without = drawn(staging)
    assert (
        "annotations"
        not in without.titled("Mails a second (limit unknown: aws.ses_rate_per_second)")["properties"]
    )
    assert without.titled("Mails in the last 24 hours (quota unknown: aws.ses_daily_quota)")


def test_every_alarm_is_shown_with_its_stream_and_once_among_those_that_ring(
    prod: Stacks, dashboard: Drawn
) -> None:
    names = {alarm["AlarmName"] for alarm in prod.properties("AWS::CloudWatch::Alarm")}
    shown = [each["properties"] for each in dashboard.widgets if each["type"] == "alarm"]
    ringing, *groups = [set(one["alarms"]) for one in shown]
    assert ringing == names
    assert shown[0]["states"] == ["ALARM"]
    assert sorted(name for group in groups for name in group) == sorted(names)
    for stream in prod.configuration.streams:
        assert {name for name in names if f"-{stream}-" in name} in groups


def test_an_outcome_has_the_same_colour_for_every_stream(prod: Stacks, dashboard: Drawn) -> None:
    looks = []
    for stream in prod.configuration.streams:
        widget = dashboard.titled(f"What becomes of the mail of {stream}")
        looks.append({each.name: each.options["color"] for each in series(widget)})
    assert all(look == looks[0] for look in looks)
    assert len(set(looks[0].values())) == len(looks[0])


def test_a_stream_has_the_same_colour_in_every_graph(dashboard: Drawn) -> None:
    for title in ("Runs that ended", "Runs that Lambda", "Longest run", "Copies that run"):
        for each in series(dashboard.titled(title)):
            if each.options.get("visible", True):
                name = each.options["label"].partition(" ")[0].removeprefix("send-")
                expected = {
                    "transactional": "#1f77b4",
                    "marketing": "#ff7f0e",
                    "feedback": "#7f7f7f",
                    "journeys": "#98df8a",
                    "intake": "#dbdb8d",
                    "outcomes": "#c7c7c7",
                    "counting": "#9edae5",
                    "dispatch": "#393b79",
                    "web": "#c49c94",
                }
                assert each.options["color"] == expected[name]


def test_every_graph_begins_at_zero_and_says_its_unit_and_what_it_shows(dashboard: Drawn) -> None:
    titles = []
    for widget in dashboard.widgets:
        properties = widget["properties"]
        if widget["type"] == "text":
            continue
        titles.append(properties["title"])
        if properties.get("view") in {"timeSeries", "gauge"}:
            sides = {each.options.get("yAxis", "left") for each in series(widget)}
            for side in sides:
                axis = properties["yAxis"][side]
                assert axis["min"] == 0
                assert axis["label"]
        for each in series(widget):
            if each.options.get("visible", True):
                assert each.options.get("label"), properties["title"]
    assert len(set(titles)) == len(titles)


def test_widgets_fill_the_grid_without_lying_over_each_other(dashboard: Drawn) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in dashboard.widgets:
        here = {
            (column, row)
            for column in range(widget["x"], widget["x"] + widget["width"])
            for row in range(widget["y"], widget["y"] + widget["height"])
        }
        assert all(column < COLUMNS for column, _ in here)
        assert not here & taken
        taken |= here
    rows = {row for _, row in taken}
    assert len(taken) == COLUMNS * len(rows)


def test_the_state_of_now_is_on_the_first_screen(dashboard: Drawn) -> None:
    laptop = 13
    first = [
        each["properties"].get("title", "")
        for each in dashboard.widgets
        if each["y"] + each["height"] <= laptop
    ]
    assert [title.partition(" ")[0] for title in first] == [
        *("Ringing", "Oldest", "Messages", "Dead", "Held", "Bounce", "Complaint"),
        *("", "Alarms", "What"),
    ]
    assert first[-1] == "What becomes of the mail of transactional"


@pytest.mark.parametrize("which", ["prod", "crowd"])
def test_it_stays_within_cloudwatch_s_limits(which: str, request: pytest.FixtureRequest) -> None:
    stacks: Stacks = request.getfixturevalue(which)
    dashboard = drawn(stacks)
    per_widget = [sum(1 for each in series(widget) if each.namespace) for widget in dashboard.widgets]
    assert len(dashboard.widgets) <= WIDGETS
    assert max(per_widget) <= METRICS_PER_WIDGET
    assert sum(per_widget) <= METRICS
    for widget in dashboard.widgets:
        assert len(widget["properties"].get("alarms", [])) <= ALARMS_PER_WIDGET
    assert len(json.dumps(stacks.mail).encode()) <= TEMPLATE_BYTES
    assert len(stacks.mail["Resources"]) <= RESOURCES


def test_one_stream_is_enough(staging: Stacks) -> None:
    assert drawn(staging).titled("What becomes of the mail of transactional")


def test_it_leads_to_runbooks_logs_queries_and_the_command_line(prod: Stacks, dashboard: Drawn) -> None:
    assert f"({prod.configuration.alarms.runbooks}/README.md)" in dashboard.text
    for name in ("send-transactional", "send-marketing", "feedback", "dispatch", "outcomes", "counting"):
        assert f"log-group/$252Faws$252Flambda$252Fpostroad-prod-{name})" in dashboard.text
    assert "postroad --stage prod why <message_id>" in dashboard.text
    assert all(query.title in dashboard.text for query in QUERIES)


@pytest.mark.parametrize(
    "reason", ["refused:template_data", "held:unknown_outcome", "later:unexpected_answer:SomethingNew"]
)
def test_the_query_by_reason_reads_what_a_batch_logs(reason: str) -> None:
    (query,) = [query for query in QUERIES if query.title == "failures by reason"]
    (pattern,) = re.findall(r"parse @message /(.*)/", query.text)
    found = re.search(pattern.replace("(?<", "(?P<"), json.dumps({"sent": 48, reason: 2}))
    assert found is not None
    assert (found["reason"], found["times"]) == (reason, "2")


def test_its_address_is_an_output(prod: Stacks, dashboard: Drawn) -> None:
    assert dashboard.name == "postroad-prod"
    assert prod.mail["Outputs"]["DashboardUrl"]["Value"] == (
        "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/postroad-prod"
    )


def test_a_stage_can_do_without(prod_configuration: Configuration) -> None:
    alarms = prod_configuration.alarms.model_copy(update={"dashboard": False})
    stacks = synthesise(prod_configuration.model_copy(update={"alarms": alarms}))
    assert not stacks.all("AWS::CloudWatch::Dashboard")
    assert not stacks.all("AWS::Logs::QueryDefinition")
    assert "DashboardUrl" not in stacks.mail["Outputs"]
    assert stacks.all("AWS::CloudWatch::Alarm")
