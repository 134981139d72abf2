"""What is answered for each request: which service it is for, what it counts as, how long it takes."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit
from zlib import crc32

from bench.stub.dynamodb import AwsError, DynamoDB

SES_SEND = "/v2/email/outbound-emails"
SES_ACCOUNT = "/v2/email/account"
CONTROL = "/_stub/"
SECRET = "s" * 64
JSON = "application/x-amz-json-1.0"
RATE_PER_SECOND = 100_000.0


class Request(NamedTuple):
    """One request: `target` is its X-Amz-Target, empty for REST."""

    method: str
    path: str
    target: str
    body: bytes


class Reply(NamedTuple):
    """One answer, which leaves after so many seconds."""

    status: int
    body: bytes
    seconds: float = 0.0
    content_type: str = JSON
    crc: bool = False


@dataclass
class Cloud:
    """All services of one account. Latencies are in seconds."""

    ses_seconds: float = 0.0
    other_seconds: float = 0.0
    dynamodb: DynamoDB = field(default_factory=DynamoDB)
    calls: Counter[str] = field(default_factory=Counter)
    objects: dict[str, bytes] = field(default_factory=dict)
    sends: list[tuple[str, bytes]] = field(default_factory=list)
    keeps_sends: bool = False
    _sent: int = 0

    def answer(self, request: Request) -> Reply:
        """Answer one request, and count it."""
        if request.path.startswith(CONTROL):
            return self._control(request)
        name, reply = self._serve(request)
        self.calls[name] += 1
        return reply

    def _serve(self, request: Request) -> tuple[str, Reply]:
        if request.path == SES_SEND:
            return "ses.SendEmail", self._send(request)
        service, _, operation = request.target.rpartition(".")
        if service.startswith("DynamoDB") and self.dynamodb.knows(operation):
            return f"dynamodb.{operation}", self._dynamodb(operation, request)
        asked = json.loads(request.body) if request.target and request.body else {}
        found = self._json(service, operation, asked) if request.target else self._rest(request)
        if found is None:
            what = request.target or f"{request.method} {request.path}"
            body = {"__type": "UnknownOperationException", "message": f"the stub doesn't know {what}"}
            return f"unknown {what}", self._reply(body, status=400)
        return found

    def _send(self, request: Request) -> Reply:
        self._sent += 1
        ses_id = f"{self._sent:016x}-5c0e7a11-0000-4000-8000-{self._sent:012x}-000000"
        if self.keeps_sends:
            self.sends.append((ses_id, request.body))
        body = json.dumps({"MessageId": ses_id}).encode()
        return Reply(200, body, self.ses_seconds, "application/json")

    def _dynamodb(self, operation: str, request: Request) -> Reply:
        try:
            answer, status = self.dynamodb.answer(operation, json.loads(request.body)), 200
        except AwsError as error:
            answer, status = error.body, 400
        return Reply(status, json.dumps(answer).encode(), self.other_seconds, crc=True)

    def _json(self, service: str, operation: str, asked: dict[str, Any]) -> tuple[str, Reply] | None:
        match service, operation:
            case "secretsmanager", "GetSecretValue":
                return "secretsmanager.GetSecretValue", self._reply(
                    {"ARN": asked["SecretId"], "Name": "secret", "SecretString": SECRET}
                )
            case "AmazonSQS", "GetQueueAttributes":
                depths = dict.fromkeys(asked.get("AttributeNames", []), "0")
                return "sqs.GetQueueAttributes", self._reply({"Attributes": depths})
            case "AmazonSQS", ("SendMessageBatch" | "DeleteMessageBatch" | "ChangeMessageVisibilityBatch"):
                done = [{"Id": entry["Id"], "MessageId": entry["Id"]} for entry in asked["Entries"]]
                return f"sqs.{operation}", self._reply({"Successful": done, "Failed": []})
            case "AmazonSQS", ("SendMessage" | "ChangeMessageVisibility" | "DeleteMessage"):
                return f"sqs.{operation}", self._reply({"MessageId": "taken"})
            case "AWSEvents", "PutEvents":
                entries = [{"EventId": str(place)} for place, _ in enumerate(asked["Entries"])]
                return "events.PutEvents", self._reply({"FailedEntryCount": 0, "Entries": entries})
            case _:
                return None

    def _rest(self, request: Request) -> tuple[str, Reply] | None:
        url = urlsplit(request.path)
        if url.path == SES_ACCOUNT:
            quota = {"Max24HourSend": -1.0, "MaxSendRate": RATE_PER_SECOND, "SentLast24Hours": 0.0}
            answer = {"SendQuota": quota, "SendingEnabled": True, "ProductionAccessEnabled": True}
            return "ses.GetAccount", self._reply(answer, content_type="application/json")
        if re.fullmatch(r"/2015-03-31/event-source-mappings/[^/]+/?", url.path):
            mapping = url.path.rstrip("/").rpartition("/")[2]
            return "lambda.GetEventSourceMapping", self._reply({"UUID": mapping, "State": "Enabled"})
        if re.fullmatch(r"/2015-03-31/functions/[^/]+/invocations", url.path):
            return "lambda.Invoke", self._reply({"outcome": "accepted", "why": ""})
        if request.method == "GET" and not url.path.startswith("/20"):
            return self._object(url.path, parse_qs(url.query))
        return None

    def _object(self, path: str, query: dict[str, list[str]]) -> tuple[str, Reply]:
        bucket, _, key = unquote(path).removeprefix("/").partition("/")
        if "list-type" in query:
            after = query.get("start-after", [""])[0]
            prefix = query.get("prefix", [""])[0]
            keys = sorted(each for each in self.objects if each.startswith(prefix) and each > after)
            listed = "".join(f"<Contents><Key>{each}</Key></Contents>" for each in keys)
            text = (
                f"<ListBucketResult><Name>{bucket}</Name><KeyCount>{len(keys)}</KeyCount>"
                f"<IsTruncated>false</IsTruncated>{listed}</ListBucketResult>"
            )
            return "s3.ListObjectsV2", Reply(200, text.encode(), self.other_seconds, "application/xml")
        if key in self.objects:
            return "s3.GetObject", Reply(200, self.objects[key], self.other_seconds, "binary/octet-stream")
        missing = b"<Error><Code>NoSuchKey</Code><Message>There is no such key</Message></Error>"
        return "s3.GetObject", Reply(404, missing, self.other_seconds, "application/xml")

    def _reply(self, answer: dict[str, Any], *, status: int = 200, content_type: str = JSON) -> Reply:
        return Reply(status, json.dumps(answer).encode(), self.other_seconds, content_type)

    def _control(self, request: Request) -> Reply:
        """Do what the bench itself wants: it is neither counted nor slowed down."""
        name = request.path.removeprefix(CONTROL)
        answer: Any = {}
        if name == "calls":
            answer = dict(self.calls)
            self.calls.clear()
        elif name == "latency":
            wanted = json.loads(request.body)
            self.ses_seconds, self.other_seconds = wanted["ses_seconds"], wanted["other_seconds"]
        elif name == "keep":
            self.sends.clear()
            self.keeps_sends = json.loads(request.body)
        elif name == "sends":
            answer = [{"MessageId": ses_id, **json.loads(body)} for ses_id, body in self.sends]
        elif name == "items":
            wanted = json.loads(request.body)
            self.dynamodb.load(wanted["table"], wanted["items"])
        elif name == "sizes":
            answer = {table: len(items) for table, items in self.dynamodb.tables.items()}
        elif name == "table":
            answer = list(self.dynamodb.table(json.loads(request.body)).all())
        elif name == "forget":
            self.dynamodb.tables.clear()
            self.objects.clear()
        elif name.startswith("objects/"):
            self.objects[unquote(name.removeprefix("objects/"))] = request.body
        else:
            return Reply(404, b"{}")
        return Reply(200, json.dumps(answer).encode())


def checksum(body: bytes) -> str:
    """Return the checksum that DynamoDB sends, and botocore compares."""
    return str(crc32(body))
