"""AWS's own payloads, kept in tests/events."""

import json
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parent / "events"


def read(name: str) -> dict[str, Any]:
    """Return the payload of this file's name, as a fresh copy each time."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
    return event


def sqs_event(**bodies: object) -> dict[str, Any]:
    """Return an SQS event with one record per body, its id the argument's name."""
    (pattern, *_) = read("sqs_feedback_batch")["Records"]
    return {
        "Records": [
            {**pattern, "messageId": name, "body": body if isinstance(body, str) else json.dumps(body)}
            for name, body in bodies.items()
        ]
    }
