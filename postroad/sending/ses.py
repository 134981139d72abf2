"""SES as a `Mailer`: one SendEmail request per mail, and never a second one by the SDK."""

from __future__ import annotations

import threading
from datetime import timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoAuthTokenError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProxyConnectionError,
    SSLError,
    TokenRetrievalError,
)

from postroad.clock import SystemClock
from postroad.contract.mailbox import mailbox
from postroad.contract.words import Reason
from postroad.errors import UnknownOutcomeError
from postroad.sending.errors import RefusedBySesError, TooLateError
from postroad.sending.ses_answers import Failure, error_of_answer, error_of_failure

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import MessageTypeDef, SendEmailRequestTypeDef

    from postroad.clock import Clock
    from postroad.errors import PostroadError
    from postroad.sending.mail import Mail

IDLE = timedelta(seconds=5)
BEFORE_THE_BODY = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
WITHOUT_CREDENTIALS = (
    CredentialRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    TokenRetrievalError,
)
"""Neither had sent a byte of the mail. After any other failure some may have left."""


def ses_config(*, connect_timeout: float, read_timeout: float, threads: int) -> Config:
    """Return the client's configuration, in seconds: one request per call, a connection for each thread.

    The default client sends one mail up to five times when an answer is lost.
    """
    return Config(
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        retries={"total_max_attempts": 1},
        max_pool_connections=threads,
        tcp_keepalive=True,
    )


class SesMailer:
    """A `Mailer` over SESv2."""

    def __init__(self, client: SESV2Client, *, clock: Clock | None = None) -> None:
        """Use this client, made with `ses_config`, which is then watched: no other mailer may share it."""
        self._client = client
        self._clock = clock or SystemClock()
        self._woken: datetime | None = None
        self._request = threading.local()
        client.meta.events.register("before-send.sesv2.SendEmail", self._check_time)

    def wake(self, now: datetime) -> None:
        """Drop connections that may have been idle for over 5 s; see `Mailer.wake`."""
        if self._woken is None or not timedelta(0) <= now - self._woken <= IDLE:
            self._client.close()
        self._woken = now

    def send(self, mail: Mail, *, deadline: datetime) -> str:
        """Send the mail with exactly one request and return SES's id; raises as `Mailer.send` says."""
        self._request.deadline = deadline
        try:
            answer = self._client.send_email(**request_of(mail))
        except ClientError as error:
            told = error.response["Error"]
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            raise error_of_answer(
                str(told.get("Code", "")), told.get("Message", ""), status, sender=parseaddr(mail.sender)[1]
            ) from None
        except ParamValidationError:
            # SES never saw it; its text repeats the mail's content, so it is not chained.
            raise RefusedBySesError(Reason.BAD_REQUEST, "ParamValidationError") from None
        except BotoCoreError as error:
            raise _error_of(error) from error
        if "MessageId" not in answer:
            raise UnknownOutcomeError("SES answered 200 without a message id")
        return answer["MessageId"]

    def _check_time(self, **_: object) -> None:
        """Raise TooLateError if the request's time is over: the last thing before its bytes leave.

        A function may be frozen anywhere, and thaw when its claim belongs to somebody else. From here on the
        request's own signature bounds it: AWS takes it for some minutes only.
        """
        if self._clock.now() >= self._request.deadline:
            raise TooLateError("the request's time was over before it left")


def _error_of(error: BotoCoreError) -> PostroadError:
    return error_of_failure(_failure_of(error), type(error).__name__)


def _failure_of(error: BotoCoreError) -> Failure:
    if isinstance(error, WITHOUT_CREDENTIALS):
        return Failure.WITHOUT_CREDENTIALS
    # TLS can fail at any time; only that a certificate is refused is said before anything is sent.
    refused = isinstance(error, SSLError) and "CERTIFICATE" in str(error)
    before = refused or isinstance(error, BEFORE_THE_BODY)
    return Failure.BEFORE_THE_BODY if before else Failure.AFTER_THE_BODY


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
