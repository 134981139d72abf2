"""What botocore knows about reaching a service: where it is, whom to trust, which keys to sign with.

No client is made for it, with a service's whole model, its checks and its handlers.
"""

from __future__ import annotations

import os
import ssl
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from botocore.exceptions import BotoCoreError
from botocore.httpsession import get_cert_path
from botocore.utils import ensure_boolean, get_environ_proxies

from postroad.settings import SettingsError
from postroad.signing.connections import HttpEndpoint, Proxy
from postroad.signing.sigv4 import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.session import Session


class UnsignedError(Exception):
    """There are no credentials to sign with. Its text names what botocore made of it."""


def region_of(session: Session) -> str:
    """Return the Region; raises SettingsError where none is set."""
    region = session.get_config_variable("region")
    if not region:
        raise SettingsError("no Region is set: set AWS_DEFAULT_REGION")
    return str(region)


def keys_of(session: Session) -> Callable[[], Credentials]:
    """Return what gives the keys of the moment, renewed where they are temporary; it raises UnsignedError."""
    # Looked for here, in one thread: sessions are not made to be shared.
    found = session.get_credentials()

    def keys() -> Credentials:
        try:
            frozen = None if found is None else found.get_frozen_credentials()
        except BotoCoreError as error:
            raise UnsignedError(type(error).__name__) from error
        if frozen is None or not (frozen.access_key and frozen.secret_key):
            raise UnsignedError("NoCredentialsError")
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token or "")

    return keys


def https_endpoint(
    session: Session, service: str, prefix: str, *, connect_timeout: float, read_timeout: float
) -> HttpEndpoint:
    """Return the endpoint of `service`, whose addresses begin with `prefix`; time limits in seconds."""
    url = endpoint_url(session, service, prefix)
    tls = url.startswith("https:")
    return HttpEndpoint(
        url,
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        tls=trusting(session) if tls else None,
        proxy=proxy_for(url) if tls else None,
    )


def endpoint_url(session: Session, service: str, prefix: str) -> str:
    """Return where the service is: what the environment names, else its endpoint in the session's Region.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    if not ensure_boolean(os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false")):
        for name in (f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ENDPOINT_URL"):
            if named := os.environ.get(name):
                return named
    region = region_of(session)
    found = session.get_component("endpoint_resolver").construct_endpoint(
        prefix,
        region,
        use_dualstack_endpoint=session.get_config_variable("use_dualstack_endpoint"),
        use_fips_endpoint=session.get_config_variable("use_fips_endpoint"),
    )
    if not found:
        raise SettingsError(f"{service} has no endpoint in {region}, or none of the kind that is asked for")
    return f"https://{found['hostname']}"


def trusting(session: Session) -> ssl.SSLContext:
    """Return what checks certificates as botocore's clients do: by AWS_CA_BUNDLE, or by its own list."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(session.get_config_variable("ca_bundle") or get_cert_path(verify=True))
    return context


def proxy_for(url: str) -> Proxy | None:
    """Return the proxy that HTTPS_PROXY names, unless NO_PROXY takes this URL out; it opens a tunnel.

    Raises SettingsError for one that is itself reached over TLS.
    """
    named = get_environ_proxies(url).get("https")
    if not named:
        return None
    parts = urlsplit(named if "//" in named else f"http://{named}")
    if parts.scheme == "https" or not parts.hostname:
        raise SettingsError("HTTPS_PROXY must be http://host:port: a tunnel is asked for there")
    authorization = ""
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = f"Basic {b64encode(pair.encode()).decode()}"
    return Proxy(parts.hostname, parts.port or 80, authorization)
