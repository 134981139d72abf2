"""The section of a CloudFront distribution in front of recipients' pages."""

from pydantic import Field

from postroad.configuration.section import Section
from postroad.configuration.texts import CertificateArn, WebAclArn

REGION = "us-east-1"
"""CloudFront takes certificates and web ACLs of this Region alone.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
"""


class CloudFront(Section):
    """A CloudFront distribution in front of the pages, which WAF can guard: HTTP APIs take no web ACL."""

    certificate_arn: CertificateArn = Field(
        description=(
            "An ACM certificate for the domain of `[web]` in us-east-1, the only Region whose certificates "
            "CloudFront takes."
        )
    )
    web_acl_arn: WebAclArn | None = Field(
        default=None,
        description=(
            "The WAF web ACL that each request passes first, of scope CLOUDFRONT. Without it only the limits "
            "of the pages themselves hold."
        ),
    )
    origin_secret: int = Field(
        default=1,
        ge=1,
        le=1_000_000,
        description=(
            "Raise it by one after a change of the secret that the distribution proves itself by: the next "
            "deployment hands it the new value."
        ),
    )
