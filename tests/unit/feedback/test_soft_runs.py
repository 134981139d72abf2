"""When soft bounces give a mailbox up: so many in a row, over so many days, with no delivery between."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations, product
from typing import Any

import pytest

from postroad.contract.address import parse_address
from postroad.contract.words import Reason, Status
from postroad.feedback.reading import read_event
from postroad.feedback.soft_runs import SoftBounceRule, entry_for_run
from postroad.ledger.errors import LedgerUnavailableError
from postroad.ledger.row import Row
from postroad.suppression.address_key import address_key
from postroad.suppression.errors import SuppressionsUnavailableError
from postroad.suppression.model import ALL_STREAMS, ScopeEntry
from tests.event_objects import STREAM, World, by_itself, event, hard_bounce
from tests.unit.feedback.conftest import SECRET

ANA = "ana.ruiz@example.com"
KEY = address_key(SECRET, parse_address(ANA).canonical)
T0 = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
RULE = SoftBounceRule()


def day(number: float) -> datetime:
    return T0 + timedelta(days=number)


def sent(number: float, name: str = "") -> Row:
    return Row(
        message_id=name or f"m-{number}",
        status=Status.SENT,
        stream=STREAM,
        attempt=1,
        address_key=KEY,
        ses_ids={"1": f"ses-{name or number}"},
        times={"accepted": day(number), "sent": day(number)},
    )


def soft(number: float, hours: float = 1) -> Row:
    bounced = replace(sent(number), status=Status.BOUNCED, reason=Reason.SOFT_BOUNCE, bounce="soft")
    return bounced.with_time("bounced", day(number) + timedelta(hours=hours))


def delivered(number: float, hours: float = 0.01) -> Row:
    row = replace(sent(number), status=Status.DELIVERED)
    return row.with_time("delivered", day(number) + timedelta(hours=hours))


def gives_up(*rows: Row, after: datetime | None = None) -> bool:
    return entry_for_run(rows, RULE, after=after) is not None


FIVE = [soft(number) for number in range(5)]


def test_five_in_a_row_over_three_days_give_a_mailbox_up() -> None:
    entry = entry_for_run(reversed(FIVE), RULE, after=None)
    assert entry is not None
    assert (entry.reason, entry.since, entry.until) == (Reason.SOFT_BOUNCES, FIVE[4].times["bounced"], None)
    assert "5 soft bounces in a row" in entry.evidence
    assert "ses-4" in entry.evidence


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(FIVE[:4], id="four"),
        pytest.param([soft(number / 2) for number in range(5)], id="two days"),
        pytest.param([*FIVE[:2], delivered(1.5), *FIVE[2:]], id="a delivery between"),
        pytest.param([*FIVE, delivered(5)], id="a delivery after"),
        pytest.param([delivered(-1, hours=40), *FIVE], id="delivered late, after the first was sent"),
        pytest.param([replace(row, bounce="undetermined") for row in FIVE], id="undetermined"),
        pytest.param([row.with_time("delivered", day(0)) for row in FIVE], id="out of office"),
        pytest.param([*FIVE, sent(3.9)], id="one before the last that may have arrived"),
        pytest.param([*FIVE, replace(sent(3.9), status=Status.DELAYED)], id="one that is still tried"),
        pytest.param([*FIVE, sent(4.01)], id="one that left before the last came back"),
    ],
)
def test_less_than_that_does_not(rows: Sequence[Row]) -> None:
    assert not gives_up(*rows)
    assert gives_up(*FIVE)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(sent(3), id="nothing was heard of it for a day"),
        pytest.param(sent(4.1), id="it left after the last came back"),
        pytest.param(replace(sent(3.9), status=Status.REJECTED), id="SES rejected it"),
        pytest.param(replace(sent(3.9), times={"accepted": day(3.9)}), id="it never left"),
    ],
)
def test_a_mail_that_can_t_have_arrived_holds_nothing_back(other: Row) -> None:
    assert gives_up(*FIVE, other)


def test_a_run_that_waited_for_another_mail_is_judged_by_a_later_bounce() -> None:
    assert not gives_up(*FIVE, sent(3.9))
    assert gives_up(*FIVE, soft(3.9))
    assert gives_up(*FIVE, sent(3.9), soft(5))


def test_two_days_become_three() -> None:
    assert gives_up(*(soft(number / 2) for number in range(7)))


def test_bounces_after_the_run_give_the_same_entry() -> None:
    more = [*FIVE, soft(5), soft(6)]
    assert entry_for_run(more, RULE, after=None) == entry_for_run(FIVE, RULE, after=None)


def test_the_count_begins_after_what_an_operator_lifted() -> None:
    assert not gives_up(*FIVE, after=day(0.5))
    assert gives_up(*FIVE, *(soft(number) for number in range(5, 10)), after=day(4.5))


def said(kind: str, name: str, number: float, *, hours: float = 1) -> dict[str, object]:
    when = (day(number) + timedelta(hours=hours)).isoformat()
    part: dict[str, object] = {"timestamp": when, "recipients": [ANA]}
    if kind == "Bounce":
        part = {
            "timestamp": when,
            "bounceType": "Transient",
            "bounceSubType": "MailboxFull",
            "feedbackId": f"feedback-{name}",
            "bouncedRecipients": [{"emailAddress": ANA}],
        }
    return event(kind, name, sent=day(number), part=part)


def take(world: World, *events: dict[str, object]) -> list[str]:
    return world.feedback.take([by_itself(one, f"sqs-{place}") for place, one in enumerate(events)])


def lay(world: World, days: Sequence[float]) -> None:
    for number in days:
        world.ledger.insert(sent(number))


def test_events_of_a_run_suppress_once_however_often_they_come(world: World) -> None:
    lay(world, range(5))
    bounces = [said("Bounce", f"m-{number}", number) for number in range(5)]
    take(world, *bounces[:4])
    assert world.entry(ANA) is None
    for _ in range(3):
        assert take(world, *bounces) == []
    entry = world.entry(ANA)
    assert entry is not None
    assert entry.reason is Reason.SOFT_BOUNCES
    assert len(world.history(ANA)) == 1


def test_out_of_office_replies_suppress_nobody_in_any_order(world: World) -> None:
    lay(world, range(6))
    for number in range(6):
        pair = [said("Delivery", f"m-{number}", number, hours=0.01), said("Bounce", f"m-{number}", number)]
        take(world, *(pair if number % 2 else reversed(pair)))
    assert world.entry(ANA) is None


def test_a_run_completed_in_any_order_of_its_last_four_events_leaves_the_same() -> None:
    from tests.unit.feedback.conftest import FeedbackWorld  # noqa: PLC0415 - a world for each order

    left = set()
    for order in permutations([0, 1, 2, 4]):
        world = FeedbackWorld()
        lay(world, range(5))
        for number in (3, *order, *order[:2]):
            take(world, said("Bounce", f"m-{number}", number))
        entry = world.entry(ANA)
        assert entry is not None
        left.add((entry, tuple(world.history(ANA))))
    assert len(left) == 1


def test_the_delivery_of_another_mail_that_is_heard_of_late_holds_the_run_back(world: World) -> None:
    """Bounces come by the fast way, deliveries by the bulk one."""
    lay(world, [0, 1, 2, 3, 3.9, 4])
    take(world, *(said("Bounce", f"m-{number}", number) for number in range(5)))
    assert world.entry(ANA) is None
    take(world, said("Delivery", "m-3.9", 3.9, hours=0.01))
    take(world, said("Bounce", "m-4", 4))
    assert world.entry(ANA) is None


@pytest.mark.parametrize("mails_a_day", [30, 120])
def test_a_mailbox_with_many_mails_a_day_is_given_up_too(world: World, mails_a_day: int) -> None:
    days = [number / mails_a_day for number in range(4 * mails_a_day)]
    lay(world, days)
    for number in days:
        take(world, said("Bounce", f"m-{number}", number, hours=0.1))
    entry = world.entry(ANA)
    assert entry is not None
    assert entry.since < day(3.02)


def test_no_more_is_read_than_a_run_may_need(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(world, [number / 100 for number in range(300)])
    take(world, said("Delivery", "m-2.5", 2.5, hours=0.01))
    asked = []
    by_recipient = world.ledger.by_recipient

    def counted(*args: Any, **options: Any) -> Sequence[Row]:  # noqa: ANN401  passed on
        asked.append(options)
        return by_recipient(*args, **options)

    monkeypatch.setattr(world.ledger, "by_recipient", counted)
    take(world, said("Bounce", "m-2.99", 2.99))
    assert len(asked) == 1


def test_every_order_and_copy_of_the_last_mails_events_ends_alike() -> None:
    """A reply out of office comes as a bounce, before it is heard that the mail arrived."""
    from tests.unit.feedback.conftest import FeedbackWorld  # noqa: PLC0415 - a world for each order

    events = [
        said("Bounce", "m-4", 4),
        said("Delivery", "m-4", 4, hours=0.01),
        said("Send", "m-4", 4),
        said("Open", "m-4", 4),
    ]
    ends: dict[frozenset[int], bool] = {}
    for length in range(1, 5):
        for sequence in product(range(4), repeat=length):
            world = FeedbackWorld()
            lay(world, range(5))
            take(world, *(said("Bounce", f"m-{number}", number) for number in range(4)))
            for place in sequence:
                take(world, events[place])
            stopped = world.suppressions.find([KEY]) != {}
            assert ends.setdefault(frozenset(sequence), stopped) is stopped, sequence
    assert ends[frozenset({0})]
    assert not ends[frozenset({0, 1})]


def test_a_delivery_takes_back_no_more_than_the_run(world: World) -> None:
    lay(world, range(5))
    take(world, *(said("Bounce", f"m-{number}", number) for number in range(5)))
    hard = hard_bounce("m-9")
    hard["bounce"]["bouncedRecipients"] = [{"emailAddress": ANA}]
    take(world, hard, said("Delivery", "m-4", 4, hours=0.01))
    entry = world.entry(ANA)
    assert entry is not None
    assert entry.reason is Reason.HARD_BOUNCE


def test_a_bounce_while_a_run_is_taken_back_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(world, range(5))
    take(world, *(said("Bounce", f"m-{number}", number) for number in range(5)))
    hard = ScopeEntry(Reason.HARD_BOUNCE, "feedback", day(4.1), None, "event 9")
    lift = world.suppressions.lift

    def overtaken(*args: Any, **options: Any) -> bool:  # noqa: ANN401  passed on
        world.suppressions.suppress(KEY, ANA, ALL_STREAMS, hard)
        return lift(*args, **options)

    monkeypatch.setattr(world.suppressions, "lift", overtaken)
    take(world, said("Delivery", "m-4", 4, hours=0.01))
    assert world.entry(ANA) == hard


def test_taking_a_run_back_that_fails_is_done_by_the_next_copy(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(world, range(5))
    take(world, *(said("Bounce", f"m-{number}", number) for number in range(5)))
    late = said("Delivery", "m-4", 4, hours=0.01)

    def lift(*_: object, **__: object) -> bool:
        raise SuppressionsUnavailableError("ThrottlingError")

    with monkeypatch.context() as patched:
        patched.setattr(world.suppressions, "lift", lift)
        assert len(take(world, late)) == 1
    assert take(world, late) == []
    assert world.suppressions.find([KEY]) == {}


def test_what_an_operator_lifted_stays_lifted_until_a_new_run(world: World) -> None:
    lay(world, range(11))
    take(world, *(said("Bounce", f"m-{number}", number) for number in range(5)))
    world.suppressions.lift(KEY, ALL_STREAMS, source="operator:ana", now=day(4.5))
    take(world, *(said("Bounce", f"m-{number}", number) for number in range(9)))
    assert world.suppressions.find([KEY]) == {}
    take(world, said("Bounce", "m-9", 9))
    entry = world.entry(ANA)
    assert entry is not None
    assert "ses-9" in entry.evidence


def test_a_hard_bounce_stands_before_a_run(world: World) -> None:
    lay(world, range(5))
    hard = hard_bounce("m-0")
    hard["bounce"]["bouncedRecipients"] = [{"emailAddress": ANA}]
    take(world, hard, *(said("Bounce", f"m-{number}", number) for number in range(5)))
    entry = world.entry(ANA)
    assert entry is not None
    assert entry.reason is Reason.HARD_BOUNCE


def test_an_event_whose_mailbox_could_not_be_looked_at_comes_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(world, range(5))
    bounces = [said("Bounce", f"m-{number}", number) for number in range(5)]

    def by_recipient(*_: object, **__: object) -> Sequence[Row]:
        raise LedgerUnavailableError("ThrottlingError")

    with monkeypatch.context() as patched:
        patched.setattr(world.ledger, "by_recipient", by_recipient)
        assert len(take(world, *bounces)) == 5
    assert take(world, *bounces) == []
    assert world.entry(ANA) is not None


def test_the_payload_of_the_run_is_read_as_soft() -> None:
    (bounce,) = read_event(said("Bounce", "m-1", 1))
    assert bounce.bounce == "soft"
