from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from postroad.contract.words import Status
from postroad.local.simulator.mailbag import Mailbag

if TYPE_CHECKING:
    from tests.unit.simulator.conftest import Desk


def test_an_accepted_mail_is_kept_as_it_was_sent(desk: "Desk") -> None:
    outcome = desk.send("Ana Ruiz <ana@Example.com>", ReplyToAddresses=["help@shop.example"])
    mail = outcome.mail
    assert mail is not None
    assert outcome.reply is not None
    assert outcome.reply.body == {"MessageId": mail.ses_message_id}
    assert (mail.sender, mail.to) == ("Sample Shop <orders@shop.example>", ("Ana Ruiz <ana@Example.com>",))
    assert mail.recipients == ("ana@example.com",)
    assert (mail.subject, mail.text, mail.html) == ("¡Gracias! Order 1042", "Hello", "<p>Hello</p>")
    assert mail.headers == (("X-Order", "1042"),)
    assert mail.reply_to == ("help@shop.example",)
    assert mail.message_id == "order-1042"
    assert mail.configuration_set == "transactional"
    assert desk.simulator.mailbag.get(mail.ses_message_id) is mail


def test_ordinary_mail_is_sent_and_delivered_at_once(desk: "Desk") -> None:
    outcome = desk.send()
    assert desk.types(outcome) == ["Send", "Delivery"]
    assert all(event.destinations == (desk.topic,) for event in outcome.events)
    assert outcome.mail is not None
    assert outcome.mail.status is Status.DELIVERED


@pytest.mark.parametrize(
    ("mailbox", "types", "status"),
    [
        ("success", ["Send", "Delivery"], Status.DELIVERED),
        ("bounce", ["Send", "Bounce"], Status.BOUNCED),
        ("suppressionlist", ["Send", "Bounce"], Status.BOUNCED),
        ("complaint", ["Send", "Delivery", "Complaint"], Status.COMPLAINED),
        ("ooto", ["Send", "Delivery", "Bounce"], Status.DELIVERED),
        ("nobody", ["Send", "Delivery"], Status.DELIVERED),
    ],
)
@pytest.mark.parametrize("label", ["", "+order-1042"])
def test_mailboxes_of_the_simulator(
    desk: "Desk", mailbox: str, label: str, types: list[str], status: Status
) -> None:
    outcome = desk.send(f"{mailbox.upper()}{label}@simulator.amazonses.com")
    assert desk.types(outcome) == types
    assert outcome.mail is not None
    assert outcome.mail.status is status
    assert desk.simulator.suppressed() == {}, "SES keeps its own mailboxes off the account's list"


def test_events_nobody_asked_for_have_no_topic(desk: "Desk") -> None:
    desk.simulator.deployed = desk.deployed("BOUNCE DELIVERY")
    assert [event.destinations for event in desk.send().events] == [(), (desk.topic,)]
    assert [event.destinations for event in desk.send(ConfigurationSetName=None).events] == [(), ()]


def test_each_recipient_has_an_event_of_its_own(desk: "Desk") -> None:
    outcome = desk.send(
        Destination={
            "ToAddresses": ["ana@example.com"],
            "CcAddresses": ["bounce@simulator.amazonses.com"],
            "BccAddresses": ["bo@example.com"],
        }
    )
    assert [(event.type.value, event.recipient) for event in outcome.events[1:]] == [
        ("Delivery", "ana@example.com"),
        ("Bounce", "bounce@simulator.amazonses.com"),
        ("Delivery", "bo@example.com"),
    ]


def test_a_virus_is_rejected_and_not_sent(desk: "Desk") -> None:
    content = desk.request()["Content"]
    assert isinstance(content, dict)
    eicar = "RUlDQVItU1RBTkRBUkQtQU5USVZJUlVTLVRFU1QtRklMRQ=="
    content["Simple"]["Attachments"] = [{"FileName": "a.txt", "RawContent": eicar}]
    assert desk.types(desk.send(Content=content)) == ["Reject"]


def test_only_deployed_senders_and_configuration_sets(desk: "Desk") -> None:
    assert desk.error(desk.send(FromEmailAddress="a@mail.shop.example")) == "", "a sub-domain is covered"
    stranger = desk.send(FromEmailAddress="a@other.example")
    assert desk.error(stranger) == "MessageRejected"
    assert stranger.mail is None
    assert desk.error(desk.send(ConfigurationSetName="marketing")) == "NotFoundException"
    desk.simulator.deployed = desk.deployed("BOUNCE", sending=False)
    assert desk.error(desk.send()) == "SendingPausedException"
    assert desk.simulator.mailbag.accepted == 1


def test_a_configuration_set_is_for_its_stream_s_sender(desk: "Desk") -> None:
    (chosen,) = desk.simulator.deployed.configuration_sets.values()
    held = replace(chosen, sender="orders@shop.example")
    desk.simulator.deployed = desk.simulator.deployed.with_configuration_set(held)
    assert desk.error(desk.send(FromEmailAddress="Shop <Orders@Shop.example>")) == ""
    other = desk.send(FromEmailAddress="news@shop.example")
    assert desk.error(other) == "AccessDeniedException"
    assert other.mail is None


def test_counts_outlive_the_mails(desk: "Desk") -> None:
    desk.simulator.mailbag = Mailbag(most=2)
    ids = [mail.ses_message_id for _ in range(3) if (mail := desk.send().mail)]
    bag = desk.simulator.mailbag
    assert (len(bag), bag.accepted, bag.by_message_id["order-1042"]) == (2, 3, 3)
    assert [mail.ses_message_id for mail in bag.newest_first()] == [ids[2], ids[1]]
    with pytest.raises(KeyError):
        bag.get(ids[0])


def test_the_mailbag_is_bounded_in_bytes_but_keeps_the_newest(desk: "Desk") -> None:
    desk.simulator.mailbag = Mailbag(most_bytes=1)
    desk.send()
    newest = desk.send().mail
    assert [*desk.simulator.mailbag.newest_first()] == [newest]


def test_mails_are_found_by_words_and_status(desk: "Desk") -> None:
    bounced = desk.send("Bo Lind <bounce@simulator.amazonses.com>").mail
    desk.send("Ana <ana@example.com>", now=desk.now + timedelta(seconds=1))
    bag = desk.simulator.mailbag
    assert [*bag.newest_first(words="GRACIAS lind")] == [bounced]
    assert [*bag.newest_first(status=Status.BOUNCED)] == [bounced]
    assert [*bag.newest_first(words="lind", status=Status.DELIVERED)] == []
