"""What Lambda's environment says of reaching AWS: the Region, the keys, addresses, whom to trust, a proxy.

botocore reads the same and more (files, profiles, metadata); a function needs none of that, and it costs half
of a cold start.
"""

from __future__ import annotations

import os
import ssl
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import botocore

from postroad.settings import SettingsError
from postroad.signing.connections import HttpEndpoint, Proxy
from postroad.signing.sigv4 import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

SUFFIXES = {
    "cn": "amazonaws.com.cn",
    "eusc": "amazonaws.eu",
    "us-iso": "c2s.ic.gov",
    "us-isob": "sc2s.sgov.gov",
    "us-isof": "csp.hci.ic.gov",
    "eu-isoe": "cloud.adc-e.uk",
}
"""The domain of each partition but AWS's own, by what its Regions' names begin with."""
VARIABLES = {"secretsmanager": "SECRETS_MANAGER"}
"""How the variable of a service's endpoint ends where that isn't botocore's name for it."""
SPECIAL = ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT")


class UnsignedError(Exception):
    """There are no keys to sign with."""


def time_to_sign() -> datetime:
    """Return the machine's own time: AWS compares a signature's with its own, wherever a stage lives."""
    return datetime.now(UTC)


def region(environment: Mapping[str, str] = os.environ) -> str:
    """Return the Region that the function runs in; raises SettingsError where none is set."""
    found = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if not found:
        raise SettingsError("no Region is set: set AWS_REGION")
    return found


def keys(environment: Mapping[str, str] = os.environ) -> Credentials:
    """Return the keys of the function's role, which outlast its process; without any raises UnsignedError."""
    access, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if not access or not secret:
        raise UnsignedError("NoCredentialsError")
    return Credentials(access, secret, environment.get("AWS_SESSION_TOKEN", ""))


def endpoint(service: str, host: str, *, connect_timeout: float, read_timeout: float) -> HttpEndpoint:
    """Return the service's endpoint; time limits in seconds.

    `service` is botocore's name for it, `host` what its address begins with. Raises SettingsError where the
    environment names an address that is none.
    """
    url = endpoint_url(service, host)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        # What it says stays out: there may be a password in it.
        raise SettingsError(
            f"{variable(service)} or AWS_ENDPOINT_URL must be https://host or http://host:port"
        )
    tls = parts.scheme == "https"
    return HttpEndpoint(
        url,
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        tls=trusting() if tls else None,
        proxy=proxy_for(url) if tls else None,
    )


def endpoint_url(service: str, host: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return where the service is: what the environment names, else its address in the Region.

    Raises SettingsError where the environment asks for FIPS or dual-stack endpoints: they have names of their
    own. https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    for name in (variable(service), "AWS_ENDPOINT_URL"):
        if named := environment.get(name):
            return named
    for name in SPECIAL:
        if environment.get(name, "false").lower() == "true":
            raise SettingsError(f"{name} isn't supported: set {variable(service)} instead")
    name = region(environment)
    suffix = SUFFIXES.get(name.rsplit("-", 2)[0]) or SUFFIXES.get(name.partition("-")[0], "amazonaws.com")
    return f"https://{host}.{name}.{suffix}"


def variable(service: str) -> str:
    """Return the name of the variable that names this service's endpoint.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html#ss-endpoints-table
    """
    return f"AWS_ENDPOINT_URL_{VARIABLES.get(service, service.upper())}"


def trusting(environment: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """Return what checks certificates as botocore's clients do: by AWS_CA_BUNDLE, or by its own list."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    own = Path(botocore.__file__).with_name("cacert.pem")
    context.load_verify_locations(environment.get("AWS_CA_BUNDLE") or own)
    return context


def proxy_for(url: str) -> Proxy | None:
    """Return the proxy that HTTPS_PROXY names, unless NO_PROXY takes this URL out; it opens a tunnel.

    Raises SettingsError for one that is itself reached over TLS.
    """
    named = os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY")
    if not named:
        return None
    from urllib.request import proxy_bypass  # noqa: PLC0415 - few functions have a proxy

    if proxy_bypass(urlsplit(url).netloc):
        return None
    parts = urlsplit(named if "//" in named else f"http://{named}")
    if parts.scheme == "https" or not parts.hostname:
        raise SettingsError("HTTPS_PROXY must be http://host:port: a tunnel is asked for there")
    authorization = ""
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = f"Basic {b64encode(pair.encode()).decode()}"
    return Proxy(parts.hostname, parts.port or 80, authorization)
