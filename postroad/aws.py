"""How functions ask AWS for anything but SES, whose requests are never repeated."""

from botocore.config import Config


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
