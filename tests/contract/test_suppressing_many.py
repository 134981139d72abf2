"""What every SuppressionStore keeps to where many addresses are suppressed at once, as an import does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from postroad.contract.words import Reason
from postroad.suppression.dynamodb import DynamoSuppressions
from postroad.suppression.errors import SuppressionsUnavailableError
from postroad.suppression.model import ALL_STREAMS, NewSuppression, ScopeEntry, stream_scope
from tests.suppressions import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

    from postroad.suppression.ports import SuppressionStore

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOUNCE = ScopeEntry(Reason.HARD_BOUNCE, "operator:support", NOON, None, "import list.csv row 2")
COMPLAINT = ScopeEntry(Reason.COMPLAINT, "feedback", NOON + HOUR, None, "feedback 0103")
LEFT = ScopeEntry(Reason.UNSUBSCRIBED, "operator:support", NOON, None, "import list.csv row 3")


def over(client: DynamoDBClient, pauses: list[float] | None = None) -> DynamoSuppressions:
    return DynamoSuppressions(client, TABLE, pause=([] if pauses is None else pauses).append)


@pytest.fixture
def store(suppressions: SuppressionStore) -> SuppressionStore:
    return suppressions


def new(number: int, entry: ScopeEntry = BOUNCE, scope: str = ALL_STREAMS) -> NewSuppression:
    return NewSuppression(f"k1.{number}", f"customer{number}@example.com", scope, entry)


def lines(store: SuppressionStore, number: int) -> list[tuple[str, str]]:
    return [(line.action.value, line.reason.value) for line in store.history(f"k1.{number}")]


def test_nothing_is_nothing(store: SuppressionStore) -> None:
    assert store.suppress_many([]) == []


def test_more_than_any_request_takes_all_stand_with_a_line_each(store: SuppressionStore) -> None:
    wanted = [new(number) for number in range(110)]

    assert store.suppress_many(wanted) == [True] * 110

    found = store.find([each.address_key for each in wanted])
    assert len(found) == 110
    assert found["k1.7"].email == "customer7@example.com"
    assert dict(found["k1.7"].scopes) == {ALL_STREAMS: BOUNCE}
    for number in (0, 24, 25, 99, 100, 109):
        assert lines(store, number) == [("suppressed", "hard_bounce")]


def test_the_same_list_again_writes_nothing(store: SuppressionStore) -> None:
    wanted = [new(number, entry) for number in range(5) for entry in (BOUNCE, COMPLAINT)]
    store.suppress_many(wanted)
    before = [lines(store, number) for number in range(5)]

    assert store.suppress_many(wanted) == [False] * 10
    later = [replace(each, entry=replace(each.entry, since=NOON + 9 * HOUR)) for each in wanted]
    assert store.suppress_many(later) == [False] * 10

    assert [lines(store, number) for number in range(5)] == before


def test_what_is_stronger_or_older_stays_and_no_line_is_added(store: SuppressionStore) -> None:
    store.suppress("k1.1", "customer1@example.com", ALL_STREAMS, COMPLAINT)
    store.suppress("k1.2", "customer2@example.com", ALL_STREAMS, replace(BOUNCE, since=NOON - HOUR))

    assert store.suppress_many([new(1), new(2), new(3)]) == [False, False, True]

    assert store.find(["k1.1"])["k1.1"].scopes[ALL_STREAMS] == COMPLAINT
    assert store.find(["k1.2"])["k1.2"].scopes[ALL_STREAMS].since == NOON - HOUR
    assert len(lines(store, 1)) == len(lines(store, 2)) == 1


def test_a_weaker_entry_gives_way(store: SuppressionStore) -> None:
    store.suppress("k1.1", "customer1@example.com", ALL_STREAMS, LEFT)

    assert store.suppress_many([new(1)]) == [True]

    assert store.find(["k1.1"])["k1.1"].scopes[ALL_STREAMS] == BOUNCE
    assert len(lines(store, 1)) == 2


def test_scopes_of_one_address_stand_beside_each_other(store: SuppressionStore) -> None:
    store.suppress("k1.1", "customer1@example.com", stream_scope("news"), LEFT)
    wanted = [
        new(number, entry, scope)
        for number in (1, 2)
        for scope, entry in ((ALL_STREAMS, BOUNCE), (stream_scope("marketing"), LEFT))
    ]

    assert store.suppress_many(wanted) == [True] * 4

    assert set(store.find(["k1.1"])["k1.1"].scopes) == {"all", "stream:marketing", "stream:news"}
    assert dict(store.find(["k1.2"])["k1.2"].scopes) == {ALL_STREAMS: BOUNCE, "stream:marketing": LEFT}
    assert len(lines(store, 1)) == 3
    assert len(lines(store, 2)) == 2


def test_one_scope_twice_ends_as_the_stronger_in_either_order(store: SuppressionStore) -> None:
    wanted = [new(1, LEFT), new(2, BOUNCE), new(1, BOUNCE), new(2, LEFT)]

    assert store.suppress_many(wanted) == [True, True, True, False]

    for key in ("k1.1", "k1.2"):
        assert store.find([key])[key].scopes[ALL_STREAMS] == BOUNCE


def test_more_entries_of_one_address_than_a_transaction_takes_all_stand(store: SuppressionStore) -> None:
    wanted = [new(1, BOUNCE, stream_scope(f"s{number}")) for number in range(101)]

    assert store.suppress_many(wanted) == [True] * 101

    assert len(store.find(["k1.1"])["k1.1"].scopes) == 101
    assert len(store.history("k1.1")) == 101
    assert store.lift("k1.1", stream_scope("s7"), source="operator:support", now=NOON)


def test_a_copy_of_what_an_operator_lifted_stays_lifted(store: SuppressionStore) -> None:
    store.suppress_many([new(1)])
    store.lift("k1.1", ALL_STREAMS, source="operator:support", now=NOON + HOUR)

    assert store.suppress_many([new(1)]) == [False]
    assert store.find(["k1.1"]) == {}

    again = replace(BOUNCE, since=NOON + 2 * HOUR)
    assert store.suppress_many([new(1, again)]) == [True]
    assert [action for action, _ in lines(store, 1)] == ["suppressed", "lifted", "suppressed"]


@pytest.mark.parametrize("write", [False, True])
def test_an_older_list_does_not_suppress_again_what_was_lifted_since(
    store: SuppressionStore, *, write: bool
) -> None:
    told: list[tuple[NewSuppression, bool]] = []
    for number in (1, 2, 3):
        store.suppress(f"k1.{number}", f"customer{number}@example.com", ALL_STREAMS, BOUNCE)
        if number < 3:
            store.lift(f"k1.{number}", ALL_STREAMS, source="operator:support", now=NOON + HOUR)
    older = new(1, replace(BOUNCE, since=NOON - HOUR, evidence="import old.csv row 2"))
    newer = new(2, replace(BOUNCE, since=NOON + 2 * HOUR, evidence="import new.csv row 2"))
    standing = new(3, replace(BOUNCE, since=NOON + 2 * HOUR, evidence="import new.csv row 3"))

    changed = store.suppress_many(
        [older, newer, standing, new(4)],
        write=write,
        on_lifted=lambda each, again: told.append((each, again)),
    )

    assert changed == [False, True, False, True]
    assert sorted(told, key=lambda each: each[0].address_key) == [(older, False), (newer, True)]
    assert set(store.find(["k1.1", "k1.2", "k1.3", "k1.4"])) == {"k1.3", *(["k1.2", "k1.4"] if write else [])}


def test_lifting_a_bounce_does_not_keep_an_older_complaint_or_leaving_out(store: SuppressionStore) -> None:
    for number in (1, 2):
        store.suppress(f"k1.{number}", f"customer{number}@example.com", ALL_STREAMS, BOUNCE)
        store.lift(f"k1.{number}", ALL_STREAMS, source="operator:support", now=NOON + 2 * HOUR)

    assert store.suppress_many([new(1, COMPLAINT), new(2, LEFT)]) == [True, True]


@pytest.mark.parametrize("stronger", [BOUNCE, COMPLAINT], ids=["bounce", "complaint"])
@pytest.mark.parametrize("left", [NOON - HOUR, NOON, NOON + 2 * HOUR], ids=["before", "with", "after"])
@pytest.mark.parametrize("at_once", [True, False], ids=["one list", "two lists"])
@pytest.mark.parametrize("leaving_first", [True, False], ids=["leaving first", "leaving last"])
def test_an_imported_leaving_stands_again_when_what_hid_it_is_lifted(
    store: SuppressionStore, *, stronger: ScopeEntry, left: datetime, at_once: bool, leaving_first: bool
) -> None:
    """In whatever order the two came, and whichever happened first."""
    leaving = replace(LEFT, since=left)
    wanted = [new(1, leaving), new(1, stronger)] if leaving_first else [new(1, stronger), new(1, leaving)]
    for some in [wanted] if at_once else [wanted[:1], wanted[1:]]:
        store.suppress_many(some)
    assert store.find(["k1.1"])["k1.1"].scopes[ALL_STREAMS] == stronger
    assert len(lines(store, 1)) == 2

    assert store.suppress_many(wanted) == [False, False]  # the list again adds no line
    assert len(lines(store, 1)) == 2

    later = NOON + 9 * HOUR
    assert store.lift("k1.1", ALL_STREAMS, source="operator:support", now=later, note="a new mailbox")
    assert dict(store.find(["k1.1"])["k1.1"].scopes) == {ALL_STREAMS: leaving}
    assert store.lift("k1.1", ALL_STREAMS, source="operator:support", now=later + HOUR)
    assert store.find(["k1.1"]) == {}


def test_a_leaving_that_was_taken_back_stays_so_behind_a_bounce_too(store: SuppressionStore) -> None:
    store.suppress_many([new(1, LEFT)])
    store.lift("k1.1", ALL_STREAMS, source="operator:support", now=NOON + HOUR)
    store.suppress_many([new(1, replace(BOUNCE, since=NOON + 2 * HOUR))])

    older = replace(LEFT, since=NOON - HOUR, evidence="import old.csv row 2")
    assert store.suppress_many([new(1, LEFT), new(1, older)]) == [False, False]

    assert len(lines(store, 1)) == 3
    store.lift("k1.1", ALL_STREAMS, source="operator:support", now=NOON + 3 * HOUR)
    assert store.find(["k1.1"]) == {}


def test_a_hidden_leaving_is_looked_at_and_not_written_in_a_dry_run(store: SuppressionStore) -> None:
    store.suppress_many([new(1, BOUNCE)])

    assert store.suppress_many([new(1, LEFT)], write=False) == [False]

    assert lines(store, 1) == [("suppressed", "hard_bounce")]


def test_without_writing_it_says_what_would_change(store: SuppressionStore) -> None:
    store.suppress("k1.1", "customer1@example.com", ALL_STREAMS, COMPLAINT)
    store.suppress("k1.2", "customer2@example.com", stream_scope("news"), LEFT)
    wanted = [new(1), new(2), new(3), new(3)]

    assert store.suppress_many(wanted, write=False) == [False, True, True, False]

    assert set(store.find(["k1.1", "k1.2", "k1.3"])) == {"k1.1", "k1.2"}
    assert lines(store, 3) == []
    assert store.suppress_many(wanted) == [False, True, True, False]


# Races and failures of DynamoDB.


def count(client: DynamoDBClient, operation: str, meet: Callable[[int], object] = int) -> list[int]:
    """Note each request of one kind, and call `meet` with its number, from 0, before it is made."""
    made: list[int] = []

    def run(**_event: object) -> None:
        made.append(len(made))
        meet(made[-1])

    client.meta.events.register_first(f"before-call.dynamodb.{operation}", run)
    return made


def refuse(client: DynamoDBClient, times: int, code: str = "ThrottlingError") -> None:
    """Let DynamoDB cancel so many transactions as it does when it is asked for less."""
    left = [code] * times

    def run(params: Any, **_event: object) -> Any:  # noqa: ANN401 - botocore has no types of its own
        if not left:
            return None
        wanted = params["body"].count('"Put"') if isinstance(params["body"], str) else 2
        reasons = [{"Code": "None"}] * (wanted - 1) + [{"Code": left.pop()}]
        answer = type("Answer", (), {"status_code": 400})()
        return answer, {
            "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
            "CancellationReasons": reasons,
            "ResponseMetadata": {},
        }

    client.meta.events.register_last("before-call.dynamodb.TransactWriteItems", run)


def test_many_addresses_take_few_requests(dynamodb: DynamoDBClient) -> None:
    reads, writes = count(dynamodb, "BatchGetItem"), count(dynamodb, "TransactWriteItems")
    queries = count(dynamodb, "Query")

    over(dynamodb).suppress_many([new(number) for number in range(110)])

    assert (len(reads), len(writes), len(queries)) == (2, 5, 0)


def test_what_stands_already_is_read_and_not_written(dynamodb: DynamoDBClient) -> None:
    wanted = [new(number) for number in range(100)]
    over(dynamodb).suppress_many(wanted)
    reads, writes = count(dynamodb, "BatchGetItem"), count(dynamodb, "TransactWriteItems")

    over(dynamodb).suppress_many(wanted)

    assert (len(reads), len(writes)) == (1, 0)


def test_feedback_that_comes_in_between_is_kept(dynamodb: DynamoDBClient) -> None:
    store = over(dynamodb)

    def complain(number: int) -> None:
        if number == 0:
            over(dynamodb).suppress("k1.2", "customer2@example.com", ALL_STREAMS, COMPLAINT)

    count(dynamodb, "TransactWriteItems", complain)

    assert store.suppress_many([new(1), new(2), new(3)]) == [True, False, True]

    assert store.find(["k1.2"])["k1.2"].scopes[ALL_STREAMS] == COMPLAINT
    assert lines(store, 2) == [("suppressed", "complaint")]
    assert len(store.find(["k1.1", "k1.3"])) == 2


def test_after_a_crash_between_transactions_the_same_list_completes(dynamodb: DynamoDBClient) -> None:
    wanted = [new(number) for number in range(30)]

    def crash(number: int) -> None:
        if number == 1:
            raise EndpointConnectionError(endpoint_url="https://dynamodb.example")

    count(dynamodb, "TransactWriteItems", crash)
    with pytest.raises(SuppressionsUnavailableError, match="EndpointConnectionError"):
        over(dynamodb).suppress_many(wanted)
    assert len(over(dynamodb).find([each.address_key for each in wanted])) == 25

    assert over(dynamodb).suppress_many(wanted) == [False] * 25 + [True] * 5

    assert all(len(lines(over(dynamodb), number)) == 1 for number in range(30))


def test_keys_that_dynamodb_left_unread_are_read_again(dynamodb: DynamoDBClient) -> None:
    """Taken for absent, they would be written, refused, and only then be found to stand."""
    store = over(dynamodb)
    store.suppress_many([new(1), new(2)])
    keys = [{"pk": {"S": f"k1.{number}"}, "sk": {"S": "current"}} for number in (1, 2)]

    def leave(params: Any, **_event: object) -> Any:  # noqa: ANN401 - botocore has no types of its own
        del params
        if len(reads) > 1:
            return None
        answer = type("Answer", (), {"status_code": 200})()
        unread = {TABLE: {"Keys": keys, "ConsistentRead": True}}
        return answer, {"Responses": {}, "UnprocessedKeys": unread, "ResponseMetadata": {}}

    reads, writes = count(dynamodb, "BatchGetItem"), count(dynamodb, "TransactWriteItems")
    dynamodb.meta.events.register_last("before-call.dynamodb.BatchGetItem", leave)

    assert store.suppress_many([new(1), new(2)]) == [False, False]
    assert (len(reads), len(writes)) == (2, 0)


def test_when_dynamodb_asks_for_less_it_waits_and_goes_on(dynamodb: DynamoDBClient) -> None:
    pauses: list[float] = []
    refuse(dynamodb, times=3)

    assert over(dynamodb, pauses).suppress_many([new(number) for number in range(30)]) == [True] * 30

    assert len(pauses) == 3
    assert all(len(lines(over(dynamodb), number)) == 1 for number in range(30))


def test_it_does_not_wait_for_ever(dynamodb: DynamoDBClient) -> None:
    pauses: list[float] = []
    refuse(dynamodb, times=1_000)

    with pytest.raises(SuppressionsUnavailableError):
        over(dynamodb, pauses).suppress_many([new(1)])
    assert len(pauses) == 9


def test_what_no_repetition_mends_is_said_at_once(dynamodb: DynamoDBClient) -> None:
    pauses: list[float] = []
    refuse(dynamodb, times=1, code="ItemCollectionSizeLimitExceeded")

    with pytest.raises(SuppressionsUnavailableError, match="TransactionCanceledException"):
        over(dynamodb, pauses).suppress_many([new(1)])
    assert pauses == []


def test_a_single_change_leaves_waiting_to_its_queue(dynamodb: DynamoDBClient) -> None:
    pauses: list[float] = []
    refuse(dynamodb, times=1)

    with pytest.raises(SuppressionsUnavailableError):
        over(dynamodb, pauses).suppress("k1.1", "customer1@example.com", ALL_STREAMS, BOUNCE)
    assert pauses == []
