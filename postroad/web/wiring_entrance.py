"""The entrance of the function `web`, put together from its environment."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from postroad.clock import SystemClock
from postroad.signing.services import secrets_requests
from postroad.web.entrance import GuardedEntrance, OpenEntrance
from postroad.web.secretsmanager import read_origin_secrets
from postroad.web.settings import WebSettings

if TYPE_CHECKING:
    from postroad.web.entrance import Entrance


@cache
def entrance() -> Entrance:
    """Return what lets requests in, made once per process."""
    arn = WebSettings.from_env().origin_secret_arn
    if not arn:
        return OpenEntrance()
    secrets = secrets_requests()
    return GuardedEntrance(lambda: read_origin_secrets(secrets, arn), now=SystemClock().now())
