"""What a failed redeploy leaves behind."""

import os
from pathlib import Path

import pytest

from postroad.local import lifecycle
from postroad.local.errors import LocalCloudError
from postroad.local.processes import Process, start_time
from postroad.local.state import State


def test_a_failed_redeploy_leaves_the_running_stack_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = Process("cloud", os.getpid(), start_time(os.getpid()) or "")
    state = State(
        folder=tmp_path,
        mark="mark",
        region="us-east-1",
        access_key_id="key",
        secret_access_key="secret",
        ports={"cloud": 1, "simulator": 2, "inbox": 3},
        processes=(me,),
        ready=True,
    )
    with lifecycle.locked(tmp_path):
        state.save()

    def fail(state: State, **_: object) -> None:
        state.with_process(Process("deploy", 2**22 + 1, "long ago")).save()
        raise LocalCloudError("cdk deploy failed (code 1)")

    monkeypatch.setattr(lifecycle, "deploy", fail)
    with pytest.raises(LocalCloudError, match="cdk deploy failed"):
        lifecycle.up(tmp_path, redeploy=True)

    left = State.load(tmp_path)
    assert left is not None
    assert left.ready
    assert left.alive()
    assert lifecycle.up(tmp_path).started is False
