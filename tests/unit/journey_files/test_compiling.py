from __future__ import annotations

import pytest

from postroad.journey_files.compiling import JourneyError, compile_journey
from postroad.journey_files.rules import World
from postroad.journeys.plan import (
    Branch,
    Choice,
    DateTrigger,
    End,
    Entry,
    EventTrigger,
    Exit,
    Hours,
    Notify,
    Plan,
    Send,
    Set,
    Split,
    Wait,
    WaitFor,
    Way,
    read_plans,
    write_plans,
)

WORLD = World(
    unsubscribable={"marketing": True, "transactional": False},
    stream_of_topic={"offers": "marketing"},
    templates=frozenset({"hello", "tips"}),
)
HEAD = """\
version: 3
description: Greets whoever joins.
stream: marketing
topic: offers
trigger:
  event: contact.subscribed
  when: event.properties.topic == "offers"
"""
STEPS = """\
steps:
  - id: hello
    send: hello
    data: {name: contact.name}
    if_capped: drop
    too_late: 2 days
  - wait: 1 week
    until: {weekdays: [tuesday, friday], time: 10:30}
  - branch:
      - if: steps.hello.opened
        steps:
          - id: tips
            send: tips
      - if: facts.orders > 0
        steps: []
    otherwise:
      - wait_for: cart.filled
        when: event.properties.total > 10
        at_most: 90 minutes
        then:
          - exit: bought
  - id: lot
    split:
      - {name: a, weight: 1, steps: [{set: {group: "'a'"}}]}
      - {name: b, weight: 3, steps: []}
  - notify: welcome.done
    properties: {orders: facts.orders}
"""
REST = """\
category: greeting
entry: {rule: cooldown, after: 90 days, key: event.properties.shop}
audience: contact.locale != ""
hours: {weekdays: [monday, friday], from: "09:00", to: 17:00, holidays: true, spread: 1 hour}
ends:
  - {event: order.placed, when: event.properties.total > 10}
  - {event: contact.moved, as: exit}
moves:
  2: {greeting: hello}
"""


def compiled(text: str, name: str = "welcome") -> Plan:
    return compile_journey(text, name=name, file="journeys/welcome.yaml", world=WORLD)


def problems(text: str, name: str = "welcome") -> list[str]:
    with pytest.raises(JourneyError) as refused:
        compiled(text, name)
    return [each.removeprefix("journeys/welcome.yaml:") for each in refused.value.problems]


def test_steps_within_steps_become_one_list_that_leads_down() -> None:
    assert compiled(HEAD + STEPS).steps == (
        Send(id="hello", next="2", template="hello", data={"name": "contact.name"}, if_capped="drop",
             too_late_seconds=2 * 86_400),
        Wait(id="2", next="3", seconds=7 * 86_400, weekdays=(1, 4), minute=630),
        Branch(id="3", next="3.otherwise.1", choices=(
            Choice(condition="steps.hello.opened", next="tips"),
            Choice(condition="facts.orders > 0", next="lot"),
        )),
        Send(id="tips", next="lot", template="tips"),
        WaitFor(id="3.otherwise.1", next="3.otherwise.1.then.1", otherwise="lot", event="cart.filled",
                when="event.properties.total > 10", at_most_seconds=5400),
        Exit(id="3.otherwise.1.then.1", next="lot", reason="bought"),
        Split(id="lot", next="5", ways=(
            Way(name="a", weight=1, next="4.split.1.steps.1"), Way(name="b", weight=3, next="5"),
        )),
        Set(id="4.split.1.steps.1", next="5", attributes={"group": "'a'"}),
        Notify(id="5", event="welcome.done", properties={"orders": "facts.orders"}),
    )  # fmt: skip


def test_everything_that_a_file_can_say_is_in_the_plan() -> None:
    plan = compiled(HEAD + REST + STEPS)
    office = ((9 * 60, 17 * 60),)
    assert (plan.name, plan.version, plan.stream, plan.topic) == ("welcome", 3, "marketing", "offers")
    assert plan.trigger == EventTrigger(event="contact.subscribed", when='event.properties.topic == "offers"')
    assert plan.category == "greeting"
    assert plan.entry == Entry(rule="cooldown", cooldown_seconds=90 * 86_400, key="event.properties.shop")
    assert plan.audience == 'contact.locale != ""'
    assert plan.hours == Hours(days=(office, (), (), (), office, (), ()), holidays=True, spread_seconds=3600)
    assert plan.ends == (
        End(event="order.placed", when="event.properties.total > 10"),
        End(event="contact.moved", goal=False),
    )
    assert plan.moves == {2: {"greeting": "hello"}}
    assert read_plans(write_plans([plan])) == [plan]


def test_without_hours_mail_leaves_at_any_time() -> None:
    assert compiled(HEAD + STEPS).hours == Hours()


def test_a_date_begins_it_too() -> None:
    dated = HEAD.partition("trigger:")[0] + "trigger: {date: birthday, days: -3, at: 08:15}\n"
    trigger = compiled(dated + "steps: [{id: hello, send: hello}]\n").trigger
    assert trigger == DateTrigger(attribute="birthday", days=-3, minute=8 * 60 + 15)


def test_every_way_leads_only_further_down() -> None:
    plan = compiled(HEAD + STEPS)
    order = {step.id: place for place, step in enumerate(plan.steps)} | {"": len(plan.steps)}
    for step in plan.steps:
        following = [step.next]
        following += [each.next for each in step.choices] if isinstance(step, Branch) else []
        following += [each.next for each in step.ways] if isinstance(step, Split) else []
        following += [step.otherwise] if isinstance(step, WaitFor) else []
        assert all(order[each] > order[step.id] for each in following), step


@pytest.mark.parametrize(
    ("good", "bad", "problem"),
    [
        ("version: 3", "version: x", "1: version: expected a whole number from 1 to 9999, got 'x'"),
        ("version: 3\n", "", "1: version: missing; expected a whole number from 1 to 9999"),
        (
            "stream: marketing",
            "stream: marketng",
            "3: stream: no stream 'marketng'; did you mean 'marketing'?",
        ),
        ("topic: offers\n", "", "1: topic: missing; people leave mail of the stream"),
        ("topic: offers", "topic: ofers", "4: topic: no topic 'ofers'; did you mean 'offers'?"),
        (
            "stream: marketing",
            "stream: transactional",
            "4: topic: 'offers' is a topic of the stream 'marketing', not of 'transactional'",
        ),
        (
            "event: contact.subscribed",
            "evnt: contact.subscribed",
            "6: trigger.evnt: unknown key; did you mean 'event'?",
        ),
        (
            "event: contact.subscribed",
            "event: Contact subscribed",
            "6: trigger.event: expected an event's name such as 'order.placed'",
        ),
        ("event: contact.subscribed", "{event: a.b, date: c}", None),
        (
            'when: event.properties.topic == "offers"',
            "date: birthday",
            "7: trigger.date: expected either an event or a date",
        ),
        (
            'when: event.properties.topic == "offers"',
            "when: 1 +",
            "7: trigger.when: not an expression of Jinja2: unexpected ')'",
        ),
        (
            'when: event.properties.topic == "offers"',
            "when: who.orders",
            "7: trigger.when: no name 'who'; there are began, contact, event, facts, steps, today",
        ),
        (
            'when: event.properties.topic == "offers"',
            "when: range(9)",
            "7: trigger.when: expected no call, no slice, no *, ** or %: compare what is there",
        ),
        ("    send: hello", "    send: helo", "10: steps[0].send: no template 'helo'; did you mean 'hello'?"),
        (
            "  - id: hello\n    send",
            "  - send",
            "9: steps[0].id: missing; expected a step's name",
        ),
        ("wait: 1 week", "wait: 1 fortnight", "14: steps[1].wait: expected a time such as"),
        ("wait: 1 week", "wait: 0 days", "14: steps[1].wait: expected a time such as"),
        (
            "time: 10:30",
            "time: 24:00",
            "15: steps[1].until.time: expected a time of day such as '09:30', got '24:00'",
        ),
        (
            "{weekdays: [tuesday, friday], time: 10:30}",
            "{}",
            "15: steps[1].until: expected a time, weekdays, or both",
        ),
        ("[tuesday, friday]", "[dienstag]", None),
        (
            "if: steps.hello.opened",
            "if: steps.greeting.opened",
            "17: steps[2].branch[0].if: steps.greeting: no step that sends is called so",
        ),
        (
            "- id: tips",
            "- id: hello",
            "19: steps[2].branch[0].steps[0].id: 'hello' is the name of the step on line 9 already",
        ),
        ("        at_most: 90 minutes\n", "", None),
        (
            "weight: 1,",
            "weight: 0,",
            "31: steps[3].split[0].weight: expected a whole number from 1 to 1000, got 0",
        ),
        ("  - notify: welcome.done", "  - notify: welcome.done\n    exit: now", None),
        ("  - notify: welcome.done\n    properties: {orders: facts.orders}", "  - tell: welcome.done", None),
        (
            "  - notify: welcome.done\n    properties: {orders: facts.orders}",
            "  - hello",
            "33: steps[4]: expected a step, with one of send, wait_for",
        ),
    ],
)
def test_each_mistake_is_named_with_its_line(good: str, bad: str, problem: str | None) -> None:
    text = HEAD + STEPS
    assert good in text
    found = problems(text.replace(good, bad, 1))
    assert any(each.startswith(problem or "") for each in found)


@pytest.mark.parametrize(
    ("good", "bad", "problem"),
    [
        (", after: 90 days", "", "9: entry.after: expected a time such as '90 days'"),
        ("rule: cooldown", "rule: once", "9: entry.after: expected a time such as '90 days'"),
        ("to: 17:00", "to: 08:00", "11: hours.to: expected a time after `from`, on the same day"),
        ("as: exit", "as: end", "14: ends[1].as: expected 'goal' or 'exit', got 'end'"),
        (
            "2: {greeting: hello}",
            "3: {greeting: hello}",
            "16: moves.3: expected a version before this one, 3",
        ),
        (
            "2: {greeting: hello}",
            "2: {greeting: helo}",
            "16: moves.2.greeting: no step is called 'helo'; did you mean 'hello'?",
        ),
        ("audience: contact.locale", "audience: (contact.locale", None),
    ],
)
def test_each_mistake_around_the_steps_is_named_with_its_line(
    good: str, bad: str, problem: str | None
) -> None:
    text = HEAD + REST + STEPS
    assert good in text
    found = problems(text.replace(good, bad, 1))
    assert any(each.startswith(problem or "") for each in found)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1: expected a journey, got an empty file"),
        ("- a", "1: expected a table of keys and values, got a list"),
        ("a: b: c", "1: not YAML: mapping values are not allowed here"),
        ("a: 1\na: 2", "2: 'a' stands here twice: expected each key once"),
        ("a: &x 1\nb: *x", "1: expected no anchors (&) and aliases (*): write it out"),
        ("a: !!python/name:os.system x", "1: expected no tags, got tag:yaml.org,2002:python/name:os.system"),
        ("a: 1\n---\nb: 2", "2: not YAML: but found another document"),
        ("? [a]\n: b", "1: expected a name before the colon"),
        ("[" * 5000, "1: nested far deeper than any journey"),
        ("a: \x00", "1: not YAML: unacceptable character #x0000: special characters are not allowed"),
    ],
)
def test_what_is_no_journey_is_refused(text: str, problem: str) -> None:
    assert problem in problems(text)


def test_a_journey_that_does_nothing_is_refused() -> None:
    assert problems(HEAD + "steps: [{wait: 1 day}]\n") == [
        "8: steps: expected a step that does something: send, set or notify"
    ]


def test_a_journey_that_begins_itself_without_end_is_refused() -> None:
    text = HEAD.replace("contact.subscribed", "welcome.done") + STEPS
    assert compiled(text).entry.rule == "once"
    (found,) = problems(text + "entry: {rule: always}\n")
    assert found.startswith("6: trigger.event: this journey itself tells the bus 'welcome.done'")


def test_so_many_steps_that_nobody_can_follow_are_refused() -> None:
    many = "".join(f"  - {{id: s{number}, send: hello}}\n" for number in range(201))
    assert problems(HEAD + "steps:\n" + many) == ["209: steps[200]: expected at most 200 steps"]


def test_all_problems_of_a_file_are_named_at_once_in_the_order_of_its_lines() -> None:
    text = (HEAD + STEPS).replace("version: 3", "version: x").replace("weight: 3", "weight: x")
    found = problems(text.replace("1 week", "x").replace("90 minutes", "x"), "No journey")
    assert [each.partition(":")[0] for each in found] == ["1", "1", "14", "26", "32"]


def test_the_values_of_yaml_hold_no_surprises() -> None:
    dated = HEAD.replace('when: event.properties.topic == "offers"', "when: contact.answer == 'no'")
    assert compiled(dated + "hours: {from: 08:00, to: 10:30}\nsteps: [{id: no, send: hello}]\n").steps == (
        Send(id="no", template="hello"),
    )
