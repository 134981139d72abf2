"""What SES answers: a status, a JSON body and, for an error, the name of its shape.

The names and HTTP statuses are those of botocore's model of SESv2 SendEmail (a test compares them); the texts
are those that SES is known to write.
"""

from dataclasses import dataclass, field

STATUS_BY_ERROR = {
    "TooManyRequestsException": 429,
    "LimitExceededException": 400,
    "AccountSuspendedException": 400,
    "SendingPausedException": 400,
    "MessageRejected": 400,
    "MailFromDomainNotVerifiedException": 400,
    "NotFoundException": 404,
    "BadRequestException": 400,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; `error` is empty for a success."""

    status: int
    body: dict[str, object] = field(default_factory=dict)
    error: str = ""


def refusal(error: str, message: str) -> Reply:
    return Reply(STATUS_BY_ERROR[error], {"message": message}, error)


def bad_request(message: str) -> Reply:
    return refusal("BadRequestException", message)


def rate_exceeded() -> Reply:
    return refusal("TooManyRequestsException", "Maximum sending rate exceeded.")


def quota_exceeded() -> Reply:
    return refusal("TooManyRequestsException", "Daily message quota exceeded.")


def account_paused() -> Reply:
    return refusal("SendingPausedException", "Email sending is disabled for this account.")


def configuration_set_paused(name: str) -> Reply:
    return refusal("SendingPausedException", f"Email sending is disabled for configuration set <{name}>.")


def account_suspended() -> Reply:
    return refusal("AccountSuspendedException", "This account is suspended and may not send email.")


def not_verified(region: str, *identities: str) -> Reply:
    return refusal(
        "MessageRejected",
        "Email address is not verified. The following identities failed the check in region "
        f"{region.upper()}: {', '.join(identities)}",
    )


def not_the_sender(name: str) -> Reply:
    """Answer as IAM does where the policy names another `ses:FromAddress`."""
    message = f"not authorized to perform `ses:SendEmail` from this address by configuration set `{name}`"
    return Reply(403, {"message": message}, "AccessDeniedException")


def server_error() -> Reply:
    """Outside the model, as SES's 5xx are: the caller can't know whether the mail was taken."""
    return Reply(500, {"message": "An internal error occurred."}, "InternalServerError")


def unavailable() -> Reply:
    """Outside the model too: what AWS answers while a service is down."""
    return Reply(503, {"message": "Service is unable to handle request."}, "ServiceUnavailableException")
