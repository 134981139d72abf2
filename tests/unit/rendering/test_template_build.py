import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from postroad.rendering.build import build_templates
from postroad.rendering.compiled import CompiledRenderer
from postroad.rendering.page import read
from postroad.rendering.problems import TemplateBuildError

pytestmark = pytest.mark.slow

TEMPLATES = Path(__file__).parents[3] / "templates"
Mail = Callable[..., Path]
POLISH_FILES = """
[files]
one = "{count} plik"
few = "{count} pliki"
many = "{count} plików"
other = "{count} pliku"
"""


def problems_of(source: Path) -> list[str]:
    with pytest.raises(TemplateBuildError) as caught:
        build_templates(source, source.parent / "compiled")
    return [
        problem.removeprefix(f"{source}/").removeprefix(f"{source.parent}/")
        for problem in caught.value.problems
    ]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "__pycache__"}


def test_the_same_sources_compile_to_the_same_bytes(compiled: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(TEMPLATES, tmp_path / "templates")
    build_templates(copy, tmp_path / "again", brand=TEMPLATES.parent / "config" / "brand.toml")
    assert contents(tmp_path / "again") == contents(compiled)


def test_nothing_of_an_earlier_build_stays(sources: Path, tmp_path: Path) -> None:
    target = tmp_path / "compiled"
    build_templates(sources, target)
    (target / "tmpl_old.py").touch()
    build_templates(sources, target)
    assert "tmpl_old.py" not in contents(target)
    assert not (target / "__pycache__").exists()


def test_a_folder_that_is_not_ours_is_left_alone(sources: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(TemplateBuildError, match="not a folder of compiled templates"):
        build_templates(sources, tmp_path / "mine")
    assert contents(tmp_path / "mine") == {"letter.txt": b"dear"}


def test_compiled_templates_name_no_path_of_the_machine(compiled: Path) -> None:
    root = str(Path(__file__).parents[3]).encode()
    assert not [name for name, content in contents(compiled).items() if root in content]


@pytest.mark.parametrize("missing", ["subject.txt", "body.txt", "example.json"])
def test_each_part_that_is_compulsory(sources: Path, missing: str) -> None:
    (sources / "order_confirmation" / missing).unlink()
    assert problems_of(sources) == [f"order_confirmation: {missing} is missing"]


def test_a_template_without_the_default_locale(sources: Path) -> None:
    (sources / "order_confirmation" / "locales" / "en.toml").unlink()
    assert problems_of(sources) == [
        "order_confirmation: locales/en.toml is missing: it is the default locale"
    ]


def test_a_locale_that_the_base_lacks(sources: Path) -> None:
    locales = sources / "order_confirmation" / "locales"
    shutil.copy(locales / "en.toml", locales / "fr.toml")
    assert problems_of(sources) == ["_base: locales/fr.toml is missing, order_confirmation needs it"]


def test_every_locale_has_exactly_the_keys_and_places_of_the_default(sources: Path) -> None:
    path = sources / "order_confirmation" / "locales" / "es.toml"
    changed = (
        path.read_text("utf-8").replace("heading =", "headline =").replace("Pedido {order_id}", "Pedido")
    )
    path.write_text(changed, "utf-8")
    name = "order_confirmation/locales/es.toml"
    assert problems_of(sources) == [
        f"{name}: heading is missing",
        f"{name}: headline is not in en.toml",
        f"{name}: placed: expected date, order_id in braces, as in en.toml",
        f"{name}: placed_for_company: expected company, date, order_id in braces, as in en.toml",
    ]


def test_the_base_has_the_same_keys_in_each_locale(sources: Path) -> None:
    (sources / "_base" / "locales" / "es.toml").write_text('help = "¿Algo no está bien?"', "utf-8")
    shutil.copytree(sources / "order_confirmation", sources / "another")
    assert problems_of(sources) == [
        "_base/locales/es.toml: labelled is missing",
        "_base/locales/es.toml: preferences is missing",
        "_base/locales/es.toml: unsubscribe is missing",
    ]


def test_a_text_that_no_template_uses(small: Mail) -> None:
    assert problems_of(small(en='stale = "Never shown"')) == [
        "note/locales/en.toml: stale is used by no template"
    ]


def test_a_text_may_not_stand_in_for_one_of_the_base(small: Mail) -> None:
    assert problems_of(small(en='help = "Mine"')) == ["note/locales/en.toml: help is in _base already"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("x = 5", "x: expected a text, or a table of plural forms"),
        ('x = " "', "x: expected a text, or a table of plural forms"),
        ('x = "a {name"', "x: expected '}' before end of string; write {{ and }} for braces"),
        ('x = "a {name!r}"', "x: expected a plain name in braces, got {name}"),
        ('x = "a {a.b}"', "x: expected a plain name in braces, got {a.b}"),
        ('x = "a {}"', "x: expected a plain name in braces, got {}"),
        ('[x]\none = "one"', "x: plural forms of en are one, other"),
        ('[x]\nfew = "some"\nother = "many"', "x: plural forms of en are one, other"),
    ],
)
def test_a_text_that_can_not_be_read(small: Mail, content: str, problem: str) -> None:
    assert problems_of(small(en=content)) == [f"note/locales/en.toml: {problem}"]


def test_a_locale_file_that_is_not_toml_or_not_a_locale(small: Mail) -> None:
    assert problems_of(small(en="x =")) == ["note/locales/en.toml: Invalid value (at end of document)"]


def test_a_file_whose_name_is_no_locale(small: Mail) -> None:
    assert problems_of(small(en="", english="")) == [
        "note/locales/english.toml: english is no locale that CLDR knows"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{{ t("nothing") }}', "no text 'nothing' in {source}/note/locales/en.toml"),
        ('{{ t("hello") }}', "the text 'hello' of {source}/note/locales/en.toml takes name"),
        ('{{ t("hello", name="A", age=5) }}', "the text 'hello' of {source}/note/locales/en.toml takes name"),
        ('{{ t("hello", "A") }}', 'expected t("key", name=value, ...)'),
        ("{{ t(hello) }}", 'expected t("key", name=value, ...)'),
        ("{{ mail.brand.motto }}", "there is no mail.brand.motto"),
        ("{{ mail.brand }}", "there is no mail.brand"),
        ('{% include "_base/parts.html" %}', "expected the plain name of another .txt file"),
        ("{% include name %}", "expected the plain name of another .txt file"),
        ("{{ name | safe }}", "No filter named 'safe'."),
        ("{% if %}", "Expected an expression, got 'end of statement block'"),
    ],
)
def test_a_template_that_asks_for_what_is_not_there(small: Mail, text: str, problem: str) -> None:
    source = small(
        text='{{ t("hello", name="x") }}\n' + text, en='hello = "Hello {name}"', example={"name": "x"}
    )
    assert problems_of(source) == ["note/body.txt: line 2: " + problem.replace("{source}", str(source))]


def test_html_may_not_borrow_a_macro_from_a_text_file(small: Mail) -> None:
    # Jinja would take the text macro's unescaped result for safe.
    source = small(
        html='{% from "_base/parts.txt" import postal_address %}<p>{{ postal_address(place) }}</p>'
    )
    assert problems_of(source) == ["note/body.html: line 1: expected the plain name of another .html file"]


def test_a_class_must_be_constant_and_have_a_rule(small: Mail) -> None:
    assert problems_of(small(html='<p class="paragraph huge">Hi</p>')) == [
        "note/body.html: line 1: no rule for class 'huge' in inline.css or head.css"
    ]


def test_a_class_from_data_can_not_be_styled(small: Mail) -> None:
    assert problems_of(small(html='<p class="{{ kind }}">Hi</p>')) == [
        "note/body.html: line 1: class and id must be constant to be styled at build, got {{ kind }}"
    ]


def test_a_rule_that_looks_around_can_not_be_inlined(sources: Path) -> None:
    with (sources / "_base" / "inline.css").open("a") as file:
        file.write("td .muted { color: red } a:hover { color: red }")
    assert problems_of(sources) == [
        f"_base/inline.css: '{selector}': expected one element, class or id; other rules belong into head.css"
        for selector in ("td .muted", "a:hover")
    ]


def test_a_colour_that_the_brand_lacks(sources: Path) -> None:
    with (sources / "_base" / "head.css").open("a") as file:
        file.write(".link { color: var(--sparkle) }")
    assert problems_of(sources) == ["_base/head.css: the brand has no colour sparkle"]


def test_the_example_must_fit_its_template(small: Mail) -> None:
    source = small(text="{{ person.name }}", example={"person": {}})
    body = source / "note" / "body.txt"
    assert problems_of(source) == [
        f"note/example.json: data.person.name: is missing: the template needs it: see {body}: line 1 (in en)"
    ]


def test_the_example_must_be_json(sources: Path) -> None:
    (sources / "order_confirmation" / "example.json").write_text("{")
    assert problems_of(sources)[0].startswith("order_confirmation/example.json: Expecting property name")


@pytest.fixture
def render_small(small: Mail, tmp_path: Path) -> Callable[..., CompiledRenderer]:
    def make(**parts: object) -> CompiledRenderer:
        build_templates(small(**parts), tmp_path / "compiled")
        return CompiledRenderer(tmp_path / "compiled")

    return make


def test_a_template_without_html(render_small: Callable[..., CompiledRenderer]) -> None:
    assert render_small().render("note", locale="en", data={}).html is None


def test_texts_are_plain_text_in_each_part(render_small: Callable[..., CompiledRenderer]) -> None:
    body = '{{ t("terms", name=name) }}'
    renderer = render_small(
        text=body,
        html=f"<p>{body}</p>",
        en='terms = "Terms & <conditions> of {{braces}} for {name}"',
        example={"name": "A"},
    )
    mail = renderer.render("note", locale="en", data={"name": "<b>"})
    assert mail.text.endswith("Terms & <conditions> of {braces} for <b>\n")
    assert mail.html is not None
    assert (
        mail.html.partition("</div>")[2] == "<p>Terms &amp; &lt;conditions&gt; of {braces} for &lt;b&gt;</p>"
    )


def test_plural_forms_follow_the_language(
    sources: Path, render_small: Callable[..., CompiledRenderer]
) -> None:
    shutil.copy(sources / "_base" / "locales" / "en.toml", sources / "_base" / "locales" / "pl.toml")
    renderer = render_small(
        text='{{ t("files", count=n) }}',
        en='[files]\none = "one file"\nother = "{count} files"',
        pl=POLISH_FILES,
        example={"n": 1},
    )

    def files(locale: str, n: object) -> str:
        return renderer.render("note", locale=locale, data={"n": n}).text.rpartition("out.")[2].strip()

    assert [files("en", n) for n in (0, 1, 1200)] == ["0 files", "one file", "1,200 files"]
    assert [files("pl", n) for n in (1, 3, 5, "1.5")] == ["1 plik", "3 pliki", "5 plików", "1,5 pliku"]


def test_a_constant_is_formatted_for_the_recipient_and_not_at_build(
    render_small: Callable[..., CompiledRenderer],
) -> None:
    renderer = render_small(subject='{{ "1234.5" | money("EUR") }}')
    assert renderer.render("note", locale="en-GB", data={}).subject == "€1,234.50"
    assert renderer.render("note", locale="en-AT", data={}).subject == "€\N{NO-BREAK SPACE}1.234,50"


def test_a_right_to_left_locale_turns_the_mail_round(
    sources: Path, tmp_path: Path, example: dict[str, object]
) -> None:
    for folder in ("_base", "order_confirmation"):
        locales = sources / folder / "locales"
        text = (locales / "en.toml").read_text("utf-8")
        # Hebrew has forms for one, two and other.
        (locales / "he.toml").write_text(text, "utf-8")
    build_templates(sources, tmp_path / "compiled")
    renderer = CompiledRenderer(tmp_path / "compiled")
    left = renderer.render("order_confirmation", locale="en", data=example).html or ""
    right = renderer.render("order_confirmation", locale="he-IL", data=example).html or ""
    assert '<html lang="he" dir="rtl"' in right
    for one, other in [('align="left"', 'align="right"'), ("padding-left: 16px", "padding-right: 16px")]:
        assert left.count(one) == right.count(other) > 0
        assert left.count(other) == right.count(one)


def test_a_logo_has_an_alternative_text(sources: Path, tmp_path: Path, example: dict[str, object]) -> None:
    path = sources.parent / "config" / "brand.toml"
    path.write_text(
        path.read_text("utf-8").replace('url = ""', 'url = "https://shop.example/logo.png"'), "utf-8"
    )
    build_templates(sources, tmp_path / "compiled")
    html = (
        CompiledRenderer(tmp_path / "compiled").render("order_confirmation", locale=None, data=example).html
    )
    assert '<img src="https://shop.example/logo.png" alt="The Example Shop" width="160" height="40"' in (
        html or ""
    )


def test_an_unbuilt_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run build_templates first"):
        CompiledRenderer(tmp_path).render("note", locale=None, data={})


def test_a_mail_that_must_not_be_sent_is_not_built(small: Mail) -> None:
    source = small(html='<a href="{{ link }}">Look</a>', example={"link": "#"})
    assert problems_of(source) == [
        "note: in en a link leads to '#': expected https://..., mailto:... or tel:..."
    ]


def test_a_mail_that_may_grow_too_long_is_warned_of(small: Mail, tmp_path: Path) -> None:
    source = small(html="{{ words }}", example={"words": "x" * 90_000})
    assert build_templates(source, tmp_path / "compiled") == [
        f"{source}/note: in en the HTML part has 88 KB: Gmail hides what is beyond 102 KB"
    ]


def test_a_failure_inside_a_macro_is_told_by_the_mails_own_line(small: Mail) -> None:
    html = '{% import "_base/parts.html" as parts %}\n\n{{ parts.button(link, "Look") }}'
    source = small(html=html, example={"link": "http://shop.example"})
    body = source / "note" / "body.html"
    assert problems_of(source) == [
        f"note/example.json: data.link: expected a link that starts with https://: see {body}: line 3 (in en)"
    ]


def test_one_template_is_built_beside_another_that_is_broken(
    sources: Path, tmp_path: Path, example: dict[str, object]
) -> None:
    shutil.copytree(sources / "order_confirmation", sources / "broken")
    (sources / "broken" / "body.txt").write_text("{% if %}")
    build_templates(sources, tmp_path / "compiled", only=["order_confirmation"])
    renderer = CompiledRenderer(tmp_path / "compiled")
    assert list(renderer.manifest.locales) == ["order_confirmation"]
    assert renderer.render("order_confirmation", locale="nl", data=example).locale == "nl"


@pytest.mark.parametrize("macro", ["button", "link"])
def test_an_untracked_link_keeps_the_mark_that_ses_looks_for(
    render_small: Callable[..., CompiledRenderer], macro: str
) -> None:
    begin = '{% import "_base/parts.html" as parts %}'
    untracked, tracked = (f'{{{{ parts.{macro}(url, "Go"{flag}) }}}}' for flag in (", tracked=false", ""))
    data = {"url": "https://shop.example/?a=1&b=<2>"}
    renderer = render_small(html=begin + untracked + tracked, example=data)
    written = renderer.render("note", locale="en", data=data).html or ""
    href = 'href="https://shop.example/?a=1&amp;b=&lt;2&gt;"'
    assert written.count(f"<a ses:no-track {href}") == 1
    assert written.count(f"<a {href}") == 1
    assert [link.tracked for link in read(written).links] == [False, True]


def test_an_image_without_words_is_named(small: Mail) -> None:
    html = '{% import "_base/parts.html" as parts %}\n{{ parts.image("https://shop.example/a.png") }}'
    assert problems_of(small(html=html))[0].endswith("body.html: line 2 (in en)")
