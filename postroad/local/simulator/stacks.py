"""What the inbox and the simulator need of deployed stacks, by their outputs: senders and tables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from postroad.local.simulator.addresses import bare_address

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

_SET, _FROM = "ConfigurationSet", "From"
_MESSAGES, _SUPPRESSIONS = "MessagesTable", "SuppressionsTable"


@dataclass(frozen=True, slots=True)
class Tables:
    """Names of the tables that hold what became of messages, and who may not be mailed."""

    messages: str
    suppressions: str


def deployed_senders(client: "CloudFormationClient") -> Mapping[str, str]:
    """Return each configuration set's sender, in lower case, by the outputs of all stacks.

    The send role's policy names the same addresses.
    """
    senders: dict[str, str] = {}
    for outputs in _outputs(client):
        for key, configuration_set in outputs.items():
            sender = outputs.get(key.removesuffix(_SET) + _FROM)
            if key.endswith(_SET) and sender:
                senders[configuration_set] = bare_address(sender).lower()
    return senders


def deployed_tables(client: "CloudFormationClient") -> Tables | None:
    """Return the names of Postroad's tables, or None while no stack has both."""
    for outputs in _outputs(client):
        if _MESSAGES in outputs and _SUPPRESSIONS in outputs:
            return Tables(outputs[_MESSAGES], outputs[_SUPPRESSIONS])
    return None


def _outputs(client: "CloudFormationClient") -> Iterator[dict[str, str]]:
    for page in client.get_paginator("describe_stacks").paginate():
        for stack in page["Stacks"]:
            yield {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
