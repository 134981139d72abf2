"""A journey in words: what its drawings say of each step. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from postroad.journeys import plan

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNITS = (("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MINUTES = 60
_MANY = 4


def duration(seconds: int) -> str:
    """Return `3 days` or `90 minutes`: in the largest unit that says it exactly."""
    unit, length = next(each for each in _UNITS if seconds % each[1] == 0 and (seconds or each[1] == 1))
    number = seconds // length
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def time_of_day(minute: int) -> str:
    """Return `09:30`."""
    return f"{minute // _MINUTES:02}:{minute % _MINUTES:02}"


def weekdays(days: tuple[int, ...]) -> str:
    """Return `Monday to Friday`, or `Tuesday or Friday`; they come in their order."""
    if len(days) >= _MANY and days == tuple(range(days[0], days[-1] + 1)):
        return f"{_DAYS[days[0]]} to {_DAYS[days[-1]]}"
    *others, last = (_DAYS[day] for day in days)
    return f"{', '.join(others)} or {last}" if others else last


def step_words(step: plan.AnyStep) -> str:
    """Return what a step does, on one line and without its name."""
    match step:
        case plan.Send():
            late = duration(step.too_late_seconds) if step.too_late_seconds else ""
            notes = [f"left out after {late}"] if late else []
            notes += ["left out over the cap"] if step.if_capped == "drop" else []
            return f"mail {step.template}" + (f" ({', '.join(notes)})" if notes else "")
        case plan.Wait():
            parts = [duration(step.seconds)] if step.seconds else []
            until = [weekdays(step.weekdays)] if step.weekdays else []
            until += [time_of_day(step.minute)] if step.minute is not None else []
            parts += [f"until {' '.join(until)}"] if until else []
            return f"wait {', then '.join(parts)}"
        case plan.WaitFor():
            where = f" where {step.when}" if step.when else ""
            return f"wait for {step.event}{where}, {duration(step.at_most_seconds)} at most"
        case plan.Branch():
            return "branch"
        case plan.Split():
            return "split by lot"
        case plan.Set():
            return "set " + ", ".join(f"{name} = {value}" for name, value in step.attributes.items())
        case plan.Notify():
            return f"tell the bus {step.event}"
        case plan.Exit():
            return f"exit: {step.reason}"
        case _:
            assert_never(step)


def ways_of(step: plan.AnyStep) -> tuple[tuple[str, str], ...]:
    """Return the ways of a step, each with its words and the step that it leads to; none where it has one."""
    match step:
        case plan.WaitFor():
            return ("it came", step.next), ("it didn't come", step.otherwise)
        case plan.Branch():
            chosen = ((f"if {each.condition}", each.next) for each in step.choices)
            return (*chosen, ("otherwise", step.next))
        case plan.Split():
            whole = sum(way.weight for way in step.ways)
            return tuple((f"{way.name}, {way.weight / whole:.0%}", way.next) for way in step.ways)
        case _:
            return ()


def head_words(journey: plan.Plan) -> Iterator[tuple[str, str]]:
    """Yield what holds for the whole journey: a heading and its words."""
    yield "begins", trigger_words(journey.trigger)
    if journey.audience:
        yield "for", f"those where {journey.audience}"
    yield "again", _entry(journey.entry)
    yield "mail", f"stream {journey.stream}" + (f", topic {journey.topic}" if journey.topic else "")
    yield "counts as", journey.category
    yield "leaves", _hours(journey.hours)
    for end in journey.ends:
        where = f" where {end.when}" if end.when else ""
        yield ("goal" if end.goal else "ends"), f"{end.event}{where}"


def trigger_words(trigger: plan.EventTrigger | plan.DateTrigger) -> str:
    """Return what begins it."""
    if isinstance(trigger, plan.EventTrigger):
        return trigger.event + (f" where {trigger.when}" if trigger.when else "")
    day = f"the date {trigger.attribute}"
    if trigger.days:
        number = f"{abs(trigger.days)} day{'' if abs(trigger.days) == 1 else 's'}"
        day = f"{number} {'after' if trigger.days > 0 else 'before'} {day}"
    return f"{day}, at {time_of_day(trigger.minute)}" + (", each year" if trigger.yearly else "")


def _entry(entry: plan.Entry) -> str:
    key = f", for each {entry.key}" if entry.key else ""
    match entry.rule:
        case "once":
            return f"never{key}"
        case "cooldown":
            return f"{duration(entry.cooldown_seconds)} after the last began{key}"
        case "always":
            return f"once the last is over{key}"
        case _:
            assert_never(entry.rule)


def _hours(hours: plan.Hours) -> str:
    spans: dict[tuple[tuple[int, int], ...], list[int]] = {}
    for day, each in enumerate(hours.days):
        spans.setdefault(each, []).append(day)
    said = [
        ("" if len(days) == len(_DAYS) else f"{weekdays(tuple(days))} ")
        + " and ".join(f"{time_of_day(opens)} to {time_of_day(closes)}" for opens, closes in each)
        for each, days in spans.items()
        if each
    ]
    words = ["; ".join(said) or "at any hour"]
    words += [] if hours.holidays else ["not on public holidays"]
    words += [f"spread over {duration(hours.spread_seconds)}"] if hours.spread_seconds else []
    return ", ".join(words)
