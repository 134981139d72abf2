"""When soft bounces stop an address."""

from pydantic import Field

from postroad.configuration.section import Section


class SoftBounces(Section):
    """When a mailbox that keeps refusing for now is given up: both must be so, with no delivery between."""

    in_a_row: int = Field(
        default=5,
        ge=2,
        le=50,
        description=(
            "After so many mails in a row that bounced softly the address is suppressed on all streams, with "
            "the reason `soft_bounces`. A delivery begins the count anew, and the bounce of a mail that was "
            "delivered (an out-of-office reply) is not counted."
        ),
    )
    over_days: int = Field(
        default=3,
        ge=0,
        le=28,
        description=(
            "And only if the first and the last of them were sent so many days apart: a mailbox that is full "
            "over a weekend is none to give up."
        ),
    )
