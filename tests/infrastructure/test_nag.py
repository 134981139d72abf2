"""cdk-nag's AwsSolutions rules, with each acknowledged finding's reason beside its resource."""

from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_sqs as sqs

from postroad.configuration import Configuration
from stacks.application import add_stacks, check
from tests.infrastructure.templates import feature_flags


@pytest.mark.parametrize(
    "change",
    [{}, {"encryption": "aws-owned"}, {"encryption": "aws-owned", "stage": "local"}],
    ids=["customer-managed", "aws-owned", "local"],
)
def test_no_finding_is_left(
    managed_configuration: Configuration, change: dict[str, str], tmp_path: Path
) -> None:
    app = App(outdir=str(tmp_path), context=feature_flags())
    add_stacks(app, managed_configuration.model_copy(update=change), simulator="https://localhost:1")
    check(app)
    app.synth()


def test_a_finding_fails_the_synthesis(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    sqs.Queue(Stack(app, "careless"), "Queue")
    check(app)
    with pytest.raises(RuntimeError, match="AwsSolutions-SQS3"):
        app.synth()
