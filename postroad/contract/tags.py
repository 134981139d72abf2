"""SES message tags that carry our ids and the producer's tags.

SES allows `[A-Za-z0-9_-]`, at most 256 characters, in names and values of tags. Our ids and the producer's
tags allow more, so each travels as base64url of its UTF-8 form, unpadded.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Mapping

MESSAGE_TAG = "postroad_message"
ATTEMPT_TAG = "postroad_attempt"
CANARY_TAG = "postroad_canary"
"""Marks a mail of our own to SES's mailbox simulator: it has no row, and drives the watermark."""
PRODUCER_PREFIX = "t_"

SES_TAG_LENGTH = 256
# n bytes become ceil(4n / 3) characters: these are the longest that still fit SES's 256.
NAME_BYTES = (SES_TAG_LENGTH - len(PRODUCER_PREFIX)) * 3 // 4
VALUE_BYTES = SES_TAG_LENGTH * 3 // 4


def encode_tag(value: str) -> str:
    """Write `value` as SES accepts it in a tag: base64url of the UTF-8 bytes, without padding."""
    return urlsafe_b64encode(value.encode()).rstrip(b"=").decode()


def decode_tag(encoded: str) -> str:
    """Undo `encode_tag`. Raises ValueError for anything that `encode_tag` can't have made."""
    try:
        value = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except (Error, UnicodeError) as error:
        raise ValueError("not a tag that Postroad wrote") from error
    if encode_tag(value) != encoded:
        raise ValueError("not a tag that Postroad wrote")
    return value


def ses_tags(message_id: str, attempt: int, tags: Mapping[str, str]) -> dict[str, str]:
    """Build all SES tags of one attempt, by name."""
    return {
        MESSAGE_TAG: encode_tag(message_id),
        ATTEMPT_TAG: str(attempt),
        **{PRODUCER_PREFIX + encode_tag(name): encode_tag(value) for name, value in tags.items()},
    }
