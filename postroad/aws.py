"""How functions ask AWS for anything but SES, whose requests are never repeated."""

from __future__ import annotations

from functools import cached_property, partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.session import get_session

if TYPE_CHECKING:
    from collections.abc import Callable


def client_config(*, attempts: int = 4, connections: int = 10) -> Config:
    """Return the configuration of a boto3 client that gives up early and tries again.

    A request that hangs would hold its whole batch: it may take 2 s to connect and 5 s to answer, and is made
    up to `attempts` times in all. `connections` is for as many threads.
    """
    return Config(
        connect_timeout=2,
        read_timeout=5,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=connections,
    )


UNCHECKED = Config(parameter_validation=False)
"""For DynamoDB alone, whose values are ours: botocore would hold each value of each item against its model,
a third of what a row costs. The types do that beforehand, and DynamoDB refuses what is wrong all the same. S3
is another matter: without a key it would answer with a list."""


class Clients:
    """Clients of one session and configuration, by the names of boto3's: `client("dynamodb")`.

    They are botocore's, which boto3 only passes on: a cold start goes without what boto3 and its transfers of
    whole files would load beside them.
    """

    def __init__(self, config: Config) -> None:
        """Make clients with `config`, in the Region and with the credentials of the environment."""
        self.session = get_session()
        self._config = config
        self._lock = Lock()

    def client(self, service: str) -> Any:  # noqa: ANN401  the type is the service's own
        """Return a client of the service, for threads to share."""
        # Sessions are not made to be shared: one client at a time.
        config = self._config.merge(UNCHECKED) if service == "dynamodb" else self._config
        with self._lock:
            return self.session.create_client(service, config=config)

    def when_used(self, service: str) -> Any:  # noqa: ANN401  stands for the service's own type
        """Return what stands for a client of the service, made when it is first asked for anything."""
        return _WhenUsed(partial(self.client, service))


class _WhenUsed:
    """A client that may never be needed."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make
        self._lock = Lock()

    def __getattr__(self, name: str) -> object:
        with self._lock:
            return getattr(self._client, name)

    @cached_property
    def _client(self) -> object:
        return self._make()
