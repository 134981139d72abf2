"""The kinds of text that a configuration file holds: how each is checked, and how an error describes it."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Annotated

import idna
from email_validator import EmailNotValidError, validate_email
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from postroad.names import STAGE_NAME


@dataclass(frozen=True)
class Text:
    """Marks a string type. `expected` ends the sentence "expected …"; `normalise` returns what to keep."""

    expected: str
    normalise: Callable[[str], str]

    def __get_pydantic_core_schema__(self, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.normalise, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        return {**handler(schema), "expected": self.expected}


def matching(pattern: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.ASCII)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError
        return value

    return check


def domain_name(value: str) -> str:
    """Lower-cased, IDNA 2008 (RFC 5891): the form that DNS and SES know."""
    try:
        encoded = idna.encode(value.lower(), uts46=True).decode("ascii")
    except idna.IDNAError:
        raise ValueError from None
    if not re.fullmatch(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*\.[a-z][a-z0-9-]+", encoded):
        raise ValueError
    return encoded


def address(value: str) -> str:
    """Address without a display name, as SES takes it: ASCII before the @, IDNA after it."""
    try:
        checked = validate_email(value, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise ValueError(str(error).rstrip(".")) from None
    return f"{checked.local_part}@{checked.ascii_domain}"


def recipient_pattern(value: str) -> str:
    """`*`, an address, or one with `*` in the part before the @; lower-cased like what it is matched with."""
    if value == "*":
        return value
    local_part, at, domain = value.rpartition("@")
    if not at or not re.fullmatch(r"[a-z0-9.!#$%&'+/=^_{|}~*-]{1,64}", local_part.lower()):
        raise ValueError
    return f"{local_part.lower()}@{domain_name(domain)}"


def one_line(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError
    return value


def runbooks(value: str) -> str:
    """Take a folder of the repository, or the address of a copy of it; keep it without the last slash."""
    if not re.fullmatch(r"(https://)?[A-Za-z0-9][A-Za-z0-9._~%+@=/-]{0,199}", value):
        raise ValueError
    return value.rstrip("/")


@cache
def known_regions() -> frozenset[str]:
    """Every Region that the AWS SDK beside us knows, of all partitions."""
    data = json.loads(files("botocore").joinpath("data", "partitions.json").read_text(encoding="utf-8"))
    names = {name for partition in data["partitions"] for name in partition["regions"]}
    return frozenset(name for name in names if not name.endswith("-global"))


def aws_region(value: str) -> str:
    """Take a Region that exists: a mistyped one fails late, and then says that a host has no address."""
    if value in known_regions():
        return value
    close = get_close_matches(value, sorted(known_regions()))
    raise ValueError(f"did you mean {' or '.join(repr(name) for name in close)}?" if close else "")


AccountId = Annotated[str, Text("an AWS account id: 12 digits, in quotes", matching(r"\d{12}"))]
Region = Annotated[str, Text("an AWS Region such as 'eu-west-1'", aws_region)]
RunbookFolder = Annotated[
    str, Text("a folder of the repository, or an https:// address without query", runbooks)
]
DomainName = Annotated[str, Text("a domain name such as 'shop.example'", domain_name)]
DomainLabel = Annotated[
    str,
    Text("one label of a domain name, such as 'bounce'", matching(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")),
]
HostedZoneId = Annotated[
    str,
    Text("the id of a Route 53 hosted zone, such as 'Z0123456789ABCDEFGHIJ'", matching(r"Z[A-Z0-9]{4,31}")),
]
CertificateArn = Annotated[
    str,
    Text(
        "the ARN of an ACM certificate: 'arn:aws:acm:<region>:<account>:certificate/<id>'",
        matching(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[A-Za-z0-9-]+"),
    ),
]
WebAclArn = Annotated[
    str,
    Text(
        "the ARN of a web ACL for CloudFront: 'arn:aws:wafv2:us-east-1:<account>:global/webacl/<name>/<id>'",
        matching(r"arn:aws:wafv2:us-east-1:\d{12}:global/webacl/[A-Za-z0-9_-]{1,128}/[A-Za-z0-9-]+"),
    ),
]
BucketName = Annotated[
    str,
    Text(
        "the name of an S3 bucket (no ARN, no 's3://')",
        matching(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    ),
]
Address = Annotated[str, Text("an e-mail address such as 'orders@shop.example'", address)]
RecipientPattern = Annotated[
    str,
    Text(
        "'*' (everybody), an address, or an address with * before the @ such as '*@shop.example'",
        recipient_pattern,
    ),
]
DisplayName = Annotated[str, Text("a name on one line", one_line)]
StreamName = Annotated[
    str,
    Text(
        "a stream name: a small letter, then up to 30 small letters, digits and hyphens",
        matching(r"[a-z][a-z0-9-]{0,30}"),
    ),
]
StageName = Annotated[
    str,
    Text(
        # A hyphen ends the stage in every name in AWS: with one of its own, stage `prod-eu` and stream `news`
        # would be called as stage `prod` and stream `eu-news`.
        "a stage name: a small letter, then up to 15 small letters and digits, no hyphen",
        matching(STAGE_NAME),
    ),
]
