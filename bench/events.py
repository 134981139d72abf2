"""What the functions are given: batches of order confirmations, and what SES reports of them."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

EXAMPLE = Path(__file__).parents[1] / "templates" / "order_confirmation" / "example.json"
QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:transactional"
_numbers = count(1)


def message() -> dict[str, Any]:
    """Return an order confirmation in English, each with its own id and recipient."""
    number = next(_numbers)
    data = json.loads(EXAMPLE.read_text("utf-8")) | {"order_id": str(number)}
    return {
        "schema": "postroad.message.v1",
        "message_id": f"order-{number:07d}-confirmation",
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "stream": "transactional",
        "template": "order_confirmation",
        "to": {"email": f"customer{number:07d}@example.com", "name": "Ana Ruiz"},
        "locale": "en",
        "data": data,
        "tags": {"order": str(number)},
    }


def body() -> str:
    """Return a new message as an application writes it."""
    return json.dumps(message(), ensure_ascii=False)


def sqs_event(bodies: Iterable[str]) -> dict[str, Any]:
    """Return what Lambda gives a function for these bodies of a queue."""
    now = str(int(datetime.now(UTC).timestamp() * 1000))
    return {
        "Records": [
            {
                "messageId": f"00000000-0000-4000-8000-{next(_numbers):012d}",
                "receiptHandle": f"receipt{place:0200d}",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": now,
                    "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                    "ApproximateFirstReceiveTimestamp": now,
                },
                "messageAttributes": {},
                "md5OfBody": "0" * 32,
                "eventSource": "aws:sqs",
                "eventSourceARN": QUEUE_ARN,
                "awsRegion": "eu-west-1",
            }
            for place, body in enumerate(bodies)
        ]
    }


def batches(sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Return one event of new messages for each size."""
    return [sqs_event(body() for _ in range(size)) for size in sizes]


def ses_events(sends: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the Send and the Delivery event of each of these requests of SendEmail, as SES writes them."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    found = []
    for send in sends:
        ses_id = send["MessageId"]
        to = send["Destination"]["ToAddresses"]
        subject = send["Content"]["Simple"]["Subject"]["Data"]
        mail = {
            "timestamp": now,
            "source": send["FromEmailAddress"],
            "sourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/shop.example",
            "sendingAccountId": "123456789012",
            "messageId": ses_id,
            "destination": to,
            "headersTruncated": False,
            "headers": [
                {"name": "From", "value": send["FromEmailAddress"]},
                {"name": "To", "value": to[0]},
                {"name": "Subject", "value": subject},
                {"name": "MIME-Version", "value": "1.0"},
                {"name": "Content-Type", "value": 'multipart/alternative; boundary="----=_Part_0_1.1"'},
            ],
            "commonHeaders": {
                "from": [send["FromEmailAddress"]],
                "to": to,
                "messageId": ses_id,
                "subject": subject,
            },
            "tags": {
                "ses:source-tls-version": ["TLSv1.3"],
                "ses:operation": ["SendEmail"],
                "ses:configuration-set": [send["ConfigurationSetName"]],
                "ses:source-ip": ["203.0.113.7"],
                "ses:from-domain": ["shop.example"],
                "ses:caller-identity": ["send"],
                **{tag["Name"]: [tag["Value"]] for tag in send["EmailTags"]},
            },
        }
        delivery = {
            "timestamp": now,
            "processingTimeMillis": 900,
            "recipients": to,
            "smtpResponse": "250 2.6.0 Message received",
            "remoteMtaIp": "192.0.2.1",
            "reportingMTA": "a1-2.smtp-out.eu-west-1.amazonses.com",
        }
        found += [
            {"eventType": "Send", "mail": mail, "send": {}},
            {"eventType": "Delivery", "mail": mail, "delivery": delivery},
        ]
    return found


def sns_envelope(event: Mapping[str, Any]) -> str:
    """Return the body of what SNS puts on a queue for this event."""
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": f"00000000-0000-4000-8000-{next(_numbers):012d}",
            "TopicArn": "arn:aws:sns:eu-west-1:123456789012:postroad-prod-feedback",
            "Subject": "Amazon SES Email Event Notification",
            "Message": json.dumps(event),
            "Timestamp": event["mail"]["timestamp"],
            "SignatureVersion": "1",
        }
    )


def event_object(events: Iterable[Mapping[str, Any]]) -> bytes:
    """Return an object as Firehose writes it: a line for each event, gzipped."""
    return gzip.compress("".join(json.dumps(event) + "\n" for event in events).encode())


def s3_notification(bucket: str, key: str, size: int) -> str:
    """Return the body of S3's notification that an object was created."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "eu-west-1",
        "eventTime": now,
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AWS:firehose"},
        "requestParameters": {"sourceIPAddress": "203.0.113.7"},
        "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "events",
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": "A3"},
                "arn": f"arn:aws:s3:::{bucket}",
            },
            "object": {"key": key, "size": size, "eTag": "0" * 32, "sequencer": "0055AED6DCD90281E5"},
        },
    }
    return json.dumps({"Records": [record]})
