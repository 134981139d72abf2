"""What can become of a mail, and what does so by itself: Send then Delivery, or what a test mailbox does."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

import msgspec

from postroad.contract.words import Status
from postroad.local.simulator import events
from postroad.local.simulator.addresses import Mailbox, simulator_mailbox
from postroad.local.simulator.agents import AGENTS, BURST, PIXEL_AHEAD, Reader
from postroad.local.simulator.events import BounceKind
from postroad.local.simulator.faults import A_WEEK
from postroad.local.simulator.links import links_of, untracked
from postroad.local.simulator.mail import EventType, Mail, SesEvent

# A file that every virus scanner reports, by agreement: how SES's own documents say to provoke a Reject.
_EICAR = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"


class HappeningType(StrEnum):
    SEND = "send"
    DELIVERY = "delivery"
    BOUNCE = "bounce"
    SOFT_BOUNCE = "soft_bounce"
    UNDETERMINED_BOUNCE = "undetermined_bounce"
    COMPLAINT = "complaint"
    DELAY = "delay"
    REJECT = "reject"
    RENDERING_FAILURE = "rendering_failure"
    OPEN = "open"
    CLICK = "click"


_BOUNCE_TYPES = {
    HappeningType.BOUNCE: "Permanent",
    HappeningType.SOFT_BOUNCE: "Transient",
    HappeningType.UNDETERMINED_BOUNCE: "Undetermined",
}


class Happening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`subtype`: SES's bounceSubType, complaintFeedbackType or delayType; empty for the usual one.

    `recipient` empty: the mail's first. `is_bot`: what SES says of an open or a click. `copies` and
    `delay_seconds` are how SES's events misbehave.
    """

    type: HappeningType
    recipient: str = ""
    subtype: str = ""
    link: str = ""
    user_agent: str = events.USER_AGENT
    ip_address: str = events.IP_ADDRESS
    is_bot: bool = False
    copies: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    delay_seconds: Annotated[float, msgspec.Meta(ge=0, le=A_WEEK)] = 0.0

    @property
    def bounce_kind(self) -> BounceKind:
        """Raises ValueError for a sub type that SES does not have."""
        kinds = [each for each in events.BOUNCES if each.type == _BOUNCE_TYPES[self.type]]
        if not self.subtype:
            return kinds[0]
        found = next((each for each in kinds if each.sub_type == self.subtype), None)
        if found is None:
            raise ValueError(f"subtype: one of {', '.join(each.sub_type for each in kinds)}")
        return found

    @property
    def suppresses(self) -> str:
        """The reason for which SES puts the recipient on the account's list; empty if it does not."""
        if self.type is HappeningType.BOUNCE and self.subtype in {"", "General", "NoEmail"}:
            return "BOUNCE"
        if self.type is HappeningType.COMPLAINT and self.subtype not in {
            "not-spam",
            events.HELD_BACK_COMPLAINT,
        }:
            return "COMPLAINT"
        return ""


def follow_ups(mail: Mail, held_back: Mapping[str, str]) -> list[Happening]:
    """Tell what follows when SES takes a mail. `held_back`: recipients on the account's list, and why."""
    if any(_EICAR in each.raw_content for each in mail.attachments):
        # A Send would mean that SES attempts to deliver it, and it does not.
        return [Happening(HappeningType.REJECT, recipient=each) for each in mail.recipients[:1]]
    follow = [Happening(HappeningType.SEND)]
    for recipient in mail.recipients:
        if reason := held_back.get(recipient):
            kind = HappeningType.BOUNCE if reason == "BOUNCE" else HappeningType.COMPLAINT
            subtype = events.ON_ACCOUNT_LIST.sub_type
            follow.append(Happening(kind, recipient=recipient, subtype=subtype))
        else:
            follow.extend(_of_mailbox(recipient))
    return follow


def _of_mailbox(recipient: str) -> list[Happening]:
    """Source: "Using the mailbox simulator manually" in the SES developer guide.

    An out-of-office reply reaches SES's return path after the delivery: SES reports it as a transient bounce.
    """
    delivered = Happening(HappeningType.DELIVERY, recipient=recipient)
    match simulator_mailbox(recipient):
        case Mailbox.BOUNCE:
            return [Happening(HappeningType.BOUNCE, recipient=recipient)]
        case Mailbox.SUPPRESSION_LIST:
            return [Happening(HappeningType.BOUNCE, recipient=recipient, subtype=events.SUPPRESSED.sub_type)]
        case Mailbox.COMPLAINT:
            return [delivered, Happening(HappeningType.COMPLAINT, recipient=recipient)]
        case Mailbox.OUT_OF_OFFICE:
            return [delivered, Happening(HappeningType.SOFT_BOUNCE, recipient=recipient)]
        case Mailbox.SUCCESS | None:
            return [delivered]


def happen(mail: Mail, happening: Happening, *, at: datetime, number: int) -> SesEvent:
    """Make the event that reports a happening. `number` makes its feedback id unique within the mail."""
    recipient = happening.recipient or mail.recipients[0]
    # SES's feedback ids look like its message ids; ours differ in the last group.
    feedback_id = f"{mail.ses_message_id[:-6]}{number + 1:06d}"
    kind, status, summary, payload = _reported(mail, happening, recipient, at, feedback_id)
    message = json.dumps(payload, separators=(",", ":"))
    hard = happening.type is HappeningType.BOUNCE
    unreported = _unreported(mail, happening)
    return SesEvent(kind, at, recipient, summary, message, (), at, status, hard, unreported)


def _unreported(mail: Mail, happening: Happening) -> str:
    """Say why SES would not notice this, though its recipient did it; empty if it would."""
    if happening.type is HappeningType.CLICK:
        return untracked(mail, happening.link)
    if happening.type is HappeningType.OPEN and mail.html is None:
        return "SES puts its pixel into HTML alone"
    return ""


def prefetching(mail: Mail, recipient: str) -> list[tuple[timedelta, Happening]]:
    """Tell what a scanner does and when, counted from its first request: the pixel, and then every link.

    Many security gateways do so before the mail reaches its mailbox; all clicks are within a second.
    """
    scanner = AGENTS[Reader.SCANNER]
    links = [each.url for each in links_of(mail) if each.on_the_web]

    def act(kind: HappeningType, link: str = "") -> Happening:
        return Happening(kind, recipient, "", link, scanner.user_agent, scanner.ip_address)

    burst = [(timedelta(), act(HappeningType.OPEN))] if mail.html is not None else []
    for number, link in enumerate(links):
        after = PIXEL_AHEAD + BURST * number / max(1, len(links))
        burst.append((after, act(HappeningType.CLICK, link)))
    return burst


def _reported(  # noqa: C901 - one return for each type of event
    mail: Mail, happening: Happening, recipient: str, at: datetime, feedback_id: str
) -> tuple[EventType, Status, str, events.Payload]:
    match happening.type:
        case HappeningType.SEND:
            return EventType.SEND, Status.SENT, "", events.send(mail)
        case HappeningType.DELIVERY:
            return EventType.DELIVERY, Status.DELIVERED, "", events.delivery(mail, recipient, at)
        case HappeningType.BOUNCE | HappeningType.SOFT_BOUNCE | HappeningType.UNDETERMINED_BOUNCE:
            bounced = happening.bounce_kind
            payload = events.bounce(mail, recipient, at, kind=bounced, feedback_id=feedback_id)
            return EventType.BOUNCE, Status.BOUNCED, f"{bounced.type}, {bounced.sub_type}", payload
        case HappeningType.COMPLAINT:
            why = _one_of(happening.subtype, events.COMPLAINT_TYPES, usual="abuse")
            payload = events.complaint(mail, recipient, at, feedback_type=why, feedback_id=feedback_id)
            status = Status.SENT if why == "not-spam" else Status.COMPLAINED
            return EventType.COMPLAINT, status, why, payload
        case HappeningType.DELAY:
            why = _one_of(happening.subtype, events.DELAY_TYPES, usual="TransientCommunicationFailure")
            payload = events.delivery_delay(mail, recipient, at, delay_type=why)
            return EventType.DELIVERY_DELAY, Status.DELAYED, why, payload
        case HappeningType.REJECT:
            return EventType.REJECT, Status.REJECTED, "Bad content", events.reject(mail)
        case HappeningType.RENDERING_FAILURE:
            message = "Attribute 'name' is not present in the rendering data."
            payload = events.rendering_failure(mail, template="template", message=message)
            return EventType.RENDERING_FAILURE, Status.REJECTED, message, payload
        case HappeningType.OPEN:
            agent, address, is_bot = happening.user_agent, happening.ip_address, happening.is_bot
            payload = events.opened(mail, at, user_agent=agent, ip_address=address, is_bot=is_bot)
            return EventType.OPEN, Status.DELIVERED, agent, payload
        case HappeningType.CLICK:
            if not happening.link:
                raise ValueError("link: name the link that was clicked")
            agent, address, is_bot = happening.user_agent, happening.ip_address, happening.is_bot
            link = happening.link
            payload = events.clicked(mail, at, link=link, user_agent=agent, ip_address=address, is_bot=is_bot)
            return EventType.CLICK, Status.DELIVERED, happening.link, payload


def _one_of(given: str, known: tuple[str, ...], *, usual: str) -> str:
    if given and given not in known:
        raise ValueError(f"subtype: one of {', '.join(known)}")
    return given or usual
