"""The section of one stream."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from postroad.configuration.hours import Hours
from postroad.configuration.section import Section, broken_rule
from postroad.configuration.sizing import FROM_THE_RATE, MOST_WITHOUT_WINDOW, Wanted
from postroad.configuration.texts import Address, DisplayName, DomainName
from postroad.contract.mailbox import LONGEST_MAILBOX, mailbox
from postroad.contract.words import Status, StreamKind

# A claim is a lock, no result: nothing has become of the message yet.
PUBLISHABLE = tuple(status for status in Status if status is not Status.CLAIMED)
# One result more per mail would cost as much as sending it.
PUBLISHED_BY_DEFAULT = tuple(
    status for status in PUBLISHABLE if status not in {Status.SENT, Status.DELIVERED}
)


def _is_marketing(section: dict[str, Any]) -> bool:
    return section.get("kind") is StreamKind.MARKETING


def _is_tracked_marketing(section: dict[str, Any]) -> bool:
    return _is_marketing(section) and section.get("tracking_domain") is not None


def _usual_evidence(section: dict[str, Any]) -> Literal["fast", "bulk"]:
    return "fast" if section.get("kind") is StreamKind.TRANSACTIONAL else "bulk"


class Stream(Section):
    """A class of mail with its own queue, sender, SES configuration set, limits and rules."""

    kind: StreamKind = Field(
        description="`transactional`: mail that somebody waits for. `marketing`: mail that can be left."
    )
    domain: DomainName = Field(description="One of the names in `[[domains]]`.")
    from_address: Address = Field(alias="from", description="The sender's address, in that domain.")
    from_name: DisplayName | None = Field(default=None, description="The sender's name beside the address.")
    reply_to: Address | None = Field(
        default=None, description="Where answers go, unless the message itself says. Without it: to `from`."
    )
    unsubscribable: bool = Field(
        default_factory=_is_marketing,
        json_schema_extra={"shown_default": "`true` for marketing, else `false`"},
        description="Whether recipients can leave topics. Each message then names its `topic`.",
    )
    unsubscribe_mailbox: Address | None = Field(
        default=None,
        description=(
            "A mailbox by which recipients may leave too: mail programs that know no one-click button write "
            "to it. Only where somebody processes what comes, within the two days that large mailbox "
            "providers ask for, and only on a stream that can be unsubscribed."
        ),
    )
    tls: Literal["require", "optional"] = Field(
        default="require",
        description="Whether SES delivers only over TLS. `optional` falls back to plain text.",
    )
    longest_delivery_seconds: int = Field(
        default=50_400,
        ge=300,
        le=50_400,
        description=(
            "How long SES goes on trying a receiver that doesn't take the mail, 5 minutes to 14 hours. Short "
            "for mail that is worthless when late, such as a login code."
        ),
    )
    tracking_domain: DomainName | None = Field(
        default=None,
        description=(
            "The HTTPS domain of this stream's tracked links and open pixels, which you point at SES through "
            "a CDN with a certificate. Required for tracking: without it links would lead to a domain of "
            "AWS's."
        ),
    )
    open_tracking: bool = Field(
        default_factory=_is_tracked_marketing,
        json_schema_extra={"shown_default": "`true` for marketing with a `tracking_domain`, else `false`"},
        description="Whether SES adds a pixel that reports opens.",
    )
    click_tracking: bool = Field(
        default_factory=_is_tracked_marketing,
        json_schema_extra={"shown_default": "`true` for marketing with a `tracking_domain`, else `false`"},
        description="Whether SES rewrites links to report clicks.",
    )
    publishes: tuple[Status, ...] = Field(
        default=PUBLISHED_BY_DEFAULT,
        description=(
            "The statuses that become results on the event bus. `sent` and `delivered` are not among the "
            "defaults, for a result for every mail costs as much as sending it."
        ),
    )
    evidence: Literal["fast", "bulk"] = Field(
        default_factory=_usual_evidence,
        json_schema_extra={"shown_default": "`fast` for transactional, else `bulk`"},
        description=(
            "How soon a mail whose answer got lost is known to have been sent. `fast`: SES also reports each "
            "mail that it takes at once (SNS), about 1 USD per million mails. `bulk`: with all other events, "
            "a minute or two later."
        ),
    )
    unknown_outcome: Literal["evidence", "hold"] = Field(
        default="evidence",
        description=(
            "What becomes of a mail whose answer got lost. `evidence`: SES's events decide, and it is sent "
            "again only once they prove that it did not leave. `hold`: it waits for an operator."
        ),
    )
    hours: Hours | None = Field(
        default=None,
        description=(
            "When this stream's mail of journeys may leave, on the contact's own clock. A journey's own "
            "hours narrow it further. Without it the journey's count alone."
        ),
    )
    maximum_concurrency: int | None = Field(
        default=None,
        ge=2,
        le=1000,
        json_schema_extra={"shown_default": FROM_THE_RATE},
        description=(
            "How many copies of the send function run at once (Lambda's own limits are 2 and 1000). By "
            "default as many as send the stage's whole rate."
        ),
    )
    batch_size: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        json_schema_extra={"shown_default": FROM_THE_RATE},
        description=(
            "The most messages that one run of the send function takes. By default as many as all copies "
            "together send within 30 seconds, and 100 at most."
        ),
    )
    batching_window_seconds: int | None = Field(
        default=None,
        ge=0,
        le=300,
        json_schema_extra={"shown_default": "`1` where a batch is over 10, else `0`"},
        description=(
            "How long Lambda waits to fill a batch: what a message may lose in time so that runs get fewer. "
            "A `batch_size` over 10 needs 1 at least (Lambda's rule)."
        ),
    )
    threads: int | None = Field(
        default=None,
        ge=1,
        le=100,
        json_schema_extra={"shown_default": FROM_THE_RATE},
        description=(
            "Requests to SES at once in one run. By default half a second of the stage's rate, 10 to 50."
        ),
    )

    @field_validator("from_address")
    @classmethod
    def _sender_is_in_the_domain(cls, value: str, info: ValidationInfo) -> str:
        domain = info.data.get("domain")
        if domain is not None and value.rpartition("@")[2] != domain:
            raise broken_rule(f"expected an address of the stream's domain '{domain}', got '{value}'")
        return value

    @field_validator("from_name")
    @classmethod
    def _sender_fits(cls, value: str | None, info: ValidationInfo) -> str | None:
        address = info.data.get("from_address")
        if value and address and mailbox(value, address) == address:
            raise broken_rule(
                f"too long: SES takes {LONGEST_MAILBOX} characters, with the address and encoded (RFC 2047)"
            )
        return value

    @field_validator("unsubscribable")
    @classmethod
    def _marketing_can_be_left(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic's form
        if not value and _is_marketing(info.data):
            raise broken_rule("marketing mail can always be unsubscribed: expected true, or no such key")
        return value

    @field_validator("unsubscribe_mailbox")
    @classmethod
    def _only_who_can_leave_writes(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and not info.data.get("unsubscribable", True):
            raise broken_rule("only on a stream that can be unsubscribed: delete it, or set unsubscribable")
        return value

    @field_validator("open_tracking", "click_tracking")
    @classmethod
    def _tracking_has_a_domain(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic's form
        if value and info.data.get("tracking_domain", "not valid") is None:
            raise broken_rule(
                "tracking needs its own HTTPS domain: expected false, or a tracking_domain beside it"
            )
        return value

    @field_validator("publishes")
    @classmethod
    def _only_results_are_published(cls, value: tuple[Status, ...]) -> tuple[Status, ...]:
        if unwanted := sorted(set(value) - set(PUBLISHABLE)):
            raise broken_rule(f"'{unwanted[0]}' is no result: expected some of {', '.join(PUBLISHABLE)}")
        if len(set(value)) < len(value):
            raise broken_rule("expected each status once")
        return value

    @field_validator("batching_window_seconds")
    @classmethod
    def _large_batches_need_a_window(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value == 0 and (info.data.get("batch_size") or 0) > MOST_WITHOUT_WINDOW:
            raise broken_rule("expected at least 1, for batch_size is over 10 (Lambda's rule), got 0")
        return value

    @property
    def sender(self) -> str:
        """The From header: `Name <address>` with the name encoded (RFC 2047) where it isn't ASCII."""
        return mailbox(self.from_name or "", self.from_address)

    @property
    def wanted(self) -> Wanted:
        """What this section says of copies, batches and threads."""
        return Wanted(
            is_transactional=self.kind is StreamKind.TRANSACTIONAL,
            maximum_concurrency=self.maximum_concurrency,
            batch_size=self.batch_size,
            batching_window_seconds=self.batching_window_seconds,
            threads=self.threads,
        )


def confirming_streams(streams: Mapping[str, Stream]) -> list[str]:
    """Return the streams whose mail nobody can leave: one of them mails whoever signs up by a page."""
    return [
        name
        for name, stream in streams.items()
        if stream.kind is StreamKind.TRANSACTIONAL and not stream.unsubscribable
    ]
