r"""`postroad.message.v1`: the request to send one e-mail to one recipient.

The types are the single source of the JSON Schema in docs/reference/ (`python -m postroad.contract.schema`).
A pattern here ends in `(?!\n)$`, because Python's `$` also matches before a last line break.
What a pattern can't say (addresses, header names, order of times) is in `postroad.contract.checks`.
"""

from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

from postroad.contract.locale import LOCALE_PATTERN

MESSAGE_SCHEMA: Final = "postroad.message.v1"
MAX_BODY_BYTES = 1024 * 1024

MAX_HEADERS = 10
MAX_TAGS = 10
MAX_ATTACHMENTS = 20

_TYPE_NAME = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*"

MessageId = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9._:-]{1,128}(?!\n)$",
        description="Chosen by the producer. The same id with the same body is sent once.",
        examples=["order-1042-confirmation"],
    ),
]
StreamName = Annotated[
    str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,39}(?!\n)$", description="The stream whose queue this is put on.")
]
TemplateName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}(?!\n)$",
        description="A folder of `templates/`. Either this or `content`.",
        examples=["order_confirmation"],
    ),
]
TopicName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}(?!\n)$",
        description="What the recipient may unsubscribe from. Required on a stream that can be unsubscribed.",
    ),
]
Email = Annotated[
    str,
    Meta(
        pattern=r"^[^@\s]+@[^@\s]+$",
        max_length=320,
        description="One address, without a name. The local part is ASCII, the domain may be international.",
    ),
]
Locale = Annotated[
    str,
    Meta(
        pattern=LOCALE_PATTERN,
        max_length=64,
        description="BCP 47. A well-formed locale that a template does not have falls back.",
        examples=["es-CO"],
    ),
]
HeaderName = Annotated[str, Meta(pattern=r"^[!-9;-~]{1,126}(?!\n)$")]
HeaderValue = Annotated[str, Meta(pattern=r"^[ -~]{1,995}(?!\n)$")]
TagName = Annotated[str, Meta(min_length=1, max_length=190)]
TagValue = Annotated[str, Meta(min_length=1, max_length=192)]
JourneyName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_]{0,39}(?!\n)$",
        description="The journey's name: a file of `journeys/`.",
        examples=["abandoned_cart"],
    ),
]


class Recipient(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The one person that the mail goes to."""

    email: Email
    name: (
        Annotated[
            str,
            Meta(
                max_length=128,
                description="Shown beside the address, unless both together, encoded, exceed SES's 320 "
                "characters.",
            ),
        ]
        | None
    ) = None


class Content(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A mail that the producer wrote itself: `text`, `html` or, better, both."""

    subject: Annotated[str, Meta(min_length=1, max_length=998, description="On one line.")]
    text: Annotated[str, Meta(min_length=1, description="What is read without HTML.")] | None = None
    html: Annotated[str, Meta(min_length=1, description="Sent as it is.")] | None = None


class Attachment(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A file in S3 that is sent along."""

    filename: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=255,
            description="What the recipient sees. No slashes and no quotes.",
            examples=["invoice-1042.pdf"],
        ),
    ]
    content_type: Annotated[
        str,
        Meta(
            pattern=rf"^{_TYPE_NAME}/{_TYPE_NAME}(; ?{_TYPE_NAME}=[!-:<-~]+)*(?!\n)$",
            max_length=78,
            description="Its MIME type.",
            examples=["application/pdf"],
        ),
    ]
    s3: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/",
            max_length=1088,
            description="bucket/key: in Postroad's attachments bucket under `attachments/<stream>/`, or in a "
            "bucket that its configuration lists. The key has no `.` or `..` between its slashes.",
        ),
    ]

    @property
    def bucket(self) -> str:
        return self.s3.partition("/")[0]

    @property
    def key(self) -> str:
        return self.s3.partition("/")[2]


class Journey(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """The step of a journey that this mail is. Journeys write it; other producers leave it out."""

    name: JourneyName
    version: Annotated[int, Meta(ge=1, le=9999, description="The version of the journey.")]
    enrolment: Annotated[
        str,
        Meta(
            pattern=r"^[0-9a-f]{24}(?!\n)$",
            description="One contact's walk through it. A mail that has waited longer than 15 minutes "
            "is sent only while that walk goes on, or has come to its end.",
        ),
    ]
    step: Annotated[
        str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,39}(?!\n)$", description="The step that sends this mail.")
    ]
    category: (
        Annotated[
            str,
            Meta(
                pattern=r"^[a-z][a-z0-9_-]{0,39}(?!\n)$",
                description="Whose frequency cap counts it, instead of `marketing`. On a transactional "
                "stream none does.",
            ),
        ]
        | None
    ) = None
    if_capped: Annotated[
        Literal["wait", "drop"],
        Meta(
            description="What becomes of it where the recipient has got enough mail: it waits for the next "
            "free slot, or ends `capped`."
        ),
    ] = "wait"


class Message(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One message as the producer wrote it. Exactly one of `template` and `content` is there."""

    schema: Annotated[Literal["postroad.message.v1"], Meta(description="The version of this contract.")]
    message_id: MessageId
    created_at: (
        Annotated[
            datetime,
            Meta(
                tz=True,
                description="When it was made: always write it. Without it the time counts at which SQS "
                "first took it, and a redrive from the AWS console starts that anew. At most a day in the "
                "future.",
            ),
        ]
        | None
    ) = None
    stream: StreamName
    template: TemplateName | None = None
    content: Content | None = None
    to: Recipient
    locale: Locale | None = None
    data: Annotated[dict[str, object], Meta(description="What the template shows.")] = field(
        default_factory=dict
    )
    topic: TopicName | None = None
    reply_to: (
        Annotated[Email, Meta(description="Where answers go, instead of where the stream says.")] | None
    ) = None
    attachments: Annotated[
        tuple[Attachment, ...],
        Meta(max_length=MAX_ATTACHMENTS, description="Files in S3 that are sent along."),
    ] = ()
    headers: Annotated[
        dict[HeaderName, HeaderValue],
        Meta(
            max_length=MAX_HEADERS,
            description="Further headers. Not addressing, MIME, Return-Path, DKIM, List- or X-SES- headers.",
        ),
    ] = field(default_factory=dict)
    tags: Annotated[
        dict[TagName, TagValue],
        Meta(max_length=MAX_TAGS, description="Come back with every result and SES event of the message."),
    ] = field(default_factory=dict)
    send_at: (
        Annotated[
            datetime,
            Meta(
                tz=True,
                description="Not before: until then the message is `scheduled`. At most 366 days ahead.",
            ),
        ]
        | None
    ) = None
    expires_at: (
        Annotated[
            datetime,
            Meta(
                tz=True,
                description="Not at or after: the message then ends `expired`. Later than `created_at` and "
                "`send_at`.",
            ),
        ]
        | None
    ) = None
    journey: Journey | None = None
