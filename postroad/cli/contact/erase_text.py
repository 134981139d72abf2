"""How an erasure is told. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from postroad.explaining.moments import moment

if TYPE_CHECKING:
    from postroad.privacy.erasing import Survey
    from postroad.privacy.proof import Proof


def survey_lines(email: str, survey: Survey, listed: str, *, also_transactional: bool) -> list[str]:
    """Return what an erasure meets, a line each; `listed` is what SES's list says of the address."""
    from postroad.privacy.fates import Fate  # noqa: PLC0415 - imports the ledger, which --help needs not

    fates, held = survey.fates, survey.held
    waits = "called off too" if also_transactional else "left until it is sent: run this again then"
    facts = (
        (fates[Fate.REDACT], "messages that have ended: their address goes, what counts them stays"),
        (fates[Fate.CANCEL], "messages that wait, and are called off"),
        (fates[Fate.WAITS], f"transactional messages that wait, {waits}"),
        (fates[Fate.UNDER_WAY], "messages that are being sent right now"),
        (int(held.profile), "profile"),
        (held.consents, "records of consent: they stay as proof under a keyed hash, as configured"),
        (held.others, "sign-ups and other records"),
        (held.suppression_lines, "notes in the history of suppressions"),
        *((count, f"records of {title.lower()}") for title, count in survey.others.items()),
    )
    lines = [email, *(f"  {count:>6,}  {what}" for count, what in facts if count)]
    if len(lines) == 1:
        lines.append("  Nothing is held that says who they are.")
    lines.append(f"  On SES's own suppression list: {listed or 'no'}.")
    return lines


def proof_lines(proof: Proof) -> list[str]:
    """Return a proof, a line each."""
    from postroad.privacy.proof import What  # noqa: PLC0415 - as above

    lines = [
        f"erasure {proof.id}",
        f"  keyed hash   {proof.address_key}",
        f"  by           {proof.operator}",
        f"  begun        {moment(proof.begun_at)}",
        f"  ended        {moment(proof.ended_at)}",
        *(f"  {proof.counts.get(what.value, 0):>6,}  {what.value.replace('_', ' ')}" for what in What),
        f"  SES's list   {proof.ses_entry.value.replace('_', ' ')}",
        f"  procedure    {proof.procedure}, {proof.runs} {'run' if proof.runs == 1 else 'runs'}",
        f"  kept until   {moment(proof.kept_until)}",
    ]
    if proof.left.under_way:
        lines.append(f"  {proof.left.under_way} messages were being sent: run it again in a few minutes.")
    if proof.left.waits:
        lines.append(
            f"  {proof.left.waits} transactional messages wait: run it again when they are sent, or with "
            "--cancel-transactional."
        )
    if proof.ended_at is None:
        lines.append("  It was broken off: run it again.")
    return lines


def outcome_record(survey: Survey, proof: Proof | None, listed: str, *, dry_run: bool) -> dict[str, Any]:
    """Return the same as a JSON object."""
    from postroad.privacy.proof import proof_record  # noqa: PLC0415 - as above

    return {
        "dry_run": dry_run,
        "found": {
            "messages": {fate.value: count for fate, count in survey.fates.items() if fate.value != "done"},
            "profile": survey.held.profile,
            "consents": survey.held.consents,
            "other_records": survey.held.others,
            **{title.lower(): count for title, count in survey.others.items()},
            "suppression_lines": survey.held.suppression_lines,
            "suppression_shows_address": survey.held.shows_address,
            "ses_suppression_list": listed or None,
        },
        "proof": None if proof is None else proof_record(proof),
    }
