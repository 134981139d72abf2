"""The function `web`, put together from its environment.

It reads the key ring and writes Contacts, Suppressions, in Schedule its counters, and a mark on rows of
Messages. Where people can sign up, it also reads the address secret and puts messages on one stream's queue.
"""

from __future__ import annotations

import os
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from postroad.clock import SystemClock
from postroad.contacts.dynamodb_joining import DynamoJoining
from postroad.contacts.dynamodb_leaving import DynamoLeaving
from postroad.observability import described, make_logger
from postroad.secrets import read_secret
from postroad.signing.services import dynamodb_requests, secrets_requests, sqs_requests
from postroad.suppression.address_key import address_key
from postroad.web.confirming import Confirming
from postroad.web.dynamodb import DynamoCounters, DynamoMarks
from postroad.web.limits import Limits
from postroad.web.mail_marks import MailMarks
from postroad.web.pages import Pages
from postroad.web.preferring import PreferenceCentre
from postroad.web.requests import Route
from postroad.web.secretsmanager import read_ring
from postroad.web.settings import WebSettings
from postroad.web.sign_up_mail import SignUpMails
from postroad.web.sqs import SqsMailbox
from postroad.web.subscribing import Subscribing
from postroad.web.tokens import Tokens
from postroad.web.unsubscribing import Unsubscribing
from postroad.web.website import Website

if TYPE_CHECKING:
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
    tokens = Tokens(lambda: read_ring(secrets, settings.token_keys_arn), now=clock.now())
    limits = Limits(DynamoCounters(dynamodb, settings.schedule_table), on_error=log_error)
    leaving = DynamoLeaving(
        dynamodb,
        contacts_table=settings.contacts_table,
        suppressions_table=settings.suppressions_table,
        stream_of_topic=pages.stream_of_topic,
    )
    marks = MailMarks(DynamoMarks(dynamodb, settings.messages_table), on_error=log_error)
    sections: dict[Route, Section] = {
        Route.LEAVING: Unsubscribing(
            tokens=tokens,
            leaving=leaving,
            marks=marks,
            limits=limits,
            on_error=log_error,
        ),
        Route.PREFERENCES: PreferenceCentre(
            tokens=tokens, preferring=leaving, marks=marks, limits=limits, pages=pages, on_error=log_error
        ),
    }
    if settings.confirmation_queue_url:
        joining = DynamoJoining(
            dynamodb,
            contacts_table=settings.contacts_table,
            suppressions_table=settings.suppressions_table,
            stream_of_topic=pages.stream_of_topic,
        )
        secret = read_secret(secrets, settings.address_secret_arn)
        sections[Route.SUBSCRIBING] = Subscribing(
            tokens=tokens,
            joining=joining,
            limits=limits,
            pages=pages,
            mailbox=SqsMailbox(sqs_requests(), settings.confirmation_queue_url),
            mails=SignUpMails(
                pages=pages,
                stream=settings.confirmation_stream,
                web_url=settings.web_url,
                tokens=tokens,
            ),
            address_key=partial(address_key, secret),
            entropy=os.urandom,
            on_error=log_error,
        )
        sections[Route.CONFIRMING] = Confirming(
            tokens=tokens, joining=joining, limits=limits, pages=pages, on_error=log_error
        )
    return Website(sections=sections, pages=pages, on_error=log_error)


def log_error(error: BaseException) -> None:
    """Log an error, without its text."""
    logger.error("error in a request", extra=described(error))
