"""The page for a person holds whatever is held about them, and steers no terminal."""

from __future__ import annotations

from typing import Any

from postroad.cli.contact.person_text import person_markdown
from tests.unit.cli.deployed import NOON

FOUND: dict[str, Any] = {
    "email": "ana.ruiz@example.com",
    "stage": "prod",
    "exported_at": NOON,
    "erased_at": None,
    "profile": None,
    "consents": [],
    "consents_kept_as_proof": [],
    "other_records": [],
    "suppressions": [],
    "suppression_history": [],
    "ses_suppression_list": None,
    "messages": [],
    "not_in_this_document": [],
}


def test_records_of_any_shape_are_told() -> None:
    others = [{"record": "event#1", "items": ["a", "b"], "more": {"deep": [1, {"x": []}], "none": None}}]

    page = person_markdown(FOUND | {"other_records": others}, titles={})

    assert "- record: event\\#1\n- items: a, b\n- more, deep: 1, x" in page


def test_no_part_of_it_steers_a_terminal() -> None:
    hostile = "\x1b[2J\x9b31m\u202egnp.exe\x07"
    message = {
        "message_id": hostile, "status": "held", "in_words": [hostile], "tags": {hostile: hostile},
        "timeline": [], "notes": [hostile], "body": f"{{no JSON {hostile}\nsecond line",
    } | dict.fromkeys(
        ("stream", "template", "to", "locale", "topic", "reason", "detail", "bounce", "waits_until",
         "kept_until"), hostile,
    )  # fmt: skip
    found = FOUND | {
        "email": hostile,
        "profile": {"name": hostile, "attributes": {hostile: [hostile]}},
        "messages": [message, message | {"body": {hostile: hostile}}],
        "seen": {hostile: [hostile]},
    }

    page = person_markdown(found, titles={"seen": "What we saw"})

    assert all(letter.isprintable() for letter in page.replace("\n", ""))
