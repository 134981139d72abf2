"""The sections that say how long things are kept."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic.config import JsonDict

from postroad.configuration.section import Section, broken_rule

# What CloudWatch Logs takes (its PutRetentionPolicy), up to two years.
LogRetention = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731]
_AS_MESSAGES: JsonDict = {"shown_default": "`messages_days`"}
OF_SENT = ("delivered", "delayed", "bounced", "complained", "rejected")
"""Statuses that come after `sent`."""
Days = Annotated[int, Field(ge=28, le=3650)]


class StatusRetention(Section):
    """How long rows of one status are kept, where that is not `messages_days`. 28 days at least.

    Of what SES took, no row is kept for less than `sent` says: its end never comes nearer.
    """

    sent: Days | None = Field(
        default=None,
        json_schema_extra=_AS_MESSAGES,
        description="Rows of mail that is sent: taken by SES, and nothing came back since.",
    )
    delivered: Days | None = Field(
        default=None, json_schema_extra=_AS_MESSAGES, description="Rows of mail that was delivered."
    )
    delayed: Days | None = Field(
        default=None,
        json_schema_extra=_AS_MESSAGES,
        description="Rows of mail that is delayed: still being tried by SES.",
    )
    bounced: Days | None = Field(
        default=None, json_schema_extra=_AS_MESSAGES, description="Rows of mail that was bounced."
    )
    complained: Days | None = Field(
        default=None,
        json_schema_extra=_AS_MESSAGES,
        description="Rows of mail that is complained: marked as spam.",
    )
    rejected: Days | None = Field(
        default=None,
        json_schema_extra=_AS_MESSAGES,
        description="Rows of mail that is rejected: refused by SES after it was taken.",
    )
    failed: Days | None = Field(
        default=None,
        json_schema_extra=_AS_MESSAGES,
        description="Rows of mail that is failed: refused by SES.",
    )
    suppressed: Days | None = Field(
        default=None,
        json_schema_extra=_AS_MESSAGES,
        description="Rows of mail that is suppressed: stopped by a suppression.",
    )
    unsubscribed: Days | None = Field(
        default=None,
        json_schema_extra=_AS_MESSAGES,
        description="Rows of mail that is unsubscribed: stopped since the recipient had left.",
    )
    capped: Days | None = Field(
        default=None,
        json_schema_extra=_AS_MESSAGES,
        description="Rows of mail that is capped: stopped since the recipient had got enough.",
    )
    expired: Days | None = Field(
        default=None, json_schema_extra=_AS_MESSAGES, description="Rows of mail that is expired: too late."
    )
    cancelled: Days | None = Field(
        default=None,
        json_schema_extra=_AS_MESSAGES,
        description="Rows of mail that is cancelled: called off.",
    )
    invalid: Days | None = Field(
        default=None,
        json_schema_extra=_AS_MESSAGES,
        description="Rows of mail that is invalid: refused, for the message is wrong.",
    )


class Retention(Section):
    """How long things are kept."""

    messages_days: int = Field(
        default=90,
        ge=28,
        le=3650,
        description=(
            "A message's row (address, status, decision record) after its final status. 28 at least: until "
            "then its row is what stops a late copy from being sent again."
        ),
    )
    bodies_days: int = Field(
        default=28,
        ge=22,
        le=3650,
        description=(
            "The body of a message that waits (scheduled, held), or that SES refused (failed), so that an "
            "operator can send it again. More than 21, the longest that a message may wait."
        ),
    )
    queue_days: int = Field(
        default=14,
        ge=1,
        le=14,
        description="Messages in a queue that nobody works off; SQS keeps 14 days at most.",
    )
    dead_letter_days: int = Field(
        default=14,
        ge=1,
        le=14,
        description=(
            "Dead letters. No less than `queue_days`: SQS counts from when a message was first enqueued."
        ),
    )
    logs_days: LogRetention = Field(
        default=30, description="Logs of the functions. CloudWatch knows no other numbers."
    )
    consent_proofs_days: int = Field(
        default=1095,
        ge=0,
        le=36_500,
        description=(
            "Records of consent of a person whose data were erased, under the keyed hash of the address and "
            "without IP address or evidence: to show later that mail was wanted. 0 keeps none. Ask your "
            "lawyers (GDPR, articles 7(1) and 17(3)(e))."
        ),
    )
    erasure_proofs_days: int = Field(
        default=1095,
        ge=1,
        le=36_500,
        description="The proof of an erasure: when, by whom, how much of what, and a keyed hash.",
    )
    statuses: StatusRetention = StatusRetention()

    @field_validator("bodies_days")
    @classmethod
    def _no_body_without_a_row(cls, value: int, info: ValidationInfo) -> int:
        if value > info.data.get("messages_days", value):
            raise broken_rule(f"expected at most messages_days ({info.data['messages_days']}), got {value}")
        return value

    @field_validator("statuses")
    @classmethod
    def _no_end_comes_nearer(cls, value: StatusRetention, info: ValidationInfo) -> StatusRetention:
        if not {"messages_days", "bodies_days"} <= info.data.keys():
            return value  # what is wrong there is told
        usual = info.data["messages_days"]
        sent = value.sent or usual
        for status in OF_SENT:
            if (days := getattr(value, status) or usual) < sent:
                raise broken_rule(f"{status}: expected at least what `sent` has ({sent}), got {days}")
        if (value.failed or usual) < info.data["bodies_days"]:
            raise broken_rule(
                f"failed: expected at least bodies_days ({info.data['bodies_days']}), got {value.failed}"
            )
        return value

    def days_of(self, status: str) -> int:
        """Return how many days rows of this status are kept."""
        own = getattr(self.statuses, status, None)
        return self.messages_days if own is None else own

    def days_by_status(self) -> dict[str, int]:
        """Return how many days rows are kept, of those statuses that have days of their own."""
        return {
            status: days
            for status in StatusRetention.model_fields
            if (days := getattr(self.statuses, status)) is not None and days != self.messages_days
        }

    @field_validator("dead_letter_days")
    @classmethod
    def _dead_letters_outlive_the_queue(cls, value: int, info: ValidationInfo) -> int:
        if value < info.data.get("queue_days", 0):
            raise broken_rule(f"expected at least queue_days ({info.data['queue_days']}), got {value}")
        return value
