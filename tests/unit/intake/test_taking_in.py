"""POST /events: what is taken in, what is refused, and how each is answered."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest

from postroad.activity.declared import Declaration, Declared
from postroad.contract.event import InvalidEvent, parse_event
from postroad.intake.errors import NotQueuedError
from postroad.intake.http import accepted, body_of, forbidden, is_signed, refused, unavailable
from postroad.intake.memory import MemoryQueue
from postroad.intake.taking_in import Intake

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "schema": "postroad.event.v1",
    "event_id": "e1",
    "name": "order.placed",
    "time": "2026-11-22T12:00:00Z",
    "contact": {"email": "ana@example.com"},
}


def body(**change: object) -> bytes:
    return json.dumps({**EVENT, **change}).encode()


@pytest.fixture
def queue() -> MemoryQueue:
    return MemoryQueue()


@pytest.fixture
def intake(queue: MemoryQueue) -> Intake:
    return Intake(declared=Declared({"order.placed": Declaration()}), queue=queue)


def test_an_event_is_put_on_the_queue_as_it_was_read(intake: Intake, queue: MemoryQueue) -> None:
    assert intake.take(body(), now=NOON) == "e1"

    (put,) = queue.bodies
    assert parse_event(put) == parse_event(body())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "order.place"}, "name"),
        ({"time": "2026-12-22T12:00:00Z"}, "time"),
        ({"contact": 1}, "contact"),
    ],
)
def test_what_the_journeys_would_refuse_is_refused_at_the_door(
    intake: Intake, queue: MemoryQueue, change: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidEvent) as caught:
        intake.take(body(**change), now=NOON)

    answer = refused(caught.value)
    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["field"] == field
    assert json.loads(answer["body"])["event_id"] == "e1"
    assert queue.bodies == []


def test_what_is_too_large_is_told_so(intake: Intake) -> None:
    with pytest.raises(InvalidEvent) as caught:
        intake.take(b" " * 300_000, now=NOON)

    answer = refused(caught.value)
    assert answer["statusCode"] == 413
    assert json.loads(answer["body"]).keys() == {"reason", "field", "detail"}


def test_a_queue_that_does_not_take_it_is_no_acceptance(intake: Intake, queue: MemoryQueue) -> None:
    queue.is_down = True

    with pytest.raises(NotQueuedError):
        intake.take(body(), now=NOON)

    assert (unavailable()["statusCode"], unavailable()["headers"]["Retry-After"]) == (503, "5")


def test_answers_are_json_that_nobody_keeps() -> None:
    assert accepted("e1") == {
        "statusCode": 202,
        "headers": {
            "Content-Type": "application/json",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
        "body": '{"event_id": "e1"}',
    }
    assert forbidden()["statusCode"] == 403


@pytest.mark.parametrize(
    ("context", "signed"),
    [
        ({"authorizer": {"iam": {"userArn": "arn:aws:iam::111122223333:user/shop"}}}, True),
        ({"authorizer": {"iam": {"userArn": ""}}}, False),
        ({"authorizer": {"iam": None}}, False),
        ({"authorizer": {"jwt": {"claims": {}}}}, False),
        ({"authorizer": None}, False),
        ({}, False),
    ],
)
def test_who_the_gateway_does_not_know_is_not_let_in(context: dict[str, Any], signed: bool) -> None:  # noqa: FBT001 - a case
    assert is_signed({"requestContext": context}) is signed


@pytest.mark.parametrize(
    ("event", "read"),
    [
        ({"body": "añ"}, "añ".encode()),
        ({"body": b64encode(b"{}").decode(), "isBase64Encoded": True}, b"{}"),
        ({"body": "%", "isBase64Encoded": True}, b""),
        ({"body": None}, b""),
        ({}, b""),
    ],
)
def test_a_body_is_read_as_the_gateway_hands_it_on(event: dict[str, Any], read: bytes) -> None:
    assert body_of(event) == read
