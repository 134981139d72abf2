"""What an event must be, and what is said of one that is not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.contract.event import (
    MAX_EVENT_BYTES,
    MAX_PROPERTIES_BYTES,
    ContactEvent,
    EventContact,
    EventReason,
    InvalidEvent,
    check_event_time,
    event_text,
    parse_event,
)
from postroad.contract.schema import event_schema

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
WHOLE: dict[str, Any] = {
    "schema": "postroad.event.v1",
    "event_id": "order-1042-placed",
    "name": "order.placed",
    "time": "2026-11-22T13:00:00+01:00",
    "contact": {
        "email": "ana.ruiz@example.com",
        "name": "Ana Ruiz",
        "locale": "es-CO",
        "time_zone": "America/Bogota",
    },
    "properties": {"order_id": "1042", "total": 12.5, "lines": [{"sku": "a", "gift": None}]},
}


def refused(body: str | bytes | dict[str, Any]) -> InvalidEvent:
    with pytest.raises(InvalidEvent) as caught:
        parse_event(json.dumps(body) if isinstance(body, dict) else body)
    return caught.value


def test_a_whole_event_is_read() -> None:
    assert parse_event(json.dumps(WHOLE)) == ContactEvent(
        schema="postroad.event.v1",
        event_id="order-1042-placed",
        name="order.placed",
        time=NOON,
        contact=EventContact(
            email="ana.ruiz@example.com", name="Ana Ruiz", locale="es-CO", time_zone="America/Bogota"
        ),
        properties={"order_id": "1042", "total": 12.5, "lines": [{"sku": "a", "gift": None}]},
    )


def test_the_required_fields_of_an_event_are_enough() -> None:
    least = {**WHOLE, "contact": {"email": "ana@example.com"}}
    del least["properties"]

    event = parse_event(json.dumps(least).encode())

    assert (event.properties, event.contact.name) == ({}, None)


def test_the_bus_s_envelope_is_opened() -> None:
    envelope = {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": "postroad.event.v1",
        "source": "shop",
        "account": "111122223333",
        "time": "2026-11-22T14:00:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": WHOLE,
    }

    assert parse_event(json.dumps(envelope)) == parse_event(json.dumps(WHOLE))
    assert refused({**envelope, "detail": {**WHOLE, "name": "Order"}}).field == "name"


def test_what_is_written_is_read_back() -> None:
    event = parse_event(json.dumps({**WHOLE, "properties": {"odd": "\ufffe\uffff", "much": 10**30}}))

    assert parse_event(event_text(event)) == event
    assert not set("\ufffe\uffff") & set(event_text(event))


@pytest.mark.parametrize(
    ("change", "reason", "field", "expected"),
    [
        ({"schema": "postroad.event.v2"}, EventReason.SCHEMA, "schema", '"postroad.event.v1"'),
        ({"event_id": "a b"}, EventReason.SCHEMA, "event_id", "1 to 128 characters"),
        ({"event_id": "a\n"}, EventReason.SCHEMA, "event_id", "1 to 128 characters"),
        ({"event_id": 7}, EventReason.SCHEMA, "event_id", "got a number"),
        ({"name": "Order placed"}, EventReason.SCHEMA, "name", "order.placed"),
        ({"name": "order..placed"}, EventReason.SCHEMA, "name", "order.placed"),
        ({"name": "a" * 65}, EventReason.SCHEMA, "name", "order.placed"),
        ({"time": "2026-11-22T12:00:00"}, EventReason.SCHEMA, "time", "with its offset"),
        ({"time": "yesterday"}, EventReason.SCHEMA, "time", "with its offset"),
        ({"time": "1999-12-31T23:59:59Z"}, EventReason.SCHEMA, "time", "a year from 2000"),
        ({"contact": {}}, EventReason.ADDRESS, "contact.email", "is missing"),
        ({"contact": {"email": "ana"}}, EventReason.ADDRESS, "contact.email", "one address"),
        ({"contact": {"email": "ana@example.test"}}, EventReason.ADDRESS, "contact.email", ""),
        (
            {"contact": {"email": "a@example.com", "name": "a\nb"}},
            EventReason.SCHEMA,
            "contact.name",
            "line break",
        ),
        (
            {"contact": {"email": "a@example.com", "locale": "es_CO"}},
            EventReason.LOCALE,
            "contact.locale",
            "BCP 47",
        ),
        (
            {"contact": {"email": "a@example.com", "time_zone": "../etc"}},
            EventReason.SCHEMA,
            "contact.time_zone",
            "IANA",
        ),
        (
            {"contact": {"email": "a@example.com", "phone": "1"}},
            EventReason.SCHEMA,
            "contact.phone",
            "remove",
        ),
        ({"properties": []}, EventReason.SCHEMA, "properties", "an object"),
        ({"total": 1}, EventReason.SCHEMA, "total", "belongs under properties"),
    ],
)
def test_each_mistake_in_an_event_names_field_and_mend(
    change: dict[str, Any], reason: EventReason, field: str, expected: str
) -> None:
    error = refused({**WHOLE, **change})

    assert (error.reason, error.field) == (reason, field)
    assert expected in error.detail


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", EventReason.NOT_JSON),
        (b"\xff", EventReason.NOT_JSON),
        ('{"a": NaN}', EventReason.NOT_JSON),
        ('{"event_id": "a", "event_id": "b"}', EventReason.NOT_JSON),
        ("null", EventReason.SCHEMA),
        ('{"detail-type": "postroad.event.v1"}', EventReason.SCHEMA),
        ("[" * 100_000, EventReason.SCHEMA),
        (" " * (MAX_EVENT_BYTES + 1), EventReason.TOO_LARGE),
        (json.dumps(WHOLE).replace("12.5", "1e999"), EventReason.SCHEMA),
        (json.dumps(WHOLE).replace('"1042"', r'"\ud800"'), EventReason.NOT_JSON),
    ],
)
def test_what_is_no_event_at_all_is_told(body: str | bytes, reason: EventReason) -> None:
    assert refused(body).reason is reason


def test_properties_have_an_end() -> None:
    room = MAX_PROPERTIES_BYTES - len('{"a":""}')

    assert parse_event(json.dumps({**WHOLE, "properties": {"a": "x" * room}}))
    error = refused({**WHOLE, "properties": {"a": "x" * (room + 1)}})
    assert (error.field, error.event_id) == ("properties", "order-1042-placed")


def test_no_value_of_an_event_is_repeated() -> None:
    changes: list[dict[str, Any]] = [
        {"contact": {"email": "ana.ruiz@secret"}},
        {"contact": {"email": "a@example.com", "ana@secret": 1}},
        {"ana.ruiz@secret": 1},
        {"time": "ana.ruiz@secret"},
    ]
    for change in changes:
        assert "secret" not in str(refused({**WHOLE, **change}))


def test_an_event_from_ahead_counts_as_of_now_and_from_far_ahead_is_refused() -> None:
    event = parse_event(json.dumps(WHOLE))

    assert check_event_time(event, now=NOON + timedelta(hours=1)) == NOON
    assert check_event_time(event, now=NOON - timedelta(days=1)) == NOON - timedelta(days=1)
    with pytest.raises(InvalidEvent) as caught:
        check_event_time(event, now=NOON - timedelta(days=1, seconds=1))
    assert (caught.value.reason, caught.value.field) == (EventReason.TIME, "time")


def test_the_schema_of_events_takes_the_whole_event_and_refuses_what_it_can_tell() -> None:
    schema = jsonschema.Draft202012Validator(event_schema())
    schema.check_schema(event_schema())

    assert schema.is_valid(WHOLE)
    wrong: list[dict[str, Any]] = [
        {"name": "Order"},
        {"event_id": "a b"},
        {"contact": {}},
        {"surprise": 1},
        {"schema": "x"},
    ]
    for change in wrong:
        assert not schema.is_valid({**WHOLE, **change})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.dictionaries(
        st.sampled_from([*WHOLE, "detail", "detail-type", "other"]),
        JSON | st.sampled_from(list(WHOLE.values())),
    )
)
def test_whatever_comes_is_an_event_or_refused(change: dict[str, Any]) -> None:
    try:
        event = parse_event(json.dumps({**WHOLE, **change}))
    except InvalidEvent:
        return
    assert parse_event(event_text(event)) == event
