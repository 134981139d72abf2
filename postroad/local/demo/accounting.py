"""What became of every message, counted from the Messages table and from what SES took. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from postroad.contract.words import Status

# What SES took at some time: exactly one mail each. Nothing may have left for any other status.
MAILED = frozenset(
    {
        Status.SENT,
        Status.DELAYED,
        Status.DELIVERED,
        Status.BOUNCED,
        Status.COMPLAINED,
        Status.REJECTED,
    }
)
FINAL = frozenset(
    {
        Status.DELIVERED,
        Status.BOUNCED,
        Status.COMPLAINED,
        Status.REJECTED,
        Status.FAILED,
        Status.SUPPRESSED,
        Status.UNSUBSCRIBED,
        Status.CAPPED,
        Status.EXPIRED,
        Status.CANCELLED,
        Status.INVALID,
    }
)
WAITS_FOR_NOBODY = FINAL | {Status.HELD}
"""Statuses that time alone will not change: `held` waits for an operator, and nobody is there."""


@dataclass(frozen=True, slots=True)
class Row:
    """What the table says of one message."""

    status: Status
    reason: str = ""
    address_key: str = ""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """What the table says of one suppressed address."""

    email: str
    reason: str


@dataclass(frozen=True, slots=True)
class Round:
    """The ids that were enqueued together, and what the table then said of them."""

    message_ids: Sequence[str]
    rows: Mapping[str, Row]

    def by_status(self) -> dict[str, int]:
        """Count the statuses of the table, the most frequent first; a message without a row is `missing`."""
        found = Counter(
            str(self.rows[each].status) if each in self.rows else "missing" for each in self.message_ids
        )
        return dict(found.most_common())


@dataclass(frozen=True, slots=True)
class Account:
    """The demo's result: what `build/demo.json` says, and what is wrong with it."""

    first: Round
    again: Round
    suppressed: Mapping[str, Suppressed]  # by address key, as they stood before the second round
    accepted: Mapping[str, int]  # by message id: mails that SES took
    recipients: frozenset[str]  # canonical addresses that SES took a mail for
    own_addresses: frozenset[str]  # canonical too
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def duplicates(self) -> int:
        """How many mails went out beyond the one of their message."""
        return sum(count - 1 for count in self.accepted.values() if count > 1)

    def content(self) -> dict[str, object]:
        """Return what is written to `build/demo.json`."""
        return {
            "enqueued": len(self.first.message_ids),
            "by_status": self.first.by_status(),
            "suppressed": len(self.suppressed),
            "resent_to_suppressed": {"by_status": self.again.by_status()},
            "duplicates": self.duplicates,
            "seconds": dict(self.seconds),
        }

    def problems(self) -> list[str]:
        """Name each message that is lost, sent twice or sent to a suppressed address; empty if all well."""
        found = [
            *self._not_final([*self.first.message_ids, *self.again.message_ids]),
            *self._told_and_taken([*self.first.message_ids, *self.again.message_ids]),
            *self._again_not_suppressed(),
            *self._strangers(),
        ]
        found.extend(
            f"{address}: this customer ordered, and got no mail at their own address"
            for address in sorted(self.own_addresses - self.recipients)
        )
        return found

    def _not_final(self, message_ids: Iterable[str]) -> Iterable[str]:
        for each in message_ids:
            row = self.rows.get(each)
            if row is None:
                yield f"{each}: was enqueued, and the Messages table knows nothing of it"
            elif row.status not in FINAL:
                yield f"{each}: has no final status, but `{row.status}` {row.reason}".rstrip()

    def _told_and_taken(self, message_ids: Iterable[str]) -> Iterable[str]:
        for each in message_ids:
            taken = self.accepted.get(each, 0)
            row = self.rows.get(each)
            if taken > 1:
                yield f"{each}: was sent {taken} times"
            elif row is not None and row.status in MAILED and not taken:
                yield f"{each}: is `{row.status}`, yet SES took no such mail"
            elif row is not None and row.status in FINAL - MAILED and taken:
                yield f"{each}: is `{row.status}`, yet SES took a mail"

    def _again_not_suppressed(self) -> Iterable[str]:
        for each in self.again.message_ids:
            row = self.rows.get(each)
            if row is not None and row.address_key in self.suppressed and row.status != Status.SUPPRESSED:
                yield f"{each}: its address was suppressed, and it is `{row.status}`"

    def _strangers(self) -> Iterable[str]:
        known = {*self.first.message_ids, *self.again.message_ids}
        for each in sorted(set(self.accepted) - known):
            yield f"{each}: SES took this mail, and nobody enqueued it"

    @property
    def rows(self) -> Mapping[str, Row]:
        """The rows of both rounds."""
        return {**self.first.rows, **self.again.rows}
