"""What build/bench.json holds, as far as it needs neither sockets nor minutes."""

from typing import Any

import pytest

from bench import deployed
from bench.counted import count
from bench.events import batches
from bench.targets import TARGETS
from postroad.contract.parser import parse_message
from postroad.records import decode_records

NUMBERS: dict[str, Any] = {
    "send": {
        "cpu_ms_per_mail": {"postroad": 2.0, "naive": 8.0},
        "mails_per_second_at_50ms": {"postroad": 300.0, "naive": 10.0},
        "calls_per_mail": {"postroad": {"1": 6.0, "10": 2.0, "100": 1.2}, "naive": 4.0},
        "import_ms": {"postroad": 300.0, "naive": 500.0},
        "import_mb": {"postroad": 40.0, "naive": 60.0},
    },
    "feedback": {"calls_per_mail": 0.1},
    "dispatch": {"calls_per_due_message": {"1000": 0.25, "10000": 0.24, "100000": 0.24}},
    "cost_usd_per_million": {"postroad": 2.5, "postroad_total": 5.0, "naive": 12.0},
}
"""The keys that whoever reads the file relies on, with numbers that reach every target."""


def test_each_target_is_read_from_the_files_keys_and_reached_by_good_numbers() -> None:
    assert all(target.holds(NUMBERS) for target in TARGETS)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.what)
def test_each_target_can_be_missed(target: Any) -> None:  # noqa: ANN401 - a target
    worse = 1 / 100 if target.at_least else 100

    def spoiled(value: object) -> object:
        if isinstance(value, dict):
            return {key: each if key in {"naive", "1000"} else spoiled(each) for key, each in value.items()}
        return value * worse if isinstance(value, float) else value

    bad = spoiled(NUMBERS)
    assert isinstance(bad, dict)
    if target.what == "CPU a mail, naive ÷ Postroad":
        bad = NUMBERS | {"send": NUMBERS["send"] | {"cpu_ms_per_mail": {"postroad": 4.0, "naive": 8.0}}}
    assert not target.holds(bad)


def test_the_batches_are_messages_of_the_contract() -> None:
    (event,) = batches([3])

    messages = [parse_message(record.body) for record in decode_records(event)]

    assert len({message.message_id for message in messages}) == 3
    assert {message.stream for message in messages} == {deployed.STREAM}


def test_the_functions_are_measured_with_the_deployed_batch_and_threads() -> None:
    environment = deployed.send_environment()

    assert int(environment["POSTROAD_THREADS"]) == deployed.sizing().threads
    assert deployed.sizing().batch_size == 100


def test_dispatch_asks_for_no_more_when_more_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        deployed.aws_environment("http://127.0.0.1:9") | deployed.dispatch_environment()
    ).items():
        monkeypatch.setenv(name, value)

    few, many = count(200), count(1_000)

    assert few["left"] == many["left"] == 0
    assert sum(many["calls"].values()) / 1_000 <= sum(few["calls"].values()) / 200
