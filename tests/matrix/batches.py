"""How a run begins whose messages are claimed, sent and marked together."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from postroad.governor.grant import Grant
from tests.matrix.gates import answer_lost, dies_after, request_lost, throttled
from tests.matrix.scenarios import HOLDS, Scenario
from tests.matrix.ses_stand_in import BULK_ALONE, NEVER, Weather
from tests.sending_world import NOW, make_message

TOGETHER: dict[str, Any] = {"threads": 3}
"""As many messages as threads make one sub-batch."""
IDS = ("m-1", "m-2", "m-3")


class PartRate:
    """Has room for two mails at a time, and asks for patience by no more than that."""

    def take(self, count: int, *, deadline: datetime) -> Grant:
        assert deadline
        return Grant(min(count, 2))


def three(**changes: Any) -> tuple[dict[str, Any], ...]:  # noqa: ANN401  fields of a message
    return tuple(make_message(each, **changes) for each in IDS)


def all_end(*places: str) -> Mapping[str, frozenset[str]]:
    return dict.fromkeys(IDS, frozenset(places))


PLAIN = Scenario(three(), all_end("delivered"), settings=TOGETHER)
SOON = (NOW + timedelta(minutes=4)).isoformat()

BATCHES: dict[str, Scenario] = {
    "plain": PLAIN,
    "two copies of each": replace(PLAIN, copies=2),
    "one answer lost": replace(PLAIN, first_request=answer_lost, fate=BULK_ALONE),
    "one request lost": replace(PLAIN, first_request=request_lost),
    "one throttled": replace(PLAIN, first_request=throttled),
    "dies of one request": replace(PLAIN, first_request=dies_after, fate=BULK_ALONE),
    "scheduled": replace(PLAIN, messages=three(send_at=SOON)),
    "SES takes no mail": replace(PLAIN, weather=Weather.PAUSED),
    "rate for two": replace(PLAIN, rate=PartRate),
    "holds, and no event comes": replace(
        PLAIN,
        ends=all_end("sent", "held"),
        first_request=answer_lost,
        fate=NEVER,
        settings=TOGETHER | HOLDS,
    ),
    "not all may be mailed": Scenario(
        (
            make_message("m-1"),
            make_message("stopped"),
            make_message("stranger"),
            make_message("bad", data={}),
            make_message("m-2"),
            make_message("late", expires_at="2026-11-22T13:59:59Z"),
        ),
        {
            "m-1": frozenset({"delivered"}),
            "m-2": frozenset({"delivered"}),
            "stopped": frozenset({"suppressed"}),
            "stranger": frozenset({"held"}),
            "bad": frozenset({"invalid"}),
            "late": frozenset({"expired"}),
        },
        settings=TOGETHER,
    ),
}
