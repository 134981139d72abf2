"""Which address each stream sends from, as its stack's outputs say, and the send role's policy with them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from postroad.local.simulator.addresses import bare_address

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

_SET, _FROM = "ConfigurationSet", "From"


def deployed_senders(client: "CloudFormationClient") -> Mapping[str, str]:
    """Return each configuration set's sender, in lower case, by the outputs of all stacks."""
    senders: dict[str, str] = {}
    for page in client.get_paginator("describe_stacks").paginate():
        for stack in page["Stacks"]:
            outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
            for key, configuration_set in outputs.items():
                sender = outputs.get(key.removesuffix(_SET) + _FROM)
                if key.endswith(_SET) and sender:
                    senders[configuration_set] = bare_address(sender).lower()
    return senders
