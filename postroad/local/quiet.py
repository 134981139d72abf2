"""Says whether a local stack has come to rest: nothing on its working queues, no event on its way."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_sqs import SQSClient

    from postroad.local.inbox import Inbox

PAUSE_SECONDS = 0.5
QUIET_LOOKS = 2
"""An event may be between the simulator and the queue while one looks."""
PATIENCE_SECONDS = 180.0
"""More than a queue hides what a dead worker had taken."""


def is_quiet(sqs: SQSClient, outputs: Mapping[str, str], inbox: Inbox) -> bool:
    """Return whether no event waits in the simulator and no message in any working queue."""
    return not inbox.counts().waiting and not on_queues(sqs, outputs)


def on_queues(sqs: SQSClient, outputs: Mapping[str, str]) -> dict[str, int]:
    """Return how many messages lie on each working queue that isn't empty: seen, unseen or delayed."""
    found: dict[str, int] = {}
    for name, url in outputs.items():
        if not name.endswith("QueueUrl") or name.endswith("DeadLetterQueueUrl"):
            continue
        attributes = sqs.get_queue_attributes(
            QueueUrl=url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
            ],
        )["Attributes"]
        if count := sum(int(each) for each in attributes.values()):
            found[name] = count
    return found


def wait_until_quiet(look: Callable[[], bool], *, patience: float = PATIENCE_SECONDS) -> bool:
    """Wait until a look finds all at rest twice in a row; False after so many seconds of patience."""
    end, quiet = time.monotonic() + patience, 0
    while time.monotonic() < end:
        quiet = quiet + 1 if look() else 0
        if quiet == QUIET_LOOKS:
            return True
        time.sleep(PAUSE_SECONDS)
    return False
