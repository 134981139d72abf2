"""What documents show of the CDK makes stacks."""

from __future__ import annotations

import os
import re
import subprocess
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from postroad.configuration import loader
from postroad.local.deploy import _CDK, _NODE
from stacks.dashboard import prices
from tests.documented import ROOT, blocks
from tests.documented_shell import copy_of_the_project
from tests.infrastructure.templates import synthesise

if TYPE_CHECKING:
    from pathlib import Path

DEPLOYMENT = ROOT / "docs" / "tutorial" / "first-deployment.md"
RESULTS = ROOT / "docs" / "how-to" / "listen-to-results.md"


def test_the_first_deployment_s_configuration_synthesises_as_the_command_says(tmp_path: Path) -> None:
    (block,) = blocks(DEPLOYMENT, "toml")
    project = copy_of_the_project(tmp_path / "postroad")
    (project / "config" / "prod.toml").write_text(block.text, "utf-8")
    done = subprocess.run(  # noqa: S603 - the project's own programs
        [str(_NODE), str(_CDK), "synth", "--all", "-c", "stage=prod", "--quiet", "--no-notices"],
        cwd=project,
        env={**os.environ, "PATH": f"{_NODE.parent}:{os.environ['PATH']}", "JSII_NODE": str(_NODE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made = {path.name for path in (project / "cdk.out").glob("*.template.json")}
    assert made == {"postroad-prod-foundation.template.json", "postroad-prod-mail.template.json"}


@pytest.fixture(scope="module")
def costs() -> list[list[str]]:
    _, _, section = DEPLOYMENT.read_text("utf-8").partition("## What it costs")
    rows = re.findall(r"^\|(.+)\|$", section, re.MULTILINE)
    return [[cell.strip(" *") for cell in row.split("|")] for row in rows][2:]


def test_the_costs_add_up(costs: list[list[str]]) -> None:
    *parts, together = costs
    for column in (1, 2, 3):
        assert sum(Decimal(part[column]) for part in parts) == Decimal(together[column])
    readme = re.search(r"About (\d+) USD for a million", (ROOT / "README.md").read_text("utf-8"))
    assert readme
    assert int(readme[1]) == int(Decimal(together[3]))


def test_what_costs_by_its_number_is_as_many_as_the_page_says(costs: list[list[str]]) -> None:
    (block,) = blocks(DEPLOYMENT, "toml")
    stacks = synthesise(loader.parse(block.text, stage="prod", file=str(block)))
    watched = sum(
        len([metric for metric in alarm.get("Metrics", ()) if "MetricStat" in metric]) or 1
        for alarm in stacks.properties("AWS::CloudWatch::Alarm")
    )
    (cloudwatch,) = [row for row in costs if row[0].startswith("CloudWatch")]
    (secrets,) = [row for row in costs if row[0].startswith("Secrets")]
    metrics, own = map(int, re.findall(r"\d+", cloudwatch[0]))
    assert metrics == watched
    fixed = metrics * prices.ALARM_METRIC + own * prices.CUSTOM_METRIC + prices.DASHBOARD
    assert cloudwatch[1:] == [f"{fixed:.2f}"] * 3
    made = len(stacks.all("AWS::SecretsManager::Secret"))
    assert secrets[1:] == [f"{(made + 1) * prices.SECRET:.2f}"] * 3  # and one copy


def test_the_listener_of_results_puts_them_on_a_queue() -> None:
    (block,) = [block for block in blocks(RESULTS, "python") if "aws_cdk" in block.text]
    scope: dict[str, Any] = {}
    exec(compile(block.text, str(block), "exec"), scope)  # noqa: S102 - our own page
    template = Template.from_stack(scope["MailResults"](App(), "MailResults"))
    template.has_resource_properties("AWS::Events::Rule", {"EventBusName": "postroad", "State": "ENABLED"})
    template.resource_count_is("AWS::SQS::Queue", 1)
