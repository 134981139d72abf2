"""What is logged of an error, and how counts become metrics."""

import json

import pytest

from postroad.observability import NAMESPACE, Counts, Metric, described


def raise_with_an_address() -> None:
    raise TypeError("ana.ruiz@example.com") from ValueError("ana.ruiz@example.com")


def test_an_error_is_described_by_its_kind_and_place_and_never_by_its_text() -> None:
    with pytest.raises(TypeError) as caught:
        raise_with_an_address()

    said = described(caught.value)
    assert (said["error"], said["caused_by"]) == ("TypeError", "ValueError")
    assert said["raised_at"].startswith("test_observability.py:")
    assert said["raised_at"].endswith(" raise_with_an_address")
    assert "@" not in json.dumps(said)


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert described(TypeError()) == {"error": "TypeError", "caused_by": "", "raised_at": ""}


def test_each_stream_s_sums_are_written_once(capsys: pytest.CaptureFixture[str]) -> None:
    counts = Counts("prod")
    counts.add(Metric.SENT, "transactional", 2)
    counts.add(Metric.SENT, "transactional")
    counts.add(Metric.HELD, "marketing")

    counts.flush()
    counts.flush()

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["stage"], line["stream"]) for line in lines] == [
        ("prod", "transactional"),
        ("prod", "marketing"),
    ]
    assert lines[0]["sent"] == [3.0]
    assert lines[1]["held"] == [1.0]
    (directive,) = lines[0]["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == NAMESPACE
    assert directive["Dimensions"] == [["stage", "stream"]]
