from datetime import UTC, datetime, timedelta

from postroad.contract.words import Status
from postroad.ledger.row import Row
from tests.local_stack import LocalStack
from tests.races import hold_that_one_racing_insert_wins


def test_one_of_many_racing_inserts_wins_in_the_deployed_table(stack: LocalStack) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    row = Row(
        message_id=stack.new_id("race"),
        status=Status.CLAIMED,
        stream="transactional",
        owner="o",
        lease_until=now + timedelta(seconds=90),
        times={"accepted": now},
    )

    hold_that_one_racing_insert_wins(stack.ledger, row)
