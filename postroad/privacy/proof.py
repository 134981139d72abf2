"""The proof that a person's data were erased: what, when and by whom, and nothing about them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PROCEDURE = 1
"""Raised whenever erasing does something else than before."""


class What(StrEnum):
    """What is counted."""

    MESSAGES = "messages"
    """Rows that no longer say whom they were sent to."""
    CANCELLED = "cancelled"
    """Of these, the ones that waited, and are never sent."""
    BODIES = "bodies"
    PROFILE = "profile"
    CONSENTS_KEPT = "consents_kept"
    """Records of consent that stay as proof, under the keyed hash and without IP address or evidence."""
    CONSENTS_REMOVED = "consents_removed"
    OTHERS = "other_records"
    """Whatever else was held about them: sign-ups that nobody confirmed, and what other capabilities keep."""
    SUPPRESSION_LINES = "suppression_lines"
    """Lines of the suppressions' history whose evidence somebody had typed in."""
    COUNTERS = "counters"
    """Of how often they came to the pages."""


class SesEntry(StrEnum):
    """What became of SES's own entry about the address."""

    NOT_LISTED = "not_listed"
    KEPT = "kept"
    REMOVED = "removed"
    UNKNOWN = "unknown"
    """SES could not be asked."""


@dataclass(frozen=True, slots=True)
class Left:
    """What a run could not erase: mail that is being sent, and transactional mail that waits."""

    under_way: int = 0
    waits: int = 0

    def __bool__(self) -> bool:
        """Say whether anything was left."""
        return bool(self.under_way or self.waits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One erasure. `runs` is how often it was begun: a run that was killed is gone on with.

    What a killed run did after its last note is not in `counts`. `ended_at` is None until a run came to its
    end; `left` is what that one left.
    """

    id: str
    address_key: str
    operator: str
    begun_at: datetime
    ended_at: datetime | None = None
    runs: int = 1
    counts: Mapping[str, int] = field(default_factory=dict)
    left: Left = Left()
    ses_entry: SesEntry = SesEntry.UNKNOWN
    procedure: int = PROCEDURE
    kept_until: datetime | None = None

    @property
    def is_complete(self) -> bool:
        """Say whether a run came to its end and left nothing."""
        return self.ended_at is not None and not self.left


def proof_record(proof: Proof) -> dict[str, Any]:
    """Return a proof as a JSON object."""
    return {
        "erasure": proof.id,
        "address_key": proof.address_key,
        "operator": proof.operator,
        "begun_at": proof.begun_at,
        "ended_at": proof.ended_at,
        "complete": proof.is_complete,
        "runs": proof.runs,
        "counts": {what.value: proof.counts.get(what.value, 0) for what in What},
        "left": {"under_way": proof.left.under_way, "waits": proof.left.waits},
        "ses_suppression_list": proof.ses_entry.value,
        "procedure": proof.procedure,
        "kept_until": proof.kept_until,
    }


def proof_item(proof: Proof) -> dict[str, Any]:
    """Write a proof as an item of the table Contacts."""
    item: dict[str, Any] = {
        **proof_key(proof.id),
        "hash": {"S": proof.address_key},
        "operator": {"S": proof.operator},
        "begun": {"S": time_text(proof.begun_at)},
        "runs": {"N": str(proof.runs)},
        "counts": {"M": {what.value: {"N": str(proof.counts.get(what.value, 0))} for what in What}},
        "under_way": {"N": str(proof.left.under_way)},
        "waits": {"N": str(proof.left.waits)},
        "ses_entry": {"S": proof.ses_entry.value},
        "procedure": {"N": str(proof.procedure)},
    }
    if proof.ended_at is not None:
        item["ended"] = {"S": time_text(proof.ended_at)}
    if proof.kept_until is not None:
        item["ttl"] = {"N": str(round(proof.kept_until.timestamp()))}
    return item


def read_proof(item: Mapping[str, Any]) -> Proof:
    """Return the proof that an item holds."""
    return Proof(
        id=item["pk"]["S"].removeprefix(_PREFIX),
        address_key=item["hash"]["S"],
        operator=item["operator"]["S"],
        begun_at=datetime.fromisoformat(item["begun"]["S"]),
        ended_at=datetime.fromisoformat(item["ended"]["S"]) if "ended" in item else None,
        runs=int(item["runs"]["N"]),
        counts={what: int(count["N"]) for what, count in item["counts"]["M"].items()},
        left=Left(int(item["under_way"]["N"]), int(item["waits"]["N"])),
        ses_entry=SesEntry(item["ses_entry"]["S"]),
        procedure=int(item["procedure"]["N"]),
        kept_until=datetime.fromtimestamp(int(item["ttl"]["N"]), UTC) if "ttl" in item else None,
    )


_PREFIX = "erasure#"


def proof_key(erasure: str) -> dict[str, Any]:
    """Return where the proof of an erasure lies."""
    return {"pk": {"S": _PREFIX + erasure}, "sk": {"S": "proof"}}


def time_text(at: datetime) -> str:
    """Write a time in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
