"""`postroad contact export <email>`: everything that is held about one person."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from postroad.cli.contact.person_text import person_markdown
from postroad.cli.files import whole
from postroad.cli.output import as_json_text
from postroad.cli.problem import ExitCode, Problem
from postroad.clock import utcnow
from postroad.errors import TransientError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO

    from postroad.account.listing import ListedAddress
    from postroad.cli.wiring import Wiring
    from postroad.privacy.ports import Source

EXAMPLES = (
    "postroad --stage prod contact export ana.ruiz@example.com --output ana.md",
    "postroad contact export ana.ruiz@example.com --json --output ana.json",
)
RAW_EVENTS_DAYS = 30
"""After which SES's raw reports expire: a test holds it to the stack."""


def export_person(wiring: Wiring, email: str, *, output: Path | None, as_json: bool) -> None:
    """Write all that is held about one person, as Markdown or JSON; raises Problem where that is nothing."""
    from postroad.privacy.showing import is_nothing  # noqa: PLC0415 - see open_stage

    sources = personal_sources(wiring)
    found = person(wiring, email, sources)
    text = as_json_text(found) + "\n" if as_json else person_markdown(
        found, titles={source.name: source.title for source in sources}
    )  # fmt: skip
    if output is None:
        _write(text, sys.stdout)
    else:
        with whole(output) as stream:
            _write(text, stream)
    if is_nothing(found, sources):
        raise Problem(
            "Nothing is held about this address.",
            "Check how it is written: Postroad knows each spelling by itself, dots and plus-tags included.",
            ExitCode.NOT_FOUND,
        )


def person(wiring: Wiring, email: str, sources: list[Source]) -> dict[str, Any]:
    """Return all that is held about one person."""
    from postroad.privacy.showing import NOT_HERE, document, messages  # noqa: PLC0415 - as above

    recipient = wiring.recipient(email)
    key, now = recipient.key, utcnow()
    kept = wiring.retentions
    days = {
        "events_days": RAW_EVENTS_DAYS,
        "queue_days": kept.queue_days,
        "dead_letter_days": kept.dead_letter_days,
    }
    return document(
        email=recipient.email,
        key=key,
        stage=wiring.stage,
        now=now,
        contact=wiring.contacts.find([key]).get(key),
        consents=wiring.contacts.consents(key),
        consent_proofs=wiring.persons.proofs_of_consent(key),
        others=wiring.persons.others(key),
        suppression=wiring.suppression(key),
        shows_address=wiring.persons.held(key).shows_address,
        history=wiring.suppressions.history(key),
        mails=messages(wiring.mails, wiring.bodies, key, now=now),
        ses_entry=_ses_entry(wiring, recipient.email),
        sources=sources,
        not_here=[line.format(**days) for line in NOT_HERE],
    )


def personal_sources(wiring: Wiring) -> list[Source]:
    """Return what further capabilities hold about persons: one that comes adds its source here."""
    return [wiring.journeys_of.source]


def _ses_entry(wiring: Wiring, email: str) -> ListedAddress | str | None:
    try:
        return wiring.account_list.find(email)
    except TransientError as error:
        return f"SES could not be asked: {error}"


def _write(text: str, stream: TextIO) -> None:
    stream.write(text)
