"""POST /events: signed, throttled, and nothing else that anybody could call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.contract.event import EVENT_DETAIL_TYPE
from postroad.names import journeys_queue_parameter

if TYPE_CHECKING:
    from tests.infrastructure.templates import Stacks


def test_the_only_route_is_signed(prod: Stacks) -> None:
    (route,) = [
        route for route in prod.properties("AWS::ApiGatewayV2::Route") if route["RouteKey"] == "POST /events"
    ]
    assert route["AuthorizationType"] == "AWS_IAM"
    (api,) = [
        api for api in prod.properties("AWS::ApiGatewayV2::Api") if api["Name"] == "postroad-prod-intake"
    ]
    assert "CorsConfiguration" not in api
    of_this_api = [
        one for one in prod.properties("AWS::ApiGatewayV2::Route") if one["ApiId"] == route["ApiId"]
    ]
    assert of_this_api == [route]


def test_its_stage_is_throttled_and_logs_no_body(prod: Stacks) -> None:
    (stage,) = [
        stage
        for stage in prod.properties("AWS::ApiGatewayV2::Stage")
        if "$context.identity.caller" in stage["AccessLogSettings"]["Format"]
    ]
    assert stage["DefaultRouteSettings"] == {"ThrottlingBurstLimit": 200, "ThrottlingRateLimit": 100}


def test_whoever_reports_events_may_report_events_and_nothing_else(prod: Stacks) -> None:
    (policy,) = [
        policy
        for policy in prod.properties("AWS::IAM::ManagedPolicy")
        if "report-events" in str(policy["ManagedPolicyName"])
    ]
    statements = policy["PolicyDocument"]["Statement"]
    assert [each["Action"] for each in statements] == [
        "execute-api:Invoke",
        ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"],
        "events:PutEvents",
        "ssm:GetParameter",
    ]
    assert all("*" not in str(prod.readable(each["Resource"])) for each in statements)
    assert str(prod.readable(statements[0]["Resource"])).endswith("/$default/POST/events")
    assert statements[2]["Condition"] == {"StringEquals": {"events:detail-type": EVENT_DETAIL_TYPE}}


def test_the_queue_is_named_where_the_client_looks_for_it(prod: Stacks) -> None:
    names = [each["Name"] for each in prod.properties("AWS::SSM::Parameter")]
    assert journeys_queue_parameter("prod") in names
