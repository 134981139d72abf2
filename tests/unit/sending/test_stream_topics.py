"""A mistyped topic is refused: those who left the topic that was meant would get the mail."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from postroad.contract.words import Reason
from postroad.sending.mail import Parsed, Refusal
from postroad.sending.preparing import Preparation
from postroad.sending.wiring import stream_topics
from tests.sending_world import NOW, SETTINGS, EchoRenderer, World, make_message

if TYPE_CHECKING:
    from pathlib import Path

MARKETING = replace(SETTINGS, stream="marketing", kind="marketing", topic_required=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    built = tmp_path / "stream_topics.json"
    built.write_text(json.dumps({"marketing": ["offers", "product_updates"], "news": ["weekly"]}), "utf-8")
    return built


def test_the_topics_are_those_of_the_stream_alone(file: Path) -> None:
    assert stream_topics(MARKETING, file) == ("offers", "product_updates")
    assert stream_topics(replace(MARKETING, stream="other"), file) == ()
    assert stream_topics(MARKETING, file.with_name("none.json")) == ()
    assert stream_topics(replace(MARKETING, topic_required=False), file) == ()


@pytest.mark.parametrize(
    ("topic", "known", "taken"),
    [
        ("offers", ("offers",), True),
        ("ofers", ("offers",), False),
        ("weekly", ("offers",), False),
        ("ofers", (), True),
    ],
    ids=["known", "mistyped", "of another stream", "none configured"],
)
def test_a_message_of_an_unknown_topic_is_refused_where_topics_are_configured(
    topic: str, known: tuple[str, ...], *, taken: bool
) -> None:
    world = World()
    preparation = Preparation(
        settings=MARKETING,
        renderer=EchoRenderer(),
        attachments=world.attachments,
        address_key=world.key,
        topics=known,
    )

    found = preparation.parse(world.record(make_message("m-1", stream="marketing", topic=topic)), now=NOW)

    assert isinstance(found, Parsed if taken else Refusal)
    if isinstance(found, Refusal):
        assert (found.reason, found.field, found.message_id) == (Reason.TOPIC, "topic", "m-1")
