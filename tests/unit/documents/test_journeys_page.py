"""The reference of journeys names every key of their files, and every word of their timelines."""

from __future__ import annotations

from pathlib import Path

from postroad.journey_files.definition import (
    STEPS,
    End,
    Entry,
    Head,
    Hours,
    If,
    SendStep,
    Share,
    Trigger,
    Until,
    WaitForStep,
)
from postroad.journeys.enrolment import Ended
from postroad.journeys.timeline import What

PAGE = Path("docs/reference/journeys.md").read_text(encoding="utf-8")


def test_every_key_is_named() -> None:
    models = (Head, Trigger, Entry, Hours, End, SendStep, Until, WaitForStep, If, Share)
    keys = {field.alias or name for model in models for name, field in model.model_fields.items()}
    assert {key for key in keys | set(STEPS) if f"`{key}" not in PAGE} == set()


def test_every_word_of_a_timeline_is_named() -> None:
    words = [*(each.value for each in What), *(each.value for each in Ended)]
    assert [word for word in words if f"`{word}`" not in PAGE] == []
