"""How functions ask AWS for anything but SES, whose requests are never repeated.

botocore is imported when the first client is made: a function that needs none in most of its processes does
without half of a cold start.
"""

from __future__ import annotations

from functools import cached_property, partial
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.config import Config

Made = TypeVar("Made")


def client_config(*, attempts: int = 4, connections: int = 10) -> Config:
    """Return the configuration of a boto3 client that gives up early and tries again.

    A request that hangs would hold its whole batch: it may take 2 s to connect and 5 s to answer, and is made
    up to `attempts` times in all. `connections` is for as many threads.
    """
    from botocore.config import Config  # noqa: PLC0415 - see above

    return Config(
        connect_timeout=2,
        read_timeout=5,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=connections,
    )


def unchecked(config: Config) -> Config:
    """Return `config` for DynamoDB alone, whose values are ours.

    botocore would hold each value of each item against its model, a third of what a row costs. The types do
    that beforehand, and DynamoDB refuses what is wrong all the same. S3 is another matter: without a key it
    would answer with a list.
    """
    from botocore.config import Config  # noqa: PLC0415 - see above

    return config.merge(Config(parameter_validation=False))


class Clients:
    """Clients of one session and configuration, by the names of boto3's: `client("dynamodb")`.

    They are botocore's, which boto3 only passes on: a cold start goes without what boto3 and its transfers of
    whole files would load beside them.
    """

    def __init__(self, config: Config) -> None:
        """Make clients with `config`, in the Region and with the credentials of the environment."""
        from botocore.session import get_session  # noqa: PLC0415 - see above

        self._session = get_session()
        self._config = config
        self._lock = Lock()

    def client(self, service: str) -> Any:  # noqa: ANN401  the type is the service's own
        """Return a client of the service, for threads to share."""
        # Sessions are not made to be shared: one client at a time.
        config = unchecked(self._config) if service == "dynamodb" else self._config
        with self._lock:
            return self._session.create_client(service, config=config)

    def when_used(self, service: str) -> Any:  # noqa: ANN401  stands for the service's own type
        """Return what stands for a client of the service, made when it is first asked for anything."""
        return when_used(partial(self.client, service))


def when_used(make: Callable[[], Made]) -> Made:
    """Return what stands for that which `make` makes, as soon as an attribute of it is asked for."""
    return cast("Made", _WhenUsed(make))


class _WhenUsed:
    """A client, say, that may never be needed."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make
        self._lock = Lock()

    def __getattr__(self, name: str) -> object:
        with self._lock:
            return getattr(self._client, name)

    @cached_property
    def _client(self) -> object:
        return self._make()
