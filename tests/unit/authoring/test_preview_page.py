import json
import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest

from postroad.authoring.pictures import draw_pictures
from postroad.authoring.preview_page import Width, make_page
from postroad.authoring.project import Project
from postroad.authoring.rendering import Shown, UnknownLocale, render

pytestmark = pytest.mark.slow

MAIL = Shown("note", "en", "Hello", "What it holds", "Hello Ana,\n", "<html><head></head>Hi</html>", [])


def mails_in(page: str) -> dict[str, str]:
    """Read what the page's script reads."""
    (held,) = re.findall(r'<script type="application/json" id="mails">(.*?)</script>', page, re.DOTALL)
    mails: dict[str, str] = json.loads(held)
    return mails


def test_every_locale_is_shown_and_the_mirrored_one(project: Project) -> None:
    shown = render(project, every_locale=True)
    assert [mail.locale for mail in shown] == ["en", "es", "nl", "zh-Hans", "ar-XB"]
    page = make_page(shown, shop="The Example Shop")
    assert list(mails_in(page)) == [f"order_confirmation@{mail.locale}" for mail in shown]
    for mail in shown:
        for part in (mail.subject, mail.preheader, mail.text):
            assert part in unescape(page)
        assert f'<a href="#order_confirmation@{mail.locale}"' in page
        assert mails_in(page)[f"order_confirmation@{mail.locale}"] == mail.html


def test_one_mail_is_shown_in_the_locale_of_its_reader(project: Project) -> None:
    (mail,) = render(project, ["order_confirmation"], locale="es-CO")
    assert mail.subject == "Hemos recibido su pedido 1042"
    (default,) = render(project, ["order_confirmation"])
    assert (default.locale, default.preheader) == (
        "en",
        "What you ordered, what it costs and where we send it.",
    )
    assert default.bytes == len((default.html or "").encode()) > 5000


def test_a_reader_whom_no_texts_are_for_is_answered_with_whom_they_are_for(project: Project) -> None:
    with pytest.raises(UnknownLocale) as caught:
        render(project, ["order_confirmation"], locale="fr")
    assert caught.value.known == ["en", "es", "nl", "zh-Hans", "ar-XB"]


def test_other_data_is_shown_and_its_mistakes_are_told(project: Project, tmp_path: Path) -> None:
    data = json.loads((project.templates / "order_confirmation" / "example.json").read_text("utf-8"))
    file = tmp_path / "order.json"
    file.write_text(json.dumps(data | {"order_id": "2077"}), "utf-8")
    (mail,) = render(project, ["order_confirmation"], data=file)
    assert mail.subject == "We have your order 2077"
    file.write_text(json.dumps(data | {"customer": {}}), "utf-8")
    expected = r"order\.json: data\.customer\.name: is missing.*see .*order_confirmation/body\.txt: line 4$"
    with pytest.raises(ValueError, match=expected):
        render(project, ["order_confirmation"], data=file, locale="es-CO")


def test_the_notes_tell_what_could_not_be_deployed(project: Project, tmp_path: Path) -> None:
    data = json.loads((project.templates / "order_confirmation" / "example.json").read_text("utf-8"))
    file = tmp_path / "order.json"
    file.write_text(json.dumps(data | {"order_id": "9" * 70}), "utf-8")
    (mail,) = render(project, ["order_confirmation"], data=file)
    assert mail.notes == [f"the subject has 89 characters, 78 at most: We have your order {'9' * 70}"]


def test_the_page_asks_nothing_of_any_server(project: Project) -> None:
    page = make_page(render(project, every_locale=True), shop="The Example Shop")
    shell = page.partition('<script type="application/json"')[0]
    assert "default-src 'none'" in shell
    assert not re.search(r"<(link|img|script)\b", shell)
    assert not re.search(r"url\(|@import", shell)


def test_no_mail_can_break_out_of_the_page() -> None:
    evil = "</script><script>alert(1)</script>"
    mail = Shown("note", "en", evil, evil, evil, f"<html>{evil}\u2028</html>", [evil])
    page = make_page([mail], shop=evil)
    assert evil not in page
    assert mails_in(page)["note@en"] == f"<html>{evil}\u2028</html>"
    assert page.count("<script") == 2


def test_one_mail_needs_no_index_and_no_filters() -> None:
    page = make_page([MAIL], shop="The Example Shop", widths=[Width("Frame", 320)])
    assert "<nav" not in page
    assert 'name="template"' not in page
    assert 'data-widths="Frame:320"' in page
    assert "<nav" in make_page([MAIL, MAIL], shop="The Example Shop")


def test_a_mail_of_text_alone_has_no_frame() -> None:
    mail = Shown("note", "en", "Hello", "", "Hello Ana,\n", None, [])
    page = make_page([mail], shop="The Example Shop")
    assert "This mail has a text part only." in page
    assert 'class="frames"' not in page


@pytest.mark.parametrize("host", ["shop.example", "cdn.shop.example", "example.com", "www.example.org"])
def test_pictures_of_example_hosts_are_drawn(host: str) -> None:
    tag = (
        f'<img src="https://{host}/a.png?x=1&amp;y=2" alt="A loaf &amp; &lt;salt&gt;" width="52" height="40">'
    )
    drawn = draw_pictures(f"<p>{tag}</p>")
    assert host not in drawn
    assert 'alt="A loaf &amp; &lt;salt&gt;" width="52" height="40">' in drawn
    (source,) = re.findall(r'src="data:image/svg\+xml,([^"]*)"', drawn)
    assert 'width="52" height="40"' in unquote(source)
    assert ">A loaf &amp; &lt;salt&gt;</text>" in unquote(source)


@pytest.mark.parametrize("src", ["https://images.shop.test/a.png", "https://notexample.com/a.png", "data:,"])
def test_other_pictures_stay(src: str) -> None:
    tag = f'<img src="{src}" alt="A loaf" width="52" height="40">'
    assert draw_pictures(tag) == tag
