import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from postroad.authoring.golden import golden_files
from postroad.authoring.project import Project
from postroad.rendering.brand import Brand
from postroad.rendering.catalogue import Catalogue, untranslated
from postroad.rendering.checks import problems_of, warnings_of
from postroad.rendering.compiled import CLIPPED_BYTES, CompiledRenderer, Manifest
from postroad.rendering.examples import EXAMPLE, read_data
from postroad.rendering.page import read
from postroad.rendering.ports import Rendered

PROJECT = Project(Path(__file__).parents[3])
TEMPLATES, GOLDEN = PROJECT.templates, PROJECT.golden
NAMES = PROJECT.names()
MAILS = [
    (name, locale.stem) for name in NAMES for locale in sorted((TEMPLATES / name / "locales").glob("*.toml"))
]


# The same word in two languages, or one that no language translates.
SAME_IN_BOTH = {
    ("es", "BIC"),
    ("es", "IBAN"),
    ("es", "Subtotal"),
    ("es", "Total"),
    ("nl", "BIC"),
    ("nl", "E-mail"),
    ("nl", "IBAN"),
    ("nl", "Was {price}"),
    ("zh-Hans", "BIC"),
    ("zh-Hans", "IBAN"),
}


def example_of(name: str) -> dict[str, object]:
    return read_data(TEMPLATES / name / EXAMPLE)


class Page(HTMLParser):
    """Collects the start tags of a page, and checks that they are closed in order."""

    VOID = frozenset({"meta", "br", "img", "hr", "link"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.announced: list[bool] = []  # of each open table: whether readers say "table"
        self.tables_in_announced = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables_in_announced += any(self.announced)
            self.announced.append(dict(attrs).get("role") != "presentation")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag == "table":
            self.announced.pop()

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(params=MAILS, ids="@".join)
def mail(request: pytest.FixtureRequest, renderer: CompiledRenderer) -> Rendered:
    template, locale = request.param
    return renderer.render(template, locale=locale, data=example_of(template))


@pytest.fixture
def html(mail: Rendered) -> str:
    assert mail.html is not None
    return mail.html


@pytest.fixture
def page(html: str) -> Page:
    return Page(html)


def test_the_build_found_every_template_in_every_locale(compiled: Path) -> None:
    manifest = Manifest.read(compiled)
    assert sorted(manifest.locales) == NAMES
    assert {(name, locale) for name, locales in manifest.locales.items() for locale in locales} == set(MAILS)
    assert manifest.locales["order_confirmation"] == ("en", "es", "nl", "zh-Hans")


def test_mails_are_as_they_were_approved(renderer: CompiledRenderer) -> None:
    files = dict(golden_files(TEMPLATES, renderer))
    assert sorted(files) == sorted(path.name for path in GOLDEN.iterdir()), "run `postroad template approve`"
    for name, content in files.items():
        approved = (GOLDEN / name).read_bytes().decode()
        assert content == approved, (
            f"{name} differs: run `postroad template approve`, and read the difference"
        )


def test_it_is_in_the_locale_asked_for(mail: Rendered, page: Page, request: pytest.FixtureRequest) -> None:
    locale = request.node.callspec.params["mail"][1]
    assert (mail.locale, mail.notes) == (locale, ())
    assert page.all("html")[0]["lang"] == locale
    assert page.all("html")[0]["dir"] == "ltr"


def test_the_subject_fits_a_phone_and_the_text_is_plain(mail: Rendered) -> None:
    assert 0 < len(mail.subject) <= 60
    assert not re.search(r"</|<(br|p|a|b|div|td)\b|&[a-z]+;|[{}]", mail.text)
    assert "\n\n\n" not in mail.text
    assert mail.text.endswith("\n")


def test_gmail_shows_all_of_it(html: str) -> None:
    assert len(html.encode()) < CLIPPED_BYTES


def test_the_build_has_nothing_to_say_against_it(mail: Rendered) -> None:
    assert problems_of(mail) == []
    assert warnings_of(mail) == []


def test_tags_are_closed_in_order_and_nothing_active_is_inside(page: Page) -> None:
    assert page.open == []
    names = {name for name, _ in page.tags}
    assert not names & {"script", "link", "iframe", "form", "input", "object", "video", "svg"}
    assert not [key for _, attributes in page.tags for key in attributes if key.startswith("on")]


def test_links_and_images_are_https_and_named(page: Page) -> None:
    links = [attributes.get("href") or "" for attributes in page.all("a")]
    assert links
    assert all(link.startswith("https://") for link in links)
    for image in page.all("img"):
        assert (image.get("src") or "").startswith("https://")
        assert image.get("alt")


def test_a_preheader_is_the_first_thing_in_the_body(html: str) -> None:
    body = html[html.index("<body") :]
    hidden, shown = body.index("display: none"), re.search(r">([^<>&\n]{12,120})&#847;", body)
    assert shown is not None
    assert hidden < shown.start() < body.index("<table")


def test_it_knows_dark_mode_and_small_screens(html: str, page: Page) -> None:
    metas = {attributes.get("name"): attributes.get("content") for attributes in page.all("meta")}
    assert metas["color-scheme"] == metas["supported-color-schemes"] == "light dark"
    assert metas["viewport"] == "width=device-width, initial-scale=1"
    assert "@media (prefers-color-scheme:dark)" in html
    assert "@media (max-width:480px)" in html


def test_each_class_left_has_a_rule_in_the_head(html: str, page: Page) -> None:
    head = html[: html.index("<body")]
    for _, attributes in page.tags:
        for name in (attributes.get("class") or "").split():
            assert f".{name}" in head


def test_layout_is_by_tables_that_readers_skip_and_outlook_keeps(page: Page) -> None:
    tables = page.all("table")
    assert all(
        table.get("cellpadding") == table.get("cellspacing") == table.get("border") == "0" for table in tables
    )
    assert page.tables_in_announced == 0
    assert not [name for name, attributes in page.tags if "flex" in (attributes.get("style") or "")]


def test_it_says_who_sends_it_and_from_where(mail: Rendered, html: str) -> None:
    brand = Brand.read(PROJECT.brand)
    for part in (mail.text, unescape(html)):
        for line in (brand.name, *brand.postal_address):
            assert line in part


def test_no_text_was_left_in_the_language_of_the_default() -> None:
    default = Brand.read(PROJECT.brand).default_locale
    left: set[tuple[str, str]] = set()
    for folder in ("_base", *NAMES):
        locales = TEMPLATES / folder / "locales"
        english = Catalogue.read(locales / f"{default}.toml")
        others = [Catalogue.read(path) for path in locales.glob("*.toml") if path.stem != default]
        left |= {(other.locale, text) for other in others for text in untranslated(english, other)}
    assert left - SAME_IN_BOTH == set(), "translate it, or add it to SAME_IN_BOTH"


def test_a_mail_that_one_can_leave_says_so_untracked_in_both_parts(renderer: CompiledRenderer) -> None:
    leaving = [name for name in NAMES if "unsubscribe_url" in example_of(name)]
    for name in leaving:
        link = example_of(name)["unsubscribe_url"]
        for locale in renderer.manifest.locales[name]:
            mail = renderer.render(name, locale=locale, data=example_of(name))
            (there,) = [one for one in read(mail.html or "").links if one.href == link]
            assert not there.tracked
            assert mail.text.count(str(link)) == 1
    assert "back_in_stock" in leaving


def test_what_people_can_not_leave_promotes_nothing(renderer: CompiledRenderer) -> None:
    """Words that a transactional mail does without: a promotion in it needs the consent of marketing."""
    promoting = re.compile(
        r"\b(offers?|deals?|coupon|voucher|sale|limited time|don.t miss|(shop|buy) now|recommended for you)\b"
        r"|\b(ofertas?|cupón|rebajas|no se pierda|compre ahora)\b"
        r"|\b(aanbiedingen|kortingscode|uitverkoop|mis niets|koop nu)\b"
        r"|促销|特价|优惠券|抢购|立即购买",
        re.IGNORECASE,
    )
    transactional = [name for name in NAMES if "unsubscribe_url" not in example_of(name)]
    for name in transactional:
        for locale in renderer.manifest.locales[name]:
            mail = renderer.render(name, locale=locale, data=example_of(name))
            found = promoting.search(f"{mail.subject}\n{mail.text}")
            assert found is None, f"{name} in {locale}: {found}"
    assert {"order_confirmation", "password_reset"} <= set(transactional)


def test_each_template_documents_its_data() -> None:
    for name in NAMES:
        readme = (TEMPLATES / name / "README.md").read_text("utf-8")
        for key in example_of(name):
            assert f"`{key}`" in readme
