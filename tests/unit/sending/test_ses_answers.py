"""The error table covers all that SendEmail can answer."""

import boto3
import pytest

from postroad.contract.words import Reason
from postroad.errors import PermanentError, SystemicError, TransientError, UnknownOutcomeError
from postroad.sending.decisions import Why
from postroad.sending.errors import RefusedBySesError, SesBusyError, SesUnusableError
from postroad.sending.ses_answers import (
    LIMITS,
    PERMANENT,
    SYSTEMIC,
    UNANSWERED,
    Failure,
    error_of_answer,
    error_of_failure,
)

TOO_MANY = "TooManyRequestsException"


def test_every_error_of_the_service_s_own_model_is_in_the_table() -> None:
    model = boto3.client("sesv2").meta.service_model.operation_model("SendEmail")
    shapes = {shape.name for shape in model.error_shapes}

    assert shapes == {*PERMANENT, *LIMITS, *SYSTEMIC} & shapes
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


@pytest.mark.parametrize("code", sorted(LIMITS))
@pytest.mark.parametrize(
    ("text", "kind", "why"),
    [
        ("Maximum sending rate exceeded.", SesBusyError, Why.THROTTLED),
        ("Daily message quota exceeded.", SesUnusableError, Why.QUOTA_EXHAUSTED),
        ("You have exceeded your 24-hour sending quota", SesUnusableError, Why.QUOTA_EXHAUSTED),
    ],
)
def test_rate_and_quota_are_told_apart(code: str, text: str, kind: type[Exception], why: Why) -> None:
    error = error_of_answer(code, text, 429)

    assert type(error) is kind
    assert isinstance(error, SesBusyError | SesUnusableError)
    assert error.why is why


def test_a_limit_of_another_kind_is_a_throttle_or_a_matter_of_configuration() -> None:
    assert isinstance(error_of_answer(TOO_MANY, "", 429), SesBusyError)
    error = error_of_answer("LimitExceededException", "There are too many instances of this type.", 400)
    assert isinstance(error, SesUnusableError)
    assert error.why is Why.CONFIGURATION


@pytest.mark.parametrize("code", sorted(UNANSWERED))
def test_a_request_that_aws_lost_on_its_way_has_an_unknown_outcome(code: str) -> None:
    assert type(error_of_answer(code, "", 400)) is UnknownOutcomeError
    assert type(error_of_answer("", "", 408)) is UnknownOutcomeError


@pytest.mark.parametrize(
    ("named", "kind"),
    [
        ("orders@shop.example", SesUnusableError),
        ("Shop <Orders@shop.example>, ana@example.com", SesUnusableError),
        ("ana@example.com", RefusedBySesError),
    ],
)
def test_an_unverified_sender_concerns_every_mail_and_a_recipient_his_own(
    named: str, kind: type[Exception]
) -> None:
    text = f"Email address is not verified. The following identities failed the check in region X: {named}"
    error = error_of_answer("MessageRejected", text, 400, sender="orders@shop.example")

    assert type(error) is kind
    assert "@" not in str(error)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("code", ["InternalFailure", "ServiceUnavailable", "MessageRejected", ""])
def test_a_server_error_is_an_unknown_outcome(code: str, status: int) -> None:
    assert type(error_of_answer(code, "", status)) is UnknownOutcomeError


@pytest.mark.parametrize("status", [400, 403, 404, 413, 429])
def test_an_unlisted_client_error_is_systemic_and_never_permanent(status: int) -> None:
    error = error_of_answer("SomethingNew", "", status)

    assert isinstance(error, SystemicError)
    assert not isinstance(error, PermanentError)


@pytest.mark.parametrize("code", ["", "ana@example.com may not", "a b", "x" * 65, "Ä"])
def test_what_is_no_code_is_told_by_its_http_status(code: str) -> None:
    error = error_of_answer(code, "ana@example.com", 418)

    assert isinstance(error, SesUnusableError)
    assert error.code == "418"


def test_a_failure_before_the_body_was_not_sent_and_one_after_it_may_have_been() -> None:
    assert isinstance(error_of_failure(Failure.BEFORE_THE_BODY, "ConnectTimeoutError"), TransientError)
    assert isinstance(error_of_failure(Failure.AFTER_THE_BODY, "ReadTimeoutError"), UnknownOutcomeError)
    assert isinstance(error_of_failure(Failure.WITHOUT_CREDENTIALS, "NoCredentialsError"), SystemicError)
