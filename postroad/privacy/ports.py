"""What erasing and showing need of the stores. Every method may raise a TransientError."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from postroad.contacts.model import Consent
from postroad.ledger.row import Row
from postroad.privacy.proof import Left, Proof, SesEntry, What


@dataclass(frozen=True, slots=True)
class Mark:
    """That a person's data are erased: since when, and the id of the proof."""

    erasure: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """What the tables of persons hold about one, in numbers."""

    profile: bool = False
    consents: int = 0
    proofs_of_consent: int = 0
    others: int = 0
    suppression_lines: int = 0
    shows_address: bool = False
    """Whether the suppressions have the clear address."""


class Mails(Protocol):
    """The rows of one address."""

    def pages(self, address_key: str) -> Iterator[Sequence[Row]]:
        """Yield every row that the index by address knows, each as it stands now, oldest first."""


class ErasableBodies(Protocol):
    """The kept bodies."""

    def erase(self, messages: Sequence[tuple[str, str]]) -> int:
        """Forget all that is kept of these messages (id, fingerprint), objects too; return how many bodies.

        An object goes before the item that points at it: who is killed in between finds it again.
        """


class Persons(Protocol):
    """Profile, consent and suppressions of one address."""

    def mark(self, address_key: str, *, erasure: str, source: str, now: datetime, anew: bool = False) -> Mark:
        """Mark them as erased in one transaction, and return the mark that stands.

        The suppression `erased` on all streams, no address beside it, and a profile without data. From then
        on nothing that is written here holds their address. A mark that stands already is returned, unless
        it is to be made anew.
        """

    def mark_of(self, address_key: str) -> Mark | None:
        """Return the mark that stands, if one does."""

    def held(self, address_key: str) -> Held:
        """Return what is held about them."""

    def forget(self, address_key: str, *, kept_until: datetime | None) -> Mapping[What, int]:
        """Forget what was held about them before they were marked; return how much of what.

        Records of consent stay until `kept_until` as proofs, without IP address and evidence; or go too,
        where that is None. Those made after the mark stay as they are. Repeating it does no harm.
        """

    def proofs_of_consent(self, address_key: str) -> Sequence[Consent]:
        """Return the records that stayed."""

    def others(self, address_key: str) -> Sequence[Mapping[str, Any]]:
        """Return what else is held, each with its `record`: a sign-up that nobody confirmed yet."""


class Proofs(Protocol):
    """Where proofs of erasures are kept."""

    def begin(self, proof: Proof) -> Proof:
        """Let the proof stand, or return the one that stands under its id, begun once more."""

    def add(self, erasure: str, counts: Mapping[What, int]) -> None:
        """Add to what was erased."""

    def end(self, erasure: str, *, now: datetime, left: Left, ses_entry: SesEntry) -> Proof:
        """Note that a run came to its end."""

    def get(self, erasure: str) -> Proof | None:
        """Return a proof, or None."""


class Counters(Protocol):
    """How often an address came to the pages."""

    def forget(self, address_key: str) -> int:
        """Forget it; return how many counters there were."""


@dataclass(frozen=True, slots=True)
class Source:
    """A further place that holds something about persons; a capability that has one adds it.

    `show` returns a list of JSON values, None for nothing; `erase` forgets them and returns how many they
    were, and may come twice. Both take the address key.
    """

    name: str
    title: str
    show: Callable[[str], Any]
    erase: Callable[[str], int]
