import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.rendering.formats import likely_subtags
from postroad.rendering.locales import LocaleTag, choose_locale, parse_locale

SHIPPED = ("en", "es", "zh-Hans")


@pytest.mark.parametrize(
    ("requested", "texts"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("es", "es"),
        ("es-CO", "es"),
        ("es-419", "es"),
        ("ES-co", "es"),
        ("es_CO", "es"),
        ("es-CO-u-nu-latn", "es"),
        ("es-Latn-MX", "es"),
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh-SG", "zh-Hans"),
        ("zh-Hans", "zh-Hans"),
        ("zh-Hans-HK", "zh-Hans"),
        ("ZH-HANS-cn", "zh-Hans"),
    ],
)
def test_the_closest_texts_are_chosen_without_a_note(requested: str, texts: str) -> None:
    choice = choose_locale(requested, SHIPPED, "en", likely_subtags())
    assert (choice.texts, choice.note) == (texts, "")


@pytest.mark.parametrize(
    "requested",
    ["zh-TW", "zh-HK", "zh-MO", "zh-Hant", "zh-Hant-CN", "fr", "fr-CA", "de-AT", "xx", "es-Arab", "x", "a-b"],
)
def test_an_unknown_locale_gets_the_default_with_a_note(requested: str) -> None:
    choice = choose_locale(requested, SHIPPED, "en", likely_subtags())
    assert (choice.texts, choice.formats) == ("en", LocaleTag("en"))
    assert choice.note == f"locale {requested} has no texts here: en was used"


def test_no_locale_is_the_default_and_needs_no_note() -> None:
    choice = choose_locale(None, SHIPPED, "es", likely_subtags())
    assert (choice.texts, choice.formats, choice.note) == ("es", LocaleTag("es"), "")


def test_numbers_stay_those_of_the_recipients_region() -> None:
    assert choose_locale("es-CO", SHIPPED, "en", likely_subtags()).formats == LocaleTag("es", "Latn", "CO")
    assert choose_locale("zh-SG", SHIPPED, "en", likely_subtags()).formats == LocaleTag("zh", "Hans", "SG")


def test_texts_of_a_region_win_over_those_of_its_language_and_serve_no_other_region() -> None:
    available = ("en", "pt", "pt-BR", "fr-CA")
    assert choose_locale("pt-BR", available, "en", likely_subtags()).texts == "pt-BR"
    assert choose_locale("pt-PT", available, "en", likely_subtags()).texts == "pt"
    assert choose_locale("fr-FR", available, "en", likely_subtags()).texts == "en"


def test_a_script_is_never_given_to_readers_of_another() -> None:
    assert choose_locale("sr-Latn", ("en", "sr"), "en", likely_subtags()).texts == "en"
    assert choose_locale("sr-RS", ("en", "sr"), "en", likely_subtags()).texts == "sr"


@given(st.text(max_size=40))
def test_any_text_ends_in_a_shipped_locale(requested: str) -> None:
    choice = choose_locale(requested, SHIPPED, "en", likely_subtags())
    assert choice.texts in SHIPPED


@pytest.mark.parametrize(
    ("tag", "parsed"),
    [
        ("es-CO", LocaleTag("es", "", "CO")),
        ("zh-hans-cn", LocaleTag("zh", "Hans", "CN")),
        ("de-1996", LocaleTag("de")),
        ("sl-rozaj", LocaleTag("sl")),
        ("", None),
        ("-", None),
        ("english!", None),
    ],
)
def test_parsing(tag: str, parsed: LocaleTag | None) -> None:
    assert parse_locale(tag) == parsed
