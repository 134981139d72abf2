"""How often requests are repeated in vain, held against botocore's standard mode."""

from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.retries.quota import RetryQuota
from botocore.retries.standard import RetryQuotaChecker

from postroad.signing.connections import Answer, NoAnswerError
from postroad.signing.json_service import ATTEMPTS, JsonService
from postroad.signing.patience import MOST, PRICE, PRICE_AFTER_SILENCE, REWARD, Patience
from postroad.signing.sigv4 import Credentials

WELL = Answer(200, "", b"{}")
OVERLOADED = Answer(503, "", b"")


class Failing:
    """An `Endpoint` that answers alike until it is told something else, and counts the requests."""

    def __init__(self, answer: Answer | Exception) -> None:
        self.answer = answer
        self.requests = 0

    def post(self, *_: object) -> Answer:
        self.requests += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def drop_idle(self) -> None:
        pass

    def asked_for(self, client: Any) -> int:  # noqa: ANN401  stands for a client
        before = self.requests
        with suppress(ClientError, ConnectionClosedError):
            client.get_item()
        return self.requests - before


def over(endpoint: Failing) -> Any:  # noqa: ANN401  stands for a client
    return JsonService(
        endpoint,
        signing_name="dynamodb",
        target="DynamoDB_20120810",
        version="1.0",
        region="us-east-1",
        keys=lambda: Credentials("testing", "testing"),
        sleep=lambda _: None,
    )


def test_prices_are_botocores() -> None:
    theirs: Any = RetryQuotaChecker
    assert RetryQuota.INITIAL_CAPACITY == MOST
    assert theirs._RETRY_COST == PRICE
    assert theirs._TIMEOUT_RETRY_REQUEST == PRICE_AFTER_SILENCE
    assert theirs._NO_RETRY_INCREMENT == REWARD


@pytest.mark.parametrize(
    ("failure", "repetitions"),
    [(OVERLOADED, MOST // PRICE), (NoAnswerError("TimeoutError"), MOST // PRICE_AFTER_SILENCE)],
)
def test_a_service_that_is_down_is_not_asked_four_times_as_often(
    failure: Answer | Exception, repetitions: int
) -> None:
    endpoint = Failing(failure)
    client = over(endpoint)
    assert sum(endpoint.asked_for(client) for _ in range(1000)) == 1000 + repetitions


def test_a_service_that_works_again_is_asked_as_patiently_as_before() -> None:
    endpoint = Failing(OVERLOADED)
    client = over(endpoint)
    while endpoint.asked_for(client) > 1:
        pass
    endpoint.answer = WELL
    for _ in range(MOST):
        client.get_item()
    endpoint.answer = OVERLOADED
    assert endpoint.asked_for(client) == ATTEMPTS


def test_there_is_never_more_than_at_first() -> None:
    patience = Patience()
    assert patience.spend(PRICE)
    patience.give_back(MOST)
    assert [patience.spend(MOST), patience.spend(REWARD)] == [True, False]
