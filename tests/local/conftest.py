from collections.abc import Iterator

import pytest

from tests.local_stack import LocalStack
from tools.rehearsing import Rehearsal


@pytest.fixture(scope="session")
def rehearsal(stack: LocalStack) -> Iterator[Rehearsal]:
    """Lead the stack of the whole run through a storm, an outage, or an hour that passes at once."""
    made = Rehearsal(stack.state)
    yield made
    made.close()
