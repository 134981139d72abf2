"""Tokens of links: only what the ring signed is believed, and nothing else of it."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from dataclasses import replace
from hmac import digest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.settings import SettingsError
from postroad.suppression.address_key import address_key
from postroad.web.token import Grant, KeyRing, Purpose, UnknownKeyError, make_token, read_token

ADDRESS = address_key(b"s" * 64, "ana.ruiz@example.com")
GRANT = Grant(ADDRESS, "product_updates", Purpose.UNSUBSCRIBE)
RING = KeyRing("t1", {"t1": b"a" * 64})
NEWER = KeyRing("t2", {"t1": b"a" * 64, "t2": b"b" * 64})


def encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def payload_of(token: str) -> bytes:
    text = token.partition(".")[0]
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def read(token: str, ring: KeyRing = RING) -> Grant | None:
    return read_token(ring, token, Purpose.UNSUBSCRIBE)


def test_a_token_says_what_it_was_made_for() -> None:
    assert read(make_token(RING, GRANT)) == GRANT


@given(
    key=st.binary(min_size=32, max_size=32),
    topic=st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,63}", fullmatch=True),
)
def test_any_address_and_topic_come_back(key: bytes, topic: str) -> None:
    grant = Grant(address_key(key, "x"), topic, Purpose.UNSUBSCRIBE)
    assert read(make_token(RING, grant)) == grant


def test_a_token_fits_a_url_and_a_header_and_holds_no_address() -> None:
    token = make_token(RING, GRANT)
    assert re.fullmatch(r"[A-Za-z0-9_.-]{100,200}", token)
    assert b"@" not in payload_of(token)
    assert b"ana" not in payload_of(token)


def test_a_link_works_many_times_and_is_the_same_in_each_mail() -> None:
    assert make_token(RING, GRANT) == make_token(RING, GRANT)


def test_a_link_outlives_its_key_being_current() -> None:
    old = make_token(RING, GRANT)
    assert read(old, NEWER) == GRANT
    assert make_token(NEWER, GRANT) != old


def test_a_key_that_came_later_is_told_from_a_forgery() -> None:
    with pytest.raises(UnknownKeyError):
        read(make_token(NEWER, GRANT), RING)


@given(st.data())
def test_no_changed_letter_is_believed(data: st.DataObject) -> None:
    token = make_token(RING, GRANT)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("ABCabc019-_.|=@\r\n%é").filter(lambda each: each != token[place]))
    changed = token[:place] + letter + token[place + 1 :]
    try:
        assert read(changed) is None
    except UnknownKeyError:
        assert b"|t1|" not in payload_of(changed)


@pytest.mark.parametrize("length", range(0, 140, 7))
def test_no_truncated_token_is_believed(length: int) -> None:
    assert read(make_token(RING, GRANT)[:length]) is None


@given(st.text(max_size=600))
def test_no_text_raises_anything_but_an_unknown_key(text: str) -> None:
    with suppress(UnknownKeyError):
        assert read(text) is None


@pytest.mark.parametrize(
    "other",
    [
        replace(GRANT, topic="offers"),
        replace(GRANT, address_key=address_key(b"s" * 64, "someone.else@example.com")),
    ],
)
def test_a_signature_fits_no_other_topic_and_no_other_address(other: Grant) -> None:
    signature = make_token(RING, GRANT).partition(".")[2]
    forged = f"{make_token(RING, other).partition('.')[0]}.{signature}"
    assert read(forged) is None


@pytest.mark.parametrize(
    ("place", "value"), [(0, b"2"), (2, b"preferences"), (2, b"UNSUBSCRIBE")], ids=["version", "word", "case"]
)
def test_what_our_own_key_signed_for_something_else_is_refused(place: int, value: bytes) -> None:
    fields = payload_of(make_token(RING, GRANT)).split(b"|")
    fields[place] = value
    payload = b"|".join(fields)
    signature = digest(b"a" * 64, b"postroad.token\n" + payload, "sha256")
    assert read(f"{encoded(payload)}.{encoded(signature)}") is None


def test_a_signature_made_outside_of_tokens_is_refused() -> None:
    payload = payload_of(make_token(RING, GRANT))
    assert read(f"{encoded(payload)}.{encoded(digest(b'a' * 64, payload, 'sha256'))}") is None


def test_a_token_has_one_spelling() -> None:
    token = make_token(RING, GRANT)
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".index(token[-1])
    twin = token[:-1] + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last ^ 1]
    assert read(twin) is None
    assert read(token + "=") is None
    assert read(token + "\n") is None


@pytest.mark.parametrize(
    "wrong",
    [
        replace(GRANT, topic="a|b"),
        replace(GRANT, topic="a\r\nb"),
        replace(GRANT, address_key="ana@example.com"),
    ],
)
def test_what_could_not_be_read_back_is_not_signed(wrong: Grant) -> None:
    with pytest.raises(ValueError, match="expected an address key"):
        make_token(RING, wrong)


def test_the_ring_is_read_as_foundation_makes_it() -> None:
    assert KeyRing.read(json.dumps({"current": "t1", "t1": "a" * 64})) == RING


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "a" * 64,
        "[]",
        json.dumps({"t1": "a" * 64}),
        json.dumps({"current": "t2", "t1": "a" * 64}),
        json.dumps({"current": "t1", "t1": "short"}),
        json.dumps({"current": "t1", "t1": 64}),
        json.dumps({"current": "t|1", "t|1": "a" * 64}),
        json.dumps({"current": ["t1"], "t1": "a" * 64}),
    ],
)
def test_a_spoilt_ring_is_an_error_that_says_so_and_shows_no_key(secret: str) -> None:
    with pytest.raises(SettingsError, match="token-keys") as caught:
        KeyRing.read(secret)
    assert "a" * 8 not in str(caught.value)


def test_a_ring_shows_no_key() -> None:
    assert "aaaa" not in repr(RING)
