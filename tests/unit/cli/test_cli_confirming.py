"""What can't be undone is asked for, with the stage and the account in the question."""

from __future__ import annotations

import pytest

from postroad.cli.confirming import confirm
from postroad.cli.problem import ExitCode, Problem
from postroad.cli.wiring import Wiring
from tests.unit.cli.deployed import ACCOUNT, STAGE, Deployed


@pytest.fixture
def wiring(deployed: Deployed) -> Wiring:
    return Wiring(STAGE, account=ACCOUNT, session=deployed.session)


def test_yes_answers_beforehand(wiring: Wiring) -> None:
    confirm("Go?", wiring=wiring, yes=True, as_json=False)
    confirm("Go?", wiring=wiring, yes=True, as_json=True)


@pytest.mark.parametrize("as_json", [True, False])
def test_where_nobody_can_answer_nothing_is_done(wiring: Wiring, *, as_json: bool) -> None:
    with pytest.raises(Problem, match=f"stage {STAGE}, account {ACCOUNT}") as caught:
        confirm("Go?", wiring=wiring, yes=False, as_json=as_json)
    assert caught.value.code is ExitCode.REFUSED
    assert "--yes" in caught.value.next_step


@pytest.mark.usefixtures("interactive")
def test_json_asks_nothing_even_on_a_terminal(wiring: Wiring) -> None:
    with pytest.raises(Problem):
        confirm("Go?", wiring=wiring, yes=False, as_json=True)


def test_yes_is_no_answer_to_which_account_it_is(deployed: Deployed) -> None:
    with pytest.raises(Problem) as caught:
        confirm("Go?", wiring=Wiring(STAGE, session=deployed.session), yes=True, as_json=False)
    assert caught.value.code is ExitCode.WRONG_ACCOUNT
