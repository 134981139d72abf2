"""Runs `feedback` over objects of events, without a network between it and the stub's tables, and counts.

    python -m bench.counted_events 100000

prints a line of JSON for each number of events, of mails that are delivered, bounce, are opened, clicked and
complained of. The use case, the adapters and boto3's clients are the real ones; only what a client does to
put a request on the wire is left out (see counted.py).
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import botocore.client
from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from bench import deployed, events, many_events
from bench.stub.dynamodb import AwsError, DynamoDB
from postroad.feedback import wiring
from postroad.records import Record

if TYPE_CHECKING:
    from bench.stub.values import Item


class Direct:
    """Stands where a client would make a request."""

    def __init__(self, dynamodb: DynamoDB) -> None:
        """Answer from these tables, and from objects that are yet to be put."""
        self._dynamodb = dynamodb
        self._lock = Lock()
        self.objects: dict[str, bytes] = {}
        self.calls: Counter[str] = Counter()
        self._by_recipient: dict[str, list[Item]] = {}
        for item in dynamodb.table(deployed.MESSAGES).all():
            self._by_recipient.setdefault(item["address_key"]["S"], []).append(item)

    def ask(self, client: Any, operation: str, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - boto3's
        """Answer what a client is asked for; the tables know one thread."""
        service = client.meta.service_model.service_name
        with self._lock:
            self.calls[f"{service}.{operation}"] += 1
            match service, operation:
                case "dynamodb", "Query" if "IndexName" in asked:
                    key = asked["ExpressionAttributeValues"][":key"]["S"]
                    return {"Items": self._by_recipient.get(key, [])[: asked["Limit"]]}
                case "dynamodb", _:
                    return self._of_tables(operation, asked)
                case "s3", "GetObject":
                    content = self.objects[asked["Key"]]
                    return {"Body": StreamingBody(BytesIO(content), len(content))}
                case "s3", "ListObjectsV2":
                    after = asked.get("StartAfter", "")
                    keys = sorted(key for key in self.objects if key > after)[: asked["MaxKeys"]]
                    return {"Contents": [{"Key": key} for key in keys], "IsTruncated": False}
                case _:
                    return {"SecretString": many_events.SECRET}

    def _of_tables(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._dynamodb.answer(operation, asked)
        except AwsError as error:
            response: Any = {"Error": {"Code": error.code, "Message": str(error)}, **error.body}
            raise ClientError(response, operation) from error


def count(told: int) -> dict[str, Any]:
    """Return the calls for about so many events, and the processor's time for each."""
    mails, began = many_events.mails_of(told), many_events.beginning()
    dynamodb = DynamoDB()
    dynamodb.load(deployed.MESSAGES, many_events.rows(mails, began))
    direct = Direct(dynamodb)

    def ask(client: Any, operation: str, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - boto3's
        return direct.ask(client, operation, asked)

    applied, said, cpu = 0, 0, 0.0
    wiring.feedback.cache_clear()
    # botocore has no types; moto begins at the same place.
    with patch.object(botocore.client.BaseClient, "_make_api_call", ask):
        for key, content, number in many_events.objects(mails, began):
            direct.objects[key] = content
            body = events.s3_notification(deployed.BUCKET, key, len(content))
            started = time.process_time()
            failed = wiring.feedback().take([Record("sqs", "receipt", body, began, 1)])
            cpu += time.process_time() - started
            if failed:
                raise RuntimeError(f"{key} was not applied: events or rows are made wrongly")
            applied += 1
            said += number
    wiring.feedback.cache_clear()
    items = list(dynamodb.table(deployed.MESSAGES).all())
    return {
        "events": said,
        "mails": mails,
        "objects": applied,
        "statuses": dict(sorted(Counter(item["status"]["S"] for item in items).items())),
        "engaged": sum("engagement" in item for item in items),
        "calls": dict(sorted(direct.calls.items())),
        "calls_per_event": round(direct.calls.total() / said, 4),
        "cpu_ms_per_event": round(cpu * 1000 / said, 3),
    }


def main() -> None:
    """Count for each number given."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the function's log
    os.environ.update(deployed.aws_environment("http://127.0.0.1:9") | deployed.feedback_environment())
    for number in sys.argv[1:]:
        print(json.dumps(count(int(number))), file=answers, flush=True)


if __name__ == "__main__":
    main()
