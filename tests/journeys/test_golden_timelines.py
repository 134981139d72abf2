"""The shipped journeys, walked with their samples under a virtual clock: each as it was approved."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from postroad.configuration import load
from postroad.journey_files.building import read_draft
from postroad.journey_files.world import world_of
from postroad.journeys.next_send_time import Rules, is_allowed
from postroad.journeys.places import Home
from postroad.journeys.plan import Send
from postroad.journeys.seeing import surroundings
from postroad.rendering.checks import problems_of
from tools.sample_timelines import CONFIG, GOLDEN, JOURNEYS, KINDS, PROJECT, Walked, sampled, walked

if TYPE_CHECKING:
    from collections.abc import Callable

    from postroad.journeys.plan import Plan
    from postroad.journeys.timeline import Line
    from postroad.rendering.compiled import CompiledRenderer

MAILS = {"welcome": 3, "abandoned_cart": 2, "post_purchase": 2, "quotation_follow_up": 3}
AROUND = surroundings(KINDS, home=Home("Europe/Amsterdam", "NL"))
with_samples = pytest.mark.parametrize("name", sampled())
shipped = pytest.mark.parametrize("name", MAILS)


@cache
def the(name: str) -> Walked:
    return walked(name)


@cache
def plan(name: str) -> Plan:
    world = world_of(load("local", CONFIG), config=CONFIG, templates=PROJECT / "templates")
    return read_draft(JOURNEYS / f"{name}.yaml", world)


def of(name: str, person: str) -> list[Line]:
    known = the(name).contacts
    return [line for line in the(name).lines if known[line.address_key].email.startswith(person)]


def said(lines: list[Line]) -> list[str]:
    return [line.what for line in lines]


def mails(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.what == "mail"]


def test_every_shipped_journey_has_samples() -> None:
    assert set(MAILS) <= set(sampled())
    assert {file.stem for file in GOLDEN.iterdir()} == set(sampled())


@with_samples
def test_the_timeline_is_as_it_was_approved(name: str) -> None:
    approved = (GOLDEN / f"{name}.txt").read_text("utf-8")
    assert the(name).text == approved, "run `python -m tools.sample_timelines`, and read the difference"


@shipped
def test_it_has_as_many_mails_as_it_says(name: str) -> None:
    assert len([step for step in plan(name).steps if isinstance(step, Send)]) == MAILS[name]
    full = max(len(mails(of(name, person))) for person in ("ana", "bo", "finn"))
    assert full >= MAILS[name]


@with_samples
def test_every_mail_renders_with_what_the_journey_gives_it(name: str, renderer: CompiledRenderer) -> None:
    sent = [line for line in the(name).lines if line.what == "mail"]
    assert sent
    for line in sent:
        mail = renderer.render(line.template, locale=line.locale or None, data=dict(line.data))
        assert problems_of(mail) == []
        assert mail.subject


@with_samples
def test_no_mail_leaves_outside_its_hours_or_on_a_holiday(name: str) -> None:
    for line in mails(list(the(name).lines)):
        contact = the(name).contacts[line.address_key]
        rules = Rules(plan(name).hours.week, AROUND.holidays_of(contact))
        assert is_allowed(line.at, AROUND.zone_of(contact), rules), line


@shipped
def test_the_hour_stays_the_same_over_a_change_of_the_clock(name: str) -> None:
    """Ana's clock is put forward on 29 March."""
    zone = AROUND.zone_of(the(name).contacts[of(name, "ana")[0].address_key])
    offsets = {line.at.astimezone(zone).utcoffset() for line in of(name, "ana")}
    assert offsets == {timedelta(hours=1), timedelta(hours=2)}
    after = [line.at.astimezone(zone) for line in mails(of(name, "ana"))][-1]
    assert 9 <= after.hour < 12


@shipped
def test_a_holiday_is_waited_for(name: str) -> None:
    """Bo's mail would leave on Easter Monday, 6 April."""
    days = [f"{line.at:%m-%d}" for line in mails(of(name, "bo"))]
    assert "04-06" not in days
    assert "04-07" in days


CHEN: dict[str, Callable[[list[Line]], bool]] = {
    "welcome": lambda lines: lines[-1].what == "goal" and len(mails(lines)) == 2,
    "abandoned_cart": lambda lines: lines[-1].what == "goal" and len(mails(lines)) == 1,
    # Another purchase neither begins nor ends anything.
    "post_purchase": lambda lines: "not begun" in said(lines) and lines[-1].what == "exit",
    # A purchase beside the quotation ends nothing; the one of the quotation does.
    "quotation_follow_up": lambda lines: lines[-1].what == "goal" and len(mails(lines)) == 2,
}


@shipped
def test_a_purchase_in_mid_journey(name: str) -> None:
    lines = of(name, "chen")
    assert [line for line in lines if line.detail.startswith("order.placed")]
    assert CHEN[name](lines)


@shipped
def test_who_leaves_in_mid_journey_gets_no_more(name: str) -> None:
    lines = of(name, "dana")
    assert len(mails(lines)) == 1
    (left,) = [place for place, line in enumerate(lines) if "contact.unsubscribed" in line.detail]
    assert said(lines[left + 1 :]) == ["left"]


@shipped
def test_who_had_enough_waits_or_is_left_out(name: str) -> None:
    lines = of(name, "emma")
    assert "waits" in said(lines)
    if any(isinstance(step, Send) and step.if_capped == "drop" for step in plan(name).steps):
        assert "capped" in said(lines)
    at = [line.at for line in lines if line.what == "mail" or line.detail.startswith("mail.sent")]
    assert all(later - earlier >= timedelta(days=1) for earlier, later in pairwise(at))


def test_whose_slot_is_free_on_a_holiday_waits_for_the_hours_after_it() -> None:
    """Emma has mail on Thursday, 30 April. The next may go on Friday: Labour Day, before a weekend."""
    lines = of("quotation_follow_up", "emma")
    (waits,) = [line for line in lines if line.what == "waits" and f"{line.at:%m-%d}" == "04-30"]
    (leaves,) = [line for line in mails(lines) if line.message_id == waits.message_id]
    zone = AROUND.zone_of(the("quotation_follow_up").contacts[waits.address_key])
    assert f"{leaves.at.astimezone(zone):%a %m-%d %H:%M}" == "Mon 05-04 09:04"


@shipped
def test_who_comes_again_begins_again_and_not_too_soon(name: str) -> None:
    lines = of(name, "finn")
    assert said(lines).count("began") >= 2
    if name != "post_purchase":
        assert "not begun" in said(lines)


@shipped
def test_nobody_is_mailed_without_consent(name: str) -> None:
    assert mails(of(name, "gia")) == []
