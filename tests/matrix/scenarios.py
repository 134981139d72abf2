"""How a run begins, and where its messages may be seen in the end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from postroad.contract.words import Reason
from postroad.rendering.ports import Rendered
from postroad.sending.memory import MemoryRate
from postroad.sending.ports import Rate
from postroad.suppression.model import ScopeEntry
from tests.matrix.gates import (
    REQUEST,
    DiedError,
    FaultOn,
    Phase,
    answer_lost,
    dies_after,
    dies_before,
    request_lost,
)
from tests.matrix.ses_stand_in import BULK_ALONE, NEVER, USUAL, Fate, Weather
from tests.matrix.stores import Stores
from tests.matrix.whole import LONG_ENOUGH, MINUTE, SEND, Whole
from tests.sending_world import NOW, EchoRenderer, World, make_message

FILE = {"filename": "a.pdf", "content_type": "application/pdf", "s3": "invoices/a"}
HOLDS = {"unknown_outcome": "hold"}


class PoisonedRenderer(EchoRenderer):
    """Raises at one message, or takes the process down with it."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def render(self, template: str, *, locale: str | None, data: Mapping[str, object]) -> Rendered:
        if data.get("word") == "poison":
            raise self._error
        return super().render(template, locale=locale, data=data)


@dataclass(frozen=True)
class Scenario:
    """Messages, what goes wrong with the first request, and the places where each may be in the end."""

    messages: tuple[dict[str, Any], ...]
    ends: Mapping[str, frozenset[str]]
    copies: int = 1
    first_request: Phase | None = None
    fate: Fate = USUAL
    settings: Mapping[str, Any] = field(default_factory=dict)
    poison: Callable[[], BaseException] | None = None
    weather: Weather = Weather.FINE
    """Of SES's first seven minutes."""
    lasts: timedelta = LONG_ENOUGH
    rate: Callable[[], Rate] = MemoryRate

    def make(self, stores: Stores | None = None) -> Whole:
        """Begin a run, over these stores if they aren't to be new ones in memory."""
        whole = Whole(settings=dict(self.settings), stores=stores or Stores(), rate=self.rate())
        whole.ses.fate = lambda _: self.fate
        whole.stores.attachments.objects["invoices/a"] = b"file"
        if self.poison is not None:
            whole.renderer = PoisonedRenderer(self.poison())
        entry = ScopeEntry(Reason.HARD_BOUNCE, "feedback", NOW, None, "evidence")
        whole.stores.suppressions.suppress(
            World.key("stopped@example.com"), "stopped@example.com", "all", entry
        )
        whole.ses.weather, whole.ses.fine_at = self.weather, whole.clock.now() + 7 * MINUTE
        if self.first_request is not None:
            whole.gates[SEND] = FaultOn(REQUEST, self.first_request)
        for message in self.messages:
            whole.enqueue(message, copies=self.copies)
        return whole


def ends(*places: str, of: str = "m-1") -> dict[str, frozenset[str]]:
    return {of: frozenset(places)}


DELIVERED = ends("delivered")
ONE = (make_message("m-1"),)
IN_TEN_MINUTES = (make_message("m-1", send_at=(NOW + 10 * MINUTE).isoformat()),)
IN_FOUR_MINUTES = (make_message("m-1", send_at=(NOW + 4 * MINUTE).isoformat()),)
IN_A_MINUTE = (make_message("m-1", send_at=(NOW + timedelta(seconds=70)).isoformat()),)
WITH_POISON = (
    make_message("m-1"),
    make_message("poison", data={"word": "poison"}),
    make_message("m-2"),
)
GOOD = DELIVERED | ends("delivered", of="m-2")

SCENARIOS: dict[str, Scenario] = {
    "plain": Scenario(ONE, DELIVERED),
    "three": Scenario((*ONE, make_message("m-2"), make_message("m-3")), GOOD | ends("delivered", of="m-3")),
    "three copies": Scenario(ONE, DELIVERED, copies=3),
    "with attachment": Scenario((make_message("m-1", attachments=[FILE]),), DELIVERED),
    "scheduled": Scenario(IN_TEN_MINUTES, DELIVERED),
    "scheduled soon": Scenario(IN_FOUR_MINUTES, DELIVERED),
    "scheduled, two copies": Scenario(IN_FOUR_MINUTES, DELIVERED, copies=2),
    "due in a moment": Scenario(IN_A_MINUTE, DELIVERED),
    "unknown, taken": Scenario(ONE, DELIVERED, first_request=answer_lost, fate=BULK_ALONE),
    "unknown, not taken": Scenario(ONE, DELIVERED, first_request=request_lost),
    "unknown, taken, two copies": Scenario(ONE, DELIVERED, copies=2, first_request=answer_lost),
    "abandoned, taken": Scenario(ONE, DELIVERED, first_request=dies_after, fate=BULK_ALONE),
    "abandoned, not taken": Scenario(ONE, DELIVERED, first_request=dies_before),
    "holds, taken": Scenario(
        ONE, ends("held", "delivered"), first_request=answer_lost, fate=NEVER, settings=HOLDS
    ),
    "holds, not taken": Scenario(ONE, ends("held", "delivered"), first_request=request_lost, settings=HOLDS),
    "holds, abandoned": Scenario(ONE, ends("held", "delivered"), first_request=dies_before, settings=HOLDS),
    "scheduled, unknown": Scenario(IN_FOUR_MINUTES, DELIVERED, first_request=request_lost),
    "scheduled, abandoned": Scenario(IN_FOUR_MINUTES, DELIVERED, first_request=dies_after),
    "SES takes no mail": Scenario(ONE, DELIVERED, weather=Weather.PAUSED),
    "SES can't be reached": Scenario(ONE, DELIVERED, weather=Weather.UNREACHABLE),
    "SES answers 500": Scenario(ONE, DELIVERED, weather=Weather.FAILING),
    "not allowed": Scenario((make_message("stranger"),), ends("held", of="stranger")),
    "stopped": Scenario(
        (make_message("stopped"), make_message("late", expires_at="2026-11-22T13:59:59Z")),
        ends("suppressed", of="stopped") | ends("expired", of="late"),
    ),
    "conflict": Scenario((*ONE, make_message("m-1", data={"word": "other"})), ends("delivered")),
    "refused": Scenario((make_message("bad", data={}), *ONE), ends("invalid", of="bad") | DELIVERED),
    "poison raises": Scenario(
        WITH_POISON, GOOD | ends("invalid", of="poison"), poison=lambda: ZeroDivisionError("poison")
    ),
    "poison kills": Scenario(
        WITH_POISON, GOOD | ends("queue", "dead letters", of="poison"), poison=DiedError, lasts=25 * MINUTE
    ),
}
