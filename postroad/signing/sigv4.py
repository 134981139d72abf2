"""AWS's Signature Version 4 of a request without a query. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

ALGORITHM = "AWS4-HMAC-SHA256"
_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The keys of an AWS principal; `token` is that of temporary ones, and empty for others."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


def signed_headers(
    headers: Mapping[str, str],
    *,
    method: str,
    path: str,
    body: bytes,
    service: str,
    region: str,
    credentials: Credentials,
    at: datetime,
) -> dict[str, str]:
    """Return `headers` with those that sign the request: X-Amz-Date, the token, Authorization.

    Every header given is signed: `Host` must be among them, and none that is changed on the way. `path` is
    as it stands in the request line, of slashes and unreserved characters (RFC 3986) alone. `at` is in UTC by
    a clock that is right: AWS refuses what is five minutes off. Raises ValueError for another zone's time.
    """
    if at.utcoffset() != _ZERO:
        raise ValueError("a signature's time is in UTC")
    time = at.strftime("%Y%m%dT%H%M%SZ")
    day = time[:8]
    signed = {**headers, "X-Amz-Date": time}
    if credentials.token:
        signed["X-Amz-Security-Token"] = credentials.token
    canonical = sorted((name.lower(), " ".join(value.split())) for name, value in signed.items())
    lines = "".join([f"{name}:{value}\n" for name, value in canonical])
    names = ";".join([name for name, _ in canonical])
    request = f"{method}\n{path}\n\n{lines}\n{names}\n{sha256(body).hexdigest()}"
    scope = f"{day}/{region}/{service}/aws4_request"
    to_sign = f"{ALGORITHM}\n{time}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    key = _signing_key(credentials.secret_key, day, region, service)
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    signed["Authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return signed


@lru_cache(maxsize=4)
def _signing_key(secret_key: str, day: str, region: str, service: str) -> bytes:
    """Derive the key of one day: the same for all its requests, and half of what a signature costs."""
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
