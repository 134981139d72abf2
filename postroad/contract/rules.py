"""What a message must keep to on the stream that it is put on. Pure: the configuration is an argument."""

from dataclasses import dataclass

from postroad.contract.invalid import InvalidMessage
from postroad.contract.message import Attachment, Message
from postroad.contract.words import Reason

_SHOWN = 10
"""Topics in the sentence about an unknown one: it is kept in the message's row."""


@dataclass(frozen=True, slots=True)
class StreamRules:
    """What the contract leaves to a stream's configuration."""

    stream: str
    topic_required: bool
    attachments_bucket: str
    """Postroad's own; a stream reads from it only under `attachments/` and its name."""
    attachment_buckets: tuple[str, ...] = ()
    """Further buckets that the configuration lists; all of their keys may be sent."""
    topics: tuple[str, ...] = ()
    """What mail of this stream may belong to, where the configuration names topics; else any."""


def check_stream(message: Message, rules: StreamRules) -> None:
    """Raise InvalidMessage for a message that this stream does not take."""
    if message.stream != rules.stream:
        raise InvalidMessage(
            Reason.UNKNOWN_STREAM,
            "stream",
            f'this queue takes the stream "{rules.stream}" alone; put the message on its own stream\'s queue',
            message.message_id,
        )
    if rules.topic_required and message.topic is None:
        raise InvalidMessage(
            Reason.TOPIC,
            "topic",
            "is missing: mail of this stream can be unsubscribed, so name the topic that it belongs to",
            message.message_id,
        )
    if rules.topics and message.topic is not None and message.topic not in rules.topics:
        # Sent, it would reach those who left the topic that was meant: leaving is kept by the topic's name.
        raise InvalidMessage(
            Reason.TOPIC,
            "topic",
            f"is no topic of this stream; {_instead(message.topic, rules.topics)}. A new one is written into "
            "config/topics.toml and deployed before its first mail",
            message.message_id,
        )
    for index, attachment in enumerate(message.attachments):
        if not _may_read(attachment, rules):
            raise InvalidMessage(
                Reason.ATTACHMENT,
                f"attachments[{index}].s3",
                f"expected {rules.attachments_bucket}/{own_prefix(rules.stream)}<key>, or a bucket that the "
                "stage's configuration lists under attachments",
                message.message_id,
            )


def own_prefix(stream: str) -> str:
    """Return where in Postroad's own bucket this stream's attachments lie, apart from kept bodies."""
    return f"attachments/{stream}/"


def _instead(topic: str, known: tuple[str, ...]) -> str:
    # Imported here: few messages need it.
    from difflib import get_close_matches  # noqa: PLC0415 - see above

    if close := get_close_matches(topic, known, n=1):
        return f"did you mean {close[0]}?"
    more = " and others" if len(known) > _SHOWN else ""
    return f"expected one of {', '.join(known[:_SHOWN])}{more}"


def _may_read(attachment: Attachment, rules: StreamRules) -> bool:
    # Its own bucket first: listing it too must not open the other streams' attachments and the kept bodies.
    if attachment.bucket == rules.attachments_bucket:
        return attachment.key.startswith(own_prefix(rules.stream))
    return attachment.bucket in rules.attachment_buckets
