"""Many conditional writes in few requests, each with an outcome of its own: BatchExecuteStatement."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from postroad.dynamodb import asking
from postroad.ledger.errors import LedgerUnavailableError
from postroad.ledger.partiql import MOST_STATEMENTS, Fate, fate_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

MOST_TURNS = 5
FIRST_PAUSE_SECONDS = 0.05
"""Doubled each turn: together under a second, since who writes here has promised to be somewhere soon."""

REQUESTS_AT_ONCE = 4


class Met:
    """Nothing was written: an item stands, or doesn't, against the condition."""

    def __init__(self, item: Mapping[str, Any] | None = None) -> None:
        """Hold the item that stands, if DynamoDB told it."""
        self.item = item


Answer = Met | LedgerUnavailableError | None
"""None: it stands now. An error: whether it stands is unknown."""


def run_statements(
    client: DynamoDBClient, statements: Sequence[Mapping[str, Any]], *, sleep: Callable[[float], None]
) -> list[Answer]:
    """Run conditional writes of as many items, and return one answer for each, in order.

    What DynamoDB put off (a partition was asked for too much) is repeated, later each time, and then left
    with an error. `sleep` takes seconds.
    """
    requests = -(-len(statements) // MOST_STATEMENTS)
    if requests <= 1:
        return _run_some(client, statements, sleep)
    # As many in each as in the others: they are under way together, and the longest counts.
    size = -(-len(statements) // requests)
    parts = [statements[start : start + size] for start in range(0, len(statements), size)]
    with ThreadPoolExecutor(min(requests, REQUESTS_AT_ONCE)) as pool:
        return [
            answer
            for answers in pool.map(lambda some: _run_some(client, some, sleep), parts)
            for answer in answers
        ]


def _run_some(
    client: DynamoDBClient, statements: Sequence[Mapping[str, Any]], sleep: Callable[[float], None]
) -> list[Answer]:
    answers: list[Answer] = [None] * len(statements)
    waiting = list(range(len(statements)))
    for turn in range(MOST_TURNS):
        if not waiting:
            break
        if turn:
            sleep(FIRST_PAUSE_SECONDS * 2.0 ** (turn - 1) * random.uniform(0.5, 1.0))  # noqa: S311  it spreads load, and guards nothing
        try:
            responses = _asked(client, [statements[place] for place in waiting])
        except LedgerUnavailableError as error:
            for place in waiting:
                answers[place] = error
            break
        again = []
        for place, response in zip(waiting, responses, strict=True):
            answers[place], repeat = _answer(response)
            if repeat:
                again.append(place)
        waiting = again
    return answers


def _asked(client: DynamoDBClient, statements: list[Any]) -> list[Any]:
    with asking(LedgerUnavailableError):
        responses: list[Any] = list(client.batch_execute_statement(Statements=statements)["Responses"])
    if len(responses) != len(statements):
        raise LedgerUnavailableError("DynamoDB didn't answer every statement: try again")
    return responses


def _answer(response: Mapping[str, Any]) -> tuple[Answer, bool]:
    """Return what became of one statement, and whether it wants to be repeated."""
    error = response.get("Error") or {}
    code = error.get("Code", "")
    match fate_of(code):
        case Fate.WRITTEN:
            return None, False
        case Fate.MET:
            return Met(error.get("Item") or None), False
        case fate:
            return LedgerUnavailableError(f"DynamoDB refused: {code}"), fate is Fate.AGAIN


def refused_as_a_whole(answer: Answer) -> bool:
    """Say whether DynamoDB read nothing of the request: then one of its items may be what it can't take."""
    cause = answer.__cause__ if isinstance(answer, LedgerUnavailableError) else None
    return isinstance(cause, ClientError) and cause.response["Error"]["Code"] == "ValidationException"
