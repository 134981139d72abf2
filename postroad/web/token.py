"""The tokens in the links of mails: who may do what, signed. Pure.

A token is `<payload>.<signature>`, both base64url without padding, about 140 characters. The payload is
`<version>|<key id>|<purpose>|<address key>|<topic>`, the signature HMAC-SHA256 with a key of the ring. There
is no address in it, and nothing that ends: a link must work for as long as somebody keeps the mail, and any
number of times (RFC 8058 lets receivers try again).
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64Error
from dataclasses import dataclass, field
from enum import StrEnum
from hmac import compare_digest, digest
from typing import TYPE_CHECKING

from postroad.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = "1"
LONGEST = 2048
"""Characters; ours are far shorter. What is longer is not looked at."""
SHORTEST_KEY = 32
_CURRENT = "current"
_BETWEEN = "|"
# Keeps a signature of this ring from ever meaning anything elsewhere.
_DOMAIN = b"postroad.token\n"
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)
_ADDRESS_KEY = re.compile(r"k1\.[A-Za-z0-9_-]{43}", re.ASCII)
_TOPIC = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}", re.ASCII)
_TOPICS = re.compile(rf"{_TOPIC.pattern}(,{_TOPIC.pattern}){{0,19}}", re.ASCII)
_TOKEN = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})", re.ASCII)


class Purpose(StrEnum):
    """What its bearer may do. A token for one thing is no token for another."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token says: the bearer may do this, for this address and this topic.

    To confirm, it may be several topics, 20 at most: "offers,product_updates".
    """

    address_key: str
    topic: str
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys that sign: `current` makes tokens, and all of them read. Its repr holds no key."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def read(cls, secret: str) -> KeyRing:
        """Read the secret `token-keys`: JSON {"current": "t2", "t1": "<key>", "t2": "<key>"}.

        Raises SettingsError where it is not that, or where a key is too short to be one.
        """
        try:
            content = json.loads(secret)
            current = str(content.pop(_CURRENT))
            keys = {name: key.encode() for name, key in content.items()}
        except (ValueError, KeyError, AttributeError, TypeError):
            # No cause: its text may hold a key.
            raise SettingsError(
                'token-keys is not {"current": "t1", "t1": "<key>"}: put back the value that it had'
            ) from None
        if current not in keys:
            raise SettingsError("token-keys names a current key that it doesn't hold: add it to the secret")
        for name, key in keys.items():
            if not _KEY_ID.fullmatch(name):
                raise SettingsError("a name in token-keys is not 1 to 32 letters, digits, _ or -: change it")
            if len(key) < SHORTEST_KEY:
                raise SettingsError(
                    f"the key {name} in token-keys has under {SHORTEST_KEY} characters: take a longer one"
                )
        return cls(current, keys)


class UnknownKeyError(Exception):
    """The token names a key that this ring lacks: it is forged, or the ring was read before the key came."""


def make_token(ring: KeyRing, grant: Grant) -> str:
    """Return the token of `grant`, always the same for the same grant and current key.

    Raises ValueError for an address key or topic that could not be read back.
    """
    topic = _TOPICS if grant.purpose is Purpose.CONFIRM else _TOPIC
    if not _ADDRESS_KEY.fullmatch(grant.address_key) or not topic.fullmatch(grant.topic):
        raise ValueError("expected an address key and the name of a topic")
    parts = (VERSION, ring.current, grant.purpose.value, grant.address_key, grant.topic)
    payload = _BETWEEN.join(parts).encode()
    return f"{_encode(payload)}.{_encode(_sign(ring.keys[ring.current], payload))}"


def read_token(ring: KeyRing, token: str, purpose: Purpose) -> Grant | None:
    """Return what the token grants, or None for one that isn't ours, or is for another purpose.

    Raises UnknownKeyError for one whose key the ring lacks. Nothing of the payload is believed before its
    signature has been compared, in constant time; until then its key id only says which key to compare with.
    """
    if len(token) > LONGEST or (parts := _TOKEN.fullmatch(token)) is None:
        return None
    payload, signature = _decode(parts[1]), _decode(parts[2])
    if payload is None or signature is None:
        return None
    key_id = _field(payload, 1)
    key = ring.keys.get(key_id)
    if key is None:
        if _field(payload, 0) == VERSION and _KEY_ID.fullmatch(key_id):
            raise UnknownKeyError
        return None
    if not compare_digest(_sign(key, payload), signature):
        return None
    return _grant(payload.decode("ascii"), purpose)


def _grant(payload: str, purpose: Purpose) -> Grant | None:
    version, _, given, address_key, topic = payload.split(_BETWEEN)
    if version != VERSION or given != purpose.value:
        return None
    return Grant(address_key, topic, purpose)


def _field(payload: bytes, place: int) -> str:
    fields = payload.split(_BETWEEN.encode())
    return fields[place].decode("ascii", "replace") if len(fields) > place else ""


def _sign(key: bytes, payload: bytes) -> bytes:
    return digest(key, _DOMAIN + payload, "sha256")


def _encode(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _decode(text: str) -> bytes | None:
    """Decode what `_encode` wrote; other spellings of the same bytes are refused."""
    try:
        content = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (NotBase64Error, ValueError):
        return None
    return content if _encode(content) == text else None
