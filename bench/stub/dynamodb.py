"""DynamoDB's operations over tables in memory: JSON in, JSON out."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from bench.stub.expressions import condition, update
from bench.stub.partiql import DuplicateItem, execute
from bench.stub.tables import FailedCondition, Table
from bench.stub.values import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bench.stub.values import Item

Asked = dict[str, Any]
Answer = dict[str, Any]
MOST_STATEMENTS = 25
MOST_KEYS = 100


class AwsError(Exception):
    """An answer that is an error: its code, and what else it holds."""

    def __init__(self, code: str, message: str, **more: Any) -> None:  # noqa: ANN401 - JSON
        super().__init__(message)
        self.code = code
        self.body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message} | more


class DynamoDB:
    """All tables. A table is there as soon as it is named."""

    def __init__(self) -> None:
        """Begin without tables."""
        self.tables: dict[str, Table] = {}
        self._operations: dict[str, Callable[[Asked], Answer]] = {
            "GetItem": self._get,
            "PutItem": self._put,
            "UpdateItem": self._update,
            "DeleteItem": self._delete,
            "BatchGetItem": self._batch_get,
            "BatchWriteItem": self._batch_write,
            "BatchExecuteStatement": self._batch_execute,
            "ExecuteStatement": self._execute,
            "TransactWriteItems": self._transact,
            "Query": self._query,
            "Scan": self._scan,
        }

    def knows(self, operation: str) -> bool:
        """Say whether it is answered."""
        return operation in self._operations

    def answer(self, operation: str, asked: Asked) -> Answer:
        """Do what is asked. Raises AwsError."""
        try:
            return self._operations[operation](asked)
        except RequestError as error:
            raise AwsError("ValidationException", str(error)) from error
        except FailedCondition as error:
            wanted = asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
            more = {"Item": error.standing} if wanted and error.standing is not None else {}
            raise AwsError("ConditionalCheckFailedException", str(error), **more) from error

    def table(self, name: str) -> Table:
        """Return a table, which begins empty."""
        if name not in self.tables:
            self.tables[name] = Table(name)
        return self.tables[name]

    def load(self, name: str, items: Iterable[Item]) -> None:
        """Let these items stand."""
        table = self.table(name)
        for item in items:
            table.write(table.key_of(item), item)

    def _get(self, asked: Asked) -> Answer:
        found = self.table(asked["TableName"]).get(asked["Key"])
        return {} if found is None else {"Item": found}

    def _put(self, asked: Asked) -> Answer:
        table = self.table(asked["TableName"])
        before = table.write(table.key_of(asked["Item"]), asked["Item"], _allows(asked))
        return {"Attributes": before} if before and asked.get("ReturnValues") == "ALL_OLD" else {}

    def _update(self, asked: Asked) -> Answer:
        table = self.table(asked["TableName"])
        allows = _allows(asked)
        before = table.get(asked["Key"])
        if allows is not None and not allows(before or {}):
            raise FailedCondition(before)
        after = dict(before or asked["Key"])
        values = asked.get("ExpressionAttributeValues", {})
        names = asked.get("ExpressionAttributeNames", {})
        for change in update(asked.get("UpdateExpression", ""), names):
            change(before or {}, after, values)
        table.write(asked["Key"], after)
        returned = asked.get("ReturnValues", "NONE")
        changed = {name for name in {*after, *(before or {})} if after.get(name) != (before or {}).get(name)}
        match returned:
            case "ALL_NEW":
                return {"Attributes": after}
            case "ALL_OLD":
                return {"Attributes": before} if before else {}
            case "UPDATED_NEW":
                return {"Attributes": {name: after[name] for name in changed & after.keys()}}
            case "UPDATED_OLD":
                return (
                    {"Attributes": {name: before[name] for name in changed & before.keys()}} if before else {}
                )
            case _:
                return {}

    def _delete(self, asked: Asked) -> Answer:
        before = self.table(asked["TableName"]).write(asked["Key"], None, _allows(asked))
        return {"Attributes": before} if before and asked.get("ReturnValues") == "ALL_OLD" else {}

    def _batch_get(self, asked: Asked) -> Answer:
        found: dict[str, list[Item]] = {}
        for name, wanted in asked["RequestItems"].items():
            keys = wanted["Keys"]
            if len(keys) > MOST_KEYS or len({str(key) for key in keys}) < len(keys):
                raise AwsError("ValidationException", "too many keys, or one of them twice")
            table = self.table(name)
            found[name] = [item for key in keys if (item := table.get(key)) is not None]
        return {"Responses": found, "UnprocessedKeys": {}}

    def _batch_write(self, asked: Asked) -> Answer:
        if sum(len(each) for each in asked["RequestItems"].values()) > MOST_STATEMENTS:
            raise AwsError("ValidationException", "too many items requested for the BatchWriteItem call")
        for name, requests in asked["RequestItems"].items():
            table = self.table(name)
            for request in requests:
                if "PutRequest" in request:
                    item = request["PutRequest"]["Item"]
                    table.write(table.key_of(item), item)
                else:
                    table.write(request["DeleteRequest"]["Key"], None)
        return {"UnprocessedItems": {}}

    def _batch_execute(self, asked: Asked) -> Answer:
        if len(asked["Statements"]) > MOST_STATEMENTS:
            raise AwsError("ValidationException", "member must have length less than or equal to 25")
        return {"Responses": [self._one_statement(statement) for statement in asked["Statements"]]}

    def _one_statement(self, statement: Asked) -> Answer:
        try:
            found = execute(statement["Statement"], statement.get("Parameters", ()), self.table)
        except DuplicateItem as error:
            return {"Error": {"Code": "DuplicateItem", "Message": str(error)}}
        except RequestError as error:
            return {"Error": {"Code": "ValidationError", "Message": str(error)}}
        except FailedCondition as error:
            answer: Answer = {"Code": "ConditionalCheckFailed", "Message": str(error)}
            if statement.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and error.standing:
                answer["Item"] = error.standing
            return {"Error": answer}
        return {} if found is None else {"Item": found}

    def _execute(self, asked: Asked) -> Answer:
        try:
            found = execute(asked["Statement"], asked.get("Parameters", ()), self.table)
        except DuplicateItem as error:
            raise AwsError("DuplicateItemException", str(error)) from error
        return {"Items": [] if found is None else [found]}

    def _transact(self, asked: Asked) -> Answer:
        # Checked first, written then: nothing comes in between, for there is one thread.
        reasons: list[Answer] = []
        writes = []
        for action in asked["TransactItems"]:
            kind, request = next(iter(action.items()))
            if kind not in {"Put", "ConditionCheck", "Delete"}:
                raise RequestError(f"{kind} in a transaction")
            table = self.table(request["TableName"])
            key = table.key_of(request["Item"]) if kind == "Put" else request["Key"]
            allows = _allows(request)
            standing = table.get(key)
            fails = allows is not None and not allows(standing or {})
            reasons.append({"Code": "ConditionalCheckFailed" if fails else "None"})
            if kind != "ConditionCheck":
                writes.append(partial(table.write, key, request.get("Item")))
        if any(reason["Code"] != "None" for reason in reasons):
            raise AwsError(
                "TransactionCanceledException", "Transaction cancelled", CancellationReasons=reasons
            )
        for write in writes:
            write()
        return {}

    def _query(self, asked: Asked) -> Answer:
        table = self.table(asked["TableName"])
        if "IndexName" in asked:
            raise RequestError("a query of an index")
        values, names = asked["ExpressionAttributeValues"], asked.get("ExpressionAttributeNames", {})
        wanted = condition(asked["KeyConditionExpression"], names)
        # Our partition keys are always compared first.
        first = asked["KeyConditionExpression"].split("=")[1].split()[0]
        last = asked.get("ExclusiveStartKey")
        items = table.partition(values[first]).after(last[table.keys[-1]]["S"] if last else None)
        if not asked.get("ScanIndexForward", True):
            items = reversed(list(items))
        return _page(table, (item for item in items if wanted(item, values)), asked)

    def _scan(self, asked: Asked) -> Answer:
        table = self.table(asked["TableName"])
        last = asked.get("ExclusiveStartKey")
        items = list(table.all())
        if last is not None:
            place = next(at for at, item in enumerate(items) if table.key_of(item) == last)
            items = items[place + 1 :]
        return _page(table, items, asked)


def _allows(asked: Asked) -> Callable[[Item], bool] | None:
    if "ConditionExpression" not in asked:
        return None
    test = condition(asked["ConditionExpression"], asked.get("ExpressionAttributeNames", {}))
    values = asked.get("ExpressionAttributeValues", {})
    return lambda item: test(item, values)


def _page(table: Table, items: Iterable[Item], asked: Asked) -> Answer:
    """Answer with up to `Limit` items, those that the filter lets through."""
    limit = asked.get("Limit")
    read = list(islice(items, limit))
    found = read
    if "FilterExpression" in asked:
        test = condition(asked["FilterExpression"], asked.get("ExpressionAttributeNames", {}))
        found = [item for item in read if test(item, asked["ExpressionAttributeValues"])]
    answer: Answer = {"Items": found, "Count": len(found), "ScannedCount": len(read)}
    if limit and len(read) == limit:
        answer["LastEvaluatedKey"] = table.key_of(read[-1])
    return answer
