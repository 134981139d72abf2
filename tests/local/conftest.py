from collections.abc import Iterator
from pathlib import Path

import pytest

from postroad.local.lifecycle import down, up
from tests.local_stack import LocalStack

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "build" / "test-local"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.stack)


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """Deploy one stack for the whole run; each test brings message ids and addresses of its own."""
    down(FOLDER)  # one that a killed run left behind
    deployed = LocalStack(up(FOLDER, tell=print).state)
    try:
        yield deployed
    finally:
        deployed.close()
        down(FOLDER)
