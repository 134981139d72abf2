"""docs/explanation/privacy.md names everything that is deployed and may hold something, with true figures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from postroad.bodies.dynamodb import KEPT_DAYS as BODIES_KEPT_DAYS
from postroad.cli.contact.person_command import RAW_EVENTS_DAYS
from postroad.configuration import Attachments, Retention
from postroad.contacts.joining import CONFIRMABLE
from postroad.web import limits
from postroad.web.dynamodb import LIFE
from postroad.web.limits import Limit
from stacks.constructs.events_bucket import EVENTS, KEPT_DAYS
from tests.documented import ROOT

if TYPE_CHECKING:
    from tests.infrastructure.templates import Stacks

PAGE = (ROOT / "docs" / "explanation" / "privacy.md").read_text("utf-8")
TABLE = PAGE.partition("| where |")[2].partition("\n\n")[0]
HOLDING = {
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::KinesisFirehose::DeliveryStream": "DeliveryStreamName",
    "AWS::Events::EventBus": "Name",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SecretsManager::Secret": "Name",
}
"""What can hold data, and the property that names it."""
FUNCTION_LOG = "/aws/lambda/postroad-<stage>-"


def names(stacks: Stacks, kind: str) -> set[str]:
    """Return how the page calls everything of a kind."""
    configuration = stacks.configuration
    found = set()
    for logical_id, resource in stacks.all(kind).items():
        name = resource["Properties"].get(HOLDING[kind])
        if not isinstance(name, str):
            found.add(logical_id.rstrip("0123456789ABCDEF"))
            continue
        name = re.sub(rf"\b{configuration.stage}\b", "<stage>", name)
        name = name.replace(configuration.aws.account, "<account>").replace(
            configuration.aws.region, "<region>"
        )
        for stream in configuration.streams:
            name = re.sub(rf"-{stream}\b", "-<stream>", name)
        found.add(name)
    return found


@pytest.mark.parametrize("kind", HOLDING)
def test_everything_that_is_deployed_and_holds_data_is_named(
    managed: Stacks, staging: Stacks, kind: str
) -> None:
    everything = names(managed, kind) | names(staging, kind)
    assert everything
    for name in everything:
        short = name.removeprefix(FUNCTION_LOG)
        is_named = f"`{name}`" in TABLE or (short != name and f"`-{short}`" in TABLE)
        assert is_named, name


def test_nothing_else_can_hold_data(managed: Stacks) -> None:
    kinds = {
        resource["Type"] for template in managed.templates for resource in template["Resources"].values()
    }
    storing = re.compile(r"::(?:\w*Table|\w*Bucket|Queue|Topic|DeliveryStream|EventBus|LogGroup|Secret|"
                         r"Archive|Stream|DBInstance|FileSystem|Domain|Cluster)$")  # fmt: skip
    web = {"AWS::ApiGatewayV2::DomainName", "AWS::CloudFront::Distribution"}
    assert {kind for kind in kinds if storing.search(kind)} - web <= set(HOLDING)


def test_its_figures_are_those_of_the_configuration() -> None:
    defaults = {"retention": Retention(), "attachments": Attachments()}
    figures = re.findall(r"`(retention|attachments)\.(\w+)` \((\d+)\)", PAGE)
    assert len(figures) >= 10
    for section, key, days in figures:
        assert getattr(defaults[section], key) == int(days), f"{section}.{key}"


def test_every_retention_that_can_be_configured_is_named() -> None:
    for key in Retention.model_fields:
        assert f"`retention.{key}`" in TABLE, key


def test_raw_events_expire_within_thirty_days(managed: Stacks) -> None:
    (rules,) = [
        properties["LifecycleConfiguration"]["Rules"]
        for properties in managed.properties("AWS::S3::Bucket")
        if "BucketName" not in properties
    ]
    assert {rule["Prefix"] for rule in rules} >= {EVENTS}
    assert {(rule["Status"], rule["ExpirationInDays"]) for rule in rules} == {("Enabled", KEPT_DAYS)}
    assert KEPT_DAYS == RAW_EVENTS_DAYS <= 30
    assert PAGE.count("30 days") >= 3


def test_what_goes_by_itself_goes_when_the_page_says() -> None:
    assert CONFIRMABLE.days == 30
    by_address = [
        each for each in vars(limits).values() if isinstance(each, Limit) and "address" in each.name
    ]
    assert {each.name for each in by_address} == set(limits.COUNTED_BY_ADDRESS)
    # DynamoDB deletes within some days of that; what is over is not read any more.
    assert max(each.window for each in by_address) + LIFE <= 2 * CONFIRMABLE / 30
    assert [f"{days:,}" for days in BODIES_KEPT_DAYS] == ["60", "420", "4,200"]
    assert "60 days, or 420 or 4,200" in TABLE
