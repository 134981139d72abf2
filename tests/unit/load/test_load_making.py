from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from postroad.contract.parser import parse_message
from postroad.contract.words import Status
from postroad.enqueueing.entry import make_entry
from postroad.load.making import DEFAULT_TOPIC, Made, Plan
from postroad.load.mix import Kind, Mix

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MANY = 5000


def plan(*kinds: Kind, count: int = MANY) -> Plan:
    return Plan(
        mix=Mix(messages=kinds),
        run="load-1",
        count=count,
        examples={"order_confirmation": {"order_id": "1042"}},
        attachments={("transactional", 20_000): {"filename": "load.txt", "s3": "b/attachments/k"}},
        topics={"marketing": DEFAULT_TOPIC},
    )


def made(*kinds: Kind, count: int = MANY) -> list[Made]:
    return list(plan(*kinds, count=count).messages(lambda: NOON))


def email(each: Made) -> str:
    to = each.message["to"]
    assert isinstance(to, dict)
    return str(to["email"])


def test_every_mail_goes_to_an_address_of_its_own_at_the_mailbox_simulator() -> None:
    addresses = [email(each) for each in made(Kind(bounces=0.2, complaints=0.1))]
    assert len(set(addresses)) == MANY
    assert {each.partition("@")[2] for each in addresses} == {"simulator.amazonses.com"}


def test_each_ends_as_its_address_says() -> None:
    ends = {email(each).partition("+")[0]: each.expected for each in made(Kind(bounces=0.3, complaints=0.3))}
    assert ends == {
        "success": Status.DELIVERED,
        "bounce": Status.BOUNCED,
        "complaint": Status.COMPLAINED,
    }


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 1.0])
def test_shares_hold(share: float) -> None:
    messages = made(Kind(bounces=share, scheduled=share, duplicates=share, attached=share))
    first = [each for each in messages if not each.again]
    assert len(first) == MANY
    counted = {
        "bounces": sum(each.expected is Status.BOUNCED for each in first),
        "scheduled": sum(each.send_at is not None for each in first),
        "duplicates": len(messages) - len(first),
        "attached": sum("attachments" in each.message for each in first),
    }
    assert all(abs(count - share * MANY) <= 10 for count in counted.values()), counted


def test_choices_have_nothing_to_do_with_one_another() -> None:
    kind = Kind(bounces=0.5, scheduled=0.5, attached=0.5)
    pairs = Counter(
        (each.expected is Status.BOUNCED, each.send_at is not None, "attachments" in each.message)
        for each in made(kind)
    )
    assert all(abs(count - MANY / 8) < MANY / 80 for count in pairs.values()), pairs
    assert len(pairs) == 8


def test_kinds_come_by_their_weight() -> None:
    counted = Counter(each.stream for each in made(Kind(weight=3), Kind(stream="marketing")))
    assert abs(counted["marketing"] - MANY / 4) < 10


def test_a_second_copy_is_the_same_message_and_comes_later() -> None:
    messages = made(Kind(duplicates=0.1, scheduled=0.5), count=200)
    for place, copy in ((place, each) for place, each in enumerate(messages) if each.again):
        first = next(index for index, each in enumerate(messages) if each.message_id == copy.message_id)
        assert messages[first].message is copy.message
        assert first < place


def test_what_is_scheduled_waits_within_its_seconds() -> None:
    waits = [each.send_at - NOON for each in made(Kind(scheduled=1, scheduled_seconds=60)) if each.send_at]
    assert len(waits) == MANY
    assert timedelta(0) < min(waits) < timedelta(seconds=1)
    assert timedelta(seconds=59) < max(waits) < timedelta(seconds=60)


def test_the_same_number_makes_the_same_message() -> None:
    kinds = (Kind(bounces=0.1, bytes=10, most_bytes=99), Kind(stream="marketing", scheduled=0.5))
    one, other = plan(*kinds), plan(*kinds)
    assert [one.make(number, lambda: NOON) for number in range(99)] == [
        other.make(number, lambda: NOON) for number in range(99)
    ]


@pytest.mark.parametrize(
    "kind",
    [
        Kind(),
        Kind(bytes=40_000),
        Kind(template="order_confirmation", bytes=1000, locales=("es-CO",)),
        Kind(stream="marketing"),
        Kind(scheduled=1, bounces=1),
    ],
    ids=["plain", "long", "template", "topic", "later"],
)
def test_what_is_made_is_within_the_contract(kind: Kind) -> None:
    for each in made(kind, count=20):
        entry = make_entry(0, each.message, stream=each.stream, now=NOON, random=bytes(16))
        assert entry.size >= kind.bytes
        message = parse_message(entry.body)
        assert message.topic == (DEFAULT_TOPIC if kind.stream == "marketing" else None)
        assert message.locale == (kind.locales[0] if kind.locales else None)


def test_text_grows_by_the_bytes_asked_for() -> None:
    lengths = []
    for each in made(Kind(bytes=100, most_bytes=200), count=1000):
        content = each.message["content"]
        assert isinstance(content, dict)
        lengths.append(len(content["text"]))
    assert (min(lengths), max(lengths)) == (100, 200)
