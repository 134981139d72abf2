"""What the bulk path asks of AWS for an event, of all kinds: the adapters and boto3's clients are real."""

import pytest

from bench import counted_events, deployed

pytestmark = pytest.mark.slow
EVENTS = 3_000
MOST_CALLS_AN_EVENT = 0.2


def test_many_events_in_objects_ask_for_few_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = deployed.aws_environment("http://127.0.0.1:9") | deployed.feedback_environment()
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    found = counted_events.count(EVENTS)
    assert found["events"] == pytest.approx(EVENTS, rel=0.02)
    assert set(found["statuses"]) == {"delivered", "bounced", "complained"}
    assert found["engaged"] >= 0.4 * found["mails"]
    assert found["calls"]["dynamodb.TransactWriteItems"] > 0
    assert found["calls_per_event"] <= MOST_CALLS_AN_EVENT
