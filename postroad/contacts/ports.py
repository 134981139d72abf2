"""What pages, feedback and the command line need of the contacts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from postroad.contacts.model import (
    Consent,
    Contact,
    NewContact,
    Preferences,
    Saved,
    SignUp,
    TopicTerms,
    Wishes,
)


class ContactStore(Protocol):
    """One profile per address, and beside it the records of consent, which are only ever added to."""

    def find(self, address_keys: Sequence[str]) -> dict[str, Contact]:
        """Read these contacts consistently, by address key. Keys may repeat.

        One who left without being a contact is found too, with no `email`.
        """

    def save(self, wanted: Sequence[NewContact], *, now: datetime, write: bool = True) -> list[Saved]:
        """Add or update contacts, in this order, each with its consents in one transaction.

        What isn't mentioned stays (`NewContact`), and what changes nothing writes nothing: so the same list
        may be given again. A suppression stays, whatever is said here. With `write` off nothing is written,
        and the answer is what would become of each.
        """

    def consents(self, address_key: str) -> list[Consent]:
        """Return every record of consent of this address, by topic and then oldest first."""

    def pages(self) -> Iterator[list[Contact]]:
        """Yield every contact that has an address, page by page, in no particular order."""


class Leaving(Protocol):
    """How a person stops mail: consent and suppression change together, or neither does."""

    def leave(
        self,
        address_key: str,
        scopes: Sequence[str],
        *,
        source: str,
        evidence: str,
        now: datetime,
        email: str = "",
    ) -> bool:
        """Leave these scopes (`topic:<t>`, `stream:<s>`, `all`); True if this call changed anything.

        Each is suppressed with the reason `unsubscribed`, which never stops transactional mail. A topic that
        is named gets a record that withdraws consent, and so does each topic agreed to that a stream or `all`
        takes in. It works for an address that is no contact; `email`, where it is known, goes with the
        suppression. To leave what was left before changes nothing and writes nothing.
        Raises ContactsBusyError or ContactsUnavailableError: then nothing is written.
        """


class Preferring(Protocol):
    """How a person chooses what they get, and comes back."""

    def preferences(self, address_key: str, *, now: datetime) -> Preferences:
        """Return what they chose, read consistently. An address that is not known has chosen nothing.

        Raises ContactsUnavailableError.
        """

    def prefer(
        self,
        address_key: str,
        wishes: Wishes,
        *,
        source: str,
        evidence: str,
        now: datetime,
        ip: str = "",
        email: str = "",
    ) -> bool:
        """Do what they wish, all of it in one transaction; True if this call changed anything.

        Coming back to a topic takes back only what they themselves asked for, in the topic's scope, in its
        stream's and in `all`: never a bounce, a complaint or an operator's entry. What else they had left
        with these stays left, topic by topic. A pause stays too, unless they end it. It works for an address
        that is no contact; `email`, where it is known, goes with the suppression, `ip` with the records.
        Raises ContactsBusyError or ContactsUnavailableError: then nothing is written. Raises ValueError for a
        yes to a topic that is not configured.
        """


class Joining(Protocol):
    """How a person signs up: by a form that anybody can fill in, and then from their mailbox."""

    def ask(
        self, address_key: str, sign_up: SignUp, *, source: str, evidence: str, now: datetime, ip: str = ""
    ) -> frozenset[str]:
        """Note the sign-up; return the topics that must be confirmed, none where all are granted.

        It asks and writes the same for every address, whatever we know of it. The topics must be configured.
        Raises ContactsBusyError or ContactsUnavailableError: then nothing is written.
        """

    def confirm(
        self,
        address_key: str,
        topics: Sequence[str],
        *,
        terms: Mapping[str, TopicTerms],
        source: str,
        evidence: str,
        now: datetime,
        ip: str = "",
    ) -> frozenset[str]:
        """Grant those of the topics that were asked for within 30 days and not left since.

        Return which of them they have agreed to now, whether by this or before. It brings them back from what
        they had left themselves, as `Preferring.prefer` does, and never from a bounce or a complaint.
        Raises ContactsBusyError or ContactsUnavailableError: then nothing is written.
        """
