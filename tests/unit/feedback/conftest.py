import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EVENTS = Path(__file__).parents[2] / "events"


@pytest.fixture
def payload() -> Callable[[str], dict[str, Any]]:
    """Read a payload of tests/events by its file's name, as a fresh copy each time."""

    def read(name: str) -> dict[str, Any]:
        event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
        return event

    return read
