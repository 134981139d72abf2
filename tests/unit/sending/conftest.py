from typing import Any

import pytest

from tests.sending_world import World, make_message


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def message() -> dict[str, Any]:
    """Return a good message, as a fresh copy."""
    return make_message("m-1")
