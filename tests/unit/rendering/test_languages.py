"""What holds for the texts of a language in every mail: the form of address, and its own punctuation."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[3] / "templates"

# The informal address, and marks that the language writes otherwise: mails speak to customers and companies.
WRONG: dict[str, str] = {
    "en": r"['\"]",
    "es": r"['\"]|\b(tú|tu|tus|te|ti|tuyo|vosotros|vuestro|vuestra)\b|\w%",
    "nl": r"['\"]|\b(je|jij|jou|jouw|jullie|uw e-?mail adres)\b",
    "zh-Hans": r"['\"]|你|[\u4e00-\u9fff}][,.;:!?]|[,.;:!?][\u4e00-\u9fff]|[()]",
}


def texts(locale: str) -> Iterator[tuple[str, str]]:
    for path in sorted(TEMPLATES.glob(f"*/locales/{locale}.toml")):
        for key, value in tomllib.loads(path.read_text("utf-8")).items():
            for form in value.values() if isinstance(value, dict) else [value]:
                yield f"{path.parts[-3]}: {key}", form


@pytest.mark.parametrize("locale", WRONG)
def test_texts_keep_to_the_formal_address_and_to_the_languages_marks(locale: str) -> None:
    found = list(texts(locale))
    assert len(found) > 100
    wrong = re.compile(WRONG[locale], re.IGNORECASE)
    assert [(key, form) for key, form in found if wrong.search(form)] == []


@pytest.mark.parametrize("locale", WRONG)
def test_no_text_has_stray_blanks_dots_for_an_ellipsis_or_a_hyphen_for_a_dash(locale: str) -> None:
    assert [
        (key, form)
        for key, form in texts(locale)
        if form != form.strip() or re.search(r"  |\.\.\.| - ", form)
    ] == []


def test_spanish_questions_and_exclamations_are_opened() -> None:
    for key, form in texts("es"):
        assert form.count("?") == form.count("¿"), key
        assert form.count("!") == form.count("¡"), key


@pytest.mark.parametrize("locale", ["en", "es", "nl"])
def test_mails_are_calm(locale: str) -> None:
    assert [key for key, form in texts(locale) if "!" in form] == []
