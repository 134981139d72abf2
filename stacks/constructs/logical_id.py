"""Pin the logical ids of what holds data: a changed id would make CloudFormation replace the resource."""

from aws_cdk import CfnElement
from constructs import IConstruct


def pin_logical_id(construct: IConstruct, logical_id: str) -> None:
    """Give the construct's own resource the id `logical_id`, wherever the construct moves in the tree."""
    resource = construct.node.default_child
    if not isinstance(resource, CfnElement):
        raise TypeError(f"{construct.node.path} has no CloudFormation resource of its own to pin")
    resource.override_logical_id(logical_id)
