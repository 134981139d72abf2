"""A domain that mail is sent from: its SES identity and the DNS records that prove it."""

import json
from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_ses as ses
from constructs import Construct

from postroad.dns import DnsRecord, dmarc_record, mail_from_records
from postroad.names import pascal
from stacks.stage import Stage

if TYPE_CHECKING:
    from postroad.configuration import Domain


class SendingDomain(Construct):
    """Easy DKIM (2048 bit), a MAIL FROM domain of our own, and a DMARC record.

    With a hosted zone the records are made there; without one they are outputs, one per record, named
    `DnsRecords<Domain><Which>`, each a JSON object {"name", "type", "value"}.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, domain: "Domain") -> None:
        """Make what the configuration asks for; an `existing` identity is referenced by name only."""
        super().__init__(scope, construct_id)
        self._domain = domain
        # Every record below is named in full, so the zone's own name is never needed: a parent zone will do.
        self._zone = (
            route53.PublicHostedZone.from_public_hosted_zone_attributes(
                self, "Zone", hosted_zone_id=domain.hosted_zone_id, zone_name=domain.name
            )
            if domain.hosted_zone_id and not stage.is_local  # nobody asks DNS on one machine
            else None
        )
        if domain.identity == "create":
            self._identity(stage)
        if domain.dmarc == "create":
            self._dmarc()

    def _identity(self, stage: Stage) -> None:
        mail_from = self._domain.mail_from_domain
        identity = ses.EmailIdentity(
            self,
            "Identity",
            identity=ses.Identity.public_hosted_zone(self._zone)
            if self._zone
            else ses.Identity.domain(self._domain.name),
            dkim_identity=ses.DkimIdentity.easy_dkim(ses.EasyDkimSigningKeyLength.RSA_2048_BIT),
            mail_from_domain=mail_from,
            # Mail still leaves, with Amazon's own return path, while the MX record is missing.
            mail_from_behavior_on_mx_failure=ses.MailFromBehaviorOnMxFailure.USE_DEFAULT_VALUE,
            # Feedback comes by events; without them SES would also mail each bounce to the From address.
            feedback_forwarding=False,
        )
        if self._zone:
            return
        if not stage.is_local:  # the emulated cloud has no DKIM tokens to publish
            for number, record in enumerate(identity.dkim_records, start=1):
                self._output(f"Dkim{number}", DnsRecord(record.name, "CNAME", record.value, "DKIM"))
        exchange, policy = mail_from_records(mail_from, Stack.of(self).region)
        self._output("MailFromMx", exchange)
        self._output("MailFromSpf", policy)

    def _dmarc(self) -> None:
        record = dmarc_record(self._domain.name, self._domain.dmarc_policy, self._domain.dmarc_reports)
        if self._zone:
            # A zone file's dot: the name is complete, whatever zone it is written into.
            route53.TxtRecord(
                self, "Dmarc", zone=self._zone, record_name=f"{record.name}.", values=[record.value]
            )
        else:
            self._output("Dmarc", record)

    def _output(self, which: str, record: DnsRecord) -> None:
        output = CfnOutput(
            self,
            which,
            description=f"A DNS record that {self._domain.name} needs.",
            value=json.dumps({"name": record.name, "type": record.type, "value": record.value}),
        )
        output.override_logical_id(f"DnsRecords{pascal(self._domain.name)}{which}")
