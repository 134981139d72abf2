"""boto3 clients of the emulated cloud in this very process, whatever the environment says."""

from typing import TypedDict

from postroad.local.state import State


class Connection(TypedDict):
    """Keyword arguments of `boto3.client`."""

    endpoint_url: str
    region_name: str
    aws_access_key_id: str
    aws_secret_access_key: str
    verify: str


def connection(state: State) -> Connection:
    """Return what `boto3.client(service, **connection(state))` needs to reach this stack and no other."""
    return Connection(
        endpoint_url=state.endpoint,
        region_name=state.region,
        aws_access_key_id=state.access_key_id,
        aws_secret_access_key=state.secret_access_key,
        verify=str(state.certificate),
    )
