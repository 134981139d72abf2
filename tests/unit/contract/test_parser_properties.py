"""What holds for every body, not only for those that somebody thought of."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroad.contract.message import Message
from postroad.contract.parser import InvalidMessage, fingerprint, parse_message
from postroad.contract.schema import message_schema

pytestmark = pytest.mark.slow

Fields = dict[str, Any]

VALIDATOR = jsonschema.Draft202012Validator(message_schema())

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
words = st.text("abc-_.@:/ \r\n\u2028éÉ语\x00", max_size=12)
times = st.sampled_from(
    ["2026-11-22T14:03:11Z", "2026-11-23T09:00:00-05:00", "2026-11-22T14:03:11", "9999-12-31T23:59:59-23:59"]
)
FIELDS = (
    *("schema", "message_id", "created_at", "stream", "template", "content", "to", "locale", "data", "topic"),
    *("reply_to", "attachments", "headers", "tags", "send_at", "expires_at", "other"),
)
GOOD: Fields = {
    "schema": "postroad.message.v1",
    "message_id": "order-1042",
    "stream": "transactional",
    "template": "order_confirmation",
    "to": {"email": "ana.ruiz@example.com"},
}
safe_words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=20)
messages = st.fixed_dictionaries(
    {
        **{name: st.just(value) for name, value in GOOD.items() if name not in ("message_id", "to")},
        "message_id": st.from_regex(r"[A-Za-z0-9._:-]{1,128}", fullmatch=True),
        "to": st.fixed_dictionaries({"email": st.emails(domains=st.just("example.com"))}),
    },
    optional={
        "created_at": st.datetimes().map(lambda _: "2026-11-22T14:03:11Z"),
        "locale": st.sampled_from(["es-CO", "zh-Hans", "de", "x-private"]),
        "data": st.dictionaries(safe_words, values, max_size=4),
        "topic": st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,20}", fullmatch=True),
        "tags": st.dictionaries(safe_words, safe_words, max_size=10),
    },
)


def judged(body: bytes | str) -> Message | InvalidMessage:
    try:
        return parse_message(body)
    except InvalidMessage as error:
        return error


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_random_bytes_raise_nothing_but_invalid_message(body: bytes | str) -> None:
    error = judged(body)
    assert isinstance(error, InvalidMessage)
    assert error.field
    assert error.detail


@settings(max_examples=400)
@given(
    st.dictionaries(st.sampled_from(FIELDS), values | words | times, max_size=4),
    st.dictionaries(st.sampled_from(["email", "name", "other"]), words | values, max_size=3),
    st.booleans(),
)
def test_random_fields_raise_nothing_but_invalid_message(changes: Fields, to: Fields, with_to: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    fields = {**GOOD, **changes, **({"to": to} if with_to else {})}
    result = judged(json.dumps(fields))
    if isinstance(result, InvalidMessage):
        assert result.field
        assert result.detail
    else:
        assert len(fingerprint(result)) == 22


@settings(max_examples=400)
@given(st.dictionaries(st.sampled_from(FIELDS), values | words | times, min_size=1, max_size=3))
def test_what_the_schema_refuses_the_parser_refuses(changes: Fields) -> None:
    fields = {**GOOD, **changes}
    if not VALIDATOR.is_valid(fields):
        assert isinstance(judged(json.dumps(fields)), InvalidMessage)


@given(messages)
def test_what_the_parser_accepts_the_schema_accepts(fields: Fields) -> None:
    if isinstance(judged(json.dumps(fields)), Message):
        VALIDATOR.validate(fields)


def shuffled(fields: Fields, order: Callable[[list[Any]], list[Any]]) -> Fields:
    return {
        key: shuffled(value, order) if isinstance(value, dict) else value
        for key, value in order(list(fields.items()))
    }


@given(messages, st.randoms(use_true_random=False), st.booleans())
def test_a_fingerprint_does_not_depend_on_writing(fields: Fields, chance: Any, pretty: bool) -> None:  # noqa: ANN401, FBT001 - drawn by hypothesis
    first = fingerprint(parse_message(json.dumps(fields)))
    again = {
        **shuffled(fields, lambda items: chance.sample(items, len(items))),
        "created_at": "2026-11-20T00:00:00Z",
    }
    body = json.dumps(again, ensure_ascii=pretty, indent=2 if pretty else None)
    assert fingerprint(parse_message(body)) == first


@given(messages, messages)
def test_different_bodies_have_different_fingerprints(one: Fields, other: Fields) -> None:
    first, second = parse_message(json.dumps(one)), parse_message(json.dumps(other))
    bare = [{**fields, "created_at": None} for fields in (one, other)]
    alike = json.dumps(bare[0], sort_keys=True) == json.dumps(bare[1], sort_keys=True)
    if alike:
        assert fingerprint(first) == fingerprint(second)
    elif fingerprint(first) == fingerprint(second):
        # The same although written differently: an empty map and one left out are one.
        empty: Fields = {"data": {}, "tags": {}}
        assert {**empty, **bare[0]} == {**empty, **bare[1]}
