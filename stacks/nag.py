"""Acknowledge cdk-nag's findings, each with its reason beside the resource."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reason: str, *rules: str) -> None:
    """Accept `rules` on `construct` alone, for `reason`.

    A rule is `AwsSolutions-SMG4`, or one finding of it: `AwsSolutions-IAM5[Resource::*]`.
    """
    Validations.of(construct).acknowledge(*(Acknowledgment(id=rule, reason=reason) for rule in rules))


def acknowledge_objects(construct: IConstruct, *paths: str) -> None:
    """Accept grants on the objects of a bucket: `paths` are `bucket/prefix/*`."""
    acknowledge(
        construct,
        "Objects are named by those who put them; the grant ends at the stream's own prefix, or at a bucket "
        "that the configuration lists.",
        *(f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::{path}]" for path in paths),
    )
