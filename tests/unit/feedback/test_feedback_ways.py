"""Each payload by each of its ways: bare on a queue, in SNS's envelope, and in an object of Firehose."""

import gzip
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from postroad.feedback.envelope import open_envelope
from postroad.feedback.event import EventKind, FeedbackEvent
from postroad.feedback.reading import read_event
from postroad.feedback.stored import stored_events
from tests.unit.feedback.conftest import EVENTS

Payload = Callable[[str], dict[str, Any]]
OTHERS = ("sqs_", "s3_", "dynamodb_", "notification_subscription")
NAMES = sorted(path.stem for path in EVENTS.glob("*.json") if not path.stem.startswith(OTHERS))
FIREHOSE = EVENTS / "firehose_object.jsonl"


def read_stored(content: bytes) -> list[FeedbackEvent]:
    events = list(stored_events([content]))
    assert None not in events
    return [one for event in events if event is not None for one in read_event(event)]


def unwrapped(body: str) -> Mapping[str, object]:
    event = open_envelope(body)
    assert event is not None
    return event


@pytest.mark.parametrize("name", NAMES)
def test_each_payload_says_the_same_by_every_way(payload: Payload, name: str) -> None:
    event = payload(name)
    bare = read_event(event)
    envelope = json.loads(payload("sqs_feedback_batch")["Records"][0]["body"])
    assert envelope["Type"] == "Notification"
    wrapped = json.dumps(envelope | {"Message": json.dumps(event)})
    line = json.dumps(event).encode() + b"\n"
    assert read_event(unwrapped(json.dumps(event))) == bare
    assert read_event(unwrapped(wrapped)) == bare
    assert read_stored(line) == bare
    assert read_stored(gzip.compress(line)) == bare


def test_an_object_of_all_payloads_says_what_they_say_one_by_one(payload: Payload) -> None:
    events = [payload(name) for name in NAMES]
    told = [one for event in events for one in read_event(event)]
    for between in (b"\n", b""):
        content = between.join(json.dumps(event).encode() for event in events)
        assert read_stored(gzip.compress(content)) == told


def test_the_object_of_firehose_holds_every_type() -> None:
    read = read_stored(FIREHOSE.read_bytes())
    assert {event.kind for event in read} == set(EventKind)
    assert read == read_stored(gzip.compress(FIREHOSE.read_bytes()))


def test_machines_are_told_by_ses_or_by_their_name(payload: Payload) -> None:
    for name, part in (("open", "open"), ("click", "click")):
        (person,) = read_event(payload(name))
        (machine,) = read_event(payload(f"{name}_by_machine"))
        assert (person.is_machine, machine.is_machine) == (False, True)
        flagged = payload(name)
        flagged[part]["isBotEvent"] = "Likely"
        assert read_event(flagged)[0].is_machine
        named = payload(f"{name}_by_machine")
        del named[part]["isBotEvent"]
        assert read_event(named)[0].is_machine


@pytest.mark.parametrize(
    ("agent", "is_machine"),
    [
        ("Mozilla/5.0", True),
        ("Mozilla/5.0 (compatible; Barracuda Sentinel (EE))", True),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", True),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", False),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", False),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15", False),
        ("", False),
    ],
)
def test_known_prefetchers_are_machines_and_proxies_of_readers_are_not(
    payload: Payload, agent: str, *, is_machine: bool
) -> None:
    event = payload("open")
    event["open"]["userAgent"] = agent
    assert read_event(event)[0].is_machine is is_machine


def test_links_are_told_apart_and_not_kept(payload: Payload) -> None:
    one, other = payload("click"), payload("click")
    other["click"]["link"] += "?token=secret"
    (first,), (second,) = read_event(one), read_event(other)
    assert first.link != second.link
    assert len(second.link) == 6
    assert "secret" not in second.link
