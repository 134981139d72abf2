from dataclasses import replace

import pytest

from postroad.contract.words import Status
from postroad.local.demo.accounting import Account, Round, Row, Suppressed

GOOD = Account(
    first=Round(
        ["one", "two", "three"],
        {
            "one": Row(Status.DELIVERED, address_key="k1.one"),
            "two": Row(Status.BOUNCED, "hard_bounce", "k1.two"),
            "three": Row(Status.COMPLAINED, "complaint", "k1.three"),
        },
    ),
    again=Round(
        ["two-again", "three-again"],
        {
            "two-again": Row(Status.SUPPRESSED, "hard_bounce", "k1.two"),
            "three-again": Row(Status.SUPPRESSED, "complaint", "k1.three"),
        },
    ),
    suppressed={
        "k1.two": Suppressed("b@x.example", "hard_bounce"),
        "k1.three": Suppressed("c@x.example", "complaint"),
    },
    accepted={"one": 1, "two": 1, "three": 1},
    recipients=frozenset({"a@example.com", "b@x.example", "c@x.example"}),
    own_addresses=frozenset({"a@example.com"}),
    seconds={"deploy": 20.0, "enqueue": 0.2, "drain": 5.0},
)


def test_the_result_has_exactly_the_promised_keys() -> None:
    assert GOOD.problems() == []
    assert GOOD.content() == {
        "enqueued": 3,
        "by_status": {"delivered": 1, "bounced": 1, "complained": 1},
        "suppressed": 2,
        "resent_to_suppressed": {"by_status": {"suppressed": 2}},
        "duplicates": 0,
        "seconds": {"deploy": 20.0, "enqueue": 0.2, "drain": 5.0},
    }


def with_row(account: Account, message_id: str, row: Row | None) -> Account:
    rows = {key: value for key, value in account.first.rows.items() if key != message_id}
    return replace(account, first=replace(account.first, rows=rows | ({message_id: row} if row else {})))


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        (with_row(GOOD, "one", None), "one: was enqueued, and the Messages table knows nothing of it"),
        (with_row(GOOD, "one", Row(Status.SENT)), "one: has no final status, but `sent`"),
        (
            with_row(GOOD, "one", Row(Status.HELD, "unknown_outcome")),
            "one: has no final status, but `held` unknown_outcome",
        ),
        (with_row(GOOD, "one", Row(Status.INVALID)), "one: is `invalid`, yet SES took a mail"),
        (replace(GOOD, accepted={"one": 1, "two": 1}), "three: is `complained`, yet SES took no such mail"),
        (replace(GOOD, accepted={**GOOD.accepted, "one": 2}), "one: was sent 2 times"),
        (
            replace(GOOD, accepted={**GOOD.accepted, "two-again": 1}),
            "two-again: is `suppressed`, yet SES took a mail",
        ),
        (
            replace(GOOD, accepted={**GOOD.accepted, "four": 1}),
            "four: SES took this mail, and nobody enqueued it",
        ),
        (
            replace(GOOD, recipients=frozenset({"b@x.example"})),
            "a@example.com: this customer ordered, and got no mail at their own address",
        ),
    ],
)
def test_whatever_is_wrong_is_named(spoilt: Account, told: str) -> None:
    assert told in spoilt.problems()


def test_a_suppressed_address_that_was_mailed_again_is_named() -> None:
    rows = {**GOOD.again.rows, "two-again": Row(Status.DELIVERED, address_key="k1.two")}
    spoilt = replace(GOOD, again=replace(GOOD.again, rows=rows), accepted={**GOOD.accepted, "two-again": 1})
    assert spoilt.problems() == ["two-again: its address was suppressed, and it is `delivered`"]


def test_a_soft_bounce_may_be_sent_again() -> None:
    rows = {**GOOD.again.rows, "two-again": Row(Status.DELIVERED, address_key="k1.two")}
    soft = replace(
        GOOD,
        suppressed={"k1.three": GOOD.suppressed["k1.three"]},
        again=replace(GOOD.again, rows=rows),
        accepted={**GOOD.accepted, "two-again": 1},
    )
    assert soft.problems() == []


def test_mails_beyond_the_one_of_their_message_are_duplicates() -> None:
    assert replace(GOOD, accepted={"one": 3, "two": 2, "three": 1}).duplicates == 3


def test_a_message_without_a_row_is_counted_as_missing() -> None:
    assert with_row(GOOD, "one", None).first.by_status() == {"missing": 1, "bounced": 1, "complained": 1}
