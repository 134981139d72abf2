"""`postroad contact erase`: forget a person, but that they must not be mailed again."""

from __future__ import annotations

import secrets
import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from postroad.cli.confirming import confirm_by_typing
from postroad.cli.contact import erase_text as text
from postroad.cli.contact.person_command import personal_sources
from postroad.cli.operators import operator
from postroad.cli.options import DryRunOption, JsonOption, StageOption, YesOption, open_stage
from postroad.cli.output import print_json, print_lines
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.progress import counter
from postroad.clock import utcnow
from postroad.errors import PermanentError, TransientError

if TYPE_CHECKING:
    from postroad.cli.wiring import Recipient, Wiring
    from postroad.privacy.erasing import Erasing, Survey
    from postroad.privacy.proof import Proof, SesEntry

EXAMPLES = (
    "postroad --stage prod contact erase ana.ruiz@example.com --dry-run",
    "postroad --stage prod contact erase ana.ruiz@example.com",
    "postroad contact erase --proof 20261122-5f3a9c01",
)


def erase_command(
    context: typer.Context,
    email: Annotated[str | None, typer.Argument(help="The address.", show_default=False)] = None,
    *,
    proof: Annotated[
        str | None,
        typer.Option("--proof", help="Show the proof of this erasure instead.", show_default=False),
    ] = None,
    also_transactional: Annotated[
        bool,
        typer.Option(
            "--cancel-transactional",
            help="Also call off transactional mail that waits; without it, that is sent first.",
        ),
    ] = False,
    remove_from_ses: Annotated[
        bool,
        typer.Option(
            "--remove-from-ses", help="Also take the address off the account's suppression list at SES."
        ),
    ] = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase all that is held about a person. A keyed hash stays, so that no list brings them back.

    News and offers stay stopped; a later purchase is mailed. It can be run again at any time: what was broken
    off is gone on with, and what is being sent right now is for the next run.
    """
    wiring = open_stage(context, stage)
    if (email is None) is (proof is None):
        raise Problem("Give an address, or --proof with an id.", f"As in {EXAMPLES[1]}", ExitCode.USAGE)
    if proof is not None:
        _show(wiring, proof, as_json=as_json)
        return
    wiring.require_account()
    recipient = wiring.recipient(email or "")
    erasing = assemble(wiring, also_transactional=also_transactional)
    survey, before, listed = _look(wiring, erasing, recipient)
    if not as_json:
        print_lines(text.survey_lines(recipient.email, survey, listed, also_transactional=also_transactional))
    done: Proof | None = None
    if survey.is_empty and before is not None and before.is_complete and not (listed and remove_from_ses):
        done = before
        if not as_json:
            shown_by = f"postroad contact erase --proof {before.id}"
            print_lines(["", f"There is nothing left to erase. Its proof: {shown_by}"])
    elif not dry_run:
        question = f"This can't be undone. Type {recipient.email} to erase it"
        confirm_by_typing(recipient.email, question, wiring=wiring, yes=yes, as_json=as_json)
        done = _erase(wiring, erasing, recipient, remove_from_ses=remove_from_ses)
        if not as_json:
            print_lines(["", *text.proof_lines(done)])
    if as_json:
        print_json(text.outcome_record(survey, done, listed, dry_run=dry_run))
    if done is not None and not done.is_complete:
        raise typer.Exit(ExitCode.PARTLY)


def assemble(wiring: Wiring, *, also_transactional: bool) -> Erasing:
    """Put the use case together for one stage."""
    from postroad.clock import SystemClock  # noqa: PLC0415 - see open_stage
    from postroad.privacy.erasing import Erasing, Rules  # noqa: PLC0415 - as above
    from postroad.stats.providers import provider_of  # noqa: PLC0415 - as above

    kept = wiring.retentions
    rules = Rules(
        kinds=wiring.kinds,
        kept_rows=timedelta(days=kept.days_of("cancelled")),
        kept_consents=timedelta(days=kept.consent_proofs_days) if kept.consent_proofs_days else None,
        kept_proofs=timedelta(days=kept.erasure_proofs_days),
        also_transactional=also_transactional,
    )
    return Erasing(
        mails=wiring.mails,
        ledger=wiring.ledger,
        bodies=wiring.bodies,
        schedule=wiring.schedule,
        persons=wiring.persons,
        proofs=wiring.proofs,
        counters=wiring.counters_by_address,
        sources=personal_sources(wiring),
        rules=rules,
        provider_of=provider_of,
        clock=SystemClock(),
        pause=time.sleep,
        operator=operator(),
    )


def _look(wiring: Wiring, erasing: Erasing, recipient: Recipient) -> tuple[Survey, Proof | None, str]:
    """Return what there is, the proof of an erasure before, and what SES's list says of the address."""
    from postroad.privacy.erasing import Person  # noqa: PLC0415 - as above

    survey = erasing.survey(Person(recipient.key, recipient.email))
    mark = wiring.persons.mark_of(recipient.key)
    before = wiring.proofs.get(mark.erasure) if mark else None
    try:
        entry = wiring.account_list.find(recipient.email)
    except (TransientError, PermanentError) as error:
        return survey, before, f"SES could not be asked: {error}"
    listed = f"since {entry.since:%Y-%m-%d}, {entry.reason}" if entry else ""
    if survey.is_empty and mark is None and not listed and wiring.suppression(recipient.key) is None:
        raise Problem(
            "Nothing is held about this address.",
            "Check how it is written. To keep it from ever being mailed: postroad suppression add.",
            ExitCode.NOT_FOUND,
        )
    return survey, before, listed


def _erase(wiring: Wiring, erasing: Erasing, recipient: Recipient, *, remove_from_ses: bool) -> Proof:
    from postroad.privacy.erasing import Person  # noqa: PLC0415 - as above

    erasure = f"{utcnow():%Y%m%d}-{secrets.token_hex(4)}"
    with counter("erasing", total=None) as done:
        return erasing.erase(
            Person(recipient.key, recipient.email),
            erasure=erasure,
            ses=partial(_see_to_ses, wiring, remove=remove_from_ses),
            on_progress=done,
        )


def _see_to_ses(wiring: Wiring, email: str, *, remove: bool) -> SesEntry:
    from postroad.privacy.proof import SesEntry  # noqa: PLC0415 - as above

    try:
        if remove:
            return SesEntry.REMOVED if wiring.account_list.delete(email) else SesEntry.NOT_LISTED
        return SesEntry.KEPT if wiring.account_list.find(email) else SesEntry.NOT_LISTED
    except (TransientError, PermanentError):
        return SesEntry.UNKNOWN


def _show(wiring: Wiring, erasure: str, *, as_json: bool) -> None:
    from postroad.privacy.proof import proof_record  # noqa: PLC0415 - as above

    found = wiring.proofs.get(erasure)
    if found is None:
        raise Problem(
            f"There is no proof {erasure}.",
            "Check the id and the stage; a proof is kept for retention.erasure_proofs_days.",
            ExitCode.NOT_FOUND,
        )
    if as_json:
        print_json(proof_record(found))
    else:
        print_lines(text.proof_lines(found))
