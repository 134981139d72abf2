"""What a stage costs, as its dashboard estimates it; and the queries that are saved beside it."""

import re

from stacks.constructs.queries import QUERIES
from stacks.dashboard import prices
from tests.infrastructure.drawn import drawn, series
from tests.infrastructure.templates import Stacks


def test_costs_are_counts_by_list_prices_and_are_called_an_estimate(prod: Stacks) -> None:
    dashboard = drawn(prod)
    for title in ("US dollars, last 24 hours", "US dollars, last 30 days", "US dollars a day"):
        assert "(estimate)" in dashboard.titled(title)["properties"]["title"]
    assert prices.AS_OF in dashboard.text
    day = dashboard.titled("US dollars a day")
    shown = {
        each.options["label"]: each.options["expression"]
        for each in series(day)
        if "expression" in each.options
    }
    assert set(shown) == {
        *("SES, plan Essentials", "Lambda", "SQS, at most", "DynamoDB"),
        *("SNS and EventBridge", "Firehose", "Logs"),
    }
    assert (
        shown["SES, plan Essentials"] == "FILL(sent0, 0) * 0.000160000000 + FILL(sent1, 0) * 0.000160000000"
    )
    # A send function has 768 MiB at this rate, three quarters of a GiB.
    assert "FILL(duration0, 0) * 0.000000010000" in shown["Lambda"]
    counted = {each.options["id"]: each for each in series(day) if each.namespace}
    assert counted["duration0"].dimensions == {"FunctionName": "postroad-prod-send-transactional"}
    assert counted["duration0"].options["stat"] == "Sum"
    assert prod.function("send-transactional")["MemorySize"] == 768
    for expression in shown.values():
        assert set(re.findall(r"FILL\((\w+),", expression)) <= counted.keys()
    month = dashboard.titled("US dollars, last 30 days")["properties"]
    assert (month["start"], month["setPeriodToTimeRange"]) == ("-P30D", True)


def test_what_stands_still_is_counted_from_what_is_deployed(prod: Stacks) -> None:
    dashboard = drawn(prod)
    looked_at = sum(
        sum("MetricStat" in query for query in alarm.get("Metrics", [])) or 1
        for alarm in prod.properties("AWS::CloudWatch::Alarm")
    )
    assert f"- alarms: {looked_at * prices.ALARM_METRIC:.2f}" in dashboard.text
    assert prod.configuration.timing.canary_minutes == 15
    assert "- canaries: 0.92" in dashboard.text  # two streams, each 2,880 times a month


def test_saved_queries_read_the_logs_that_are_there_and_show_no_address(prod: Stacks) -> None:
    groups = set(prod.all("AWS::Logs::LogGroup"))
    found = prod.properties("AWS::Logs::QueryDefinition")
    assert {one["Name"] for one in found} == {f"postroad-prod/{query.title}" for query in QUERIES}
    for one in found:
        assert one["LogGroupNames"]
        assert {name["Ref"] for name in one["LogGroupNames"]} <= groups
        assert not re.search(r"email|address|\bto\b|recipient|body", one["QueryString"])
