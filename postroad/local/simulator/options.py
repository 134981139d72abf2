"""How the simulator as a whole behaves, settable while it runs."""

from enum import StrEnum

import msgspec


class EventOrder(StrEnum):
    """When the events of a mail go out, as SES does either."""

    AFTER_ANSWER = "after_answer"
    BEFORE_ANSWER = "before_answer"


class Options(msgspec.Struct, forbid_unknown_fields=True):
    event_order: EventOrder = EventOrder.AFTER_ANSWER
