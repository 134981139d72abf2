import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from postroad.rendering.compiled import CLIPPED_BYTES, LONGEST_SUBJECT, CompiledRenderer
from postroad.rendering.ports import Rendered, TemplateDataError, TemplateMissing

TEMPLATE = "order_confirmation"
Change = Callable[[Any], object]  # changes the example's JSON, which has no narrower type


def render(renderer: CompiledRenderer, data: dict[str, object], locale: str | None = "en") -> Rendered:
    return renderer.render(TEMPLATE, locale=locale, data=data)


def refusal(renderer: CompiledRenderer, data: dict[str, object]) -> TemplateDataError:
    with pytest.raises(TemplateDataError) as caught:
        render(renderer, data)
    error = caught.value
    # Not even by way of its causes may an error carry data into a log.
    assert error.__cause__ is None
    assert error.__context__ is None
    return error


@pytest.mark.parametrize(
    "name",
    [
        "{{ 7 * 7 }}",
        "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
        "{{ mail.brand.name }}",
        "{name} {0.__class__}",
        "%(name)s",
        "{# gone #}",
    ],
)
def test_data_that_looks_like_a_template_is_only_data(
    renderer: CompiledRenderer, example: dict[str, object], name: str
) -> None:
    mail = render(renderer, {**example, "customer": {"name": name}, "order_id": name})
    assert f"Hello {name},\n" in mail.text
    assert mail.subject == f"We have your order {name}"
    assert f">Hello {name},<" in (mail.html or "")


def test_html_in_data_is_shown_and_never_obeyed(
    renderer: CompiledRenderer, example: dict[str, object]
) -> None:
    attack = "</p><script>alert('1')</script><a href=\"https://evil.example\">"
    data = {
        **example,
        "order_id": attack,
        "customer": {"name": attack, "company": attack},
        "lines": [{"product": attack, "quantity": 1, "unit_price": 1}],
        "ship_to": dict.fromkeys(("name", "address", "city", "region", "postal_code", "country"), attack),
    }
    mail = render(renderer, data)
    html = mail.html or ""
    assert "<script" not in html
    assert '<a href="https://evil' not in html
    assert html.count("&lt;script&gt;alert(&#39;1&#39;)") == 11
    assert attack in mail.text


def test_a_link_may_only_be_https(renderer: CompiledRenderer, example: dict[str, object]) -> None:
    for link in (
        "javascript:alert(1)",
        "http://shop.example",
        "HTTPS://x",
        "https://x\n.example",
        " https://x",
        5,
        ["https://x"],
    ):
        assert refusal(renderer, {**example, "order_url": link}).field == "order_url"
    html = render(renderer, {**example, "order_url": 'https://x.example/?a="><script>'}).html or ""
    assert 'href="https://x.example/?a=&#34;&gt;&lt;script&gt;"' in html


@pytest.mark.parametrize(
    "name", ["mail", "t", "self", "caller", "loop", "parts", "range", "money", "super", "printable"]
)
def test_data_can_not_take_the_place_of_what_templates_use(
    renderer: CompiledRenderer, example: dict[str, object], name: str
) -> None:
    expected = render(renderer, example)
    assert render(renderer, {**example, name: "mine"}) == expected
    assert render(renderer, {**example, name: {"brand": {"name": "Evil Inc."}}}) == expected


@pytest.mark.parametrize("breaking", ["\r\n", "\n", "\r", "\0", "\x0b", "\x85", "\N{LINE SEPARATOR}", "\x1b"])
def test_a_line_break_in_the_subject_is_refused(
    renderer: CompiledRenderer, example: dict[str, object], breaking: str
) -> None:
    example["customer"] = {"name": "A\r\nB"}  # no part of the subject, so it is not blamed
    error = refusal(renderer, {**example, "order_id": f"1{breaking}Bcc: x@example.com"})
    assert error.field == "order_id"
    assert "line break or control character" in error.detail
    assert "Bcc" not in str(error)


def test_a_subject_is_no_longer_than_a_producer_may_write_one(
    renderer: CompiledRenderer, example: dict[str, object]
) -> None:
    room = LONGEST_SUBJECT - len("We have your order ")
    assert len(render(renderer, {**example, "order_id": "1" * room}).subject) == LONGEST_SUBJECT
    error = refusal(renderer, {**example, "order_id": "1" * (room + 1)})
    assert (error.field, "998" in error.detail) == ("order_id", True)


def test_a_tab_is_no_line_break(renderer: CompiledRenderer, example: dict[str, object]) -> None:
    assert render(renderer, {**example, "order_id": "1\t2"}).subject == "We have your order 1\t2"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda data: data.pop("order_id"), "order_id"),
        (lambda data: data.pop("customer"), "customer"),
        (lambda data: data["customer"].pop("name"), "customer.name"),
        (lambda data: data["lines"][1].pop("unit_price"), "lines[1].unit_price"),
        (lambda data: data["lines"][2].pop("product"), "lines[2].product"),
        (lambda data: data.pop("ship_to"), "ship_to"),
        (lambda data: data.pop("freight"), "freight"),
        (lambda data: data.pop("currency"), "currency"),
    ],
)
def test_what_is_missing_is_named(
    renderer: CompiledRenderer, example: dict[str, object], change: Change, field: str
) -> None:
    change(example)
    error = refusal(renderer, example)
    assert (error.field, error.detail) == (field, "is missing: the template needs it")
    assert str(error) == f"data.{field}: is missing: the template needs it"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda data: data.update(order_id=None), "order_id"),
        (lambda data: data.update(order_id=True), "order_id"),
        (lambda data: data.update(order_id={"a": 1}), "order_id"),
        (lambda data: data["customer"].update(name=None), "customer.name"),
        (lambda data: data["customer"].update(name=[]), "customer.name"),
        (lambda data: data["lines"][0].update(quantity=None), "lines[0].quantity"),
        (lambda data: data["lines"][1].update(unit_price=None), "lines[1].unit_price"),
        (lambda data: data["lines"][1].update(unit_price="SECRET"), "lines[1].unit_price"),
        (lambda data: data["lines"][2].update(unit_price=False), "lines[2].unit_price"),
        (lambda data: data["lines"][2].update(discount="SECRET"), "lines[2].discount"),
        (lambda data: data["lines"][2].update(discount=True), "lines[2].discount"),
        (lambda data: data["lines"][2].update(product=None), "lines[2].product"),
        (lambda data: data.update(freight=None), "freight"),
        (lambda data: data.update(total="SECRET"), "total"),
        (lambda data: data.update(currency="SECRET"), "currency"),
        (lambda data: data.update(currency=None), "currency"),
        (lambda data: data.update(order_date="SECRET"), "order_date"),
        (lambda data: data["ship_to"].update(city=True), "ship_to.city"),
    ],
)
def test_what_is_wrong_is_named_and_not_shown(
    renderer: CompiledRenderer, example: dict[str, object], change: Change, field: str
) -> None:
    change(example)
    error = refusal(renderer, example)
    assert error.field == field
    assert "expected" in error.detail
    assert "SECRET" not in str(error)


@pytest.mark.parametrize("lines", [5, None, True, "SECRET", {"SECRET": 1}, [["SECRET"]], [None]])
def test_lines_that_are_no_lines_are_refused(
    renderer: CompiledRenderer, example: dict[str, object], lines: object
) -> None:
    assert "SECRET" not in str(refusal(renderer, {**example, "lines": lines}))


def test_a_key_that_is_no_plain_word_is_not_repeated(
    renderer: CompiledRenderer, example: dict[str, object]
) -> None:
    lines: list[object] = [{"product": "x", "quantity": 1}]
    data = {**example, "lines": lines, "ana@example.com": lines[0]}
    error = refusal(renderer, data)
    assert error.field == "unit_price"  # it stands in two places
    assert "@" not in str(error)


def test_half_a_surrogate_pair_is_refused(renderer: CompiledRenderer, example: dict[str, object]) -> None:
    error = refusal(renderer, {**example, "customer": {"name": "\ud800"}})
    assert "surrogate" in error.detail


def test_optional_data_may_be_null_empty_or_missing(
    renderer: CompiledRenderer, example: dict[str, Any]
) -> None:
    optional = ("subtotal", "total", "order_url")
    for value in (None, ""):
        data = deepcopy(example)
        data.update(dict.fromkeys(optional, value))
        data["customer"]["company"] = value
        data["ship_to"] = dict.fromkeys(data["ship_to"], value)
        data["lines"] = [{**line, "amount": value, "discount": value and "0"} for line in data["lines"]]
        with_values = render(renderer, data)
        for key in optional:
            del data[key]
        del data["customer"]["company"]
        data["ship_to"] = {}
        data["lines"] = [
            {k: v for k, v in line.items() if k not in ("amount", "discount")} for line in data["lines"]
        ]
        without = render(renderer, data)
        assert with_values == without
        assert "None" not in without.text + (without.html or "")


def test_an_address_is_written_as_its_country_does(
    renderer: CompiledRenderer, example: dict[str, Any]
) -> None:
    example["ship_to"].update(city="Boise", region="ID", postal_code="83720")
    assert "\n  Boise, ID 83720\n" in render(renderer, example).text
    example["ship_to"].update(region=None)
    assert "\n  83720 Boise\n" in render(renderer, example).text


def test_many_lines_are_a_note_about_gmail(renderer: CompiledRenderer, example: dict[str, Any]) -> None:
    example["lines"] = example["lines"] * 100
    mail = render(renderer, example)
    assert len((mail.html or "").encode()) > CLIPPED_BYTES
    assert len(mail.notes) == 1
    assert "Gmail hides" in mail.notes[0]


def test_an_unknown_template_is_named(renderer: CompiledRenderer) -> None:
    for name in ("nothing", "_base", "../order_confirmation", ""):
        with pytest.raises(TemplateMissing, match="there is no template") as caught:
            renderer.render(name, locale=None, data={})
        assert caught.value.name == name


def test_notes_and_locale_of_a_fallback(renderer: CompiledRenderer, example: dict[str, object]) -> None:
    mail = render(renderer, example, "zh-TW")
    assert mail.locale == "en"
    assert mail.notes == ("locale zh-TW has no texts here: en was used",)
    assert render(renderer, example, "zh-CN").locale == "zh-Hans"
    assert "EUR2.512,20" in render(renderer, example, "es-CO").text


def test_neither_data_nor_the_renderer_remembers(
    renderer: CompiledRenderer, example: dict[str, object]
) -> None:
    before = deepcopy(example)
    first = render(renderer, example)
    refusal(renderer, {**example, "order_id": "1\n2"})
    refusal(renderer, {**example, "order_id": None})
    assert render(renderer, example) == first
    assert example == before


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(
    key=st.sampled_from(
        ["order_id", "order_date", "currency", "customer", "lines", "freight", "ship_to", "total"]
    ),
    value=json_values,
)
def test_any_json_is_rendered_or_refused(renderer: CompiledRenderer, key: str, value: object) -> None:
    path = Path(__file__).parents[3] / "templates" / TEMPLATE / "example.json"
    data = {**json.loads(path.read_text("utf-8")), key: value}
    try:
        mail = renderer.render(TEMPLATE, locale="es", data=data)
    except TemplateDataError as error:
        assert error.__context__ is None  # noqa: PT017 - either outcome is right
    else:
        assert len(mail.subject.splitlines()) == 1


def test_nothing_is_parsed_or_compiled_at_send(
    compiled: Path, example: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError

    for name in ("compile", "parse", "_parse", "_generate", "_tokenize"):
        monkeypatch.setattr(Environment, name, fail)
    assert render(CompiledRenderer(compiled), example).subject == "We have your order 1042"


def test_the_sender_needs_nothing_of_the_build(compiled: Path) -> None:
    program = (
        "import sys\n"
        "for name in ('css_inline', 'postroad.rendering.build'): sys.modules[name] = None\n"
        "from pathlib import Path\n"
        "from postroad.rendering.compiled import CompiledRenderer\n"
        "renderer = CompiledRenderer(Path(sys.argv[1]))\n"
        "try: renderer.render('order_confirmation', locale='en', data={})\n"
        "except Exception as error: print(error)\n"
        "print(sorted(name for name in sys.modules if name.startswith('postroad.rendering.')))\n"
    )
    answer = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", program, str(compiled)], capture_output=True, text=True, check=True
    )
    first, modules = answer.stdout.splitlines()
    assert first == "data.order_id: is missing: the template needs it"
    assert not {"catalogue", "inlining", "styles", "brand"} & {
        name.split(".")[-1].strip("'") for name in modules.strip("[]").split(", ")
    }


def test_threads_may_share_a_renderer_from_its_first_mail(compiled: Path, example: dict[str, object]) -> None:
    fresh = CompiledRenderer(compiled)
    locales = ["en", "es-CO", "es-MX", "zh-CN", "fr", None] * 8
    with ThreadPoolExecutor(16) as pool:
        mails = list(pool.map(lambda locale: render(fresh, example, locale), locales))
    assert mails == [render(fresh, example, locale) for locale in locales]
