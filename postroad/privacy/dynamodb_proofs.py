"""Proofs of erasures in DynamoDB: items of the table Contacts, found by their id alone.

They go by TTL when they were kept for long enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from postroad.dynamodb import asking, failed_condition
from postroad.privacy.errors import PrivacyUnavailableError
from postroad.privacy.proof import Left, Proof, SesEntry, proof_item, proof_key, read_proof, time_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.privacy.proof import What


class DynamoProofs:
    """`Proofs` over the table Contacts. Needs dynamodb:GetItem, dynamodb:PutItem and dynamodb:UpdateItem."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        """Use this low-level client and this table."""
        self._client = client
        self._table = table_name

    def begin(self, proof: Proof) -> Proof:
        """Let the proof stand, or count one more run of the one that stands."""
        try:
            with asking(PrivacyUnavailableError):
                self._client.put_item(
                    TableName=self._table,
                    Item=proof_item(proof),
                    ConditionExpression="attribute_not_exists(pk)",
                )
        except PrivacyUnavailableError as error:
            if failed_condition(error) is None:
                raise
            return self._update(proof.id, "ADD runs :one", {":one": {"N": "1"}}, {})
        return proof

    def add(self, erasure: str, counts: Mapping[What, int]) -> None:
        """Add to what was erased, in one write."""
        some = {what: count for what, count in counts.items() if count}
        if not some:
            return
        places = {f"#c{number}": what.value for number, what in enumerate(some)}
        values = {f":c{number}": {"N": str(count)} for number, count in enumerate(some.values())}
        adding = ", ".join(f"#counts.#c{number} :c{number}" for number in range(len(some)))
        self._update(erasure, f"ADD {adding}", values, {"#counts": "counts", **places})

    def end(self, erasure: str, *, now: datetime, left: Left, ses_entry: SesEntry) -> Proof:
        """Note that a run came to its end."""
        return self._update(
            erasure,
            "SET ended = :ended, under_way = :under_way, waits = :waits, ses_entry = :ses_entry",
            {
                ":ended": {"S": time_text(now)},
                ":under_way": {"N": str(left.under_way)},
                ":waits": {"N": str(left.waits)},
                ":ses_entry": {"S": ses_entry.value},
            },
            {},
        )

    def get(self, erasure: str) -> Proof | None:
        """Return a proof, or None."""
        with asking(PrivacyUnavailableError):
            answer = self._client.get_item(TableName=self._table, Key=proof_key(erasure), ConsistentRead=True)
        return read_proof(answer["Item"]) if "Item" in answer else None

    def _update(
        self, erasure: str, change: str, values: Mapping[str, Any], names: Mapping[str, str]
    ) -> Proof:
        request: dict[str, Any] = {"ExpressionAttributeNames": dict(names)} if names else {}
        with asking(PrivacyUnavailableError):
            answer = self._client.update_item(
                TableName=self._table,
                Key=proof_key(erasure),
                UpdateExpression=change,
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues=dict(values),
                ReturnValues="ALL_NEW",
                **request,
            )
        return read_proof(answer["Attributes"])
