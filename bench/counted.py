"""Runs `dispatch` without a network between it and the stub's tables, and counts what it asks for.

    python -m bench.counted 1000 10000

prints a line of JSON for each number of messages that are due. The use case, the adapters and boto3's clients
are the real ones; only what a client does to put a request on the wire is left out, which at 100,000 messages
would take minutes and count the same: dispatching.py compares.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import botocore.client
from botocore.exceptions import ClientError

from bench import deployed
from bench.stub.dynamodb import AwsError, DynamoDB
from bench.waiting import make_waiting
from postroad.dispatching import wiring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Answers = dict[str, Callable[[dict[str, Any]], dict[str, Any]]]


def _taken(asked: dict[str, Any]) -> dict[str, Any]:
    return {"Successful": [{"Id": entry["Id"]} for entry in asked["Entries"]]}


OTHERS: Answers = {
    "sqs.SendMessageBatch": _taken,
    "sqs.GetQueueAttributes": lambda asked: {"Attributes": dict.fromkeys(asked["AttributeNames"], "0")},
    "sesv2.GetAccount": lambda _: {
        "SendQuota": {
            "Max24HourSend": -1.0,
            "MaxSendRate": deployed.UNLIMITED,
            "SentLast24Hours": 0.0,
        },
        "SendingEnabled": True,
    },
    "s3.ListObjectsV2": lambda _: {"Contents": [], "IsTruncated": False},
    "lambda.GetEventSourceMapping": lambda asked: {"UUID": asked["UUID"], "State": "Enabled"},
    "lambda.Invoke": lambda _: {"StatusCode": 200, "Payload": BytesIO(b'{"outcome":"accepted","why":""}')},
    "events.PutEvents": lambda asked: {"FailedEntryCount": 0, "Entries": [{} for _ in asked["Entries"]]},
}


class Direct:
    """Stands where a client would make a request."""

    def __init__(self, dynamodb: DynamoDB, others: Answers = OTHERS) -> None:
        """Answer from these tables, and as the others do."""
        self._dynamodb = dynamodb
        self._others = others
        self.calls: Counter[str] = Counter()

    def ask(self, client: Any, operation: str, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - boto3's
        """Answer what a client is asked for."""
        service = client.meta.service_model.service_name
        name = f"{service}.{operation}"
        self.calls[name] += 1
        if service == "dynamodb":
            try:
                return self._dynamodb.answer(operation, asked)
            except AwsError as error:
                raise ClientError(
                    {"Error": {"Code": error.code, "Message": str(error)}}, operation
                ) from error
        return self._others[name](asked)


@contextmanager
def _directly(dynamodb: DynamoDB) -> Iterator[Direct]:
    """Let every client that dispatch makes in here ask these tables."""
    direct = Direct(dynamodb)

    def ask(client: Any, operation: str, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - boto3's
        return direct.ask(client, operation, asked)

    wiring.dispatch.cache_clear()
    # botocore has no types; moto begins at the same place.
    with patch.object(botocore.client.BaseClient, "_make_api_call", ask):
        yield direct
    wiring.dispatch.cache_clear()


def count(due: int) -> dict[str, Any]:
    """Return the calls of one run of dispatch over so many messages, and its seconds of CPU."""
    dynamodb = DynamoDB()
    for table, items in make_waiting(due).items():
        dynamodb.load(table, items)
    began = time.process_time()
    event = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    with _directly(dynamodb) as direct:
        wiring.run(event, remaining_milliseconds=lambda: 50_000)
    left = sum(1 for item in dynamodb.table(deployed.SCHEDULE).all() if item["pk"]["S"].startswith("v1#"))
    return {
        "due": due,
        "left": left,
        "calls": dict(sorted(direct.calls.items())),
        "cpu_seconds": time.process_time() - began,
    }


def main() -> None:
    """Count for each number given."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the function's log
    os.environ.update(deployed.aws_environment("http://127.0.0.1:9") | deployed.dispatch_environment())
    for number in sys.argv[1:]:
        print(json.dumps(count(int(number))), file=answers, flush=True)


if __name__ == "__main__":
    main()
