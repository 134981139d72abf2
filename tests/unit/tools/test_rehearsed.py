"""A rehearsal tells each message that was lost, sent twice, or still waits."""

import io
import zipfile
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest

from postroad import clock
from tools.putting_forward import CLOCK, bundle_ahead
from tools.rehearsed import Accounted
from tools.storm import Report, judge


def accounted(**changes: object) -> Accounted:
    values: dict[str, object] = {
        "expected": 3,
        "by_status": {"delivered": 3},
        "attempts": {1: 3},
        "failures": {0: 3},
        "accepted": {"a": 1, "b": 1, "c": 1},
        "lost": (),
        "waiting": (),
    }
    return Accounted(**(values | changes))  # type: ignore[arg-type]  # tests name the fields themselves


def test_nothing_is_wrong_where_each_was_taken_once() -> None:
    report = judge(Report(mails=3, receives_while_paused={0: 3}), accounted())
    assert report.problems == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"lost": ("a",)}, "a: lost"),
        ({"waiting": ("b",)}, "b: still waits"),
        ({"accepted": {"a": 1, "b": 1, "c": 2}}, "c: SES took it 2 times"),
    ],
)
def test_each_message_that_fared_ill_is_named(changes: dict[str, object], says: str) -> None:
    (problem,) = judge(Report(mails=3, receives_while_paused={0: 3}), accounted(**changes)).problems
    assert problem.startswith(says)


@pytest.mark.parametrize(
    ("report", "says"),
    [
        (Report(mails=3, receives_while_paused={0: 2, 1: 1}), "receive counts moved while paused"),
        (Report(mails=3, receives_while_paused={0: 2}), "receive counts moved while paused"),
        (Report(mails=3, receives_while_paused={0: 3}, accepted_while_paused=1), "1 mails left while"),
    ],
)
def test_a_pause_that_does_not_hold_is_told(report: Report, says: str) -> None:
    (problem,) = judge(report, accounted()).problems
    assert problem.startswith(says)


def test_a_bundle_s_clock_is_put_forward() -> None:
    assert clock.__file__ is not None
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as written:
        written.write(clock.__file__, CLOCK)
        written.writestr("other.py", "datetime.now(UTC)")
    ahead = zipfile.ZipFile(io.BytesIO(bundle_ahead(bundle.getvalue(), timedelta(hours=1))))
    module = ModuleType("clock")
    exec(ahead.read(CLOCK), module.__dict__)  # noqa: S102 - our own file
    off = module.SystemClock().now() - datetime.now(UTC) - timedelta(hours=1)
    assert abs(off) < timedelta(minutes=1)
    assert ahead.read("other.py") == b"datetime.now(UTC)"
    ahead.close()


def test_a_bundle_without_such_a_clock_is_no_use() -> None:
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as written:
        written.writestr(CLOCK, "import time")
    with pytest.raises(RuntimeError, match="reads no clock"):
        bundle_ahead(bundle.getvalue(), timedelta(hours=1))
