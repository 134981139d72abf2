"""A paused stream, and workers that are killed while it drains: nothing is lost, nothing leaves twice.

`STORM_MAILS` sets how many mails; `python -m tools.storm --mails 5000` plays the large one.
"""

import pytest

from tools.rehearsing import Rehearsal
from tools.storm import Plan, mails_wanted, play

pytestmark = pytest.mark.slow
KILLS = 4
HIDDEN_SECONDS = 30
"""Longer than a lease (config/local.toml), less than the queue's own: then a dead worker's mail returns."""


def test_a_storm_of_killed_workers_loses_nothing_and_sends_nothing_twice(rehearsal: Rehearsal) -> None:
    plan = Plan(
        mails=mails_wanted(),
        kills=KILLS,
        kill_seconds=(0.5, 2.0),
        paused_seconds=1.0,
        visibility_seconds=HIDDEN_SECONDS,
        nudge_seconds=3.0,
        patience_seconds=240.0,
    )

    report = play(rehearsal, plan)

    assert report.problems == [], report
    assert report.receives_while_paused == {0: plan.mails}
    assert report.killed == KILLS
    assert report.by_status == {"delivered": plan.mails}
