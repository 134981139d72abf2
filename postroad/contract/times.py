"""When a message may be sent, and when it no longer may. Pure: the time is an argument."""

from datetime import datetime, timedelta

from postroad.contract.invalid import InvalidMessage
from postroad.contract.message import Message
from postroad.contract.words import Reason

# A row is kept for 28 days or more after its final status, so that no copy of a message outlives its claim.
MAX_AGE = timedelta(days=21)
# A producer's clock may be wrong; by more than this its `created_at` would stretch MAX_AGE.
CLOCK_TOLERANCE = timedelta(days=1)
# Somebody who asks for later most likely mistook seconds for milliseconds, or the year.
LONGEST_WAIT = timedelta(days=366)


def check_time(message: Message, now: datetime) -> None:
    """Raise InvalidMessage for a message whose times can't be served at `now`."""
    if message.created_at is not None and message.created_at - now > CLOCK_TOLERANCE:
        raise InvalidMessage(
            Reason.SCHEMA,
            "created_at",
            "lies more than a day in the future; correct the producer's clock",
            message.message_id,
        )
    if message.send_at is not None and message.send_at - now > LONGEST_WAIT:
        raise InvalidMessage(
            Reason.SCHEMA,
            "send_at",
            "lies more than 366 days ahead; enqueue the message nearer to its time",
            message.message_id,
        )


def expires_on(message: Message, *, received_at: datetime) -> datetime:
    """Return the moment from which on the message ends `expired`.

    That is max(created_at, send_at) + 21 days, or its own `expires_at` where that is earlier. `received_at`
    counts for a message without `created_at`: the time at which SQS first took it.
    """
    born = message.created_at if message.created_at is not None else received_at
    if message.send_at is not None:
        born = max(born, message.send_at)
    limit = born + MAX_AGE
    return limit if message.expires_at is None else min(limit, message.expires_at)


def is_expired(message: Message, *, received_at: datetime, now: datetime) -> bool:
    return now >= expires_on(message, received_at=received_at)
