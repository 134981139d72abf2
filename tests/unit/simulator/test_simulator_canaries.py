"""Canaries are mail like any other, and in nobody's way."""

from typing import TYPE_CHECKING

from postroad.contract.tags import CANARY_TAG

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk
    from tests.unit.simulator.inbox_world import InboxWorld

MAILBOX = "success@simulator.amazonses.com"


def canary(desk: "Desk") -> str:
    outcome = desk.send(MAILBOX, EmailTags=[{"Name": CANARY_TAG, "Value": "1"}])
    assert outcome.mail is not None
    assert desk.types(outcome) == ["Send", "Delivery"]
    return outcome.mail.ses_message_id


def test_a_canary_is_answered_reported_and_counted_apart(desk: "Desk") -> None:
    kept = canary(desk)
    ordinary = desk.send().mail
    canary(desk)
    bag = desk.simulator.mailbag
    assert (bag.accepted, bag.canaries, len(bag)) == (1, 2, 3)
    assert bag.get(kept).is_canary
    assert bag.newest() is ordinary
    assert [*bag.newest_first()] == [ordinary]
    assert len([*bag.newest_first(canaries=True)]) == 3
    bag.clear()
    assert (bag.accepted, bag.canaries) == (0, 0)


def test_the_inbox_lists_canaries_only_where_they_are_asked_for(world: "InboxWorld") -> None:
    world.send(1)
    ses_id = world.send_canary()
    assert ses_id not in world.get("/").text
    assert "1 mail accepted" in world.get("/").text
    assert world.get(f"/mails/{ses_id}").status_code == 200
    assert [each["message_id"] for each in world.get("/api/mails").json()["mails"]] == ["order-1"]
    listed = world.get("/api/mails?canaries=true").json()
    assert [each["id"] for each in listed["mails"]][:1] == [ses_id]
    assert listed["total"] == 2
    counts = world.get("/api/counts").json()
    assert (counts["accepted"], counts["canaries"], counts["kept"]) == (1, 1, 2)
