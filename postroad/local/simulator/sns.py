"""Carries SES events to the SNS topics that asked for them: the fast path."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import PublishBatchRequestEntryTypeDef

SUBJECT = "Amazon SES Email Event Notification"


class SnsCarrier:
    """Publishes up to ten events at a time, each as a message of its own, as SES does."""

    most = 10
    most_bytes = 240 * 1024  # SNS takes 256 KiB
    overhead = 0
    gather = quiet = timedelta()

    def __init__(self, client: SNSClient) -> None:
        """Needs sns:Publish, as the local stage's root has."""
        self._client = client

    def carry(self, destination: str, messages: Sequence[str]) -> Collection[int]:
        """Publish to a topic."""
        entries: list[PublishBatchRequestEntryTypeDef] = [
            {"Id": str(place), "Message": message, "Subject": SUBJECT}
            for place, message in enumerate(messages)
        ]
        answer = self._client.publish_batch(TopicArn=destination, PublishBatchRequestEntries=entries)
        return {int(each["Id"]) for each in answer.get("Failed", [])}
