import pytest

from tests.browser.conftest import leave_behind
from tests.browser.mails import PHONE, SCHEMES, WIDTHS, MailViewer
from tools.shown_mails import names

every_mail = pytest.mark.parametrize(("template", "locale"), names())


def faults(viewer: MailViewer, template: str, locale: str, about: str) -> list[str]:
    """Return the sentences about one thing in all renderings of a mail; a picture of each stays behind."""
    found = [
        (rendering, looks.faults[about])
        for rendering, looks in viewer.looks(template, locale)
        if looks.faults.get(about)
    ]
    for rendering, _ in found:
        viewer.show(rendering)
        leave_behind(viewer.page, str(rendering))
    return [f"{rendering}: {sentence}" for rendering, sentences in found for sentence in sentences]


@every_mail
def test_a_mail_never_scrolls_sideways(viewer: MailViewer, template: str, locale: str) -> None:
    assert faults(viewer, template, locale, "sideways") == []


@every_mail
def test_no_text_of_a_mail_is_too_small_to_read(viewer: MailViewer, template: str, locale: str) -> None:
    assert faults(viewer, template, locale, "small") == []


@every_mail
def test_every_line_of_a_mail_is_whole(viewer: MailViewer, template: str, locale: str) -> None:
    assert faults(viewer, template, locale, "cut") == []


@every_mail
def test_no_word_of_a_mail_is_broken_in_two(viewer: MailViewer, template: str, locale: str) -> None:
    assert faults(viewer, template, locale, "broken") == []


@every_mail
def test_a_thumb_finds_every_button(viewer: MailViewer, template: str, locale: str) -> None:
    assert faults(viewer, template, locale, "targets") == []


@every_mail
def test_every_picture_has_words_and_a_place(viewer: MailViewer, template: str, locale: str) -> None:
    assert faults(viewer, template, locale, "pictures") == []


@every_mail
def test_the_text_of_a_mail_stands_out_day_and_night(viewer: MailViewer, template: str, locale: str) -> None:
    assert faults(viewer, template, locale, "contrast") == []


@every_mail
def test_axe_finds_nothing_grave_in_a_mail(viewer: MailViewer, template: str, locale: str) -> None:
    assert faults(viewer, template, locale, "axe") == []


@every_mail
def test_every_rendering_of_a_mail_was_looked_at(viewer: MailViewer, template: str, locale: str) -> None:
    looked_at = dict(viewer.looks(template, locale))

    assert len(looked_at) == len(WIDTHS) * len(SCHEMES)
    assert all(looks.texts > 5 for looks in looked_at.values())
    assert all("contrast" in looks.faults for at, looks in looked_at.items() if at.width == PHONE)
