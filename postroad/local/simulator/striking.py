"""What a fault makes of an answer and of the events. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from postroad.local.simulator import reply as answers
from postroad.local.simulator.deployed import EventPath
from postroad.local.simulator.faults import Fault, FaultKind, FaultPath
from postroad.local.simulator.mail import Mail, SesEvent
from postroad.local.simulator.publishing import on_path
from postroad.local.simulator.reply import Reply


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a SendEmail came to. `reply` None: the connection ends, after `hang`, without an answer."""

    reply: Reply | None
    mail: Mail | None = None
    events: tuple[SesEvent, ...] = ()
    hang: timedelta = timedelta()


def refused_by(fault: Fault | None) -> Outcome | None:
    """Answer for the faults that keep the mail from being taken."""
    by_kind = {
        FaultKind.THROTTLE: answers.rate_exceeded,
        FaultKind.QUOTA: answers.quota_exceeded,
        FaultKind.PAUSED: answers.account_paused,
        FaultKind.SUSPENDED: answers.account_suspended,
        FaultKind.SERVER_ERROR: answers.server_error,
        FaultKind.OUTAGE: answers.unavailable,
    }
    if fault is None:
        return None
    if fault.kind is FaultKind.OUTAGE_DROPPED:
        return Outcome(None)
    if fault.kind is FaultKind.LOST_REQUEST:
        return Outcome(None, hang=timedelta(seconds=fault.seconds))
    answer = by_kind.get(fault.kind)
    return Outcome(answer()) if answer else None


def spoil_events(events: tuple[SesEvent, ...], faults: Sequence[Fault]) -> tuple[SesEvent, ...]:
    """Return the events as they go out under these faults, on the paths that those are about."""
    for fault in faults:
        if fault.path is FaultPath.BOTH:
            events = _spoil(events, fault)
            continue
        path = EventPath(fault.path)
        other = next(each for each in EventPath if each is not path)
        events = (*on_path(events, other), *_spoil(on_path(events, path), fault))
    return events


def _spoil(events: Sequence[SesEvent], fault: Fault) -> tuple[SesEvent, ...]:
    match fault.kind:
        case FaultKind.LOST_EVENTS:
            return ()
        case FaultKind.DUPLICATE_EVENTS:
            return tuple(each for event in events for each in (event, event))
        case FaultKind.REORDERED_EVENTS:
            return tuple(reversed(events))
        case FaultKind.LATE_EVENTS:
            late = timedelta(seconds=fault.seconds)
            return tuple(replace(event, due=event.due + late) for event in events)
        case _:
            raise AssertionError(f"{fault.kind} is no fault of events")
