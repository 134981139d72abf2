"""`postroad stream`, over a deployed stage in moto."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from postroad.circuit.deciding import probing, still_open, tripped
from postroad.circuit.dynamodb import DynamoSwitches
from postroad.circuit.mapping import MappingState
from postroad.circuit.memory import MemoryMappings
from postroad.circuit.switch import Flow, Switch
from postroad.cli.sqs import Depth
from postroad.cli.stream_mapping import StreamMapping
from postroad.cli.stream_state import MEANINGS, StreamState, explanation
from tests.unit.cli.deployed import STAGE

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

    from tests.unit.cli.deployed import Deployed

TABLE = "schedule"
MARKETING, TRANSACTIONAL = "order-updates", "transactional"


class Streams:
    """The streams' functions and mappings, and their switches."""

    def __init__(self, deployed: Deployed) -> None:
        self.deployed = deployed
        dynamodb = deployed.session.client("dynamodb")
        deployed.outputs[f"postroad-{STAGE}-foundation"]["ScheduleTable"] = TABLE
        self.switches = DynamoSwitches(dynamodb, TABLE)
        self.client: LambdaClient = deployed.session.client("lambda")
        iam = deployed.session.client("iam")
        # Before the mappings stand: from then on moto hands each message to a function, by Docker.
        for output, count in {"OrderUpdatesQueueUrl": 3, "TransactionalQueueUrl": 2}.items():
            for _ in range(count):
                deployed.sqs.send_message(QueueUrl=deployed.queue_urls[output], MessageBody="{}")
        role = iam.create_role(RoleName="role", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        self.ids = {stream: self._deploy(stream, role) for stream in (MARKETING, TRANSACTIONAL)}

    def _deploy(self, stream: str, role: str) -> str:
        bundle = io.BytesIO()
        with zipfile.ZipFile(bundle, "w") as archive:
            archive.writestr("handler.py", "")
        name = f"postroad-{STAGE}-send-{stream}"
        self.client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="handler.handler",
            Code={"ZipFile": bundle.getvalue()},
        )
        queue = f"arn:aws:sqs:eu-west-1:123456789012:postroad-{STAGE}-{stream}"
        return self.client.create_event_source_mapping(EventSourceArn=queue, FunctionName=name)["UUID"]

    def mapping(self, stream: str) -> str:
        return self.client.get_event_source_mapping(UUID=self.ids[stream])["State"]

    def move(self, stream: str, *, enabled: bool) -> None:
        self.client.update_event_source_mapping(UUID=self.ids[stream], Enabled=enabled)

    def trip(self, stream: str, why: str = "quota_exhausted") -> None:
        self.switches.turn(stream, lambda switch: tripped(switch, why, now=datetime.now(UTC)))


@pytest.fixture
def streams(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Streams:
    monkeypatch.setenv("LOGNAME", "ana")
    return Streams(deployed)


def of(found: dict[str, Any], stream: str) -> dict[str, Any]:
    (state,) = [each for each in found["streams"] if each["stream"] == stream]
    return dict(state)


def test_a_pause_stands_in_the_switch_and_disables_the_mapping(streams: Streams) -> None:
    result = streams.deployed.run("stream", "pause", MARKETING, "--note", "wrong price")
    assert result.exit_code == 0, result.output
    assert streams.mapping(MARKETING) == "Disabled"
    assert streams.mapping(TRANSACTIONAL) == "Enabled"
    standing = streams.switches.read(MARKETING)
    assert (standing.flow, standing.why, standing.by) == (Flow.PAUSED, "wrong price", "operator:ana")
    assert standing.untold[-1].flow is Flow.PAUSED
    assert streams.switches.read(TRANSACTIONAL).version == 0
    assert result.stdout.splitlines() == [
        "order-updates is paused.",
        "Its mapping is disabled.",
        "3 messages wait on postroad-test-order-updates. The queue keeps each for 4 d.",
        "To let it run again: postroad --stage test stream resume order-updates",
    ]


def test_a_second_pause_says_who_paused_first_and_changes_nothing(
    streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams.deployed.json("stream", "pause", MARKETING, "--note", "wrong price")
    monkeypatch.setenv("LOGNAME", "ben")
    result = streams.deployed.run("stream", "pause", MARKETING, "--note", "another")
    assert result.stdout.startswith("order-updates was paused by operator:ana since ")
    assert result.stdout.splitlines()[0].endswith(": wrong price")
    assert streams.switches.read(MARKETING).version == 1


def test_a_pause_takes_over_what_the_circuit_had_stopped(streams: Streams) -> None:
    streams.trip(MARKETING)
    result = streams.deployed.run("stream", "pause", MARKETING)
    assert "It was stopped by its circuit" in result.stdout
    assert streams.switches.read(MARKETING).flow is Flow.PAUSED


def test_resume_ends_a_pause_and_enables_the_mapping(streams: Streams) -> None:
    streams.deployed.json("stream", "pause", MARKETING)
    found = streams.deployed.json("stream", "resume", MARKETING)
    assert (found["flow"], found["changed"], found["mapping"]) == ("running", True, "Enabled")
    assert streams.mapping(MARKETING) == "Enabled"


def test_resume_closes_an_open_circuit_and_says_so(streams: Streams) -> None:
    streams.trip(TRANSACTIONAL)
    streams.move(TRANSACTIONAL, enabled=False)
    result = streams.deployed.run("stream", "resume", TRANSACTIONAL)
    assert "its circuit was closed without a probe" in result.stdout
    assert "quota_exhausted (the account's daily quota is used up)" in result.stdout
    assert streams.switches.read(TRANSACTIONAL).is_running
    assert streams.mapping(TRANSACTIONAL) == "Enabled"


def test_resume_of_a_running_stream_mends_its_mapping(streams: Streams) -> None:
    streams.move(MARKETING, enabled=False)
    found = streams.deployed.json("stream", "resume", MARKETING)
    assert (found["changed"], found["mapping_settled"]) == (False, True)
    assert streams.mapping(MARKETING) == "Enabled"


def test_a_mapping_that_takes_longer_is_told_as_such(
    streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StreamMapping, "settle", lambda *_, **__: MappingState.DISABLING)
    result = streams.deployed.run("stream", "pause", MARKETING, "--wait", "0")
    assert result.exit_code == 6
    assert "Its mapping is disabling. `send` keeps to the switch meanwhile" in result.stdout
    assert streams.deployed.json("stream", "pause", MARKETING, code=6)["mapping_settled"] is False


def test_a_mapping_that_can_t_be_asked_leaves_the_switch_turned(streams: Streams) -> None:
    streams.client.delete_event_source_mapping(UUID=streams.ids[MARKETING])
    result = streams.deployed.run("stream", "pause", MARKETING)
    assert result.exit_code == 6
    assert "order-updates is paused, but its mapping could not be disabled" in result.stderr
    assert f"next: Deploy the stage again: npx cdk deploy --all -c stage={STAGE}" in result.stderr
    assert streams.switches.read(MARKETING).flow is Flow.PAUSED


def test_a_stream_without_a_mapping_is_told_as_such_beside_the_others(streams: Streams) -> None:
    streams.client.delete_event_source_mapping(UUID=streams.ids[MARKETING])
    found = streams.deployed.json("stream", "status")
    assert (of(found, MARKETING)["mapping"], of(found, MARKETING)["mapping_contradicts"]) == (None, True)
    assert of(found, TRANSACTIONAL)["mapping"] == "Enabled"
    text = streams.deployed.run("stream", "status").stdout
    assert "missing (!)" in text
    assert "order-updates: its function has no event source mapping" in text

    def refuse(**_event: object) -> Any:  # noqa: ANN401 - botocore takes an answer, its stubs know of none
        error = {"Code": "ResourceNotFoundException", "Message": "Function not found"}
        return SimpleNamespace(status_code=404), {"Error": error, "ResponseMetadata": {}}

    event = "before-call.lambda.ListEventSourceMappings"
    streams.deployed.session.events.register(event, refuse)
    try:
        assert of(streams.deployed.json("stream", "status"), TRANSACTIONAL)["mapping"] is None
    finally:
        streams.deployed.session.events.unregister(event, refuse)


def test_an_unknown_stream_is_named_and_nothing_is_written(streams: Streams) -> None:
    for words in (("pause", "marketing"), ("resume", "marketing"), ("status", "marketing")):
        error = streams.deployed.json("stream", *words, code=3)["error"]
        assert "no stream 'marketing'" in error["what"]
    assert streams.switches.read("marketing").version == 0


@pytest.mark.parametrize("note", ["x" * 501, "two\nlines", "\x1b[31m"])
def test_a_note_is_one_printable_line(streams: Streams, note: str) -> None:
    assert streams.deployed.run("stream", "pause", MARKETING, "--note", note).exit_code == 2
    assert streams.switches.read(MARKETING).version == 0


def test_an_account_that_nothing_names_is_not_changed(streams: Streams) -> None:
    from typer.testing import CliRunner  # noqa: PLC0415 - without the account that `run` names

    from postroad.cli.main import app  # noqa: PLC0415 - as above
    from postroad.cli.options import Invocation  # noqa: PLC0415 - as above

    invocation = Invocation(session=streams.deployed.session)
    result = CliRunner().invoke(app, ["--stage", STAGE, "stream", "pause", MARKETING], obj=invocation)
    assert result.exit_code == 5
    assert streams.switches.read(MARKETING).version == 0


def test_status_shows_every_stream_and_what_stops_it(streams: Streams) -> None:
    streams.trip(TRANSACTIONAL)
    streams.deployed.json("stream", "pause", MARKETING, "--note", "wrong price")
    found = streams.deployed.json("stream", "status")
    assert [each["stream"] for each in found["streams"]] == [MARKETING, TRANSACTIONAL]
    paused, opened = of(found, MARKETING), of(found, TRANSACTIONAL)
    assert (paused["flow"], paused["why"], paused["by"]) == ("paused", "wrong price", "operator:ana")
    assert (paused["mapping"], paused["mapping_contradicts"], paused["next_probe"]) == (
        "Disabled",
        False,
        None,
    )
    assert (opened["flow"], opened["why"], opened["mapping_contradicts"]) == ("open", "quota_exhausted", True)
    since = datetime.fromisoformat(opened["since"])
    assert datetime.fromisoformat(opened["next_probe"]) == since + timedelta(minutes=1)
    assert opened["depth"] == {"waiting": 2, "in_flight": 0, "delayed": 0}
    text = streams.deployed.run("stream", "status").stdout
    assert "order-updates: paused by operator:ana since" in text
    assert "transactional: its mapping is enabled, and should be disabled." in text
    assert "No probe so far." in text


def test_status_of_one_stream_that_runs_is_a_line_and_no_more(streams: Streams) -> None:
    lines = streams.deployed.run("stream", "status", MARKETING).stdout.splitlines()
    assert lines[1].split()[:4] == ["order-updates", "running", "–", "enabled"]
    assert lines[2:] == []


def test_probes_are_counted_and_one_on_its_way_is_told() -> None:
    now = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)

    def lines(switch: Switch) -> str:
        return "\n".join(explanation(StreamState(switch, MappingState.DISABLED, Depth(0, 0, 0), None)))

    opened = tripped(Switch(stream=MARKETING), "a_word_of_later", now=now)
    assert opened is not None
    under_way = probing(opened, now=now + timedelta(minutes=1))
    assert under_way is not None
    assert "a probe is on its way" in lines(under_way)
    again = still_open(under_way, probe=under_way, now=now + timedelta(minutes=1))
    assert again is not None
    assert "One probe so far." in lines(again)
    assert "a_word_of_later." in lines(again)
    assert MEANINGS["sending_paused"] not in lines(again)


class Clock:
    """Seconds that pass by pausing alone."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.mark.parametrize(("seconds", "state"), [(0, "Disabling"), (2, "Disabling"), (60, "Disabled")])
def test_waiting_for_a_mapping_has_a_bound(seconds: float, state: str) -> None:
    clock = Clock()
    mapping = StreamMapping(MARKETING, MemoryMappings(lag=5))
    assert mapping.settle(enabled=False, seconds=seconds, now=clock.now, pause=clock.pause) == state
    assert clock.seconds <= seconds


def test_a_mapping_on_its_way_to_the_other_end_is_turned_once_it_has_arrived() -> None:
    clock = Clock()
    mappings = MemoryMappings(lag=3)
    mapping = StreamMapping(MARKETING, mappings)
    mapping.settle(enabled=False, seconds=0, now=clock.now, pause=clock.pause)
    found = mapping.settle(enabled=True, seconds=60, now=clock.now, pause=clock.pause)
    assert found is MappingState.ENABLED
    assert mappings.asked == [(MARKETING, False), (MARKETING, True)]
