"""The variables that point a child, or boto3, at the emulated cloud and at nothing else."""

import os
from collections.abc import Mapping

from postroad.local.state import State

# Some machines preset these for their own proxy; ours are set outright, so that none of them wins.
TRUST_VARIABLES = ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_PROXY_VARIABLES = ("NO_PROXY", "no_proxy")


def environment(state: State) -> dict[str, str]:
    """Return the variables for a child (boto3, the AWS or CDK command line) of the emulated cloud.

    Never give them to pip or npm: the trusted certificate is the emulated cloud's alone.
    """
    return {
        "AWS_ENDPOINT_URL": state.endpoint,
        "AWS_ENDPOINT_URL_S3": state.endpoint,
        "AWS_ACCESS_KEY_ID": state.access_key_id,
        "AWS_SECRET_ACCESS_KEY": state.secret_access_key,
        "AWS_REGION": state.region,
        "AWS_DEFAULT_REGION": state.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        **dict.fromkeys(TRUST_VARIABLES, str(state.certificate)),
        **dict.fromkeys(_PROXY_VARIABLES, "localhost,127.0.0.1"),
    }


def without_aws(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the process's environment less everything that would point at a real AWS account."""
    source = os.environ if variables is None else variables
    return {name: value for name, value in source.items() if not name.startswith("AWS_")}
