"""What build/bench.json holds, as far as it needs neither sockets nor minutes."""

from collections import Counter
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest

from bench import __main__ as main
from bench import contacts_import, cost, deployed, dispatching, feeding_back, sending
from bench.cores import Cores
from bench.counted import count
from bench.events import batches
from bench.process import Run
from bench.runtime import Runtime
from bench.sending import Sizes
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
    "journeys": {
        "calls_per_step": {"1000": 5.1, "10000": 5.1, "100000": 5.1},
        "simulate_60_days_1000_contacts_s": 5.0,
    },
    "dispatch": {"calls_per_due_message": {"1000": 0.25, "10000": 0.24, "100000": 0.24}},
    "contacts": {"import_rows_per_second": 1_000.0, "import_peak_mb": {"10000": 73.0, "100000": 74.0}},
    "cost_usd_per_million": {"postroad": 2.5, "postroad_total": 5.0, "naive": 12.0},
}
"""The keys that whoever reads the file relies on, with numbers that reach every target."""


SEND: dict[str, Any] = {
    "MessageId": "ses-id",
    "FromEmailAddress": "orders@shop.example",
    "Destination": {"ToAddresses": ["ana.ruiz@example.com"]},
    "Content": {"Simple": {"Subject": {"Data": "We have your order"}}},
    "ConfigurationSetName": "set",
    "EmailTags": [{"Name": "postroad_attempt", "Value": "1"}],
}


class QuietWorker:
    """Stands for a process with a handler, which does nothing in no time."""

    imported: ClassVar = {"cpu_ms": 100.0, "wall_ms": 110.0, "mb": 40.0}
    peak_mb = 41.0

    def __init__(self, *_: object, **__: object) -> None:
        """Begin nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End nothing."""

    def run(self, events: list[dict[str, Any]]) -> list[Run]:
        return [Run(200.0, 400.0, len(event.get("Records", ())) or 1, 0) for event in events]


class QuietStub:
    """Stands for the stub, and has rows of the status that is waited for."""

    def __init__(self, **_: object) -> None:
        """Begin nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End nothing."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever is asked of it
        answers: dict[str, Any] = {
            "calls": Counter({"ses.SendEmail": 10_000}),
            "sends": [SEND] * 100,
            "items": [{"status": {"S": "delivered"}}] * 100,
        }
        return lambda *_, **__: answers.get(name)


class QuietRuntime(Runtime):
    """Builds nothing."""

    def bundle(self, verb: str) -> Path:
        return Path(verb)

    def naive(self, folder: Path) -> Path:
        return folder


def keys(numbers: Any) -> Any:  # noqa: ANN401 - JSON
    """The shape of numbers."""
    return {key: keys(value) for key, value in numbers.items()} if isinstance(numbers, dict) else None


def test_a_run_has_the_keys_that_readers_of_the_file_rely_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sending, feeding_back, dispatching):
        monkeypatch.setattr(module, "Worker", QuietWorker)
    monkeypatch.setattr(
        dispatching, "_counted", lambda number: {"calls": {"sqs.SendMessageBatch": number // 10}}
    )
    monkeypatch.setattr(dispatching, "_over_http", lambda *_: (Counter({"sqs.SendMessageBatch": 100}), 1.0))
    monkeypatch.setattr(
        contacts_import, "import_once", lambda size: {"first": {"seconds": size / 1_000, "peak_mb": 73.0}}
    )
    monkeypatch.setattr(main, "Stub", QuietStub)
    monkeypatch.setattr(cost, "report", lambda: dict(NUMBERS["cost_usd_per_million"]))
    runtime = QuietRuntime(Path("python3.13"), "3.13.0", Path("layer"), Path("whole"))

    numbers = main.measure(
        set(main.PARTS), Sizes(), runtime, Cores(None, None), tell=lambda _: None, quick=False
    )

    def lacks(wanted: dict[str, Any], found: dict[str, Any]) -> list[str]:
        return [key for key in wanted if key not in found] + [
            f"{key}.{inner}"
            for key, value in wanted.items()
            if value and key in found
            for inner in lacks(value, found[key])
        ]

    assert not lacks(keys(NUMBERS), keys(numbers))
    assert all(target.read(numbers) for target in TARGETS)


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


def test_mails_that_were_not_sent_are_no_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender that refuses each message is fast."""
    monkeypatch.setattr(sending, "Worker", QuietWorker)
    stub: Any = QuietStub()
    stub.calls = lambda: Counter({"ses.SendEmail": 9, "dynamodb.GetItem": 10_000})
    runtime = QuietRuntime(Path("python3.13"), "3.13.0", Path("layer"), Path("whole"))

    with pytest.raises(RuntimeError, match="only 9 of "):
        sending.measure_sending(stub, runtime, Cores(None, None), Sizes(), tell=lambda _: None)
