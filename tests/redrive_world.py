"""An operator beside `send`, over the same stores; every call of either goes through a gate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from postroad.clock import FixedClock
from postroad.errors import TransientError
from postroad.records import Record
from postroad.redriving.candidate import Letter
from postroad.redriving.memory import MemoryDeadLetterBox
from postroad.redriving.redrive import Outcome, Redriving
from postroad.redriving.selection import Selection
from tests.crash_world import DiedError, Gate, Stores, Watched, WatchedLedger, plain
from tests.sending_world import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from postroad.sending.mail import Refusal

OPERATOR = "operator:ana"


@dataclass
class RedriveStores(Stores):
    """The stores of `send`, with its dead letters as the operator finds them."""

    box: MemoryDeadLetterBox = field(default_factory=MemoryDeadLetterBox)
    copies: int = 0
    moves: int = 0

    def letter(self, refusal: Refusal) -> None:
        """Put the copy of a refusal into the box."""
        record = refusal.record
        self.copies += 1
        self.box.letters[f"dead-{self.copies}"] = Letter(
            sqs_id=f"dead-{self.copies}",
            receipt=f"receipt-{self.copies}",
            body=record.body,
            reason=refusal.reason.value,
            field=refusal.field,
            detail=refusal.detail,
            first_sent=record.first_sent,
        )

    def sort_letters(self) -> None:
        """Move what `send` refused since into the box."""
        while self.dead_letters.copies:
            self.letter(self.dead_letters.copies.pop(0))

    def put(self, body: str, *, first_sent: datetime | None) -> None:
        """Stand in for the stream's queue: what is put there is handed to `send`."""
        self.moves += 1
        sqs_id = f"moved-{self.moves}"
        self.queue[sqs_id] = Record(sqs_id, f"receipt-{sqs_id}", body, first_sent or NOW, 1)

    def operator(
        self, gate: Gate = plain, *, clock: FixedClock | None = None, name: str = OPERATOR
    ) -> Redriving:
        """Return an operator's run over these stores."""

        def watched(port: str, inner: object) -> Any:  # noqa: ANN401  stands for any port
            return Watched(port, inner, gate)

        return Redriving(
            ledger=WatchedLedger("ledger", self.ledger, gate),  # type: ignore[arg-type]  # made of getattr
            bodies=watched("bodies", self.bodies),
            letters=watched("box", self.box),
            queue=watched("queue", self),
            clock=clock or FixedClock(NOW),
            operator=name,
        )


def redrive(run: Redriving, *message_ids: str, **conditions: Any) -> dict[str, Outcome]:  # noqa: ANN401  any of the selection's
    """Do what the command does: look, and send again all that may be."""
    survey = run.survey(Selection(stream="transactional", message_ids=frozenset(message_ids), **conditions))
    ends: dict[str, Outcome] = {found.message_id: found.judgement for found in survey.left}  # type: ignore[misc]  # left alone, so no Redrive
    try:
        for found in survey.to_move:
            ends[found.message_id] = run.carry_out(survey, found)
    finally:
        run.end(survey)
    return ends


def redrive_or_die(
    stores: RedriveStores,
    gate: Gate,
    *,
    name: str,
    clock: FixedClock,
    **conditions: Any,  # noqa: ANN401  as above
) -> None:
    """Redrive, by an operator whose machine may die; what he had in hand comes back by itself."""
    try:
        redrive(stores.operator(gate, clock=clock, name=name), **conditions)
    except (DiedError, TransientError, ZeroDivisionError):
        stores.box.hidden.clear()
