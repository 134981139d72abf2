"""The two stacks: how they find each other, and what they tell."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from postroad.configuration import Configuration
from postroad.names import pascal
from stacks import application
from stacks.application import add_stacks, make_app
from stacks.stage import Stage
from tests.infrastructure.templates import Stacks, synthesise

HERE = Path(__file__).parent
FOUNDATION = {
    "MessagesTable",
    "BodiesTable",
    "SuppressionsTable",
    "ScheduleTable",
    "ContactsTable",
    "JourneysTable",
    "StatsTable",
    "AttachmentsBucket",
    "AddressSecretArn",
    "TokenKeysSecretArn",
}
MAIL = {
    "ResultBus",
    "FeedbackQueueUrl",
    "EventsPolicyArn",
    "EventsUrl",
    "JourneysQueueUrl",
    "JourneysDeadLetterQueueUrl",
    "FeedbackDeadLetterQueueUrl",
    "EventsBucket",
    "EventsQueueUrl",
    "EventsDeadLetterQueueUrl",
    "OutcomesDeadLetterQueueUrl",
    "CountingDeadLetterQueueUrl",
    "DashboardUrl",
    "WebUrl",
}
STREAM = {"QueueUrl", "DeadLetterQueueUrl", "ConfigurationSet", "EnqueuePolicyArn", "From"}


@pytest.mark.parametrize("stage", ["prod", "managed", "local"])
def test_nothing_is_exported_or_imported(stage: str, request: pytest.FixtureRequest) -> None:
    stacks: Stacks = request.getfixturevalue(stage)
    for template in stacks.templates:
        assert not any("Export" in output for output in template["Outputs"].values())
        assert "Fn::ImportValue" not in json.dumps(template)


def test_outputs_tell_what_producers_and_operators_need(prod: Stacks) -> None:
    told = {name for name in prod.foundation["Outputs"] if not name.startswith(("DnsRecords", "Web"))}
    assert told == FOUNDATION
    streams = {f"{pascal(name)}{what}" for name in prod.configuration.streams for what in STREAM}
    assert set(prod.mail["Outputs"]) == MAIL | streams


def test_the_queue_of_each_stream_stands_in_a_parameter(prod: Stacks) -> None:
    for name in prod.configuration.streams:
        found = prod.named("AWS::SSM::Parameter", "Name", f"/postroad/prod/{name}/queue-url")
        assert found["Value"] == prod.mail["Outputs"][f"{pascal(name)}QueueUrl"]["Value"]


def test_mail_reads_only_parameters_that_foundation_writes(managed: Stacks) -> None:
    written = {
        found["Properties"]["Name"]
        for found in managed.foundation["Resources"].values()
        if found["Type"] == "AWS::SSM::Parameter"
    }
    read = {
        parameter["Default"]
        for parameter in managed.mail["Parameters"].values()
        if parameter["Type"] == "AWS::SSM::Parameter::Value<String>"
        and parameter["Default"].startswith("/postroad/")
    }
    assert read
    assert read <= written


def test_functions_get_the_names_of_what_foundation_made(prod: Stacks) -> None:
    tables = {table["TableName"] for table in prod.properties("AWS::DynamoDB::GlobalTable")}
    tables.remove("postroad-prod-contacts")  # send asks the suppressions alone who may not be mailed
    tables -= {"postroad-prod-journeys", "postroad-prod-stats"}
    variables: dict[str, Any] = prod.function("send-transactional")["Environment"]["Variables"]
    names = ("MESSAGES", "BODIES", "SUPPRESSIONS", "SCHEDULE")
    assert {variables[f"POSTROAD_{name}_TABLE"] for name in names} == tables
    bucket = prod.foundation["Resources"]["Attachments"]["Properties"]
    assert variables["POSTROAD_ATTACHMENTS_BUCKET"] == bucket["BucketName"]


def test_stacks_are_protected_and_in_the_configured_account(prod_configuration: Configuration) -> None:
    for stack in add_stacks(App(), prod_configuration):
        assert stack.termination_protection
        assert stack.account == prod_configuration.aws.account
        assert stack.region == prod_configuration.aws.region


def test_everything_is_tagged(prod: Stacks) -> None:
    expected = [{"Key": "application", "Value": "postroad"}, {"Key": "stage", "Value": "prod"}]
    for kind in (
        "AWS::KinesisFirehose::DeliveryStream",
        "AWS::Lambda::Function",
        "AWS::SQS::Queue",
        "AWS::SecretsManager::Secret",
        "AWS::S3::Bucket",
    ):
        assert {json.dumps(found["Tags"]) for found in prod.properties(kind)} == {json.dumps(expected)}


def test_the_simulator_is_for_the_local_stage_alone(prod_configuration: Configuration) -> None:
    stacks = synthesise(prod_configuration, simulator="https://localhost:1")
    assert "localhost" not in json.dumps(stacks.templates)


def test_a_missing_stage_is_asked_for() -> None:
    with pytest.raises(SystemExit, match=r"Which stage\? Say for example `-c stage=prod`"):
        make_app()


def test_an_unfit_configuration_is_told_without_a_trace() -> None:
    with pytest.raises(SystemExit, match=r"config/nowhere\.toml: no such file"):
        make_app({"stage": "nowhere"})


def stages(folder: Path, *, unsubscribable: str, topic_of: str) -> None:
    """Write a stage of two streams, and a topic of one of them."""
    prod = (HERE / "config" / "staging.toml").read_text("utf-8")
    sender = 'domain = "staging.shop.example"\nfrom = "news@staging.shop.example"'
    stream = f'\n[streams.news]\nkind = "transactional"\nunsubscribable = {unsubscribable}\n{sender}\n'
    web = (
        '\n[web]\ndomain = "mail.shop.example"\nhosted_zone_id = "Z0123456789"\n'
        'confirmation_stream = "transactional"\n'
    )
    (folder / "staging.toml").write_text(prod + stream + web, "utf-8")
    topic = (
        f'[topics.updates]\nstream = "{topic_of}"\nopt_in = "single"\n'
        'names = { en = "U" }\ndescriptions = { en = "D" }\n'
    )
    (folder / "topics.toml").write_text(topic, "utf-8")


def test_a_topic_of_a_stream_that_nobody_can_leave_stops_synthesis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages(tmp_path, unsubscribable="false", topic_of="news")
    monkeypatch.setattr(application, "CONFIGURATION", tmp_path)

    with pytest.raises(SystemExit) as caught:
        make_app({"stage": "staging"})

    assert str(caught.value) == (
        f"{tmp_path.name}/topics.toml: topics.updates.stream: expected a stream that can be unsubscribed "
        "(there is none), got 'news'; name another, or let it be unsubscribed in the stage's file"
    )


@pytest.mark.parametrize(("topic_of", "warned"), [("news", False), ("elsewhere", True)])
def test_a_stream_that_can_be_left_and_has_no_topic_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, topic_of: str, warned: bool
) -> None:
    stages(tmp_path, unsubscribable="true", topic_of=topic_of)
    (tmp_path / "other.toml").write_text("[streams.elsewhere]", "utf-8")
    monkeypatch.setattr(application, "CONFIGURATION", tmp_path)

    app = make_app({"stage": "staging"})

    stack = app.node.find_child("postroad-staging-mail")
    said = [str(entry.data) for entry in stack.node.metadata if entry.type == "aws:cdk:warning"]
    assert any("has no topic of news" in one for one in said) is warned


def test_the_bus_names_its_stage_beside_prod() -> None:
    def bus(name: str) -> str:
        return Stage(name=name, account="123456789012", region="eu-west-1").result_bus

    assert (bus("prod"), bus("staging"), bus("local")) == ("postroad", "postroad-staging", "postroad")
