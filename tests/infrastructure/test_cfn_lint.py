"""cfn-lint, over what is deployed."""

import json

import pytest
from cfnlint.api import ManualArgs, lint

from tests.infrastructure.templates import Stacks

# CDK itself lets each function depend on its role twice, by name and by reference.
IGNORED = ["W3005"]


@pytest.mark.parametrize("stage", ["prod", "managed", "local"])
def test_templates_are_clean(stage: str, request: pytest.FixtureRequest) -> None:
    stacks: Stacks = request.getfixturevalue(stage)
    arguments = ManualArgs(regions=[stacks.configuration.aws.region], ignore_checks=IGNORED)
    found = [
        f"{match.rule.id} {match.message} at {match.path}"
        for template in stacks.templates
        for match in lint(json.dumps(template), config=arguments)
    ]
    assert found == []


def test_it_finds_something() -> None:
    wrong = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": -1}}}}
    assert lint(json.dumps(wrong), config=ManualArgs(regions=["eu-west-1"]))
