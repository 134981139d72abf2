"""What is told while the CDK works: on a busy machine that takes minutes."""

from pathlib import Path

import pytest

from postroad.local import deploy
from postroad.local.processes import Process
from postroad.local.state import State

SYNTHESISED = "\n✨  Synthesis time: 21.4s\n\n"
LINE = "postroad-local-mail | {} | 1:49:39 PM | CREATE_COMPLETE | AWS::SQS::Queue | Queue\n"


class Child:
    """A process that ends after some looks at it."""

    def __init__(self, log: Path, texts: list[str]) -> None:
        self.log = log
        self.texts = texts
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.texts:
            self.log.write_text(self.texts.pop(0), encoding="utf-8")
        else:
            self.returncode = 0
        return self.returncode


def test_a_long_deployment_shows_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "logs").mkdir()
    state = State(
        folder=tmp_path,
        mark="mark",
        region="us-east-1",
        access_key_id="key",
        secret_access_key="secret",
        ports={"cloud": 1, "simulator": 2, "inbox": 3},
    )
    texts = ["", SYNTHESISED, SYNTHESISED + LINE.format("  9") + LINE.format(" 10")]

    def start(name: str, *_: object, log: Path, **__: object) -> tuple[Process, Child]:
        return Process(name, 1, "now"), Child(log, texts)

    monkeypatch.setattr(deploy, "_CDK", tmp_path)
    monkeypatch.setattr(deploy, "_SIGN_OF_LIFE_SECONDS", 0.0)
    monkeypatch.setattr(deploy, "_POLL_SECONDS", 0.0)
    monkeypatch.setattr(deploy, "start_process", start)
    told: list[str] = []
    deploy.deploy(state, started=lambda _: None, tell=told.append)
    assert told == [
        "deploying the stacks (cdk deploy)",
        "still at cdk deploy after 0 s: making the templates",
        "still at cdk deploy after 0 s: packing the functions",
        "still at cdk deploy after 0 s: postroad-local-mail has 10 resources",
    ]
