import json
import stat
from pathlib import Path

import pytest

from postroad.local.connection import connection
from postroad.local.environment import TRUST_VARIABLES, environment, without_aws
from postroad.local.errors import LocalCloudError
from postroad.local.processes import Process
from postroad.local.state import State


def state(folder: Path) -> State:
    return State(
        folder=folder,
        mark="abc",
        region="us-east-1",
        access_key_id="AKIAEXAMPLE",
        secret_access_key="hidden",
        ports={"cloud": 4566, "simulator": 4567, "inbox": 8025},
        processes=(Process("cloud", 12, "boot:34"),),
        seconds={"deploy": 20.5},
        ready=True,
    )


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    saved = state(tmp_path)
    saved.save()
    assert State.load(tmp_path) == saved
    assert stat.S_IMODE((tmp_path / "state.json").stat().st_mode) == 0o600


def test_no_state_and_unreadable_state_are_told_apart(tmp_path: Path) -> None:
    assert State.load(tmp_path) is None
    (tmp_path / "state.json").write_text("{", encoding="utf-8")
    with pytest.raises(LocalCloudError, match="can't be read"):
        State.load(tmp_path)
    (tmp_path / "state.json").write_text('{"format": 0}', encoding="utf-8")
    with pytest.raises(LocalCloudError, match="another version"):
        State.load(tmp_path)


@pytest.mark.parametrize(
    ("spoiled", "problem"),
    [
        ([], "holds no object"),
        ({"mark": None}, "mark"),
        ({"processes": [{"name": "cloud", "pid": "12", "started": "boot:34"}]}, "pid"),
        ({"ports": {"cloud": 4566, "simulator": 4567}}, "no port of inbox"),
    ],
)
def test_a_damaged_state_is_told_as_such(tmp_path: Path, spoiled: object, problem: str) -> None:
    state(tmp_path).save()
    path = tmp_path / "state.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, **spoiled} if isinstance(spoiled, dict) else spoiled), "utf-8")
    with pytest.raises(LocalCloudError, match=rf"state\.json can't be read: .*{problem}") as caught:
        State.load(tmp_path)
    assert f"remove {path}" in caught.value.next_step


def test_the_secret_is_not_shown_with_the_state(tmp_path: Path) -> None:
    assert "hidden" not in repr(state(tmp_path))


def test_a_child_is_pointed_at_the_local_cloud_alone(tmp_path: Path) -> None:
    variables = environment(state(tmp_path))
    assert variables["AWS_ENDPOINT_URL"] == variables["AWS_ENDPOINT_URL_S3"] == "https://localhost:4566"
    for name in TRUST_VARIABLES:
        assert variables[name] == str(tmp_path / "certificate.pem")


def test_nothing_of_a_real_account_is_inherited() -> None:
    found = without_aws({"AWS_PROFILE": "prod", "AWS_CA_BUNDLE": "/proxy.pem", "PATH": "/bin"})
    assert found == {"PATH": "/bin"}


def test_boto3_in_this_process_needs_no_environment(tmp_path: Path) -> None:
    assert connection(state(tmp_path)) == {
        "endpoint_url": "https://localhost:4566",
        "region_name": "us-east-1",
        "aws_access_key_id": "AKIAEXAMPLE",
        "aws_secret_access_key": "hidden",
        "verify": str(tmp_path / "certificate.pem"),
    }
