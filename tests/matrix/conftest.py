from collections.abc import Iterator

import pytest
from pytest_socket import disable_socket

from tests.matrix.inline_threads import without_threads


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup() -> None:
    disable_socket(allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _one_thing_after_another() -> Iterator[None]:
    """Let every pool of threads work in place, so that a run is the same each time."""
    with without_threads():
        yield
