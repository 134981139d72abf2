"""AWS's errors in an operator's words."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    ReadTimeoutError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from postroad.cli.problem import Problem
from postroad.errors import PostroadError

_SIGN_IN = "Sign in again (for example `aws sso login`), then repeat the command."
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_UNKNOWN_KEYS = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
    }
)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"})


def explain(error: Exception) -> Problem | None:
    """Return what to tell the operator, or None if this is no error that we know: then it is a bug."""
    cause = _aws_cause(error)
    if isinstance(cause, ClientError):
        return _refused(cause)
    if isinstance(cause, BotoCoreError):
        return _not_asked(cause)
    if isinstance(error, PostroadError):
        if next_step := getattr(error, "next_step", ""):
            return Problem(str(error), next_step)
        return Problem(str(error), "Repeat the command; if it stays so, look at the logs of the stage.")
    return None


def _aws_cause(error: BaseException | None) -> ClientError | BotoCoreError | None:
    """Look behind the adapters' own errors, which carry boto3's as their cause."""
    while error is not None:
        if isinstance(error, ClientError | BotoCoreError):
            return error
        error = error.__cause__
    return None


def _refused(error: ClientError) -> Problem:
    code = error.response.get("Error", {}).get("Code", "unknown")
    text = error.response.get("Error", {}).get("Message", "")
    if code in _EXPIRED:
        return Problem("Your AWS credentials have expired.", _SIGN_IN)
    if code in _UNKNOWN_KEYS:
        return Problem(f"AWS does not accept these credentials ({code}).", "Check AWS_PROFILE.")
    if code in _DENIED:
        return Problem(
            f"AWS denies {error.operation_name}: {text}",
            "Use a role that may do this; docs/reference/command-line.md lists what each command asks for.",
        )
    return Problem(f"{error.operation_name} failed with {code}: {text}", "Repeat the command.")


def _not_asked(error: BotoCoreError) -> Problem:
    match error:
        case NoCredentialsError():
            return Problem(
                "No AWS credentials were found.",
                "Set AWS_PROFILE or sign in, or use --stage local for the stack on this machine.",
            )
        case NoRegionError():
            return Problem(
                "No AWS Region is set.",
                "Run the command where config/<stage>.toml is, or set AWS_DEFAULT_REGION.",
            )
        case ProfileNotFound():
            return Problem(
                f"{error}.", "Check AWS_PROFILE; `aws configure list-profiles` shows what there is."
            )
        case UnauthorizedSSOTokenError() | TokenRetrievalError():
            return Problem(str(error), _SIGN_IN)
        case EndpointConnectionError() | ConnectTimeoutError() | ReadTimeoutError() | ConnectionClosedError():
            return Problem(
                str(error),
                "Check the network; for the local stage see `postroad local status`.",
            )
        case _:
            return Problem(
                str(error), "Check the AWS settings of this shell (AWS_PROFILE, AWS_DEFAULT_REGION)."
            )
