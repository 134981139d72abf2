"""A recipient of the deployed stack: the mails that come, and all that the stack knows of its recipients."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from postroad.ledger.row import Row
    from tests.local_stack import LocalStack
    from tests.raw_requests import RawPages

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
TOPIC = "product_updates"
FORM = "Content-Type: application/x-www-form-urlencoded"
STANDING = ("ContactsTable", "SuppressionsTable")
"""Who may be mailed, and why."""
CHOICE = (
    b"do=save&off=product_updates&off=offers&off=follow_ups&off=shopping&topic=offers&language=es"
    b"&was_language=&pause=30"
)
"""What the preference centre's form says for one topic, a language and a break."""
COUNTED = "visits#"
"""How the pages' counters of visits begin, in the table of what waits for its time."""


@cache
def words(folder: str, locale: str) -> dict[str, str]:
    """Return the texts of `_base` (what mails share) or `_pages` in a language, by their keys."""
    found: dict[str, str] = tomllib.loads(
        (TEMPLATES / folder / "locales" / f"{locale}.toml").read_text("utf-8")
    )
    return found


class Recipient:
    """Somebody with a mailbox; message ids begin with `what`."""

    def __init__(self, stack: LocalStack, what: str, *, locale: str = "en") -> None:
        self.stack = stack
        self.what = what
        self.locale = locale
        self.email = f"{stack.new_id(what)}@example.com"

    def news(self, *, topic: str = TOPIC) -> Row:
        """Let a marketing mail be asked for, and return its row when it has come to its end."""
        return self._ask("back_in_stock", stream="marketing", queue="Marketing", topic=topic)

    def password_reset(self) -> Row:
        """Let a password reset be asked for, likewise."""
        return self._ask("password_reset", stream="transactional", queue="Transactional", topic=None)

    def mail(self, row: Row) -> dict[str, Any]:
        """Return the mail of a row that was sent, as the inbox tells it."""
        return self.stack.inbox.mail(row.ses_message_id)

    def header(self, row: Row, name: str) -> str:
        found = {each["name"]: each["value"] for each in self.mail(row)["headers"]}
        return str(found[name])

    def scopes(self, row: Row) -> dict[str, Any]:
        """Return what is suppressed of the recipient, by scope."""
        found = self.stack.suppression(row.address_key)
        return found["scopes"]["M"] if found else {}

    def _ask(self, template: str, *, stream: str, queue: str, topic: str | None) -> Row:
        data = json.loads((TEMPLATES / template / "example.json").read_text("utf-8"))
        # Those links stand in the example for writers of e-mails: the stack makes the real ones. And the
        # picture is on a site that no test reaches.
        for name in ("unsubscribe_url", "preferences_url"):
            data.pop(name, None)
        data.get("product", {}).pop("image", None)
        message = self.stack.message(
            self.what,
            stream=stream,
            template=template,
            topic=topic,
            data=data,
            locale=self.locale,
            to={"email": self.email},
        )
        self.stack.enqueue(message, stream=queue)
        return self.stack.wait_for_end(str(message["message_id"]))


def sign_up(pages: RawPages, recipient: Recipient, topic: str) -> None:
    """Sign somebody up by the form of the pages, as whoever knows the address may."""
    form = urlencode({"email": recipient.email, "name": "Ana Ruiz", "topic": topic, "do": "subscribe"})
    answer = pages.ask("POST", f"{pages.path}/subscribe", FORM, body=form.encode())
    assert answer.status == 200, answer.body


def standing(stack: LocalStack) -> dict[str, list[Mapping[str, Any]]]:
    """Return every item that says who may be mailed, and every counter of the pages' visitors."""
    found = {name: items_of(stack, name) for name in STANDING}
    waiting = items_of(stack, "ScheduleTable")
    return {**found, COUNTED: [item for item in waiting if item["pk"]["S"].startswith(COUNTED)]}


def items_of(stack: LocalStack, table: str) -> list[Mapping[str, Any]]:
    """Return all items of a table, by its name among the outputs, in the order of their keys."""
    pages = stack.dynamodb.get_paginator("scan").paginate(TableName=stack.outputs[table], ConsistentRead=True)
    items = [item for page in pages for item in page["Items"]]
    return sorted(items, key=lambda item: (str(item["pk"]), str(item["sk"])))
