"""The error table: what each refusal of SendEmail, and each failure on the way, means for the mail.

Sources: the errors of SESv2's SendEmail in botocore's model
(https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html) and the errors common to all
actions (https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html).
"""

from __future__ import annotations

import re
from enum import StrEnum

from postroad.contract.words import Reason
from postroad.errors import PostroadError, UnknownOutcomeError
from postroad.sending.decisions import Why
from postroad.sending.errors import RefusedBySesError, SesBusyError, SesUnusableError

CODE = re.compile(r"[A-Za-z0-9.]{1,64}", re.ASCII)
"""What SES's error codes look like. Rows and logs hold them, so any other text, of a proxy say, stays out."""
SERVER_ERROR = 500

PERMANENT = {
    "MessageRejected": Reason.MESSAGE_REJECTED,
    "BadRequestException": Reason.BAD_REQUEST,
    "ValidationError": Reason.BAD_REQUEST,
    "ValidationException": Reason.BAD_REQUEST,
    "RequestEntityTooLargeException": Reason.BAD_REQUEST,
}
LIMITS = frozenset(
    {
        "TooManyRequestsException",
        "LimitExceededException",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
    }
)
"""Each of these stands for a rate, for the daily quota, or for something else: only the text tells."""
UNANSWERED = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "InternalServiceErrorException",
        "RequestAbortedException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)
"""AWS lost the request on its way, or its own answer, or broke: whether SES took the mail isn't said.

The word counts, whatever status stands beside it: a mail that is taken for refused is sent again.
"""
REQUEST_TIMEOUT = 408
SYSTEMIC = {
    "AccountSuspendedException": Why.ACCOUNT_SUSPENDED,
    "SendingPausedException": Why.SENDING_PAUSED,
    "MailFromDomainNotVerifiedException": Why.CONFIGURATION,
    "NotFoundException": Why.CONFIGURATION,
    "AccessDeniedException": Why.ACCESS_DENIED,
    "AccessDenied": Why.ACCESS_DENIED,
    "ExpiredToken": Why.ACCESS_DENIED,
    "ExpiredTokenException": Why.ACCESS_DENIED,
    "IncompleteSignature": Why.ACCESS_DENIED,
    "InvalidClientTokenId": Why.ACCESS_DENIED,
    "InvalidSignatureException": Why.ACCESS_DENIED,
    "SignatureDoesNotMatch": Why.ACCESS_DENIED,
    "UnrecognizedClientException": Why.ACCESS_DENIED,
    "NotAuthorized": Why.ACCESS_DENIED,
    "OptInRequired": Why.ACCESS_DENIED,
    "RequestExpired": Why.ACCESS_DENIED,
}


class Failure(StrEnum):
    """A failure without an answer, by how far the request had come."""

    BEFORE_THE_BODY = "before_the_body"
    """DNS, connecting or TLS failed: SES never saw the mail."""
    WITHOUT_CREDENTIALS = "without_credentials"
    """The request could not be signed: SES never saw the mail, and would see no other."""
    AFTER_THE_BODY = "after_the_body"
    """The answer timed out, or the connection broke: SES may have accepted the mail."""


def error_of_answer(code: str, text: str, http_status: int, *, sender: str = "") -> PostroadError:
    """Return what SES's refusal means: an error to raise, of the class that says what to do.

    A server error (5xx) is an unknown outcome: SES may have accepted the mail before it failed. A client
    error that is listed nowhere is systemic, never permanent: the mail is kept. `sender` is the address that
    the mail is from.
    """
    code = code if CODE.fullmatch(code) else str(http_status)
    if http_status >= SERVER_ERROR or http_status == REQUEST_TIMEOUT or code in UNANSWERED:
        return UnknownOutcomeError(f"SES answered {http_status} ({code})")
    if code in LIMITS:
        return _limit(code, text)
    if code == "MessageRejected" and _is_unverified(sender, text):
        return SesUnusableError(Why.CONFIGURATION, code)
    if code in PERMANENT:
        return RefusedBySesError(PERMANENT[code], code)
    return SesUnusableError(SYSTEMIC.get(code, Why.UNEXPECTED_ANSWER), code)


def _limit(code: str, text: str) -> PostroadError:
    """Tell "Maximum sending rate exceeded." from "Daily message quota exceeded.", which share their codes.

    Source: https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
    """
    words = text.lower()
    if "daily" in words or "24 hour" in words or "24-hour" in words:
        return SesUnusableError(Why.QUOTA_EXHAUSTED, code)
    if code == "LimitExceededException" and "rate" not in words.replace("-", " ").split():
        return SesUnusableError(Why.CONFIGURATION, code)
    return SesBusyError(Why.THROTTLED, code)


def _is_unverified(sender: str, text: str) -> bool:
    """Say whether SES names our own sender as not verified: then no mail fares better.

    A recipient that is not verified, in the sandbox, concerns his own mail alone. Source:
    https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html
    """
    return "not verified" in text.lower() and sender.lower() in text.lower() if sender else False


def error_of_failure(failure: Failure, name: str) -> PostroadError:
    """Return what a failure without an answer means; `name` is the exception's own name."""
    if failure is Failure.BEFORE_THE_BODY:
        return SesBusyError(Why.SES_UNREACHABLE, name)
    if failure is Failure.WITHOUT_CREDENTIALS:
        return SesUnusableError(Why.ACCESS_DENIED, name)
    return UnknownOutcomeError(f"no answer from SES ({name})")
