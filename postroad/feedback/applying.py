"""Events to suppressions and rows: many at once, each as often as it comes, in whatever order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from postroad.contract.address import AddressError, parse_address
from postroad.contract.words import BounceKind, Status
from postroad.errors import TransientError
from postroad.feedback.counting import metric_of
from postroad.feedback.event import EventKind
from postroad.feedback.folding import Folding, Move, fold, is_conclusive
from postroad.feedback.giving_up import GivingUp
from postroad.feedback.soft_runs import SoftBounceRule
from postroad.feedback.status import LEAST
from postroad.feedback.suppressing import entry_for
from postroad.observability import UNKNOWN_STREAM, Metric, described
from postroad.suppression.address_key import address_key
from postroad.suppression.model import ALL_STREAMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from aws_lambda_powertools import Logger

    from postroad.feedback.event import FeedbackEvent
    from postroad.ledger.ports import Ledger
    from postroad.ledger.retention import Retention
    from postroad.ledger.row import Row
    from postroad.observability import Counts
    from postroad.suppression.ports import SuppressionStore

Given = TypeVar("Given")
Result = TypeVar("Result")

THREADS = 10
"""Suppressions at once, and rows that others wrote meanwhile: each waits some milliseconds for DynamoDB."""


_USUAL_RULE = SoftBounceRule()


class Applying:
    """Applies events to the stores.

    First the suppressions: a crash in between repeats both, and nobody is mailed who must not be. Then the
    rows: read together, changed by all the events of their message at once, and written together, only where
    that changes something. Where a mail bounced softly, its mailbox is looked at last, for what tells whether
    it is given up are the rows; a copy of the event looks again.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        suppressions: SuppressionStore,
        address_secret: bytes,
        counts: Counts,
        logger: Logger,
        soft_bounces: SoftBounceRule = _USUAL_RULE,
        retention: Retention = LEAST,
        threads: int = THREADS,
    ) -> None:
        """Work on these stores; `address_secret` keys the addresses, `retention` ends the rows."""
        self._giving_up = GivingUp(ledger=ledger, suppressions=suppressions, rule=soft_bounces)
        self._ledger = ledger
        self._retention = retention
        self._suppressions = suppressions
        self._address_secret = address_secret
        self._counts = counts
        self._logger = logger
        self._threads = threads

    def apply(self, events: Sequence[FeedbackEvent]) -> list[Exception | None]:
        """Apply the events, and say of each what kept it from being applied, or None.

        An AddressError means that the recipient can't be read, now or later; the row is moved even so. After
        any other error the event wants to be applied again.
        """
        problems: list[Exception | None] = [None] * len(events)
        with ThreadPoolExecutor(self._threads) as pool:
            suppressed = self._suppress(pool, events, problems)
            places: dict[str, list[int]] = {}
            for place, (event, problem) in enumerate(zip(events, problems, strict=True)):
                if not event.asks_for_nothing and isinstance(problem, AddressError | None):
                    places.setdefault(event.message_id, []).append(place)
            without_row = places.pop("", [])
            arrived: set[str] = set()
            without_row += self._move(pool, events, places, problems, arrived)
            self._give_up(pool, events, problems, arrived)
        for place in without_row:
            self._counts.add(Metric.EVENTS_WITHOUT_ROW, UNKNOWN_STREAM)
            if place in suppressed:
                self._count(events[place], UNKNOWN_STREAM)
        return problems

    def _suppress(
        self, pool: ThreadPoolExecutor, events: Sequence[FeedbackEvent], problems: list[Exception | None]
    ) -> set[int]:
        """Return the places of the events that suppressed somebody anew."""
        anew = set()

        def suppress(places: Sequence[int]) -> None:
            for place in places:
                try:
                    if self._suppressed(events[place]):
                        anew.add(place)
                except Exception as error:  # noqa: BLE001  it concerns this event alone: the caller says so
                    problems[place] = error

        # One address after the other in one thread: copies of an event don't get in each other's way.
        by_recipient: dict[str, list[int]] = {}
        for place, event in enumerate(events):
            if not event.asks_for_nothing and entry_for(event) is not None:
                by_recipient.setdefault(event.recipient.lower(), []).append(place)
        _tried(pool, suppress, by_recipient.values())
        return anew

    def _suppressed(self, event: FeedbackEvent) -> bool:
        entry = entry_for(event)
        if entry is None:
            return False
        address = parse_address(event.recipient)
        key = address_key(self._address_secret, address.canonical)
        return self._suppressions.suppress(key, address.email_for_ses, ALL_STREAMS, entry)

    def _give_up(
        self,
        pool: ThreadPoolExecutor,
        events: Sequence[FeedbackEvent],
        problems: list[Exception | None],
        arrived: set[str],
    ) -> None:
        """Look at the mailboxes that refused for now; `arrived`: messages that did so and were delivered."""

        def tells(event: FeedbackEvent) -> bool:
            return event.kind is EventKind.DELIVERY and event.message_id in arrived

        by_recipient: dict[str, list[int]] = {}
        for place, (event, problem) in enumerate(zip(events, problems, strict=True)):
            refused = event.bounce is BounceKind.SOFT and not event.asks_for_nothing
            if problem is None and (refused or tells(event)):
                by_recipient.setdefault(event.recipient, []).append(place)

        def look(its: Sequence[int]) -> None:
            address = parse_address(events[its[0]].recipient)
            deliveries = [event.at for event in (events[place] for place in its) if tells(event)]
            self._giving_up.look(
                address_key(self._address_secret, address.canonical),
                address.email_for_ses,
                arrived=max(deliveries, default=None),
            )

        for its, outcome in zip(
            by_recipient.values(), _tried(pool, look, by_recipient.values()), strict=True
        ):
            if isinstance(outcome, Exception):
                _spread(outcome, its, problems)

    def _move(
        self,
        pool: ThreadPoolExecutor,
        events: Sequence[FeedbackEvent],
        places: Mapping[str, Sequence[int]],
        problems: list[Exception | None],
        arrived: set[str],
    ) -> list[int]:
        """Move the rows of these messages; return the places of the events that have none.

        Into `arrived` go the messages that bounced softly and were delivered, by all that is known now.
        """
        said = {one: [events[place] for place in its] for one, its in places.items()}
        gone: set[str] = set()
        alone: list[str] = []
        try:
            moves, gone = self._decided(said)
            arrived.update(one for one, move in moves.items() if _arrived_after_all(move.after))
            moves = {one: move for one, move in moves.items() if move.changes}
            written = self._ledger.replace_many([_next_row(move) for move in moves.values()])
        except TransientError as error:
            for its in places.values():
                _spread(error, its, problems)
            return []
        except Exception as error:  # noqa: BLE001  a row that can't be read or moved shall not fail the others
            self._logger.warning("rows not moved together", extra=described(error))
            moves, written, alone = {}, [], [one for one in said if one not in gone]
        for (one, move), outcome in zip(moves.items(), written, strict=True):
            if isinstance(outcome, TransientError):
                _spread(outcome, places[one], problems)
            elif outcome:
                self._count_move(move)
            else:
                alone.append(one)  # somebody wrote it between our read and our write
        asked = [(one, Folding(said[one], self._retention)) for one in alone]
        for one, moved in zip(alone, _tried(pool, self._moved_alone, asked), strict=True):
            if isinstance(moved, Exception):
                _spread(moved, places[one], problems)
            elif moved is None:
                gone.add(one)
            else:
                self._count_move(moved)
                arrived.update([one] if _arrived_after_all(moved.after) else ())
        return [place for one in gone for place in places[one]]

    def _decided(self, said: Mapping[str, Sequence[FeedbackEvent]]) -> tuple[dict[str, Move], set[str]]:
        """Return what becomes of the rows, by message id, and which messages have none.

        Rows that may be old cost half: a write on one that is fails and is made anew. Only where nothing
        would be written, though something might be by now, is the row read as it stands.
        """
        moves = self._moves(said, may_be_old=True)
        left = [one for one in said if one not in moves or not is_conclusive(moves[one])]
        if left:
            moves = {one: move for one, move in moves.items() if one not in left}
            moves |= self._moves({one: said[one] for one in left}, may_be_old=False)
        return moves, said.keys() - moves.keys()

    def _moves(self, said: Mapping[str, Sequence[FeedbackEvent]], *, may_be_old: bool) -> dict[str, Move]:
        rows = self._ledger.get_many(said, may_be_old=may_be_old) if said else {}
        return {one: fold(row, said[one], self._retention) for one, row in rows.items()}

    def _moved_alone(self, asked: tuple[str, Folding]) -> Move | None:
        """Move one row as it stands by now; None means that there is no such row."""
        message_id, folding = asked
        return folding.move if self._ledger.apply(message_id, folding) is not None else None

    def _count_move(self, move: Move) -> None:
        stream = move.after.stream or UNKNOWN_STREAM
        for event in move.news:
            self._count(event, stream)

    def _count(self, event: FeedbackEvent, stream: str) -> None:
        metric = metric_of(event)
        if metric is not None:
            self._counts.add(metric, stream)


def _arrived_after_all(row: Row) -> bool:
    return row.bounce == BounceKind.SOFT and Status.DELIVERED in row.times


def _next_row(move: Move) -> Row:
    return replace(move.after, version=move.before.version + 1)


def _tried(
    pool: ThreadPoolExecutor, work: Callable[[Given], Result], each: Iterable[Given]
) -> list[Result | Exception]:
    """Do the same work with each, some at once, and return each one's result or error, in order.

    All have ended when this returns.
    """
    running = [pool.submit(work, given) for given in each]
    results: list[Result | Exception] = []
    for one in running:
        try:
            results.append(one.result())
        except Exception as error:  # noqa: BLE001  it concerns this one alone: the caller says so
            results.append(error)
    return results


def _spread(error: Exception, places: Iterable[int], problems: list[Exception | None]) -> None:
    for place in places:
        problems[place] = error
