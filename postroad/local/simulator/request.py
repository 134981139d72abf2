"""The SendEmail request of SESv2 as JSON: what the simulator reads of it.

Source: API_SendEmail of the SES API v2 reference. Fields that Postroad never sends are left out and ignored,
except Raw and Template content, which are read so that they can be refused by name.
"""

import msgspec


class _Part(msgspec.Struct, rename="pascal", frozen=True):
    """SES writes its keys in PascalCase."""


class TextPart(_Part, frozen=True):
    data: str
    charset: str | None = None


class Body(_Part, frozen=True):
    text: TextPart | None = None
    html: TextPart | None = None


class Header(_Part, frozen=True):
    name: str
    value: str


class Attachment(_Part, frozen=True):
    raw_content: bytes
    file_name: str
    content_type: str = "application/octet-stream"
    content_disposition: str = "ATTACHMENT"
    content_id: str | None = None
    content_description: str | None = None


class Simple(_Part, frozen=True):
    subject: TextPart
    body: Body
    headers: tuple[Header, ...] = ()
    attachments: tuple[Attachment, ...] = ()


class EmailContent(_Part, frozen=True):
    simple: Simple | None = None
    raw: msgspec.Raw | None = None
    template: msgspec.Raw | None = None


class Destination(_Part, frozen=True):
    to_addresses: tuple[str, ...] = ()
    cc_addresses: tuple[str, ...] = ()
    bcc_addresses: tuple[str, ...] = ()

    @property
    def recipients(self) -> tuple[str, ...]:
        return (*self.to_addresses, *self.cc_addresses, *self.bcc_addresses)


class Tag(_Part, frozen=True):
    name: str
    value: str


class SendEmailRequest(_Part, frozen=True):
    content: EmailContent
    from_email_address: str = ""
    destination: Destination = Destination()
    reply_to_addresses: tuple[str, ...] = ()
    email_tags: tuple[Tag, ...] = ()
    configuration_set_name: str | None = None


_decoder = msgspec.json.Decoder(SendEmailRequest)


def read_request(body: bytes) -> SendEmailRequest:
    """Read the body of POST /v2/email/outbound-emails; raises msgspec.ValidationError or DecodeError."""
    return _decoder.decode(body)
