"""jsii starts once per run, and each stage is synthesised once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from postroad.configuration import Configuration, load
from postroad.configuration.rules import MOST_STREAMS
from stacks.constructs import mail_function
from tests.infrastructure.templates import Stacks, synthesise

HERE = Path(__file__).parent
SIMULATOR = "https://localhost:4579"
CLOUD = "https://localhost:4566"


@pytest.fixture(scope="session", autouse=True)
def _empty_bundles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Synthesise without building code: test_bundles.py builds and checks the real bundles and layer."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "handler.py").write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mail_function, "build_bundle", lambda _verb, **_: folder)
        patch.setattr(mail_function, "build_layer", lambda _target: folder)
        yield


@pytest.fixture(scope="session")
def managed_configuration() -> Configuration:
    """A filled-in configuration with every optional part in use, a customer-managed key among them."""
    return load("prod", HERE / "config")


@pytest.fixture(scope="session")
def prod_configuration(managed_configuration: Configuration) -> Configuration:
    """The same with keys that AWS owns, as most will have it."""
    return managed_configuration.model_copy(update={"encryption": "aws-owned"})


@pytest.fixture(scope="session")
def prod(prod_configuration: Configuration) -> Stacks:
    return synthesise(prod_configuration)


@pytest.fixture(scope="session")
def staging() -> Stacks:
    """A second stage of the same account, with as little set as can be."""
    return synthesise(load("staging", HERE / "config"))


@pytest.fixture(scope="session")
def managed(managed_configuration: Configuration) -> Stacks:
    return synthesise(managed_configuration)


@pytest.fixture(scope="session")
def crowd(prod_configuration: Configuration) -> Stacks:
    """As many streams as a stage may have, with names as long as one would give."""
    (one, *_) = prod_configuration.streams.values()
    streams = {f"a-stream-of-somebody-{chr(ord('a') + number)}": one for number in range(MOST_STREAMS)}
    return synthesise(prod_configuration.model_copy(update={"streams": streams, "producers": ()}))


@pytest.fixture(scope="session")
def local(prod_configuration: Configuration) -> Stacks:
    """What the same configuration would be on the local stage."""
    configuration = prod_configuration.model_copy(update={"stage": "local"})
    return synthesise(configuration, simulator=SIMULATOR, cloud=CLOUD)
