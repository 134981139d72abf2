from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from tests.unit.cli.deployed import REGION, Deployed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from boto3.session import Session


@pytest.fixture(scope="session")
def aws() -> Session:
    """One session for all: it reads botocore's models once, which takes longer than most tests."""
    return boto3.session.Session(region_name=REGION)


@pytest.fixture
def deployed(aws: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Deployed]:
    """A deployed stage; the working folder is empty, so nothing of this repository is read by accident."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("POSTROAD_STAGE", raising=False)
    with mock_aws():
        stage = Deployed(aws)
        yield stage
        stage.close()


@pytest.fixture
def interactive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is there to answer."""
    monkeypatch.setattr("postroad.cli.confirming.is_interactive", lambda: True)
