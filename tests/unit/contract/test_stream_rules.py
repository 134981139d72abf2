from __future__ import annotations

import json
from typing import Any

import pytest

from postroad.contract.parser import InvalidMessage, parse_message
from postroad.contract.rules import StreamRules, check_stream, own_prefix
from postroad.contract.words import Reason

RULES = StreamRules(
    stream="transactional",
    topic_required=False,
    attachments_bucket="postroad-prod-attachments",
    attachment_buckets=("invoices",),
)


def check(fields: dict[str, Any], rules: StreamRules = RULES) -> None:
    check_stream(parse_message(json.dumps(fields)), rules)


def test_a_message_of_this_stream_passes(least: dict[str, Any]) -> None:
    check(least)


def test_a_message_of_another_stream_does_not(least: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage) as caught:
        check({**least, "stream": "marketing"})
    assert (caught.value.reason, caught.value.field) == (Reason.UNKNOWN_STREAM, "stream")
    assert caught.value.message_id == "order-1042-confirmation"


def test_a_topic_is_required_where_mail_can_be_unsubscribed(least: dict[str, Any]) -> None:
    rules = StreamRules("transactional", topic_required=True, attachments_bucket="postroad-prod-attachments")
    check({**least, "topic": "product_updates"}, rules)
    with pytest.raises(InvalidMessage) as caught:
        check(least, rules)
    assert (caught.value.reason, caught.value.field) == (Reason.TOPIC, "topic")


@pytest.mark.parametrize(
    ("topics", "told"),
    [
        (("offers", "product_updates"), "is no topic of this stream; did you mean product_updates?"),
        (("a", "b"), "is no topic of this stream; expected one of a, b. "),
        (tuple("abcdefghijkl"), "expected one of a, b, c, d, e, f, g, h, i, j and others. "),
    ],
    ids=["alike", "few", "many"],
)
def test_a_mistyped_topic_is_refused_where_topics_are_configured(
    least: dict[str, Any], topics: tuple[str, ...], told: str
) -> None:
    """Sent, it would reach those who left the topic that was meant."""
    rules = StreamRules("transactional", topic_required=True, attachments_bucket="b", topics=topics)
    with pytest.raises(InvalidMessage) as caught:
        check({**least, "topic": "produt_updates"}, rules)
    assert (caught.value.reason, caught.value.field) == (Reason.TOPIC, "topic")
    assert told in caught.value.detail
    check({**least, "topic": topics[1]}, rules)


@pytest.mark.parametrize(
    "s3",
    [
        f"postroad-prod-attachments/{own_prefix('transactional')}a.pdf",
        "invoices/a.pdf",
        "invoices/marketing/a.pdf",
    ],
)
def test_attachments_come_from_the_streams_prefix_or_a_listed_bucket(least: dict[str, Any], s3: str) -> None:
    check({**least, "attachments": [{"filename": "a.pdf", "content_type": "application/pdf", "s3": s3}]})


@pytest.mark.parametrize(
    "s3",
    [
        f"postroad-prod-attachments/{own_prefix('marketing')}a.pdf",
        f"postroad-prod-attachments/{own_prefix('transactional-x')}a.pdf",
        "postroad-prod-attachments/transactional/a.pdf",
        "postroad-prod-attachments/a.pdf",
        "invoices-x/a.pdf",
        "secrets/a.pdf",
    ],
)
def test_attachments_come_from_nowhere_else(least: dict[str, Any], s3: str) -> None:
    attachments = [
        {"filename": "a.pdf", "content_type": "application/pdf", "s3": path}
        for path in ("invoices/a.pdf", s3)
    ]
    with pytest.raises(InvalidMessage) as caught:
        check({**least, "attachments": attachments})
    assert (caught.value.reason, caught.value.field) == (Reason.ATTACHMENT, "attachments[1].s3")


def test_listing_its_own_bucket_opens_no_more_of_it(least: dict[str, Any]) -> None:
    rules = StreamRules(
        "transactional",
        topic_required=False,
        attachments_bucket="own",
        attachment_buckets=("own", "invoices"),
    )
    for key, allowed in {f"{own_prefix('transactional')}a": True, "bodies/a": False, "a": False}.items():
        fields = {**least, "attachments": [{"filename": "a", "content_type": "a/b", "s3": f"own/{key}"}]}
        if allowed:
            check(fields, rules)
        else:
            with pytest.raises(InvalidMessage) as caught:
                check(fields, rules)
            assert caught.value.reason is Reason.ATTACHMENT
