"""A mail that a walk decided on, as a message of the contract. Pure.

All of it is in the mail and in the plan of the walk's version, neither of which changes any more: so that a
message which is put on its queue again is the same message, and leaves once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from postroad.contract.message import MESSAGE_SCHEMA
from postroad.contract.notice import NOTICE_SCHEMA
from postroad.journeys.item import write_json, write_time

if TYPE_CHECKING:
    from postroad.journeys.effects import Mail, Notice
    from postroad.journeys.enrolment import Enrolment
    from postroad.journeys.plan import Plan

MOST_OF_A_NAME = 128
"""Characters of a recipient's name in the contract; a longer one is left out."""


def compose(walk: Enrolment, plan: Plan, mail: Mail) -> str:
    """Return the body of a message: `postroad.message.v1` as JSON."""
    to: dict[str, Any] = {"email": mail.email}
    if mail.name and len(mail.name) <= MOST_OF_A_NAME:
        to["name"] = mail.name
    message: dict[str, Any] = {
        "schema": MESSAGE_SCHEMA,
        "message_id": mail.message_id,
        "created_at": write_time(mail.at),
        "stream": plan.stream,
        "template": mail.template,
        "to": to,
        "data": dict(mail.data),
        "journey": {
            "name": walk.journey,
            "version": walk.version,
            "enrolment": walk.enrolment_id,
            "step": mail.step,
            "category": plan.category,
            "if_capped": mail.if_capped,
        },
    }
    if mail.locale:
        message["locale"] = mail.locale
    if plan.topic:
        message["topic"] = plan.topic
    if mail.expires_at is not None:
        # Decided at the very deadline it may still go, and nothing expires as it is made.
        message["expires_at"] = write_time(max(mail.expires_at, mail.at + timedelta(seconds=1)))
    # SQS refuses bodies that hold one of these two noncharacters; as escapes they are the same JSON.
    return write_json(message).replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def notice(walk: Enrolment, told: Notice) -> str:
    """Return the detail of an event for the bus: it names the walk, and no address."""
    return write_json(
        {
            "schema": NOTICE_SCHEMA,
            "id": told.event_id,
            "name": told.name,
            "time": write_time(told.at),
            "journey": {"name": walk.journey, "version": walk.version, "enrolment": walk.enrolment_id},
            "properties": dict(told.properties),
        }
    )
