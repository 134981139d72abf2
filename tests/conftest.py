import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
import pytest
from hypothesis import settings

from tools.browser import VARIABLE as BROWSER_VARIABLE

if TYPE_CHECKING:
    from tests.local_stack import LocalStack

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / "build" / "test-local"

# The same examples in every run of the continuous integration, fresh ones at every other desk: what a
# random example finds there is mended before it lands, and no landing fails by chance. A slow example is no
# failure: machines are noisy.
settings.register_profile("postroad", derandomize="CI" in os.environ, deadline=None)
settings.load_profile("postroad")

# Nothing of this machine's AWS set-up may leak into a test, or a test into a real account.
for name in [name for name in os.environ if name.startswith(("AWS_", "POSTROAD_"))]:
    if name != BROWSER_VARIABLE:
        del os.environ[name]
os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_EC2_METADATA_DISABLED="true",
    POWERTOOLS_METRICS_DISABLED="false",
)

# moto starts a new session for each test, and each would read the services' descriptions anew: a third of the
# time of tests over its tables.
botocore.session.create_loader = cache(botocore.session.create_loader)


@pytest.fixture(autouse=True)
def _no_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep each test's changes of the environment to itself."""
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.stack)
    # Playwright keeps an event loop running from its start on: tests that want one of their own come first.
    items.sort(key=lambda item: item.path.is_relative_to(HERE / "browser"))


@pytest.fixture(scope="session")
def stack() -> Iterator["LocalStack"]:
    """Deploy one stack for the whole run; each test brings message ids and addresses of its own."""
    from postroad.local.lifecycle import down, up  # noqa: PLC0415 - unit tests need none of this
    from tests.local_stack import LocalStack  # noqa: PLC0415 - nor of this

    down(FOLDER)  # one that a killed run left behind
    deployed = LocalStack(up(FOLDER, tell=print).state)
    try:
        yield deployed
    finally:
        deployed.close()
        down(FOLDER)


@pytest.fixture(scope="session")
def emulated_url() -> Iterator[str]:
    """Run MiniStack's DynamoDB for what moto answers wrongly; each test makes tables of its own."""
    from tests.emulated_dynamodb import emulated_cloud  # noqa: PLC0415 - as above

    with emulated_cloud() as url:
        yield url
