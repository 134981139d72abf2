import json

import pytest

from postroad.feedback.envelope import open_envelope
from postroad.feedback.errors import MalformedEventError

GREETING = "Successfully validated SNS topic for Amazon SES event publishing."


def wrapped(message: object) -> str:
    return json.dumps({"Type": "Notification", "MessageId": "m", "Message": message})


def test_sns_notification_and_raw_delivery_open_to_the_same_event() -> None:
    event = {"eventType": "Send", "mail": {}}
    assert open_envelope(wrapped(json.dumps(event))) == event
    assert open_envelope(json.dumps(event)) == event


def test_sns_appends_a_line_break_to_what_ses_says() -> None:
    assert open_envelope(wrapped(json.dumps({"eventType": "Send"}) + "\n")) == {"eventType": "Send"}


@pytest.mark.parametrize(
    "body",
    [
        wrapped(GREETING),
        wrapped(GREETING + "\n"),
        GREETING,
        wrapped(json.dumps({"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have…"})),
    ],
)
def test_a_greeting_of_ses_asks_for_nothing(body: str) -> None:
    assert open_envelope(body) is None


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("", "the SQS body: not JSON"),
        ("ana.ruiz@example.com", "the SQS body: not JSON"),
        ("[1]", "the SQS body: not a JSON object"),
        ("[" * 100_000, "the SQS body: not JSON"),
        (wrapped("ana.ruiz@example.com"), "Message: not JSON"),
        (wrapped("7"), "Message: not a JSON object"),
        (wrapped({"eventType": "Send"}), "Message: SNS writes a string"),
    ],
)
def test_what_is_no_event_is_refused_without_quoting_it(body: str, problem: str) -> None:
    with pytest.raises(MalformedEventError) as refused:
        open_envelope(body)
    assert str(refused.value) == problem
    assert refused.value.__cause__ is None
