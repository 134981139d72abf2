"""SES as a `Mailer`: one SendEmail request per mail, signed and made by ourselves."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING

import msgspec

from postroad.clock import SystemClock
from postroad.contract.mailbox import mailbox
from postroad.contract.words import Reason
from postroad.errors import UnknownOutcomeError
from postroad.sending.errors import RefusedBySesError, TooLateError
from postroad.sending.ses_answers import Failure, error_of_answer, error_of_failure
from postroad.signing import environment
from postroad.signing.connections import NoAnswerError, NotSentError
from postroad.signing.environment import UnsignedError, time_to_sign
from postroad.signing.sigv4 import signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from mypy_boto3_sesv2.type_defs import MessageTypeDef, SendEmailRequestTypeDef

    from postroad.clock import Clock
    from postroad.sending.mail import Mail
    from postroad.signing.connections import Answer, Endpoint
    from postroad.signing.sigv4 import Credentials

IDLE = timedelta(seconds=5)
PATH = "/v2/email/outbound-emails"
SUCCESSES = range(200, 300)


class _Accepted(msgspec.Struct):
    """What SES answers when it takes a mail."""

    message_id: str = msgspec.field(name="MessageId")


class _Refused(msgspec.Struct):
    """What it says otherwise, in the spellings that botocore reads as well."""

    type: str = msgspec.field(name="__type", default="")
    code: str = ""
    Code: str = ""
    message: str | None = ""
    Message: str | None = ""


def ses_mailer(*, connect_timeout: float, read_timeout: float, clock: Clock) -> SesMailer:
    """Return the mailer of the environment's Region and keys; time limits in seconds."""
    endpoint = environment.endpoint(
        "sesv2", "email", connect_timeout=connect_timeout, read_timeout=read_timeout
    )
    return SesMailer(endpoint, keys=environment.keys, region=environment.region(), clock=clock)


class SesMailer:
    """A `Mailer` over SESv2's HTTP interface; threads may share it.

    boto3 would make the same request for some four times the CPU, and by default up to five times over.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        keys: Callable[[], Credentials],
        region: str,
        clock: Clock | None = None,
    ) -> None:
        """Send over this endpoint; `keys` gives the credentials of the moment, or raises UnsignedError."""
        self._endpoint = endpoint
        self._keys = keys
        self._region = region
        self._clock = clock or SystemClock()
        self._woken: datetime | None = None
        self._encoder = msgspec.json.Encoder()
        self._accepted = msgspec.json.Decoder(_Accepted)

    def wake(self, now: datetime) -> None:
        """Drop connections that may have been idle for over 5 s; see `Mailer.wake`."""
        if self._woken is None or not timedelta(0) <= now - self._woken <= IDLE:
            self._endpoint.drop_idle()
        self._woken = now

    def send(self, mail: Mail, *, deadline: datetime) -> str:
        """Send the mail with exactly one request and return SES's id; raises as `Mailer.send` says."""
        try:
            body = self._encoder.encode(request_of(mail))
        except UnicodeEncodeError:
            # Half of a surrogate pair. Its text repeats the mail's content, so it is not chained.
            raise RefusedBySesError(Reason.BAD_REQUEST, "UnicodeEncodeError") from None

        def headers(host: str) -> Mapping[str, str]:
            signed = self._signed(host, body)
            # A function may be frozen anywhere, and thaw when its claim belongs to somebody else. From here
            # on the request's own signature bounds it: AWS takes it for some minutes only.
            if self._clock.now() >= deadline:
                raise TooLateError("the request's time was over before it left")
            return signed

        try:
            answer = self._endpoint.post(PATH, body, headers)
        except UnsignedError as error:
            raise error_of_failure(Failure.WITHOUT_CREDENTIALS, str(error)) from error
        except NotSentError as error:
            raise error_of_failure(Failure.BEFORE_THE_BODY, str(error)) from error
        except NoAnswerError as error:
            raise error_of_failure(Failure.AFTER_THE_BODY, str(error)) from error
        return self._read(answer, sender=mail.sender)

    def _signed(self, host: str, body: bytes) -> Mapping[str, str]:
        signed = signed_headers(
            {"Host": host, "Content-Type": "application/json"},
            method="POST",
            path=PATH,
            body=body,
            service="ses",
            region=self._region,
            credentials=self._keys(),
            at=time_to_sign(),
        )
        # Unsigned: what stands between may change it.
        signed["User-Agent"] = "postroad"
        return signed

    def _read(self, answer: Answer, *, sender: str) -> str:
        if answer.status not in SUCCESSES:
            code, text = told(answer)
            raise error_of_answer(code, text, answer.status, sender=parseaddr(sender)[1])
        try:
            return self._accepted.decode(answer.body).message_id
        except (msgspec.DecodeError, UnicodeDecodeError):
            # No cause: it would repeat what was answered.
            raise UnknownOutcomeError(f"SES answered {answer.status} without a message id") from None


def told(answer: Answer) -> tuple[str, str]:
    """Return the code and the text of a refusal; both are empty where SES didn't write it, a proxy say.

    The code is a header or a field of the body, and may have a namespace before it or an address after it:
    https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization
    """
    said = _Refused()
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        said = msgspec.json.decode(answer.body, type=_Refused)
    code = answer.error or said.code or said.Code or said.type
    return code.partition(":")[0].rpartition("#")[2], said.message or said.Message or ""


def request_of(mail: Mail) -> SendEmailRequestTypeDef:
    """Return the SendEmail request for this mail: `Simple` content, so that SES builds the MIME.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
    """
    request: SendEmailRequestTypeDef = {
        "FromEmailAddress": mail.sender,
        "Destination": {"ToAddresses": [mailbox(mail.to_name, mail.to)]},
        "Content": {"Simple": _content(mail)},
        "ConfigurationSetName": mail.configuration_set,
        "EmailTags": [{"Name": name, "Value": value} for name, value in mail.tags.items()],
    }
    if mail.reply_to:
        request["ReplyToAddresses"] = [mail.reply_to]
    return request


def _content(mail: Mail) -> MessageTypeDef:
    content: MessageTypeDef = {"Subject": {"Data": mail.subject, "Charset": "UTF-8"}, "Body": {}}
    if mail.text is not None:
        content["Body"]["Text"] = {"Data": mail.text, "Charset": "UTF-8"}
    if mail.html is not None:
        content["Body"]["Html"] = {"Data": mail.html, "Charset": "UTF-8"}
    if mail.headers:
        content["Headers"] = [{"Name": name, "Value": value} for name, value in mail.headers.items()]
    if mail.files:
        content["Attachments"] = [
            {"FileName": file.filename, "ContentType": file.content_type, "RawContent": file.content}
            for file in mail.files
        ]
    return content
