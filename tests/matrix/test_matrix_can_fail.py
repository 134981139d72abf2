"""The matrix can fail: where the protocol is broken on purpose, it finds what was lost or left twice."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from postroad.errors import UnknownOutcomeError
from postroad.evidence import advance, following
from postroad.feedback.objects import EventObjectIntake
from postroad.ledger.memory import MemoryLedger
from postroad.ledger.row import Row
from postroad.outcomes import publishing
from postroad.schedule.handing_out import HandingOut
from postroad.sending import rows
from postroad.sending.mail import Mail
from postroad.sending.waiting import Waiting
from postroad.sending.window import Window
from tests.matrix import test_matrix_of_crashes as crashes
from tests.matrix import test_matrix_of_evidence as evidence
from tests.matrix import test_matrix_of_freezes as freezes
from tests.matrix import test_matrix_of_orders as orders
from tests.matrix import test_matrix_of_races as races
from tests.matrix.gates import answer_lost, plain
from tests.matrix.scenarios import ONE, SCENARIOS
from tests.matrix.ses_stand_in import SesRequests
from tests.matrix.whole import DISPATCH, FEEDBACK, SEND

pytestmark = pytest.mark.slow

Patch = pytest.MonkeyPatch
ZERO = timedelta()


def no_claim_condition(patch: Patch) -> None:
    def insert(self: MemoryLedger, row: Row) -> Row | None:
        self._rows[row.message_id] = row
        return None

    patch.setattr(MemoryLedger, "insert", insert)


def no_version(patch: Patch) -> None:
    def replace(self: MemoryLedger, row: Row, *, expected: int) -> bool:
        assert expected
        self._rows[row.message_id] = row
        return True

    patch.setattr(MemoryLedger, "replace", replace)


def silence_is_proof(patch: Patch) -> None:
    patch.setattr(rows, "is_proof", lambda *_: True)


def nothing_after_a_crash(patch: Patch) -> None:
    """Forget that a function that froze may have its request accepted after its lease."""

    def by_evidence(self: rows.Rows, standing: Row, evidence_after: Any) -> Row | None:  # noqa: ANN401  a time
        return kept(self, standing, evidence_after - self._limits.evidence_after_crash)

    kept = rows.Rows._by_evidence
    patch.setattr(rows.Rows, "_by_evidence", by_evidence)


def asks_ses_again(patch: Patch) -> None:
    """Do as the default client does."""

    def send(self: SesRequests, mail: Mail, *, deadline: Any) -> str:  # noqa: ANN401  a time
        try:
            return kept(self, mail, deadline=deadline)
        except UnknownOutcomeError:
            return kept(self, mail, deadline=deadline)

    kept = SesRequests.send
    patch.setattr(SesRequests, "send", send)


def never_looks_at_the_time(patch: Patch) -> None:
    def send(self: SesRequests, mail: Mail, *, deadline: Any) -> str:  # noqa: ANN401  a time
        return kept(self, mail, deadline=deadline + timedelta(days=1))

    kept = SesRequests.send
    patch.setattr(SesRequests, "send", send)
    patch.setattr(Window, "refuses", lambda *_, **__: None)


def keeps_no_body(patch: Patch) -> None:
    patch.setattr(Waiting, "keep", lambda *_: None)


def writes_no_pointer(patch: Patch) -> None:
    patch.setattr(Waiting, "point", lambda _, row, *, now: row.due or now)


def forgets_pointers_first(patch: Patch) -> None:
    def send(self: HandingOut, batch: Any, piece: Any) -> None:  # noqa: ANN401  its own parts
        self._schedule.remove([copy.pointer for copy in batch])
        kept(self, batch, piece)

    kept = HandingOut._send
    patch.setattr(HandingOut, "_send", send)


def marks_what_failed(patch: Patch) -> None:
    """Mark an object as applied although rows could not be written."""

    def apply(self: EventObjectIntake, *args: Any) -> int:  # noqa: ANN401  its own parts
        kept(self, *args)
        return 0

    kept = EventObjectIntake._apply
    patch.setattr(EventObjectIntake, "_apply", apply)


def passes_unapplied_objects(patch: Patch) -> None:
    def judge(
        keys: Any,  # noqa: ANN401  its own parts
        applied: Mapping[str, Any],
        *,
        since: Any,  # noqa: ANN401  as above
    ) -> advance.Advance:
        return kept([key for key in keys if key in applied], applied, since=since)

    kept = advance.judge
    patch.setattr(following, "judge", judge)


def counts_no_duplicates(patch: Patch) -> None:
    patch.setattr(publishing, "duplicates_between", lambda *_: 0)


def crash(name: str, function: str, phase: str) -> Callable[[], object]:
    return lambda: crashes.spoil_each_call(SCENARIOS[name], function, phase)


def two_deliveries(fault: str) -> Callable[[], object]:
    return lambda: orders.test_two_deliveries_in_every_order(fault, copies=True)


def freeze(seconds: int, *, after: bool) -> Callable[[], object]:
    return lambda: freezes.freeze_each_call(
        ONE[0], time=timedelta(seconds=seconds), after=after, copies=2, loses_answer=True
    )


CASES: list[tuple[Callable[[Patch], None], Callable[[], object]]] = [
    (no_claim_condition, two_deliveries("none")),
    (no_claim_condition, crash("unknown, taken", SEND, "dies after")),
    (no_version, lambda: races.test_two_copies_of_one_pointer_when_silence_is_proven(plain)),
    (no_version, lambda: races.test_a_cancel_races_a_copy_that_dispatch_has_popped(1)),
    (no_version, lambda: races.test_evidence_is_applied_while_its_pointer_s_copy_is_judged(answer_lost)),
    (silence_is_proof, two_deliveries("answer lost")),
    (nothing_after_a_crash, freeze(298, after=False)),
    (asks_ses_again, crash("unknown, taken", SEND, "throttled")),
    (never_looks_at_the_time, freeze(2400, after=True)),
    (keeps_no_body, crash("unknown, not taken", SEND, "dies before")),
    (writes_no_pointer, crash("scheduled soon", SEND, "dies before")),
    (forgets_pointers_first, crash("scheduled soon", DISPATCH, "dies before")),
    (marks_what_failed, crash("unknown, taken", FEEDBACK, "request lost")),
    (
        passes_unapplied_objects,
        lambda: [
            evidence.test_objects_that_are_told_of_in_another_order("dies after", delays)
            for delays in ([9, 0, 0], [0, 9, 0], [25, 0, 0])
        ],
    ),
    (
        counts_no_duplicates,
        lambda: evidence.test_what_left_twice_because_the_watermark_lied_is_counted(1, "answer lost", "bulk"),
    ),
]


@pytest.mark.parametrize(("broken", "case"), CASES, ids=lambda each: getattr(each, "__name__", ""))
def test_a_broken_protocol_is_found(
    broken: Callable[[Patch], None], case: Callable[[], object], monkeypatch: Patch
) -> None:
    broken(monkeypatch)
    with pytest.raises(AssertionError, match=r"lost|twice|left|delivered|DUPLICATES"):
        case()
