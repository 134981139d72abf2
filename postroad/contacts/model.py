"""A contact, and what they agreed to. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from postroad.times import EPOCH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

AttributeValue = str | int | float | bool | tuple[str, ...]
"""What an attribute can be. Attributes are flat: nothing stands inside another."""


class ConsentStatus(StrEnum):
    """What a contact last said about a topic: `pending` until they confirm it."""

    GRANTED = "granted"
    PENDING = "pending"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Consent:
    """One record of consent, as it is kept for good.

    `purpose` says what for, `wording` the version of the words that were agreed to, `source` where it was
    given ("import", "operator:<name>", "page"), `evidence` what proves it (a row, a request). `ip` is there
    only where it was given. `previous` is the sort key of the record before it, empty for a topic's first.
    """

    topic: str
    status: ConsentStatus
    at: datetime
    source: str
    purpose: str = ""
    wording: str = ""
    evidence: str = ""
    ip: str = ""
    previous: str = ""


@dataclass(frozen=True, slots=True)
class TopicStanding:
    """The newest record of a topic, in short: the one that counts."""

    status: ConsentStatus
    at: datetime
    wording: str = ""


MOST_ATTRIBUTES = 50
MOST_OF_ATTRIBUTES = 8 * 1024
"""Bytes of all attributes of a contact, as JSON: DynamoDB is paid by the KB at each write."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Who they are, and where they stand with each topic. `version` counts the writes, from 1.

    Somebody who left without being a contact has no `email`: nothing is known of them but what they left.
    Empty texts are not known. `locale` is a BCP 47 tag, `time_zone` a name of the IANA database.

    Of somebody whose data were erased this is a mark without any: `erased_at` says when, `erasure` names the
    proof. Lists that are imported don't bring them back; who says it themselves begins anew.
    """

    address_key: str
    email: str
    name: str = ""
    locale: str = ""
    time_zone: str = ""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    source: str = ""
    created_at: datetime = EPOCH
    updated_at: datetime = EPOCH
    topics: Mapping[str, TopicStanding] = field(default_factory=dict)
    version: int = 0
    erased_at: datetime | None = None
    erasure: str = ""


@dataclass(frozen=True, slots=True)
class NewConsent:
    """A topic that a contact is said to have agreed to.

    Without `at` nobody knows when. It then counts as said now, but never over a withdrawal: a list that is
    imported again is no new consent. To withdraw is `Leaving.leave`.
    """

    topic: str
    status: ConsentStatus
    at: datetime | None
    source: str
    purpose: str = ""
    wording: str = ""
    evidence: str = ""
    ip: str = ""


@dataclass(frozen=True, slots=True)
class NewContact:
    """What is said of a contact. None, and attributes that are not there, leave alone what stands.

    An empty text forgets a field; an attribute that is None is forgotten. `anew` says that it is they who say
    it, so that it counts although their data were erased once; a list never does.
    """

    address_key: str
    email: str
    source: str
    name: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    attributes: Mapping[str, AttributeValue | None] = field(default_factory=dict)
    consents: tuple[NewConsent, ...] = ()
    anew: bool = False


class Saved(StrEnum):
    """What became of a contact that was saved."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    """Nothing was written: with these attributes the contact would have more than can be kept."""
    ERASED = "erased"
    """Nothing was written: their data were erased, as they had asked, and they have not come back."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person chose, as far as it can be shown to them.

    `topics` names every configured topic: True where they agreed to it and have not left it, its stream or
    everything since. A pause changes none of them: it is `paused_until`. Nothing here says whether bounces,
    complaints or operators stop their mail.
    """

    topics: Mapping[str, bool]
    locale: str = ""
    paused_until: datetime | None = None
    left_all: bool = False


@dataclass(frozen=True, slots=True)
class TopicTerms:
    """What somebody is told of a topic before they agree, and how they join it.

    `wording` and `purpose` go into the record (`Consent`), with the IP address where `keep_ip` says that the
    law asks for it. `double`: signing up counts once it is confirmed.
    """

    wording: str = ""
    purpose: str = ""
    keep_ip: bool = False
    double: bool = False


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person asks for now. What isn't mentioned stays.

    `topics` says yes or no to those that it names. `pause_until` takes the place of a pause that stands, and
    `unpause` ends one. Who leaves all gets no topic, whatever `topics` says. `terms` is
    what they were told of the topics that they say yes to, for the records of consent.
    """

    topics: Mapping[str, bool] = field(default_factory=dict)
    locale: str | None = None
    pause_until: datetime | None = None
    unpause: bool = False
    leave_all: bool = False
    terms: Mapping[str, TopicTerms] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignUp:
    """What somebody typed, whoever they are: an address that may be anybody's, and topics."""

    email: str
    topics: Mapping[str, TopicTerms]
    name: str = ""
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a sign-up said, kept apart from the profile until it is confirmed, and 30 days at most."""

    email: str
    at: datetime
    name: str = ""
    locale: str = ""
