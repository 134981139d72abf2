from __future__ import annotations

from typing import TYPE_CHECKING

from postroad.cli.problem import ExitCode
from tests.unit.cli.deployed import ACCOUNT, REGION

if TYPE_CHECKING:
    from tests.unit.cli.deployed import Deployed


def test_the_outputs_of_both_stacks_are_shown(deployed: Deployed) -> None:
    text = deployed.run("stack", "outputs").stdout
    assert "postroad-test-foundation" in text
    assert "postroad-test-mail" in text
    assert deployed.queue_urls["TransactionalQueueUrl"] in text
    assert deployed.json("stack", "outputs") == {
        "stage": "test",
        "account": ACCOUNT,
        "region": REGION,
        "stacks": deployed.outputs,
    }


def test_one_value_stands_alone_for_scripts(deployed: Deployed) -> None:
    url = deployed.queue_urls["TransactionalQueueUrl"]
    assert deployed.run("stack", "outputs", "--name", "TransactionalQueueUrl").stdout == f"{url}\n"
    assert deployed.json("stack", "outputs", "--name", "MessagesTable") == {
        "name": "MessagesTable",
        "value": "messages",
        "stack": "postroad-test-foundation",
    }


def test_an_unknown_name_is_answered_with_the_nearest(deployed: Deployed) -> None:
    result = deployed.run("stack", "outputs", "--name", "TransactionalQueue")
    assert result.exit_code == ExitCode.NOT_FOUND
    assert result.stdout == ""
    assert "Did you mean TransactionalQueueUrl" in result.stderr
    assert "lists what there is" in deployed.run("stack", "outputs", "--name", "x").stderr


def test_a_stage_that_is_deployed_in_part_shows_that_part(deployed: Deployed) -> None:
    del deployed.outputs["postroad-test-mail"]
    assert list(deployed.json("stack", "outputs")["stacks"]) == ["postroad-test-foundation"]
    deployed.outputs.clear()
    assert deployed.run("stack", "outputs").exit_code == ExitCode.NOT_FOUND
