"""Who may send by which configuration set, read from the outputs of deployed stacks."""

import boto3
from botocore.stub import Stubber

from postroad.local.simulator.stacks import deployed_senders

WHEN = "2026-11-22T00:00:00Z"


def test_each_configuration_set_has_its_stream_s_sender() -> None:
    client = boto3.client("cloudformation")
    outputs = {
        "TransactionalConfigurationSet": "postroad-local-transactional",
        "TransactionalFrom": "Shop <Orders@shop.example>",
        "MarketingConfigurationSet": "postroad-local-marketing",
        "MarketingFrom": "news@shop.example",
        "ResultBus": "postroad",
    }
    stacks = [
        {"StackName": "CDKToolkit", "CreationTime": WHEN, "StackStatus": "CREATE_COMPLETE"},
        {
            "StackName": "postroad-local-mail",
            "CreationTime": WHEN,
            "StackStatus": "CREATE_COMPLETE",
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
        },
    ]
    with Stubber(client) as stub:
        stub.add_response("describe_stacks", {"Stacks": stacks})
        assert deployed_senders(client) == {
            "postroad-local-transactional": "orders@shop.example",
            "postroad-local-marketing": "news@shop.example",
        }
