"""CloudFront in front of recipients' pages, by configuration: what lets AWS WAF guard an HTTP API."""

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_kms as kms
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from postroad.web.entrance import FORWARDED_HEADERS, FORWARDED_QUERY, ORIGIN_HEADER
from stacks.nag import acknowledge
from stacks.stage import Stage

if TYPE_CHECKING:
    from postroad.configuration import Web
    from postroad.configuration.cloudfront import CloudFront

LETTERS = 64
HSTS = Duration.days(365)


class OriginSecret(secretsmanager.Secret):
    """What the distribution adds to each request, and the function `web` lets in alone.

    An HTTP API knows no other proof: it takes no resource policy, and CloudFront's origin access control
    signs requests to S3, Lambda's URLs and media services alone.
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-origin.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, key: kms.IKey | None) -> None:
        """Generate it; it can be made anew, so nothing is retained."""
        super().__init__(
            scope,
            construct_id,
            secret_name=stage.parameter("origin-secret").lstrip("/"),
            description="Postroad: what the distribution in front of the pages proves itself by.",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=LETTERS, exclude_punctuation=True
            ),
            encryption_key=key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(
            self,
            "CloudFront holds a copy, which only a deployment changes: the two steps are in "
            "docs/how-to/put-cloudfront-in-front.md. The function takes the value before as well.",
            "AwsSolutions-SMG4",
        )


class WebFront(Construct):
    """The distribution on the web domain. It caches nothing and logs nothing."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        web: "Web",
        front: "CloudFront",
        api: apigateway.HttpApi,
        secret: OriginSecret,
    ) -> None:
        """Put it before `api`, which is then reached by its own name, and by nobody without the secret."""
        super().__init__(scope, construct_id)
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            # In the comment, the number makes CloudFormation read the secret anew: it does so only where the
            # template changed. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
            comment=f"Postroad {stage.name}: pages of recipients (origin secret {front.origin_secret})",
            domain_names=[web.domain],
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", front.certificate_arn),
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            web_acl_id=front.web_acl_arn,
            enable_logging=False,
            default_behavior=self._behavior(stage, api, secret),
        )
        self._accept(has_web_acl=front.web_acl_arn is not None)
        if web.hosted_zone_id:
            self._name(web.hosted_zone_id, web.domain)
        CfnOutput(Stack.of(self), "WebDistribution", value=self.distribution.distribution_domain_name)

    def _behavior(
        self, stage: Stage, api: apigateway.HttpApi, secret: OriginSecret
    ) -> cloudfront.BehaviorOptions:
        forwarded = cloudfront.OriginRequestPolicy(
            self,
            "Forwarded",
            origin_request_policy_name=stage.resource("web"),
            comment="What the pages read of a request.",
            header_behavior=cloudfront.OriginRequestHeaderBehavior.allow_list(*FORWARDED_HEADERS),
            query_string_behavior=cloudfront.OriginRequestQueryStringBehavior.allow_list(*FORWARDED_QUERY),
            cookie_behavior=cloudfront.OriginRequestCookieBehavior.none(),
        )
        return cloudfront.BehaviorOptions(
            origin=origins.HttpOrigin(
                f"{api.api_id}.execute-api.{Stack.of(self).region}.{Stack.of(self).url_suffix}",
                protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
                origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
                # A reference, which CloudFormation resolves: the template holds no secret.
                custom_headers={ORIGIN_HEADER: secret.secret_value.unsafe_unwrap()},
            ),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            # CloudFront knows no smaller set with POST; the function answers what it doesn't know by 405.
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            origin_request_policy=forwarded,
            response_headers_policy=self._security_headers(stage),
            compress=False,  # what isn't cached CloudFront doesn't compress
        )

    def _security_headers(self, stage: Stage) -> cloudfront.ResponseHeadersPolicy:
        """Give answers of CloudFront's own, such as WAF's, what those of the pages have anyway."""
        behaviors = cloudfront.ResponseSecurityHeadersBehavior(
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=False),
            frame_options=cloudfront.ResponseHeadersFrameOptions(
                frame_option=cloudfront.HeadersFrameOption.DENY, override=False
            ),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=False
            ),
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=HSTS, override=False
            ),
        )
        return cloudfront.ResponseHeadersPolicy(
            self,
            "SecurityHeaders",
            response_headers_policy_name=stage.resource("web"),
            comment="For answers of CloudFront's own.",
            security_headers_behavior=behaviors,
        )

    def _name(self, hosted_zone_id: str, domain: str) -> None:
        zone = route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=hosted_zone_id, zone_name=domain
        )
        target = route53.RecordTarget.from_alias(targets.CloudFrontTarget(self.distribution))
        route53.ARecord(self, "Record", zone=zone, target=target)
        route53.AaaaRecord(self, "RecordOfIPv6", zone=zone, target=target)

    def _accept(self, *, has_web_acl: bool) -> None:
        acknowledge(
            self.distribution,
            "CloudFront's access logs hold the path, which is the link's token, and the visitor's clear "
            "address: who reads them could leave for everybody. The API's own log has neither.",
            "AwsSolutions-CFR3",
        )
        acknowledge(
            self.distribution,
            "Whoever got a mail may leave, wherever they are.",
            "AwsSolutions-CFR1",
        )
        if not has_web_acl:
            acknowledge(
                self.distribution,
                "By configuration: web_acl_arn names one. The pages' own limits hold either way.",
                "AwsSolutions-CFR2",
            )
