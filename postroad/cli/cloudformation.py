"""Reads the outputs of a stage's stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from postroad.cli.resources import Resources

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


def read_outputs(client: CloudFormationClient, stack: str) -> Resources | None:
    """Return the outputs of a stack, or None if this account and Region have no such stack."""
    try:
        answer = client.describe_stacks(StackName=stack)
    except ClientError as error:
        # CloudFormation has no code of its own for this: "Stack with id … does not exist".
        if error.response["Error"]["Code"] == "ValidationError" and "does not exist" in str(error):
            return None
        raise
    outputs = answer["Stacks"][0].get("Outputs", [])
    return Resources(stack, {each["OutputKey"]: each["OutputValue"] for each in outputs})
