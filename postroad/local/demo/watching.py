"""Watches the deployed stack until nothing moves any more."""

import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import boto3

from postroad.contract.address import parse_address
from postroad.contract.words import Status
from postroad.local.connection import connection
from postroad.local.demo.accounting import WAITS_FOR_NOBODY, Row, Suppressed
from postroad.local.errors import LocalCloudError
from postroad.local.inbox import Inbox
from postroad.local.quiet import PATIENCE_SECONDS, PAUSE_SECONDS, QUIET_LOOKS, is_quiet
from postroad.local.state import State

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient


Progress = Callable[[int, int], None]
"""Is told how many messages have come to rest, of how many."""


class Stack:
    """The deployed stack as the demo sees it: its tables, its queues, and what SES took."""

    def __init__(self, state: State, outputs: dict[str, str]) -> None:
        """Use the stack's own outputs for every name."""
        self._dynamodb: DynamoDBClient = boto3.client("dynamodb", **connection(state))
        self._sqs: SQSClient = boto3.client("sqs", **connection(state))
        self._outputs = outputs
        self.inbox = Inbox(state.inbox)

    def rows(self, message_ids: Collection[str]) -> dict[str, Row]:
        """Return the table's rows of these messages."""
        wanted = set(message_ids)
        found: dict[str, Row] = {}
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._outputs["MessagesTable"],
            ProjectionExpression="pk, #status, reason, address_key",
            ExpressionAttributeNames={"#status": "status"},
            ConsistentRead=True,
        )
        for page in pages:
            for item in page["Items"]:
                message_id = item["pk"]["S"]
                if message_id in wanted:
                    found[message_id] = Row(
                        status=Status(item["status"]["S"]),
                        reason=item.get("reason", {}).get("S", ""),
                        address_key=item.get("address_key", {}).get("S", ""),
                    )
        return found

    def suppressions(self) -> dict[str, Suppressed]:
        """Return what is suppressed now, by address key."""
        found: dict[str, Suppressed] = {}
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._outputs["SuppressionsTable"],
            FilterExpression="sk = :current",
            ExpressionAttributeValues={":current": {"S": "current"}},
        )
        for page in pages:
            for item in page["Items"]:
                scopes = item.get("scopes", {}).get("M", {})
                if scopes:
                    reasons = {scope["M"]["reason"]["S"] for scope in scopes.values()}
                    found[item["pk"]["S"]] = Suppressed(
                        email=item["email"]["S"], reason=", ".join(sorted(reasons))
                    )
        return found

    def recipients(self) -> frozenset[str]:
        """Return the canonical addresses that SES took a mail for."""
        return frozenset(
            parse_address(each).canonical for mail in self.inbox.mails() for each in mail["recipients"]
        )

    def is_quiet(self) -> bool:
        """Return whether no event waits in the simulator and no message in any working queue."""
        return is_quiet(self._sqs, self._outputs, self.inbox)

    def settle(self, message_ids: Collection[str], progress: Progress) -> dict[str, Row]:
        """Wait until each message has come to rest and nothing moves; return the rows.

        Gives up, with the rows as they are, when nothing has changed for three minutes: the account then
        names what is missing.
        """
        quiet, changed, before = 0, time.monotonic(), None
        while True:
            rows = self.rows(message_ids)
            resting = sum(row.status in WAITS_FOR_NOBODY for row in rows.values())
            progress(resting, len(message_ids))
            quiet = quiet + 1 if resting == len(message_ids) and self.is_quiet() else 0
            if quiet == QUIET_LOOKS:
                return rows
            if rows != before:
                changed, before = time.monotonic(), rows
            elif time.monotonic() - changed > PATIENCE_SECONDS:
                return rows
            time.sleep(PAUSE_SECONDS)


def output(outputs: dict[str, str], name: str) -> str:
    """Return one output of the deployed stacks, or say that it is missing."""
    try:
        return outputs[name]
    except KeyError as error:
        raise LocalCloudError(f"The deployed stacks have no output {name}") from error
