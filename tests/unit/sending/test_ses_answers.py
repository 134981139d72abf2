"""The error table covers all that SendEmail can answer."""

import boto3
import pytest

from postroad.contract.words import Reason
from postroad.errors import PermanentError, SystemicError, TransientError, UnknownOutcomeError
from postroad.sending.decisions import Why
from postroad.sending.errors import RefusedBySesError, SesBusyError, SesUnusableError
from postroad.sending.ses_answers import PERMANENT, SYSTEMIC, Failure, error_of_answer, error_of_failure

TOO_MANY = "TooManyRequestsException"


def test_every_error_of_the_service_s_own_model_is_in_the_table() -> None:
    model = boto3.client("sesv2").meta.service_model.operation_model("SendEmail")
    shapes = {shape.name for shape in model.error_shapes}

    assert shapes == {*PERMANENT, TOO_MANY, *SYSTEMIC} & shapes
    assert len(shapes) >= 8


@pytest.mark.parametrize(("code", "reason"), PERMANENT.items())
def test_a_permanent_refusal_says_why(code: str, reason: Reason) -> None:
    error = error_of_answer(code, "Email address is not verified: a@example.com", 400)

    assert isinstance(error, RefusedBySesError)
    assert error.reason is reason
    assert "@" not in str(error)


@pytest.mark.parametrize(("code", "why"), SYSTEMIC.items())
def test_a_systemic_refusal_keeps_the_mail(code: str, why: Why) -> None:
    error = error_of_answer(code, "", 403)

    assert isinstance(error, SesUnusableError)
    assert error.why is why


@pytest.mark.parametrize(
    ("text", "kind", "why"),
    [
        ("Maximum sending rate exceeded.", SesBusyError, Why.THROTTLED),
        ("Daily message quota exceeded.", SesUnusableError, Why.QUOTA_EXHAUSTED),
    ],
)
def test_rate_and_quota_are_told_apart(text: str, kind: type[Exception], why: Why) -> None:
    error = error_of_answer(TOO_MANY, text, 429)

    assert type(error) is kind
    assert isinstance(error, SesBusyError | SesUnusableError)
    assert error.why is why


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("code", ["InternalFailure", "ServiceUnavailable", "MessageRejected", ""])
def test_a_server_error_is_an_unknown_outcome(code: str, status: int) -> None:
    assert type(error_of_answer(code, "", status)) is UnknownOutcomeError


@pytest.mark.parametrize("status", [400, 403, 404, 413, 429])
def test_an_unlisted_client_error_is_systemic_and_never_permanent(status: int) -> None:
    error = error_of_answer("SomethingNew", "", status)

    assert isinstance(error, SystemicError)
    assert not isinstance(error, PermanentError)


def test_a_failure_before_the_body_was_not_sent_and_one_after_it_may_have_been() -> None:
    assert isinstance(error_of_failure(Failure.BEFORE_THE_BODY, "ConnectTimeoutError"), TransientError)
    assert isinstance(error_of_failure(Failure.AFTER_THE_BODY, "ReadTimeoutError"), UnknownOutcomeError)
