import pytest

from postroad.contract.words import Status
from postroad.ledger.duplicates import duplicates_between
from postroad.ledger.row import Row


def row(*attempts: str) -> Row:
    return Row(
        message_id="m", status=Status.SENT, ses_ids={attempt: f"ses-{attempt}" for attempt in attempts}
    )


@pytest.mark.parametrize(
    ("before", "after", "duplicates"),
    [
        (None, row("1"), 0),
        (None, row("1", "2"), 1),
        (row(), row("1"), 0),
        (row("2"), row("1", "2"), 1),
        (row("1", "2"), row("1", "2"), 0),
        (row("1", "2"), row("1", "2", "4"), 1),
        (row("1"), None, 0),
    ],
)
def test_each_mail_beyond_the_first_counts_when_it_becomes_known(
    before: Row | None, after: Row | None, duplicates: int
) -> None:
    assert duplicates_between(before, after) == duplicates
