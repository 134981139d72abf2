"""Tallies in DynamoDB: the items `cap#<category>` of the table Contacts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from postroad.caps.errors import CapsUnavailableError
from postroad.caps.tally import read_tally, tally_item, tally_key
from postroad.dynamodb_table import Table
from postroad.ledger.dynamodb_statements import Met, run_statements
from postroad.ledger.partiql import insertion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.caps.tally import Place, Tally
    from postroad.errors import TransientError

_AS_IT_WAS = '"pk" = ? AND "sk" = ? AND "version" = ?'


class DynamoTallies:
    """`Tallies` over the table Contacts; threads may share it.

    Many are read in one request, and written in one of conditional statements. Needs dynamodb:BatchGetItem,
    dynamodb:PartiQLInsert and dynamodb:PartiQLUpdate.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Use this low-level client and this table; `pause` takes seconds."""
        self._client = client
        self._name = table_name
        self._pause = pause
        self._table = Table(client, table_name, unavailable=CapsUnavailableError, pause=pause)

    def read(self, places: Sequence[Place]) -> dict[Place, Tally]:
        """Read these; see `Tallies.read`."""
        return dict(map(read_tally, self._table.read([tally_key(each) for each in dict.fromkeys(places)])))

    def write(self, tallies: Mapping[Place, Tally]) -> dict[Place, bool | TransientError]:
        """Write each on its condition; see `Tallies.write`."""
        statements = [self._statement(place, tally) for place, tally in tallies.items()]
        answers = run_statements(self._client, statements, sleep=self._pause)
        return {
            place: answer is None if answer is None or isinstance(answer, Met) else answer
            for place, answer in zip(tallies, answers, strict=True)
        }

    def _statement(self, place: Place, tally: Tally) -> dict[str, Any]:
        item = tally_item(place, tally)
        if tally.version == 1:
            return insertion(self._name, item)
        names = [name for name in ("counted", "version", "ttl") if name in item]
        changes = " ".join(f'SET "{name}" = ?' for name in names)
        values = [item[name] for name in (*names, "pk", "sk")]
        return {
            "Statement": f'UPDATE "{self._name}" {changes} WHERE {_AS_IT_WAS}',
            "Parameters": [*values, {"N": str(tally.version - 1)}],
        }
