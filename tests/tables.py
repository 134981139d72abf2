"""The tables as they are deployed, for tests over moto; the stacks' own tests pin the same keys."""

from typing import TYPE_CHECKING

from postroad.ledger.dynamodb import HELD_INDEX, INDEX

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def create_table(client: "DynamoDBClient", name: str = "Messages") -> None:
    """Make a table with the keys of every table, and with Messages' indexes, which hurt no other."""
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
            {"AttributeName": "address_key", "AttributeType": "S"},
            {"AttributeName": "accepted", "AttributeType": "N"},
            {"AttributeName": "held", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": INDEX,
                "KeySchema": [
                    {"AttributeName": "address_key", "KeyType": "HASH"},
                    {"AttributeName": "accepted", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": HELD_INDEX,
                "KeySchema": [
                    {"AttributeName": "held", "KeyType": "HASH"},
                    {"AttributeName": "pk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
        ],
    )
