"""Journeys on a deployed stack of their own, whose time passes: the right mails, at the right local hours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from postroad.contract.words import Reason, Status
from postroad.local.lifecycle import down, up
from tests.local.journeys_project import copy_project, deploying
from tests.local.journeys_shop import DAY, HOUR, Shop
from tests.local_stack import PROJECT, LocalStack, patiently

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow
FOLDER = PROJECT / "build" / "journeys-test"
REMINDER, LAST, CHECK_IN, REVIEW = "cart_reminder", "cart_last_reminder", "order_check_in", "review_request"
HELLO, GUIDE, HELP = "newcomer_hello", "newcomer_guide", "newcomer_help"
OPENED = "welcome"
SPREAD = {REMINDER: timedelta(minutes=10), LAST: timedelta(minutes=10), GUIDE: timedelta(minutes=15)}
STOPS = timedelta(minutes=9)
"""Three minutes from hour to dispatch, five between two stops of the clock, and what this machine takes."""
MADRID, BOGOTA, SHANGHAI = "Europe/Madrid", "America/Bogota", "Asia/Shanghai"


@dataclass
class Story:
    """Who did what from `start` on, a Monday at ten in UTC, and what was found on the way."""

    shop: Shop
    start: datetime
    people: dict[str, str] = field(default_factory=dict)
    seen: dict[str, Any] = field(default_factory=dict)

    def mails(self, name: str) -> dict[str, datetime]:
        return self.shop.mails(self.people[name])

    def at(self, zone: str, days: int, hour: int) -> datetime:
        """Return the moment of this local hour, so many days after the story began there."""
        day = self.start.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
        return datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def deployed(project: Path) -> Iterator[LocalStack]:
    """Deploy a stack for this module alone: others live at this machine's time."""
    down(FOLDER)  # one that a killed run left behind
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("postroad.local.lifecycle.deploy", deploying(project))
        state = up(FOLDER, ports=dict.fromkeys(("cloud", "simulator", "inbox"), 0), tell=print).state
    stack = LocalStack(state)
    yield stack
    stack.close()
    down(FOLDER)


@pytest.fixture(scope="module")
def story(deployed: LocalStack, project: Path) -> Iterator[Story]:
    shop = Shop(deployed, project)
    story = Story(shop, shop.begin_on_a_monday(10))
    _monday(story)
    _tuesday(story)
    _the_weeks_after(story)
    yield story
    shop.close()


def _monday(story: Story) -> None:
    shop, people = story.shop, story.people
    for name, zone, locale in (
        ("ana", MADRID, "es-ES"),
        ("bo", BOGOTA, "es-CO"),
        ("li", SHANGHAI, "zh-Hans-CN"),
        ("buyer", MADRID, "nl-NL"),
        ("leaver", MADRID, "en-GB"),
        ("erased", MADRID, "es-ES"),
    ):
        people[name] = shop.customer(name, time_zone=zone, locale=locale, topics=["shopping"])
    for name in ("reader", "guest"):
        people[name] = shop.customer(name, time_zone=MADRID, locale="es-ES", topics=["product_updates"])
    _somebody_has_a_birthday_tomorrow(story)
    for name in ("stranger", "visitor"):
        people[name] = f"{name}.{shop.run}@example.com"
    carts = [
        shop.abandons_a_cart(people[name], name)
        for name in ("ana", "bo", "li", "buyer", "leaver", "erased", "stranger")
    ]
    shop.queue(*carts[:4], carts[0])  # the first one twice
    shop.publish(*carts[4:], carts[0])
    what = (
        "--to",
        people["reader"],
        "--property",
        "topic=product_updates",
        "--event-id",
        f"reads-{shop.run}",
    )
    for _ in range(2):  # a copy of an event is the same event
        shop.command("event", "send", "contact.subscribed", *what)
    shop.command("journey", "enrol", "welcome", people["guest"])
    shop.queue(shop.visits(people["visitor"], "visit"))
    shop.until(story.start + 2 * HOUR)
    shop.queue(shop.orders(people["buyer"], "1042"))
    shop.until(story.start + 8 * HOUR)


def _somebody_has_a_birthday_tomorrow(story: Story) -> None:
    shop = story.shop
    birthday = story.at(MADRID, 1, 10)
    story.people["born"] = shop.import_customer(
        "born", birthday=f"{birthday:%m-%d}", time_zone=MADRID, locale="es-ES", topic="product_updates"
    )
    # The table of contacts tells of them a moment later.
    patiently(lambda: birthday in shop.passing.due(), lambda: "their birthday isn't in the schedule")


def _tuesday(story: Story) -> None:
    shop, people = story.shop, story.people
    reminder = shop.mail_of(people["leaver"], REMINDER)
    story.seen["asked"] = shop.press_unsubscribe(reminder["id"])
    story.seen["proof"] = shop.command("contact", "erase", people["erased"], "--yes")["proof"]
    story.seen["guest"] = shop.where(people["guest"])
    note = ("--note", "asked by phone", "--yes")
    story.seen["removed"] = shop.command("journey", "remove", "welcome", people["guest"], *note)["removed"]
    shop.until(story.start + DAY)
    walk = shop.where(people["born"])["birthday"]
    story.seen["birthday"] = walk
    story.seen["why"] = {step: shop.command("why", sent) for step, sent in walk["sent"].items()}
    # An event of somebody who was erased comes late.
    shop.queue(shop.visits(people["erased"], "late"))


def _the_weeks_after(story: Story) -> None:
    shop = story.shop
    shop.until(story.at(MADRID, 2, 20))
    shop.command("journey", "pause", "welcome", "--note", "a mistake in a text")
    shop.until(story.at(MADRID, 4, 11))
    story.seen["while paused"] = story.mails("reader")
    story.seen["held"] = shop.where(story.people["reader"])["welcome"]
    story.seen["journeys"] = shop.command("journey", "list")["journeys"]
    story.seen["resumed"] = shop.now()
    story.seen["called"] = shop.command("journey", "resume", "welcome")["called"]
    shop.until(story.start + 25 * DAY)
    story.seen["stats"] = shop.command("journey", "stats", "welcome")


def close_to(found: datetime, expected: datetime, template: str) -> bool:
    return timedelta(0) <= found - expected <= SPREAD.get(template, timedelta(0)) + STOPS


@pytest.mark.parametrize(
    ("name", "zone", "days", "hour"),
    [("ana", MADRID, 0, 14), ("bo", BOGOTA, 0, 9), ("li", SHANGHAI, 1, 9)],
    ids=["three hours later", "not before nine", "not after nine in the evening"],
)
def test_a_reminder_comes_at_the_hour_of_its_reader(
    story: Story, name: str, zone: str, days: int, hour: int
) -> None:
    mails = story.mails(name)
    # In summer Madrid's clocks are another hour ahead of the three that are waited in any case.
    expected = max(story.at(zone, days, hour), story.start + 3 * HOUR)
    assert close_to(mails[REMINDER], expected, REMINDER), mails
    assert close_to(mails[LAST], mails[REMINDER] + 2 * DAY, LAST), mails
    assert list(mails) == [REMINDER, LAST]
    for at in mails.values():
        assert time(9) <= at.astimezone(ZoneInfo(zone)).time() <= time(21)


def test_mails_are_in_the_language_of_their_reader(story: Story) -> None:
    languages = {
        name: story.shop.row_of(story.people[name], REMINDER).locale for name in ("ana", "li", "leaver")
    }
    assert languages == {"ana": "es", "li": "zh-Hans", "leaver": "en"}


def test_a_purchase_ends_the_cart_s_journey_and_begins_the_order_s(story: Story) -> None:
    mails = story.mails("buyer")
    assert list(mails) == [CHECK_IN, REVIEW]
    assert mails[CHECK_IN] >= story.start + 2 * HOUR + 10 * DAY
    assert mails[REVIEW] >= mails[CHECK_IN] + 7 * DAY


def test_who_unsubscribes_in_between_gets_no_more(story: Story) -> None:
    assert story.seen["asked"]["status"] == 200
    assert list(story.mails("leaver")) == [REMINDER]


def test_who_is_erased_in_between_gets_no_more_and_leaves_no_walk(story: Story) -> None:
    assert story.seen["proof"]["complete"]
    stack = story.shop.stack
    assert len(list(stack.inbox.mails(to=story.people["erased"]))) == 1
    pages = stack.dynamodb.get_paginator("scan").paginate(TableName=stack.outputs["JourneysTable"])
    walks = [item for page in pages for item in page["Items"] if item["pk"]["S"].startswith("k1.")]
    assert walks
    assert not [walk for walk in walks if walk.get("key", {}).get("S") == "erased"]


def test_who_never_agreed_gets_no_marketing(story: Story) -> None:
    assert story.mails("stranger") == {}


def test_who_is_unknown_gets_transactional_mail_alone(story: Story) -> None:
    assert list(story.mails("visitor")) == [OPENED]


def test_a_birthday_begins_a_journey_at_its_local_hour(story: Story) -> None:
    assert close_to(story.mails("born")[HELLO], story.at(MADRID, 1, 10), HELLO)
    assert story.seen["birthday"]["ended"] == "finished"


def test_of_mails_over_a_cap_one_waits_for_its_slot_and_one_is_left_out(story: Story) -> None:
    mails, why = story.mails("born"), story.seen["why"]
    assert list(mails) == [HELLO, HELP]
    assert DAY - STOPS <= mails[HELP] - mails[HELLO] <= DAY + STOPS
    assert [(why[step]["status"], why[step]["reason"]) for step in ("wishes", "left_out", "next_day")] == [
        (Status.DELIVERED, None),
        (Status.CAPPED, Reason.FREQUENCY_CAP),
        (Status.SCHEDULED, Reason.FREQUENCY_CAP),
    ]


def test_who_was_asked_in_and_taken_out_by_an_operator_gets_no_more(story: Story) -> None:
    assert story.seen["guest"]["welcome"]["step"]
    assert story.seen["removed"] == 1
    walk = story.shop.where(story.people["guest"])["welcome"]
    assert walk["ended"] == "removed"
    assert "asked by phone" in walk["reason"]
    assert list(story.mails("guest")) == [HELLO]


def test_a_paused_journey_holds_its_contacts_and_goes_on_when_it_is_resumed(story: Story) -> None:
    assert list(story.seen["while paused"]) == [HELLO]
    mails = story.mails("reader")
    assert list(mails)[:2] == [HELLO, GUIDE]
    assert mails[GUIDE] >= story.seen["resumed"]
    assert list(mails) == [HELLO, GUIDE, HELP]
    assert story.seen["held"]["paused"]
    assert [each["journey"] for each in story.seen["journeys"] if each["paused"]] == ["welcome"]
    assert story.seen["called"] == 1


def test_the_numbers_of_a_journey_are_those_of_its_contacts(story: Story) -> None:
    stats = story.seen["stats"]
    assert stats["walks"] == len(("reader", "guest"))
    assert stats["ended"] == {"finished": 1, "removed": 1}
    assert stats["sent"] == {"hello": 2, "guide": 1, "help": 1}


def test_every_mail_was_delivered_once_and_nothing_was_refused(story: Story) -> None:
    stack = story.shop.stack
    taken = {
        each: count
        for each, count in stack.inbox.counts().by_message_id.items()
        if each.startswith("journey:")
    }
    assert taken
    assert set(taken.values()) == {1}
    for message_id in taken:
        row = stack.ledger.get(message_id)
        assert row is None or row.status == Status.DELIVERED
    dead = stack.sqs.get_queue_attributes(
        QueueUrl=stack.outputs["JourneysDeadLetterQueueUrl"], AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]
    assert dead == {"ApproximateNumberOfMessages": "0"}
