"""Whether two bodies under one id are the same message."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import sha256

from msgspec import structs
from msgspec.json import encode

from postroad.contract.message import Message

# 16 bytes: two bodies under one id meet by accident once in 2**64 pairs, and the row stays small.
_BYTES = 16


def fingerprint(message: Message) -> str:
    """Hash the message in canonical form less `created_at`: 22 characters of base64url.

    The order of keys, a field left out or null, and the offset in which a time is written make no difference.
    """
    canonical = structs.replace(
        message, created_at=None, send_at=_utc(message.send_at), expires_at=_utc(message.expires_at)
    )
    digest = sha256(encode(canonical, order="sorted")).digest()
    return urlsafe_b64encode(digest[:_BYTES]).rstrip(b"=").decode()


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.astimezone(UTC)
