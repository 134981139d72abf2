"""The configuration of one stage, with each key's meaning (docs/reference/configuration.md is made of it)."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from postroad.configuration.bounces import SoftBounces
from postroad.configuration.caps import Caps, CategoryName
from postroad.configuration.cloudfront import CloudFront
from postroad.configuration.hours import Journeys
from postroad.configuration.limits import Timing
from postroad.configuration.retention import Retention
from postroad.configuration.section import Section, broken_rule
from postroad.configuration.sizing import (
    ASSUMED_RATE,
    WALKS_PER_COPY,
    Sizing,
    feedback_copies,
    journeys_copies,
    sizes,
)
from postroad.configuration.stats import Stats
from postroad.configuration.stream import Stream, confirming_streams
from postroad.configuration.texts import (
    AccountId,
    Address,
    BucketName,
    CertificateArn,
    DomainLabel,
    DomainName,
    HostedZoneId,
    RecipientPattern,
    Region,
    RunbookFolder,
    StageName,
    StreamName,
)
from postroad.names import LOCAL_STAGE

MAIL_FROM = "bounce"


class Aws(Section):
    """The AWS account that the stage is deployed to."""

    account: AccountId = Field(
        description="The account that owns the stacks, the data and the SES identities."
    )
    region: Region = Field(
        description="The Region of everything. SES quotas and identities belong to one Region."
    )
    backup_region: Region | None = Field(
        default=None,
        description=(
            "A second Region that keeps a copy of the address secret, for about 0.40 USD a month. Whoever "
            "loses that secret loses every suppression, whatever backups of the tables there are."
        ),
    )

    ses_rate_per_second: float | None = Field(
        default=None,
        gt=0,
        le=100_000,
        description=(
            "The account's SES sending rate, `SendQuota.MaxSendRate` of `aws sesv2 get-account`. Copies, "
            "batches and threads of the send functions follow from it, and the dashboard draws it as the "
            "limit, since SES publishes no metric of it. Without it they are made for 1 mail a second, which "
            "works at any rate and is slower than a high one. `postroad doctor limits` compares."
        ),
    )
    ses_daily_quota: int | None = Field(
        default=None,
        ge=1,
        le=10_000_000_000,
        description=(
            "The account's SES quota for 24 hours, `SendQuota.Max24HourSend` of the same. For the dashboard "
            "alone."
        ),
    )

    @field_validator("backup_region")
    @classmethod
    def _a_backup_lies_elsewhere(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and value == info.data.get("region"):
            raise broken_rule("expected another Region than region: a copy beside the original is no backup")
        return value


def _who_keeps_dmarc(section: dict[str, Any]) -> Literal["create", "external"]:
    # A domain in use has its record already, as a rule.
    return "external" if section.get("identity") == "existing" else "create"


class Domain(Section):
    """One domain that mail is sent from."""

    name: DomainName = Field(description="The domain after the @ of the From addresses.")
    identity: Literal["create", "existing"] = Field(
        default="create",
        description=(
            "`create`: the deployment makes the SES identity with Easy DKIM and its own MAIL FROM domain. "
            "`existing`: SES in this account and Region has verified the domain already, and it is left as "
            "it is."
        ),
    )
    hosted_zone_id: HostedZoneId | None = Field(
        default=None,
        description=(
            "The Route 53 hosted zone to write the domain's records into. Without it `postroad dns` prints "
            "the exact records for whoever keeps the domain's DNS."
        ),
    )
    mail_from: DomainLabel = Field(
        default=MAIL_FROM,
        description=(
            "Label of the custom MAIL FROM domain (`bounce` makes bounce.shop.example), which aligns SPF "
            'with the From address. Only with `identity = "create"`.'
        ),
    )
    dmarc: Literal["create", "external"] = Field(
        default_factory=_who_keeps_dmarc,
        json_schema_extra={"shown_default": '`create`; `external` with `identity = "existing"`'},
        description=(
            "Who keeps the domain's DMARC record. `create`: this deployment. `external`: someone else, or a "
            "record of the parent domain. A domain has one `_dmarc` record at most: where one exists, "
            "`create` fails the deployment."
        ),
    )
    dmarc_policy: Literal["none", "quarantine", "reject"] = Field(
        default="none",
        description=(
            "What receivers are asked to do with mail that fails DMARC. Begin with `none`, read the reports, "
            'then tighten. Only with `dmarc = "create"`.'
        ),
    )
    dmarc_reports: Address | None = Field(
        default=None,
        description=(
            "Where receivers send their daily DMARC reports. An address in another domain works only if that "
            'domain publishes a record that allows it (RFC 7489, section 7.1). Only with `dmarc = "create"`.'
        ),
    )

    @field_validator("mail_from")
    @classmethod
    def _only_a_new_identity_gets_mail_from(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("identity") == "existing" and value != MAIL_FROM:
            raise broken_rule(
                'only with identity = "create": an existing identity keeps its MAIL FROM domain'
            )
        return value

    @field_validator("dmarc_policy", "dmarc_reports")
    @classmethod
    def _only_our_own_record_has_content(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("dmarc") == "external" and value not in {None, "none"}:
            raise broken_rule('only with dmarc = "create": an external record says this itself')
        return value

    @property
    def mail_from_domain(self) -> str:
        """The domain of the envelope sender, which bounces return to."""
        return f"{self.mail_from}.{self.name}"


class Web(Section):
    """Recipients' own pages: leaving, preferences. Required where a stream can be unsubscribed."""

    domain: DomainName = Field(description="The domain of the pages, such as mail.shop.example.")
    certificate_arn: CertificateArn | None = Field(
        default=None,
        description="An ACM certificate for that domain, in the stage's own account and Region.",
    )
    hosted_zone_id: HostedZoneId | None = Field(
        default=None,
        description=(
            "The Route 53 hosted zone of that domain, in which the certificate is made and validated unless "
            "`certificate_arn` gives one."
        ),
    )
    confirmation_stream: StreamName | None = Field(
        default=None,
        description=(
            "The transactional stream that mails whoever signs up by a page. Without it, the only one that "
            "there is."
        ),
    )
    cloudfront: CloudFront | None = None

    @field_validator("hosted_zone_id")
    @classmethod
    def _there_is_a_certificate(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("certificate_arn", "not valid") is None:
            raise broken_rule(
                "missing; expected a hosted_zone_id to make the certificate in, or a certificate_arn"
            )
        return value


class Producer(Section):
    """Another AWS account that may enqueue; applications of the stage's own attach a managed policy."""

    account: AccountId = Field(description="The producing account.")
    streams: tuple[StreamName, ...] = Field(min_length=1, description="The streams it may enqueue to.")


class Attachments(Section):
    """What messages may attach. Postroad's own attachments bucket is always allowed."""

    buckets: tuple[BucketName, ...] = Field(
        default=(), description="Other buckets, of this account, that messages may attach objects from."
    )
    max_bytes: int = Field(
        default=10_000_000,
        ge=1,
        le=25_000_000,
        description=(
            "The attachments of one message together. SES takes 40 MB with everything encoded, which is why "
            "25 MB is the highest; many mailboxes refuse mail over 10 MB."
        ),
    )
    keep_days: int = Field(
        default=30,
        ge=22,
        le=365,
        description=(
            "Objects in the attachments bucket are deleted after so many days. More than 21, for a message "
            "may wait that long."
        ),
    )


class Recipients(Section):
    """Whom the stage may mail. This is what keeps a staging system from mailing customers."""

    allow: tuple[RecipientPattern, ...] = Field(
        min_length=1,
        description='`["*"]` for everybody, or addresses and patterns such as `*@ourcompany.example`.',
    )
    otherwise: Literal["hold", "redirect"] = Field(
        default="hold",
        description=(
            "What happens to a message for anybody else. `hold`: it gets the status `held` and is not sent. "
            "`redirect`: it goes to `redirect_to` instead."
        ),
    )
    redirect_to: Address | None = Field(
        default=None,
        description='Receives the mail of everybody not allowed. Only with `otherwise = "redirect"`.',
    )

    @field_validator("allow")
    @classmethod
    def _everybody_needs_no_company(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "*" in value and len(value) > 1:
            raise broken_rule("'*' allows everybody: expected it alone, or the other patterns without it")
        return value

    @field_validator("redirect_to")
    @classmethod
    def _redirecting_has_a_target(cls, value: str | None, info: ValidationInfo) -> str | None:
        otherwise = info.data.get("otherwise")
        if otherwise == "redirect" and value is None:
            raise broken_rule('missing; expected an e-mail address, for otherwise = "redirect"')
        if otherwise == "hold" and value is not None:
            raise broken_rule('only with otherwise = "redirect"')
        return value


class Alarms(Section):
    """Who hears of alarms, and where one looks then."""

    email: Address | None = Field(
        default=None,
        description=(
            "Gets a mail from SNS when an alarm changes (confirm the subscription once). Better a mailbox of "
            "another domain than those below, so that it arrives when sending is what fails."
        ),
    )
    runbooks: RunbookFolder = Field(
        default="docs/runbooks",
        description=(
            "Where the runbooks are read: each alarm's text ends with its page there. The address of your "
            "team's copy of this repository makes it a link, such as "
            "`https://git.company.example/platform/postroad/blob/main/docs/runbooks`."
        ),
    )
    dashboard: bool = Field(
        default=True,
        description=(
            "Whether the stage has its CloudWatch dashboard. AWS's list price is 3 USD a month for each "
            "beyond an account's first three."
        ),
    )


class Governor(Section):
    """How the account's sending rate and daily quota are shared among streams."""

    transactional_share: float = Field(
        default=0.2,
        ge=0.05,
        le=0.95,
        description=(
            "The part of the stage's rate that transactional streams have before all others. What they don't "
            "use others may, and what they need beyond it they get as others do. Neither side may have "
            "nothing: its mail would be received and put back, time and again, without being sent."
        ),
    )
    quota_reserve: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description=(
            "The part of the stage's daily quota that only transactional streams may use: a campaign stops "
            "short of it and goes on the next day."
        ),
    )


class Configuration(Section):
    """Everything that a platform team sets for one stage: the content of config/<stage>.toml."""

    stage: StageName = Field(
        description="The stage, taken from the file's name. It is part of every name in AWS."
    )
    account_share: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description=(
            "This stage's share of the account's SES rate and daily quota. The shares of all stages in one "
            "account and Region must not add up to more than 1."
        ),
    )
    encryption: Literal["aws-owned", "customer-managed"] = Field(
        default="aws-owned",
        description=(
            "The key that encrypts tables, queues and buckets at rest. `customer-managed` makes a KMS key of "
            "your own: about 1 USD a month, and KMS requests with every batch."
        ),
    )
    aws: Aws
    domains: tuple[Domain, ...] = Field(min_length=1)
    streams: Mapping[StreamName, Stream] = Field(min_length=1)
    recipients: Recipients
    web: Web | None = None
    producers: tuple[Producer, ...] = ()
    attachments: Attachments = Attachments()
    retention: Retention = Retention()
    alarms: Alarms = Alarms()
    governor: Governor = Governor()
    soft_bounces: SoftBounces = SoftBounces()
    stats: Stats = Stats()
    caps: Mapping[CategoryName, Caps] = Field(default_factory=dict)
    journeys: Journeys = Journeys()
    timing: Timing = Timing()

    @property
    def is_local(self) -> bool:
        """Whether this is the stage of the emulated cloud on one machine."""
        return self.stage == LOCAL_STAGE

    def domain_of(self, stream: Stream) -> Domain:
        """Return the domain that a stream sends from."""
        return next(domain for domain in self.domains if domain.name == stream.domain)

    def producers_of(self, stream: str) -> tuple[str, ...]:
        """Return the other accounts that may enqueue to a stream."""
        return tuple(producer.account for producer in self.producers if stream in producer.streams)

    @property
    def confirmation_stream(self) -> str | None:
        """The stream that mails whoever signs up by a page; None where no stream can."""
        named = self.web.confirmation_stream if self.web else None
        return named or next(iter(confirming_streams(self.streams)), None)

    @property
    def rate_per_second(self) -> float:
        """This stage's share of the account's rate, in mails a second; of the assumed one if none is set."""
        return (self.aws.ses_rate_per_second or ASSUMED_RATE) * self.account_share

    @property
    def feedback_copies(self) -> int:
        """How many copies of feedback work on single events at once."""
        return self.timing.feedback_maximum_concurrency or feedback_copies(self.rate_per_second)

    @property
    def events_copies(self) -> int:
        """How many copies of feedback work on objects of events at once."""
        return self.timing.events_maximum_concurrency or feedback_copies(self.rate_per_second)

    @property
    def journeys_copies(self) -> int:
        """How many copies of journeys work at once."""
        return self.timing.journeys_maximum_concurrency or journeys_copies(self.rate_per_second)

    @property
    def walks_per_second(self) -> float:
        """How many events and walks they are planned to take a second."""
        return self.journeys_copies * WALKS_PER_COPY

    def sizing(self) -> Mapping[str, Sizing]:
        """Return each stream's copies, batches, threads and memory."""
        return sizes(
            {name: stream.wanted for name, stream in self.streams.items()},
            rate=self.rate_per_second,
            transactional_share=self.governor.transactional_share,
            room=self.timing.send_room_seconds,
        )
