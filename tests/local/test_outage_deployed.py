"""SES is down: the circuit opens, a probe closes it, and each mail leaves once.

`python -m tools.outage --minutes 10` plays it at length.
"""

import pytest

from postroad.local.simulator.faults import FaultKind
from tools.outage import Plan, play
from tools.rehearsing import Rehearsal

pytestmark = pytest.mark.slow


def test_mail_waits_out_an_outage_and_leaves_once(rehearsal: Rehearsal) -> None:
    plan = Plan(
        seconds=2.0,
        mails=200,
        stream="marketing",
        kind=FaultKind.OUTAGE,
        hurry=True,
        patience_seconds=120.0,
    )

    report = play(rehearsal, plan)

    assert report.problems == [], report
    flows = [flow for _, flow, _ in report.flows]
    assert (flows[0], flows[1], flows[-1]) == ("running", "open", "running"), report
    assert report.by_status == {"delivered": plan.mails}
    # The batches that met the outage have been taken once; what waited behind them never was.
    assert report.receives_in_outage[0] >= plan.mails - 2 * 50, report
