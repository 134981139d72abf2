from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from postroad.local.simulator.happenings import Happening, HappeningType

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk


def test_quota_counts_recipients_of_any_24_hours_and_not_the_simulators(desk: "Desk") -> None:
    desk.simulator.configure({"quota": 3})
    two = {"ToAddresses": ["a@example.com", "b@example.com"]}
    assert desk.error(desk.send(Destination=two)) == ""
    assert desk.error(desk.send("success@simulator.amazonses.com")) == ""
    refused = desk.send(Destination=two)
    assert desk.error(refused) == "TooManyRequestsException"
    assert refused.reply is not None
    assert refused.reply.body == {"message": "Daily message quota exceeded."}
    assert desk.error(desk.send()) == ""
    quota = desk.simulator.get_account(desk.now)["SendQuota"]
    assert quota == {"Max24HourSend": 3, "MaxSendRate": 10_000, "SentLast24Hours": 3}
    tomorrow = desk.now + timedelta(hours=24, minutes=1)
    assert desk.error(desk.send(now=tomorrow, Destination=two)) == ""


def test_rate_allows_a_burst_of_one_second_and_then_its_pace(desk: "Desk") -> None:
    desk.simulator.configure({"rate": 10})
    taken = [desk.error(desk.send()) for _ in range(12)]
    assert taken == [""] * 10 + ["TooManyRequestsException"] * 2
    assert desk.error(desk.send(now=desk.now + timedelta(milliseconds=100))) == ""
    assert desk.error(desk.send(now=desk.now + timedelta(milliseconds=101))) == "TooManyRequestsException"
    assert desk.error(desk.send(now=desk.now + timedelta(seconds=5))) == ""


def test_a_refused_mail_uses_no_quota(desk: "Desk") -> None:
    desk.simulator.configure({"rate": 1})
    desk.send()
    desk.send()
    quota = desk.simulator.get_account(desk.now)["SendQuota"]
    assert isinstance(quota, dict)
    assert quota["SentLast24Hours"] == 1


def test_the_sandbox_mails_the_verified_and_the_simulator_alone(desk: "Desk") -> None:
    desk.simulator.configure({"sandbox": True})
    assert desk.error(desk.send("ana@example.com")) == "MessageRejected"
    assert desk.error(desk.send("help@shop.example")) == ""
    assert desk.error(desk.send("bounce+1@simulator.amazonses.com")) == ""
    assert desk.simulator.get_account(desk.now)["ProductionAccessEnabled"] is False


def test_a_paused_and_a_suspended_account(desk: "Desk") -> None:
    desk.simulator.configure({"sending_enabled": False})
    assert desk.error(desk.send()) == "SendingPausedException"
    desk.simulator.configure({"sending_enabled": True, "enforcement": "SHUTDOWN"})
    assert desk.error(desk.send()) == "AccountSuspendedException"


@pytest.mark.parametrize("change", [{"rate": 0}, {"rat": 1}, {"quota": "many"}, {"enforcement": "?"}])
def test_knobs_say_what_is_wrong(desk: "Desk", change: dict[str, object]) -> None:
    before = desk.simulator.account.knobs
    with pytest.raises(msgspec.ValidationError):
        desk.simulator.configure(change)
    assert desk.simulator.account.knobs == before


@pytest.mark.parametrize(
    ("happening", "listed", "next_events"),
    [
        (Happening(HappeningType.BOUNCE), "BOUNCE", [("Bounce", "OnAccountSuppressionList")]),
        (
            Happening(HappeningType.BOUNCE, subtype="NoEmail"),
            "BOUNCE",
            [("Bounce", "OnAccountSuppressionList")],
        ),
        (Happening(HappeningType.BOUNCE, subtype="Suppressed"), "", [("Delivery", None)]),
        (Happening(HappeningType.SOFT_BOUNCE), "", [("Delivery", None)]),
        (Happening(HappeningType.COMPLAINT), "COMPLAINT", [("Complaint", "OnAccountSuppressionList")]),
        (Happening(HappeningType.COMPLAINT, subtype="not-spam"), "", [("Delivery", None)]),
    ],
)
def test_the_accounts_list_takes_hard_bounces_and_complaints(
    desk: "Desk", happening: Happening, listed: str, next_events: list[tuple[str, str | None]]
) -> None:
    mail = desk.send("Ana@example.com").mail
    assert mail is not None
    desk.simulator.report(mail.ses_message_id, happening, now=desk.now)
    assert [entry.reason for entry in desk.simulator.suppressed().values()] == [listed] * bool(listed)
    followed = desk.send("ana@example.com").events[1:]
    assert [(each.type.value, subtype(each.payload)) for each in followed] == next_events
    desk.simulator.unsuppress("ANA@example.com")
    assert desk.types(desk.send("ana@example.com")) == ["Send", "Delivery"]


def subtype(payload: dict[str, object]) -> object:
    for name, key in (("bounce", "bounceSubType"), ("complaint", "complaintSubType")):
        part = payload.get(name)
        if isinstance(part, dict):
            return part[key]
    return None


def test_a_configuration_set_may_do_without_the_accounts_list(desk: "Desk") -> None:
    desk.simulator.suppress("ana@example.com", "BOUNCE", now=desk.now)
    assert desk.types(desk.send()) == ["Send", "Bounce"]
    desk.simulator.deployed = desk.deployed("BOUNCE", reasons=frozenset(["COMPLAINT"]))
    mail = desk.send().mail
    assert mail is not None
    assert [event.type.value for event in mail.events] == ["Send", "Delivery"]
    desk.simulator.deployed = desk.deployed("BOUNCE", reasons=frozenset())
    desk.simulator.unsuppress("ana@example.com")
    desk.simulator.report(mail.ses_message_id, Happening(HappeningType.BOUNCE), now=desk.now)
    assert desk.simulator.suppressed() == {}
