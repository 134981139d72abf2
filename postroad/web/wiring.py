"""The function `web`, put together from its environment.

It reads the key ring and writes Contacts, Suppressions and, in Schedule, its counters. The address secret is
not its own: links hold address keys.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from postroad.clock import SystemClock
from postroad.contacts.dynamodb_leaving import DynamoLeaving
from postroad.observability import described, make_logger
from postroad.signing.services import dynamodb_requests, secrets_requests
from postroad.web.dynamodb import DynamoCounters
from postroad.web.limits import Limits
from postroad.web.pages import Pages
from postroad.web.preferring import PreferenceCentre
from postroad.web.requests import Route
from postroad.web.settings import WebSettings
from postroad.web.token import KeyRing
from postroad.web.tokens import Tokens
from postroad.web.unsubscribing import Unsubscribing
from postroad.web.website import Website

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from postroad.web.ports import Section

logger = make_logger("web")
clock = SystemClock()

PAGES = Path(__file__).parents[2] / "web_pages" / "pages.json"
"""Beside `postroad` in the bundle, where the build puts them."""


@cache
def website() -> Website:
    """Return what answers, made once per process."""
    settings = WebSettings.from_env()
    dynamodb, secrets = dynamodb_requests(), secrets_requests()
    pages = Pages.read(PAGES)
    tokens = Tokens(lambda: _ring(secrets, settings.token_keys_arn), now=clock.now())
    limits = Limits(DynamoCounters(dynamodb, settings.schedule_table), on_error=log_error)
    leaving = DynamoLeaving(
        dynamodb,
        contacts_table=settings.contacts_table,
        suppressions_table=settings.suppressions_table,
        stream_of_topic=pages.stream_of_topic,
    )
    sections: dict[Route, Section] = {
        Route.LEAVING: Unsubscribing(tokens=tokens, leaving=leaving, limits=limits, on_error=log_error),
        Route.PREFERENCES: PreferenceCentre(
            tokens=tokens, preferring=leaving, limits=limits, pages=pages, on_error=log_error
        ),
    }
    return Website(sections=sections, pages=pages)


def log_error(error: BaseException) -> None:
    """Log an error, without its text."""
    logger.error("error in a request", extra=described(error))


def _ring(secrets: SecretsManagerClient, arn: str) -> KeyRing:
    return KeyRing.read(secrets.get_secret_value(SecretId=arn)["SecretString"])
