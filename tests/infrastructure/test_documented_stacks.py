"""What documents show of the CDK makes stacks."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

from aws_cdk import App
from aws_cdk.assertions import Template

from postroad.local.deploy import _CDK, _NODE
from tests.documented import ROOT, blocks
from tests.documented_shell import copy_of_the_project

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


def test_the_listener_of_results_puts_them_on_a_queue() -> None:
    (block,) = [block for block in blocks(RESULTS, "python") if "aws_cdk" in block.text]
    scope: dict[str, Any] = {}
    exec(compile(block.text, str(block), "exec"), scope)  # noqa: S102 - our own page
    template = Template.from_stack(scope["MailResults"](App(), "MailResults"))
    template.has_resource_properties("AWS::Events::Rule", {"EventBusName": "postroad", "State": "ENABLED"})
    template.resource_count_is("AWS::SQS::Queue", 1)
