"""What a person's choice changes: suppressions and consent together. Pure: the stores carry it out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from postroad.contacts.departure import Departure, following
from postroad.contacts.model import ConsentStatus, Contact, Preferences, TopicTerms
from postroad.contacts.saving import granting, with_consent, withdrawing
from postroad.contract.words import Reason
from postroad.suppression.change import has_unsubscribed, own_choices, suppressing, taking_back
from postroad.suppression.model import ALL_STREAMS, ScopeEntry, stream_scope, topic_scope
from postroad.times import MICROSECOND

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from postroad.contacts.model import Consent, Wishes
    from postroad.suppression.change import Change
    from postroad.suppression.model import HistoryEntry, Suppression

FOR_GOOD = (Reason.UNSUBSCRIBED, Reason.ERASED)
"""Of a person's own choices, those that coming back takes back. A pause is ended only when they say so."""


def preferences(
    standing: Suppression,
    history: Sequence[HistoryEntry],
    contact: Contact | None,
    *,
    stream_of_topic: Mapping[str, str],
    now: datetime,
) -> Preferences:
    """Tell what they chose, hidden behind something stronger or not."""

    def chose(scope: str, *reasons: Reason) -> list[ScopeEntry]:
        return [each for each in own_choices(standing, history, scope, now=now) if each.reason in reasons]

    agreed = contact.topics if contact else {}
    left_all = bool(chose(ALL_STREAMS, *FOR_GOOD))
    pauses = chose(ALL_STREAMS, Reason.PAUSED)
    return Preferences(
        topics={
            topic: not left_all
            and topic in agreed
            and agreed[topic].status is ConsentStatus.GRANTED
            and not chose(stream_scope(stream), *FOR_GOOD)
            and not chose(topic_scope(topic), *FOR_GOOD)
            for topic, stream in stream_of_topic.items()
        },
        locale=contact.locale if contact else "",
        paused_until=pauses[0].until if pauses else None,
        left_all=left_all,
    )


def choosing(
    standing: Suppression, history: Sequence[HistoryEntry], contact: Contact | None, wishes: Wishes,
    *, stream_of_topic: Mapping[str, str], source: str, evidence: str, now: datetime, ip: str, email: str,
) -> Departure:  # fmt: skip
    """Decide what `Preferring.prefer` writes; false where it is all as they wish.

    Raises ValueError for a yes to a topic that is not configured.
    """
    draft = _Draft(standing, history, contact, source=source, evidence=evidence, now=now, email=email)
    wanted = [] if wishes.leave_all else [topic for topic, yes in wishes.topics.items() if yes]
    if unknown := [topic for topic in wanted if topic not in stream_of_topic]:
        raise ValueError(f"{len(unknown)} of these topics are not configured")
    if wishes.leave_all:
        draft.leave(ALL_STREAMS)
        draft.withdraw(*draft.agreed(), *wishes.topics)
    for topic in wanted:
        draft.come_back(topic, wanted, stream_of_topic)
    for topic in wanted:
        draft.grant(topic, wishes.terms.get(topic, TopicTerms()), ip)
    for topic, yes in wishes.topics.items():
        if not yes:
            draft.leave(topic_scope(topic))
            draft.withdraw(topic)
    if wishes.pause_until is not None and wishes.pause_until > now:
        draft.pause(wishes.pause_until)
    elif wishes.unpause:
        draft.take_back(ALL_STREAMS, Reason.PAUSED)
    return draft.departure(wishes.locale)


class _Draft:
    """The changes so far, and what stands after them."""

    def __init__(
        self,
        standing: Suppression,
        history: Sequence[HistoryEntry],
        contact: Contact | None,
        *,
        source: str,
        evidence: str,
        now: datetime,
        email: str,
    ) -> None:
        self._standing = standing
        self._lines = list(history)
        self._before = contact or Contact(standing.address_key, "")
        self._contact = self._before
        self._email = standing.email or self._before.email or email
        self._source = source
        self._evidence = evidence
        self._now = now
        self._at = following(history, now)
        self._changes: list[Change] = []
        self._consents: list[Consent] = []

    def departure(self, locale: str | None) -> Departure:
        if locale is not None:
            self._contact = replace(self._contact, locale=locale)
        if self._contact.erased_at and not self._standing.erased:
            # They came back: what is said of them from now on is new.
            self._contact = replace(self._contact, erased_at=None, erasure="")
        if self._contact == self._before:
            return Departure(tuple(self._changes), None, ())
        after = replace(self._contact, updated_at=self._now, version=self._before.version + 1)
        return Departure(tuple(self._changes), after, tuple(self._consents))

    def agreed(self) -> list[str]:
        topics = sorted(self._contact.topics.items())
        return [topic for topic, newest in topics if newest.status is not ConsentStatus.WITHDRAWN]

    def leave(self, scope: str, why: str = "") -> None:
        if not has_unsubscribed(self._standing, self._lines, scope):
            self._suppress(scope, Reason.UNSUBSCRIBED, None, why)

    def pause(self, until: datetime) -> None:
        standing = [each for each in self._own(ALL_STREAMS) if each.reason is Reason.PAUSED]
        if standing and standing[0].until == until:
            return
        # The newer pause counts, though it be the shorter one.
        self.take_back(ALL_STREAMS, Reason.PAUSED)
        self._suppress(ALL_STREAMS, Reason.PAUSED, until)

    def come_back(self, topic: str, wanted: Sequence[str], stream_of_topic: Mapping[str, str]) -> None:
        """Take back what covers this topic, and leave what else that had covered."""
        stream = stream_of_topic[topic]
        of_stream = [each for each, its in stream_of_topic.items() if its == stream]
        # Topics that are configured no more may still be mailed.
        everything = [*stream_of_topic, *(each for each in self.agreed() if each not in stream_of_topic)]
        for scope, covered in ((ALL_STREAMS, everything), (stream_scope(stream), of_stream)):
            if any(each.reason in FOR_GOOD for each in self._own(scope)):
                for other in covered:
                    if other not in wanted:
                        self.leave(topic_scope(other), f", left with {scope} before")
                self.take_back(scope, *FOR_GOOD)
        self.take_back(topic_scope(topic), *FOR_GOOD)

    def take_back(self, scope: str, *reasons: Reason) -> None:
        for reason in reasons:
            self._note(
                taking_back(
                    self._standing, self._lines, scope=scope, reason=reason, source=self._source,
                    evidence=self._evidence, now=self._at,
                )
            )  # fmt: skip

    def grant(self, topic: str, terms: TopicTerms, ip: str) -> None:
        self._say(
            granting(
                self._contact, topic, terms, source=self._source, evidence=self._evidence, now=self._now,
                ip=ip,
            )
        )  # fmt: skip

    def withdraw(self, *topics: str) -> None:
        for topic in topics:
            self._say(
                withdrawing(self._contact, topic, source=self._source, evidence=self._evidence, now=self._now)
            )

    def _own(self, scope: str) -> list[ScopeEntry]:
        return own_choices(self._standing, self._lines, scope, now=self._now)

    def _suppress(self, scope: str, reason: Reason, until: datetime | None, why: str = "") -> None:
        # After what is taken back at the same time: lines tell their order by it.
        entry = ScopeEntry(reason, self._source, self._at + MICROSECOND, until, self._evidence + why)
        self._note(suppressing(self._standing, self._lines, email=self._email, scope=scope, entry=entry))

    def _note(self, change: Change | None) -> None:
        if change is not None:
            self._standing = change.suppression
            self._lines.append(change.history)
            self._changes.append(change)

    def _say(self, consent: Consent | None) -> None:
        if consent is not None:
            self._contact = with_consent(self._contact, consent)
            self._consents.append(consent)
