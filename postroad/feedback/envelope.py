"""From the body of an SQS record to SES's own event."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeGuard

from postroad.feedback.errors import MalformedEventError

if TYPE_CHECKING:
    from collections.abc import Mapping

# SES greets a topic when an event destination or an identity's notifications are set up. These aren't events,
# and parking them as malformed would ring the alarm on the dead letters with every first deploy.
_GREETING = "Successfully validated SNS topic for Amazon SES event publishing."
_SUBSCRIBED = "AmazonSnsSubscriptionSucceeded"


def open_envelope(body: str) -> Mapping[str, object] | None:
    """Return SES's event from an SQS body: inside SNS's notification, or bare (raw message delivery).

    None means a greeting of SES, which asks for nothing. Raises MalformedEventError for anything else that is
    no JSON object. The notification's format:
    https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html
    """
    if _is_greeting(body):
        return None
    event = _json_object(body, "the SQS body")
    if "Message" in event and "Type" in event:
        message = event["Message"]
        if not isinstance(message, str):
            raise MalformedEventError("Message: SNS writes a string")
        if _is_greeting(message):
            return None
        event = _json_object(message, "Message")
    return None if event.get("notificationType") == _SUBSCRIBED else event


def _is_greeting(text: str) -> bool:
    return text.strip() == _GREETING


def _json_object(text: str, where: str) -> Mapping[str, object]:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        # Not chained: the parser's error carries the text, and with it addresses.
        raise MalformedEventError(f"{where}: not JSON") from None
    if not is_json_object(value):
        raise MalformedEventError(f"{where}: not a JSON object")
    return value


def is_json_object(value: object) -> TypeGuard[Mapping[str, object]]:
    """Say whether this decoded JSON value is an object (its keys are strings by JSON's own rule)."""
    return isinstance(value, dict)
