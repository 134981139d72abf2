"""What S3 says of an object that was made: read, and written in its stead. Pure.

The format: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote_plus, unquote_plus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_CREATED = "ObjectCreated:"
_GREETING = "s3:TestEvent"


class NotANotificationError(ValueError):
    """It isn't a notification of S3 that we can read; the message names the field and holds no value."""


def is_of_s3(body: Mapping[str, object]) -> bool:
    """Say whether this body of an SQS record is S3's rather than SES's."""
    return "Records" in body or body.get("Event") == _GREETING


def keys_of(body: Mapping[str, object], *, bucket: str) -> list[str]:
    """Return the keys of the objects that were made in this bucket, as they are in S3.

    None are in the greeting that S3 sends when notifications are set up, nor in what says that one was
    deleted. Raises NotANotificationError.
    """
    if body.get("Event") == _GREETING:
        return []
    records = body.get("Records")
    if not isinstance(records, list):
        raise NotANotificationError("Records: not a list")
    return [
        unquote_plus(_text(record, "s3", "object", "key"), errors="strict")
        for record in records
        if _text(record, "eventName").removeprefix("s3:").startswith(_CREATED)
        and _is_in(record, bucket=bucket)
    ]


def notification_of(bucket: str, key: str, now: datetime) -> dict[str, object]:
    """Return what S3 would say of this object; keys are written as in a form's address."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "eventTime": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "eventName": f"{_CREATED}Put",
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "bucket": {"name": bucket},
                    "object": {"key": quote_plus(key, safe="/")},
                },
            }
        ]
    }


def _is_in(record: object, *, bucket: str) -> bool:
    if _text(record, "s3", "bucket", "name") != bucket:
        raise NotANotificationError("s3.bucket.name: not the bucket of events")
    return True


def _text(value: object, *path: str) -> str:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, str):
        raise NotANotificationError(f"{'.'.join(path)}: missing")
    return value
