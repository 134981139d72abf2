"""CloudFront in front of recipients' pages, by configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from cfnlint.api import ManualArgs, lint

from postroad.configuration import Configuration
from postroad.configuration.cloudfront import CloudFront
from postroad.web.http import HEADERS
from stacks.application import add_stacks, check
from tests.infrastructure.templates import Stacks, feature_flags, synthesise
from tests.infrastructure.test_cfn_lint import IGNORED

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0d1f"
WEB_ACL = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/postroad/0d1f"
RULES = Path("docs/how-to/web-acl.yaml")


def with_front(configuration: Configuration, **front: Any) -> Configuration:  # noqa: ANN401 - its keys
    assert configuration.web is not None
    section = CloudFront.model_validate({"certificate_arn": CERTIFICATE, **front})
    return configuration.model_copy(
        update={"web": configuration.web.model_copy(update={"cloudfront": section})}
    )


@pytest.fixture(scope="module")
def fronted(prod_configuration: Configuration) -> Stacks:
    return synthesise(with_front(prod_configuration, web_acl_arn=WEB_ACL))


@pytest.fixture(scope="module")
def distribution(fronted: Stacks) -> dict[str, Any]:
    (found,) = fronted.properties("AWS::CloudFront::Distribution")
    config: dict[str, Any] = found["DistributionConfig"]
    return config


def test_it_is_off_by_default(prod: Stacks) -> None:
    assert not prod.all("AWS::CloudFront::Distribution")
    assert prod.properties("AWS::ApiGatewayV2::Api")[0]["DisableExecuteApiEndpoint"] is True
    assert prod.function("web")["Environment"]["Variables"]["POSTROAD_ORIGIN_SECRET_ARN"] == ""


def test_it_stands_on_the_web_domain_with_the_certificate_and_web_acl_that_are_given(
    fronted: Stacks, distribution: dict[str, Any]
) -> None:
    assert distribution["Aliases"] == ["mail.shop.example"]
    assert distribution["ViewerCertificate"] == {
        "AcmCertificateArn": CERTIFICATE,
        "MinimumProtocolVersion": "TLSv1.2_2021",
        "SslSupportMethod": "sni-only",
    }
    assert distribution["WebACLId"] == WEB_ACL
    records = {each["Type"]: each["AliasTarget"] for each in fronted.properties("AWS::Route53::RecordSet")
               if each["Name"] == "mail.shop.example."}  # fmt: skip
    assert records.keys() == {"A", "AAAA"}
    assert "WebDistribution" in fronted.mail["Outputs"]
    assert fronted.mail["Outputs"]["WebUrl"]["Value"] == "https://mail.shop.example"


def test_nothing_is_cached_or_logged_and_plain_http_is_refused(distribution: dict[str, Any]) -> None:
    behavior = distribution["DefaultCacheBehavior"]
    assert behavior["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # CachingDisabled, AWS's own
    assert behavior["ViewerProtocolPolicy"] == "https-only"
    assert "Logging" not in distribution
    assert distribution.get("CacheBehaviors", []) == []


def test_only_what_the_pages_read_is_passed_on(fronted: Stacks) -> None:
    (policy,) = fronted.properties("AWS::CloudFront::OriginRequestPolicy")
    config = policy["OriginRequestPolicyConfig"]
    assert config["CookiesConfig"] == {"CookieBehavior": "none"}
    assert config["HeadersConfig"] == {
        "HeaderBehavior": "whitelist",
        "Headers": ["Accept-Language", "Content-Type", "CloudFront-Viewer-Address"],
    }
    assert config["QueryStringsConfig"] == {"QueryStringBehavior": "whitelist", "QueryStrings": ["lang", "m"]}


def test_the_security_headers_of_the_pages_stay_and_others_get_them(fronted: Stacks) -> None:
    (policy,) = fronted.properties("AWS::CloudFront::ResponseHeadersPolicy")
    headers = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert all(each["Override"] is False for each in headers.values())
    assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 31_536_000
    assert HEADERS["Strict-Transport-Security"] == "max-age=31536000"
    assert headers["FrameOptions"]["FrameOption"] == HEADERS["X-Frame-Options"]
    assert headers["ReferrerPolicy"]["ReferrerPolicy"] == HEADERS["Referrer-Policy"]
    assert "ContentTypeOptions" in headers


def test_the_api_is_reached_over_tls_by_a_secret_that_no_template_holds(
    fronted: Stacks, distribution: dict[str, Any]
) -> None:
    (origin,) = distribution["Origins"]
    assert origin["CustomOriginConfig"] == {
        "OriginProtocolPolicy": "https-only",
        "OriginSSLProtocols": ["TLSv1.2"],
    }
    (header,) = origin["OriginCustomHeaders"]
    assert header["HeaderName"] == "X-Postroad-Origin"
    written = json.dumps(header["HeaderValue"])
    assert "{{resolve:secretsmanager:" in written
    (secret,) = [
        name
        for name, each in fronted.all("AWS::SecretsManager::Secret").items()
        if each["Properties"]["Name"] == "postroad/prod/origin-secret"
    ]
    assert secret in written
    assert fronted.function("web")["Environment"]["Variables"]["POSTROAD_ORIGIN_SECRET_ARN"] == {
        "Ref": secret
    }
    reads = [
        each for each in fronted.statements_of("web") if each["Action"] == "secretsmanager:GetSecretValue"
    ]
    assert {"Ref": secret} in [
        one
        for each in reads
        for one in (each["Resource"] if isinstance(each["Resource"], list) else [each["Resource"]])
    ]
    assert "DomainName" not in {kind.rpartition("::")[2] for kind in kinds(fronted)}
    assert fronted.properties("AWS::ApiGatewayV2::Api")[0]["DisableExecuteApiEndpoint"] is False


def kinds(stacks: Stacks) -> set[str]:
    return {each["Type"] for template in stacks.templates for each in template["Resources"].values()}


def test_another_number_makes_the_deployment_read_the_secret_anew(
    prod_configuration: Configuration, distribution: dict[str, Any]
) -> None:
    (after,) = synthesise(with_front(prod_configuration, origin_secret=2)).properties(
        "AWS::CloudFront::Distribution"
    )
    assert after["DistributionConfig"]["Comment"] != distribution["Comment"]
    assert "WebACLId" not in after["DistributionConfig"]


def test_the_local_stage_leaves_it_out(prod_configuration: Configuration) -> None:
    local = with_front(prod_configuration).model_copy(update={"stage": "local"})
    stacks = synthesise(local, simulator="https://localhost:1", cloud="https://localhost:2")
    assert not [kind for kind in kinds(stacks) if "CloudFront" in kind]
    assert stacks.function("web")["Environment"]["Variables"]["POSTROAD_ORIGIN_SECRET_ARN"] == ""


def test_its_templates_are_clean(fronted: Stacks) -> None:
    arguments = ManualArgs(regions=["eu-west-1"], ignore_checks=IGNORED)
    assert [match for each in fronted.templates for match in lint(json.dumps(each), config=arguments)] == []


def test_the_web_acl_that_the_page_offers_is_clean() -> None:
    assert lint(RULES.read_text("utf-8"), config=ManualArgs(regions=["us-east-1"])) == []


@pytest.mark.parametrize("web_acl", [WEB_ACL, None], ids=["with WAF", "without"])
def test_no_finding_of_cdk_nag_is_left(
    managed_configuration: Configuration, tmp_path: Path, web_acl: str | None
) -> None:
    app = App(outdir=str(tmp_path), context=feature_flags())
    add_stacks(app, with_front(managed_configuration, web_acl_arn=web_acl))
    check(app)
    app.synth()
