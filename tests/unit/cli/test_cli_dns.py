from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.cli.deployed import Deployed

CONFIGURATION = """
[aws]
account = "123456789012"
region = "eu-west-1"

[[domains]]
name = "shop.example"
dmarc_policy = "quarantine"
dmarc_reports = "dmarc@shop.example"

[[domains]]
name = "old.example"
identity = "existing"
dmarc = "external"

[streams.transactional]
kind = "transactional"
domain = "shop.example"
from = "orders@shop.example"

[recipients]
allow = ["*"]
"""


@pytest.fixture(autouse=True)
def configuration(deployed: Deployed, tmp_path: Path) -> Path:
    """Two domains: one that the stage makes, one that SES knew before."""
    file = tmp_path / "config" / "test.toml"
    file.parent.mkdir()
    file.write_text(CONFIGURATION, encoding="utf-8")
    deployed.identities = {
        "shop.example": {
            "VerifiedForSendingStatus": True,
            "DkimAttributes": {
                "Status": "SUCCESS",
                "Tokens": ["aaa", "bbb", "ccc"],
                "SigningHostedZone": "dkim.eu-west-1.amazonses.com",
            },
            "MailFromAttributes": {
                "MailFromDomain": "bounce.shop.example",
                "MailFromDomainStatus": "PENDING",
            },
        },
        "old.example": {"DkimAttributes": {"Status": "PENDING", "Tokens": ["ddd"]}},
    }
    return file


def test_a_dkim_key_of_ones_own_needs_no_cname(deployed: Deployed) -> None:
    deployed.identities["old.example"] = {
        "DkimAttributes": {
            "Status": "SUCCESS",
            "Tokens": ["selector1"],
            "SigningAttributesOrigin": "EXTERNAL",
        }
    }
    _, old = deployed.json("dns")["domains"]
    assert not [record for record in old["records"] if record["type"] == "CNAME"]
    assert any("key of your own" in note for note in old["notes"])


def test_the_exact_records_of_each_domain(deployed: Deployed) -> None:
    shop, old = deployed.json("dns")["domains"]
    assert [(record["name"], record["type"], record["value"]) for record in shop["records"]] == [
        ("aaa._domainkey.shop.example", "CNAME", "aaa.dkim.eu-west-1.amazonses.com"),
        ("bbb._domainkey.shop.example", "CNAME", "bbb.dkim.eu-west-1.amazonses.com"),
        ("ccc._domainkey.shop.example", "CNAME", "ccc.dkim.eu-west-1.amazonses.com"),
        ("bounce.shop.example", "MX", "10 feedback-smtp.eu-west-1.amazonses.com"),
        ("bounce.shop.example", "TXT", "v=spf1 include:amazonses.com ~all"),
        ("_dmarc.shop.example", "TXT", "v=DMARC1; p=quarantine; rua=mailto:dmarc@shop.example"),
    ]
    assert (shop["verified"], shop["dkim_status"], shop["mail_from_status"]) == (True, "SUCCESS", "PENDING")
    assert [(record["name"], record["value"]) for record in old["records"]] == [
        ("ddd._domainkey.old.example", "ddd.dkim.amazonses.com")
    ]
    assert old["verified"] is False


def test_the_table_says_what_is_missing(deployed: Deployed) -> None:
    text = deployed.run("dns").stdout
    assert "shop.example: verified (DKIM SUCCESS, MAIL FROM PENDING)" in text
    assert "old.example: not verified yet (DKIM PENDING)" in text
    assert "DMARC is kept elsewhere" in text
    assert "aaa._domainkey.shop.example" in text


def test_a_zone_file_can_be_pasted(deployed: Deployed) -> None:
    lines = deployed.run("dns", "--zone-file").stdout.splitlines()
    assert "aaa._domainkey.shop.example.\t3600\tIN\tCNAME\taaa.dkim.eu-west-1.amazonses.com." in lines
    assert "bounce.shop.example.\t3600\tIN\tMX\t10 feedback-smtp.eu-west-1.amazonses.com." in lines
    assert 'bounce.shop.example.\t3600\tIN\tTXT\t"v=spf1 include:amazonses.com ~all"' in lines
    assert all(line == "" or line.startswith(";") or "\tIN\t" in line for line in lines)


def test_a_hosted_zone_is_written_by_the_deployment(deployed: Deployed, configuration: Path) -> None:
    text = CONFIGURATION.replace(
        'name = "shop.example"\n', 'name = "shop.example"\nhosted_zone_id = "Z0123"\n'
    )
    configuration.write_text(text, encoding="utf-8")
    shop = deployed.json("dns")["domains"][0]
    assert shop["hosted_zone_id"] == "Z0123"
    assert "The deployment writes these records into hosted zone Z0123." in shop["notes"]


def test_a_domain_that_ses_does_not_know(deployed: Deployed) -> None:
    deployed.identities.clear()
    result = deployed.run("dns")
    assert result.exit_code == 3
    assert "SES in eu-west-1 has no identity shop.example." in result.stderr
    assert "npx cdk deploy --all -c stage=test" in result.stderr


def test_a_stage_without_a_file(deployed: Deployed) -> None:
    result = deployed.run("dns", stage="other")
    assert result.exit_code == 3
    assert "There is no config/other.toml here." in result.stderr


def test_a_file_with_mistakes_names_the_first(deployed: Deployed, configuration: Path) -> None:
    text = CONFIGURATION.replace("quarantine", "maybe").replace("123456789012", "1234")
    configuration.write_text(text, encoding="utf-8")
    result = deployed.run("dns")
    assert result.exit_code == 1
    first, second = result.stderr.splitlines()
    assert first.startswith("postroad: config/test.toml: aws.account: ")
    assert first.endswith("(and 1 more)")
    assert "Mend config/test.toml; npx cdk synth -c stage=test" in second


def test_two_formats_at_once_are_refused(deployed: Deployed) -> None:
    assert deployed.run("dns", "--json", "--zone-file").exit_code == 2
