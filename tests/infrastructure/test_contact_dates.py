"""Where a date begins a journey, the function `journeys` follows the contacts; elsewhere it doesn't."""

from __future__ import annotations

import json
from typing import Any

import pytest

from postroad.configuration import Configuration
from postroad.journeys.plan import DateTrigger, Plan, Send, write_plans
from tests.infrastructure.templates import Stacks, as_list, synthesise

BIRTHDAY = Plan(
    name="birthday", version=1, stream="marketing", trigger=DateTrigger(attribute="birthday"),
    steps=(Send(id="wish", template="wish"),),
)  # fmt: skip


@pytest.fixture(scope="module")
def dated(prod_configuration: Configuration) -> Stacks:
    return synthesise(prod_configuration, plans=write_plans([BIRTHDAY]))


def streams_of_profiles(stacks: Stacks) -> list[dict[str, Any]]:
    return [
        each
        for each in stacks.properties("AWS::Lambda::EventSourceMapping")
        if "profile" in json.dumps(each.get("FilterCriteria", {}))
    ]


def test_profiles_that_change_reach_journeys_and_are_lost_nowhere(dated: Stacks) -> None:
    (source,) = streams_of_profiles(dated)
    (pattern,) = source["FilterCriteria"]["Filters"]
    assert json.loads(pattern["Pattern"]) == {"dynamodb": {"Keys": {"sk": {"S": ["profile"]}}}}
    assert source["StartingPosition"] == "TRIM_HORIZON"
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["DestinationConfig"]["OnFailure"]["Destination"]


def test_contacts_are_looked_through_every_five_minutes(dated: Stacks) -> None:
    (rule,) = [
        each
        for each in dated.properties("AWS::Events::Rule")
        if each.get("ScheduleExpression") == "rate(5 minutes)"
    ]
    assert json.loads(rule["Targets"][0]["Input"]) == {"schema": "postroad.dates.v1"}


def test_the_alarm_of_late_dates_is_there(dated: Stacks) -> None:
    names = {each["AlarmName"] for each in dated.properties("AWS::CloudWatch::Alarm")}
    assert "postroad-prod-journeys-dates-late" in names


def test_journeys_may_scan_contacts_only_there(prod: Stacks, dated: Stacks) -> None:
    def scans(stacks: Stacks) -> int:
        statements = [
            statement
            for policy in stacks.properties("AWS::IAM::Policy")
            for statement in policy["PolicyDocument"]["Statement"]
        ]
        return sum(
            "dynamodb:Scan" in as_list(each["Action"]) and "-contacts" in json.dumps(each["Resource"])
            for each in statements
        )

    assert scans(dated) == scans(prod) + 1


def test_without_such_a_journey_nothing_follows_contacts(prod: Stacks) -> None:
    assert streams_of_profiles(prod) == []
