"""cfn-lint, over what is deployed."""

import json

import pytest
from cfnlint.api import ManualArgs, lint

from tests.infrastructure.templates import Stacks

# CDK itself lets each function depend on its role twice, by name and by reference.
IGNORED = ["W3005"]
# Actions that the emulated cloud asks for and AWS does not have: docs/reference/local.md. There alone.
LOCAL_ACTIONS = (
    "'batchexecutestatement' is not one of",
    "'changemessagevisibilitybatch' is not one of",
    "'sendmessagebatch' is not one of",
)


@pytest.mark.parametrize("stage", ["prod", "managed", "local"])
def test_templates_are_clean(stage: str, request: pytest.FixtureRequest) -> None:
    stacks: Stacks = request.getfixturevalue(stage)
    arguments = ManualArgs(regions=[stacks.configuration.aws.region], ignore_checks=IGNORED)
    found = [
        f"{match.rule.id} {match.message} at {match.path}"
        for template in stacks.templates
        for match in lint(json.dumps(template), config=arguments)
        if not (stage == "local" and match.rule.id == "W3037" and match.message.startswith(LOCAL_ACTIONS))
    ]
    assert found == []


def test_it_finds_something() -> None:
    wrong = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": -1}}}}
    assert lint(json.dumps(wrong), config=ManualArgs(regions=["eu-west-1"]))
