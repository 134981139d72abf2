"""A sending domain's records: made in its hosted zone, or told as outputs."""

import json
from typing import Any

import pytest

from postroad.configuration import Configuration, Domain
from tests.infrastructure.templates import Stacks, synthesise

NAME = "shop.example"


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain(
        name=NAME, mail_from="bounce", dmarc_policy="quarantine", dmarc_reports="dmarc@reports.example"
    )


def with_domain(configuration: Configuration, domain: Domain) -> Stacks:
    stream = next(iter(configuration.streams.values())).model_copy(update={"domain": domain.name})
    return synthesise(
        configuration.model_copy(update={"domains": (domain,), "streams": {"transactional": stream}})
    )


def text_of(value: Any) -> str:  # noqa: ANN401  an output's value, a string or an intrinsic function
    """Write an output's value as deployed, with `<attribute>` for what only AWS knows."""
    if isinstance(value, str):
        return value
    if "Fn::GetAtt" in value:
        return f"<{value['Fn::GetAtt'][1]}>"
    separator, parts = value["Fn::Join"]
    return str(separator.join(text_of(part) for part in parts))


def records(stacks: Stacks) -> dict[str, tuple[str, str, str]]:
    """Return the records that the outputs tell, by which they are."""
    found = {}
    for name, output in stacks.foundation["Outputs"].items():
        if name.startswith("DnsRecords"):
            record = json.loads(text_of(output["Value"]))
            found[name] = (record["name"], record["type"], record["value"])
    return found


def test_identity_has_easy_dkim_of_2048_bits_and_a_mail_from_domain(
    prod_configuration: Configuration, domain: Domain
) -> None:
    (identity,) = with_domain(prod_configuration, domain).properties("AWS::SES::EmailIdentity")
    assert identity["EmailIdentity"] == NAME
    assert identity["DkimSigningAttributes"] == {"NextSigningKeyLength": "RSA_2048_BIT"}
    assert identity["MailFromAttributes"]["MailFromDomain"] == "bounce.shop.example"
    assert identity["FeedbackAttributes"] == {"EmailForwardingEnabled": False}


PAGES = ("mail.shop.example.", "A")
"""The recipients' pages have a domain and a zone of their own, whoever keeps the sending domain's DNS."""


def made(stacks: Stacks) -> list[tuple[str, str]]:
    """Return name and type of each record that is made, in order."""
    return sorted(
        (text_of(record["Name"]), record["Type"]) for record in stacks.properties("AWS::Route53::RecordSet")
    )


def test_without_a_hosted_zone_the_exact_records_are_outputs(
    prod_configuration: Configuration, domain: Domain
) -> None:
    stacks = with_domain(prod_configuration, domain)
    region = prod_configuration.aws.region
    assert records(stacks) == {
        f"DnsRecordsShopExampleDkim{number}": (
            f"<DkimDNSTokenName{number}>",
            "CNAME",
            f"<DkimDNSTokenValue{number}>",
        )
        for number in (1, 2, 3)
    } | {
        "DnsRecordsShopExampleMailFromMx": (
            "bounce.shop.example",
            "MX",
            f"10 feedback-smtp.{region}.amazonses.com",
        ),
        "DnsRecordsShopExampleMailFromSpf": (
            "bounce.shop.example",
            "TXT",
            "v=spf1 include:amazonses.com ~all",
        ),
        "DnsRecordsShopExampleDmarc": (
            "_dmarc.shop.example",
            "TXT",
            "v=DMARC1; p=quarantine; rua=mailto:dmarc@reports.example",
        ),
    }
    assert made(stacks) == [PAGES]


def test_with_a_hosted_zone_each_record_is_made_once(
    prod_configuration: Configuration, domain: Domain
) -> None:
    zone = "Z0123456789ABCDEFGHIJ"
    stacks = with_domain(prod_configuration, domain.model_copy(update={"hosted_zone_id": zone}))
    others = made(stacks)
    others.remove(PAGES)
    assert others == [
        ("<DkimDNSTokenName1>", "CNAME"),
        ("<DkimDNSTokenName2>", "CNAME"),
        ("<DkimDNSTokenName3>", "CNAME"),
        ("_dmarc.shop.example.", "TXT"),
        ("bounce.shop.example.", "MX"),
        ("bounce.shop.example.", "TXT"),
    ]
    assert {record["HostedZoneId"] for record in stacks.properties("AWS::Route53::RecordSet")} == {zone}
    assert not records(stacks)


def test_an_existing_identity_and_an_external_dmarc_record_are_left_alone(
    prod_configuration: Configuration,
) -> None:
    stacks = with_domain(prod_configuration, Domain(name=NAME, identity="existing", dmarc="external"))
    assert not stacks.all("AWS::SES::EmailIdentity")
    assert not records(stacks)


def test_the_web_domain_gets_a_certificate_validated_in_its_zone(prod: Stacks) -> None:
    web = prod.configuration.web
    assert web is not None
    assert prod.foundation["Outputs"]["WebDomainName"]["Value"] == web.domain
    (certificate,) = prod.properties("AWS::CertificateManager::Certificate")
    assert certificate["DomainName"] == web.domain
    assert certificate["ValidationMethod"] == "DNS"


def test_a_given_certificate_is_used(prod_configuration: Configuration) -> None:
    arn = "arn:aws:acm:eu-west-1:123456789012:certificate/0a1b2c3d"
    assert prod_configuration.web is not None
    web = prod_configuration.web.model_copy(update={"certificate_arn": arn, "hosted_zone_id": None})
    stacks = synthesise(prod_configuration.model_copy(update={"web": web}))
    assert stacks.foundation["Outputs"]["WebCertificateArn"]["Value"] == arn
    assert not stacks.all("AWS::CertificateManager::Certificate")
