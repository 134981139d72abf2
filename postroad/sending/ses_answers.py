"""The error table: what each refusal of SendEmail, and each failure on the way, means for the mail.

Sources: the errors of SESv2's SendEmail in botocore's model
(https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html) and the errors common to all
actions (https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html).
"""

from __future__ import annotations

from enum import StrEnum

from postroad.contract.words import Reason
from postroad.errors import PostroadError, UnknownOutcomeError
from postroad.sending.decisions import Why
from postroad.sending.errors import RefusedBySesError, SesBusyError, SesUnusableError

SERVER_ERROR = 500

PERMANENT = {
    "MessageRejected": Reason.MESSAGE_REJECTED,
    "BadRequestException": Reason.BAD_REQUEST,
}
THROTTLES = frozenset({"Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled"})
SYSTEMIC = {
    "AccountSuspendedException": Why.ACCOUNT_SUSPENDED,
    "SendingPausedException": Why.SENDING_PAUSED,
    "MailFromDomainNotVerifiedException": Why.CONFIGURATION,
    "NotFoundException": Why.CONFIGURATION,
    "LimitExceededException": Why.CONFIGURATION,
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
}


class Failure(StrEnum):
    """A failure without an answer, by how far the request had come."""

    BEFORE_THE_BODY = "before_the_body"
    """DNS, connecting or TLS failed: SES never saw the mail."""
    AFTER_THE_BODY = "after_the_body"
    """The answer timed out, or the connection broke: SES may have accepted the mail."""


def error_of_answer(code: str, text: str, http_status: int) -> PostroadError:
    """Return what SES's refusal means: an error to raise, of the class that says what to do.

    A server error (5xx) is an unknown outcome: SES may have accepted the mail before it failed. A client
    error that is listed nowhere is systemic, never permanent: the mail is kept.
    """
    if http_status >= SERVER_ERROR:
        return UnknownOutcomeError(f"SES answered {http_status} ({code})")
    if code == "TooManyRequestsException":
        return _too_many_requests(text)
    if code in THROTTLES:
        return SesBusyError(Why.THROTTLED)
    if code in PERMANENT:
        return RefusedBySesError(PERMANENT[code], code)
    return SesUnusableError(SYSTEMIC.get(code, Why.UNEXPECTED_ANSWER), code)


def _too_many_requests(text: str) -> PostroadError:
    """Tell "Maximum sending rate exceeded." from "Daily message quota exceeded.", which share one code.

    Source: https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
    """
    if "daily" in text.lower():
        return SesUnusableError(Why.QUOTA_EXHAUSTED, "TooManyRequestsException")
    return SesBusyError(Why.THROTTLED)


def error_of_failure(failure: Failure, name: str) -> PostroadError:
    """Return what a failure without an answer means; `name` is the exception's own name."""
    if failure is Failure.BEFORE_THE_BODY:
        return SesBusyError(Why.SES_UNREACHABLE)
    return UnknownOutcomeError(f"no answer from SES ({name})")
