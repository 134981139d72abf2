"""The domain of the pages that recipients see: preferences and unsubscribing."""

from typing import TYPE_CHECKING

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from constructs import Construct

if TYPE_CHECKING:
    from postroad.configuration import Web


class WebDomain(Construct):
    """The name and its certificate: an existing one, or one validated in the domain's hosted zone."""

    def __init__(self, scope: Construct, construct_id: str, *, web: "Web") -> None:
        """Take the certificate that is given, or have one made."""
        super().__init__(scope, construct_id)
        self.name = web.domain
        self.certificate: acm.ICertificate
        if web.certificate_arn:
            self.certificate = acm.Certificate.from_certificate_arn(self, "Certificate", web.certificate_arn)
            return
        zone = route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=web.hosted_zone_id or "", zone_name=web.domain
        )
        self.certificate = acm.Certificate(
            self, "Certificate", domain_name=web.domain, validation=acm.CertificateValidation.from_dns(zone)
        )
