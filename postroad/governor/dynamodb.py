"""The governor's item in DynamoDB: one item in the table Schedule, written by every sender of the stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from postroad.dynamodb import asking, failed_condition
from postroad.governor.errors import GovernorUnavailableError
from postroad.governor.item import KEY, complete, from_item, is_whole, learn, lease, put_right
from postroad.governor.ports import Answer
from postroad.governor.state import State

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.governor.item import Update
    from postroad.governor.state import Move, Reading, Righting


class DynamoSlots:
    """`Slots` over the table Schedule.

    Needs dynamodb:UpdateItem and dynamodb:GetItem. A write that isn't
    made costs as much as one that is; both bring what stands, so that nothing is read beforehand.
    """

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        """Use this low-level client and this table."""
        self._client = client
        self._table = table_name

    def read(self) -> State:
        """Return what stands now, by a consistent read."""
        with asking(GovernorUnavailableError):
            answer = self._client.get_item(TableName=self._table, Key=KEY, ConsistentRead=True)
        return from_item(answer["Item"]) if "Item" in answer else State()

    def lease(self, move: Move) -> Answer:
        """Make a lease by one conditional update."""
        return self._update(lease(move))

    def put_right(self, righting: Righting) -> Answer:
        """Set right what a wrong clock wrote."""
        return self._update(put_right(righting))

    def learn(self, reading: Reading) -> Answer:
        """Write down what SES said, less what was leased meanwhile."""
        return self._update(learn(reading))

    def _update(self, update: Update) -> Answer:
        answer = self._try(update)
        if answer is None:
            # The first write of a stage's life, or of a newer version, or somebody deleted the item.
            self._complete()
            answer = self._try(update)
        if answer is None:
            raise GovernorUnavailableError("the governor's item is deleted as soon as it is made: try again")
        return answer

    def _try(self, update: Update) -> Answer | None:
        """Write, and return None if there is no item, or not a whole one."""
        try:
            with asking(GovernorUnavailableError):
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=KEY,
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **update.request(),
                )
        except GovernorUnavailableError as unavailable:
            if (error := failed_condition(unavailable)) is None:
                raise
            item: Any = error.response.get("Item")
            if item is None or not is_whole(item):
                return None
            return Answer(done=False, state=from_item(item))
        return Answer(done=True, state=from_item(answer["Attributes"]))

    def _complete(self) -> None:
        with asking(GovernorUnavailableError):
            self._client.update_item(TableName=self._table, Key=KEY, **complete())
