"""A running local stack in the hands of a rehearsal: it fills queues, kills workers, and counts what came.

The storm and the outage (`tools/storm.py`, `tools/outage.py`) are played by it, small in the tests and large
at a desk.
"""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
import httpx
from botocore.config import Config

from postroad.circuit.dynamodb import DynamoSwitches
from postroad.client import Outbox
from postroad.contract.words import Status
from postroad.ledger.item import from_item
from postroad.local.connection import connection
from postroad.local.deploy import stack_outputs
from postroad.local.inbox import Inbox
from postroad.local.processes import marked
from postroad.names import LOCAL_STAGE, resource_name
from tools.putting_forward import bundle_ahead
from tools.rehearsed import Accounted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

    from postroad.circuit.switch import Switch
    from postroad.ledger.row import Row
    from postroad.local.state import State

EXAMPLE: Final = Path(__file__).resolve().parents[1] / "templates" / "order_confirmation" / "example.json"
POSTROAD: Final = Path(sys.executable).parent / "postroad"
DISPATCH: Final = resource_name(LOCAL_STAGE, "dispatch")
MOST_RECEIVED: Final = 10
PEEK_SECONDS: Final = 30
"""How long a message that was looked at stays hidden, unless it is given back before."""
WAITING: Final = frozenset({Status.SCHEDULED, Status.CLAIMED, Status.SENT, Status.DELAYED})
_PATIENT: Final = Config(read_timeout=120, retries={"total_max_attempts": 4, "mode": "standard"})


class Rehearsal:
    """One local stack, by its state; every name comes from its outputs."""

    def __init__(self, state: State) -> None:
        """Connect; `close` gives the connections back."""
        self.state = state
        self.outputs = stack_outputs(state)
        self.sqs: SQSClient = boto3.client("sqs", config=_PATIENT, **connection(state))
        self.dynamodb: DynamoDBClient = boto3.client("dynamodb", config=_PATIENT, **connection(state))
        self.events: EventBridgeClient = boto3.client("events", **connection(state))
        self.functions: LambdaClient = boto3.client("lambda", config=_PATIENT, **connection(state))
        self.inbox = Inbox(state.inbox)

    def close(self) -> None:
        for client in (self.sqs, self.dynamodb, self.events, self.functions):
            client.close()
        self.inbox.close()

    def enqueue(
        self, name: str, count: int, *, stream: str = "transactional", first: int = 0, **more: object
    ) -> list[str]:
        """Put that many order confirmations on the queue, `<name>-0` and so on; return their ids."""
        data = json.loads(EXAMPLE.read_text(encoding="utf-8"))
        topic = {} if stream == "transactional" else {"topic": "product_updates"}
        messages = [
            {
                "message_id": f"{name}-{number}",
                "template": "order_confirmation",
                "to": {"email": f"{name}-{number}@example.com", "name": "Ana Ruiz"},
                "data": data,
                **topic,
                **more,
            }
            for number in range(first, first + count)
        ]
        outbox = Outbox(self.queue(stream), stream, self.sqs)
        return [each.message_id for each in outbox.enqueue_many(messages)]

    def queue(self, stream: str) -> str:
        return self.outputs[f"{stream.capitalize()}QueueUrl"]

    def depth(self, stream: str) -> tuple[int, int]:
        """Return how many messages wait, and how many are in somebody's hands or delayed."""
        names = ["", "NotVisible", "Delayed"]
        found: Mapping[Any, str] = self.sqs.get_queue_attributes(
            QueueUrl=self.queue(stream),
            AttributeNames=["All"],
        )["Attributes"]
        visible, *others = (int(found[f"ApproximateNumberOfMessages{each}"]) for each in names)
        return visible, sum(others)

    def receive_counts(self, stream: str) -> Counter[int]:
        """Take every message that waits, and give it back; return how often each had been taken before."""
        url, counts, handles = self.queue(stream), Counter[int](), list[str]()
        hidden = PEEK_SECONDS + self.depth(stream)[0] // 20
        while True:
            taken = self.sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=MOST_RECEIVED,
                VisibilityTimeout=hidden,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            ).get("Messages", [])
            if not taken:
                break
            handles += [each["ReceiptHandle"] for each in taken]
            counts.update(int(each["Attributes"]["ApproximateReceiveCount"]) - 1 for each in taken)
        for start in range(0, len(handles), MOST_RECEIVED):
            self.sqs.change_message_visibility_batch(
                QueueUrl=url,
                Entries=[
                    {"Id": str(place), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                    for place, handle in enumerate(handles[start : start + MOST_RECEIVED])
                ],
            )
        return counts

    def command(self, *words: str, codes: Iterable[int] = (0,)) -> dict[str, Any]:
        """Run the operator's command line on this stack, and return its JSON."""
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / ".local").symlink_to(self.state.folder)
            variables = {
                name: value for name, value in os.environ.items() if not name.startswith("POSTROAD_")
            }
            done = subprocess.run(  # noqa: S603 - our own program
                [str(POSTROAD), *words, "--json"],
                cwd=folder,
                env=variables,
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode not in codes:
            raise RuntimeError(
                f"postroad {' '.join(words)}: code {done.returncode}\n{done.stderr}{done.stdout}"
            )
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def pause(self, stream: str) -> None:
        self.command("stream", "pause", stream, "--note", "rehearsal")

    def resume(self, stream: str) -> None:
        self.command("stream", "resume", stream)

    def is_taken(self, stream: str) -> bool:
        """Whether the stream's function is handed what lies on the queue."""
        function = resource_name(LOCAL_STAGE, f"send-{stream}")
        found = self.functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
        return any(mapping["State"] == "Enabled" for mapping in found)

    def switch(self, stream: str) -> Switch:
        """Return where the stream's switch stands."""
        return DynamoSwitches(self.dynamodb, self.outputs["ScheduleTable"]).read(stream)

    def dispatch(self, at: datetime | None = None) -> None:
        """Run dispatch once, as for the minute of this time (now, if none is given)."""
        event = {"time": (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")}
        answer = self.functions.invoke(FunctionName=DISPATCH, Payload=json.dumps(event))
        if answer.get("FunctionError"):
            raise RuntimeError(f"dispatch failed: {answer['Payload'].read().decode()}")

    def hurry(self) -> None:
        """Run dispatch as if two minutes had passed: what waits for a minute to come is handed out now."""
        self.dispatch(datetime.now(UTC) + timedelta(minutes=2))

    def let_dispatch_run(self, *, each_minute: bool) -> None:
        """Let the rule start dispatch each minute, or keep it from doing so."""
        (self.events.enable_rule if each_minute else self.events.disable_rule)(Name=DISPATCH)

    @contextmanager
    def ahead(self, function: str, by: timedelta) -> Iterator[None]:
        """Let a function live so much later: its bundle gets another clock, and its own back at the end."""
        name = resource_name(LOCAL_STAGE, function)
        trusted = ssl.create_default_context(cafile=str(self.state.certificate))
        where = self.functions.get_function(FunctionName=name)["Code"]["Location"]
        answer = httpx.get(where.replace("http://", "https://", 1), verify=trusted, trust_env=False)
        own = answer.raise_for_status().content
        self.functions.update_function_code(FunctionName=name, ZipFile=bundle_ahead(own, by))
        try:
            yield
        finally:
            self.functions.update_function_code(FunctionName=name, ZipFile=own)

    def workers(self, function: str) -> list[int]:
        """Return the processes that run a function: MiniStack unpacks its bundle to a folder of its name."""
        folder = f"ministack-lambda-{resource_name(LOCAL_STAGE, function)}-"
        found = []
        for pid in marked(self.state.mark):
            try:
                command = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue  # it ended meanwhile
            if folder in command:
                found.append(pid)
        return found

    def kill(self, pid: int) -> bool:
        """Kill a process as a machine that fails does; False if it had ended by itself."""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def rows(self, name: str) -> dict[str, Row]:
        """Return the rows of the messages that `enqueue` made under this name, by message id."""
        pages = self.dynamodb.get_paginator("scan").paginate(
            TableName=self.outputs["MessagesTable"],
            FilterExpression="begins_with(pk, :name)",
            ExpressionAttributeValues={":name": {"S": f"{name}-"}},
            ConsistentRead=True,
        )
        rows = [from_item(item) for page in pages for item in page["Items"]]
        return {row.message_id: row for row in rows}

    def account(self, name: str, message_ids: Iterable[str]) -> Accounted:
        """Say what became of these messages."""
        rows, wanted = self.rows(name), list(message_ids)
        taken = self.inbox.counts().by_message_id
        accepted = {each: taken.get(each, 0) for each in wanted}
        known = [rows[each] for each in wanted if each in rows]
        waiting = tuple(row.message_id for row in known if row.status in WAITING)
        lost = tuple(
            each for each in wanted if each not in rows or (each not in waiting and not accepted[each])
        )
        return Accounted(
            expected=len(wanted),
            by_status=Counter(str(row.status) for row in known),
            attempts=Counter(row.attempt for row in known),
            failures=Counter(row.failures for row in known),
            accepted=accepted,
            lost=lost,
            waiting=waiting,
        )
