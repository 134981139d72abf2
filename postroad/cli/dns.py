"""`postroad dns`: the records that each sending domain needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from postroad.cli import dns_records
from postroad.cli.dns_records import DomainRecords
from postroad.cli.options import JsonOption, StageOption, open_stage
from postroad.cli.output import print_json, print_lines, print_table
from postroad.cli.problem import ExitCode, Problem
from postroad.dns import dmarc_record, mail_from_records

if TYPE_CHECKING:
    from postroad.cli.wiring import Wiring
    from postroad.configuration import Domain

EXAMPLES = ("postroad --stage prod dns", "postroad --stage prod dns --zone-file > records.zone")


def dns(
    context: typer.Context,
    *,
    as_zone_file: Annotated[
        bool, typer.Option("--zone-file", help="Print lines for a zone file (RFC 1035).")
    ] = False,
    stage: StageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the exact DNS records of each sending domain, and whether SES has seen them."""
    if as_zone_file and as_json:
        raise Problem("--zone-file and --json exclude each other.", "Give one of them.", ExitCode.USAGE)
    wiring = open_stage(context, stage)
    found = [_records(wiring, domain) for domain in wiring.configuration.domains]
    if as_json:
        print_json({"domains": [dns_records.as_object(each) for each in found]})
    elif as_zone_file:
        typer.echo(dns_records.zone_file(found), nl=False)
    else:
        for each in found:
            _show(each)


def _records(wiring: Wiring, domain: Domain) -> DomainRecords:
    from postroad.cli.ses import read_identity  # noqa: PLC0415 - see open_stage

    identity = read_identity(wiring.ses, domain.name)
    if identity is None:
        raise Problem(
            f"SES in {wiring.region} has no identity {domain.name}.",
            f"Deploy it first (npx cdk deploy --all -c stage={wiring.stage}): it gets its DKIM tokens then.",
            ExitCode.NOT_FOUND,
        )
    records = dns_records.dkim_records(domain.name, identity)
    notes: list[str] = []
    if identity.own_key:
        notes.append("SES signs with a DKIM key of your own: its TXT record is yours to publish.")
    elif not identity.tokens:
        notes.append("SES has given no DKIM tokens (the emulated cloud never does).")
    if identity.mail_from:
        records += mail_from_records(identity.mail_from, wiring.region or "")
    else:
        notes.append("SES has no MAIL FROM domain for it: SPF then passes for amazonses.com alone.")
    if domain.dmarc == "create":
        records.append(dmarc_record(domain.name, domain.dmarc_policy, domain.dmarc_reports))
    else:
        notes.append('DMARC is kept elsewhere (dmarc = "external").')
    if domain.hosted_zone_id and domain.identity == "create":
        notes.append(f"The deployment writes these records into hosted zone {domain.hosted_zone_id}.")
    return DomainRecords(domain.name, domain.hosted_zone_id, identity, tuple(records), tuple(notes))


def _show(each: DomainRecords) -> None:
    identity = each.identity
    state = "verified" if identity.verified else "not verified yet"
    print_lines(
        [
            f"{each.domain}: {state} (DKIM {identity.dkim_status}"
            + (f", MAIL FROM {identity.mail_from_status})" if identity.mail_from_status else ")")
        ]
    )
    print_table(
        ("for", "name", "type", "value"),
        ((record.purpose, record.name, record.type, record.value) for record in each.records),
    )
    print_lines([*each.notes, ""])
