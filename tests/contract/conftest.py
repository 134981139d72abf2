"""What several contract tests share."""

from collections.abc import Iterator

import pytest

from tests.emulated_dynamodb import emulated_cloud


@pytest.fixture(scope="session")
def emulated_url() -> Iterator[str]:
    """Run MiniStack's DynamoDB once for all; each test makes tables of its own."""
    with emulated_cloud() as url:
        yield url
