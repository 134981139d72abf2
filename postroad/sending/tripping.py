"""When SES's answers mean that it takes no mail of this stream at all. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from postroad.sending.decisions import Why

AT_ONCE = frozenset({Why.SENDING_PAUSED, Why.ACCOUNT_SUSPENDED, Why.QUOTA_EXHAUSTED})
"""One such answer says it for every mail."""
SOME = frozenset({Why.CONFIGURATION, Why.ACCESS_DENIED, Why.UNEXPECTED_ANSWER})
"""Such an answer may concern one mail alone: several in a row don't."""
SILENCE = frozenset({Why.NO_ANSWER, Why.SES_UNREACHABLE})

IN_A_ROW = 3
SILENCES = 5
WITHIN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Tally:
    """What was heard lately: refusals of the sort in `SOME` in a row, and when SES was silent."""

    in_a_row: int = 0
    silences: tuple[datetime, ...] = ()


def heard(tally: Tally, why: Why | None, *, now: datetime) -> tuple[Tally, bool]:
    """Count one request's answer, and say whether the circuit is to open.

    `why` is None where SES worked: it took the mail, or refused that one for good. A throttle tells nothing:
    SES works, and can't say what it would have said to the mail.
    """
    if why is None:
        return Tally(0, tally.silences), False
    if why in AT_ONCE:
        return tally, True
    if why in SOME:
        tally = Tally(tally.in_a_row + 1, tally.silences)
        return tally, tally.in_a_row >= IN_A_ROW
    if why in SILENCE:
        recent = (*(at for at in tally.silences if now - at <= WITHIN), now)
        return Tally(tally.in_a_row, recent[-SILENCES:]), len(recent) >= SILENCES
    return tally, False
